"""On whom lateness lay, from rows; and that SQL gives the class that the rule gives."""

from datetime import date, timedelta

import pytest
import time_machine

from tests.asking import asked, obstructed
from tests.builders import make_body, make_cast, make_cell, make_instrument, make_post, make_task, noon
from tests.working import submitted, verified
from tracker.boards.lateness import (
    Known,
    days_late_of,
    flag_days,
    in_lateness,
    lateness_code,
    outcome_of,
    period_of,
    shares_of,
    together,
    with_lateness,
)
from tracker.boards.task_list import task_list
from tracker.boards.workdays import workdays_of
from tracker.choices import Clock, Lateness, Level, Role, TaskKind
from tracker.clock import end_of
from tracker.models import Flag, Responsibility, Task
from tracker.rules.lateness import days_late
from tracker.services import extensions, institutionalizations, matrix, obstacles, reports, scan, tasks

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 30)
DUE = date(2026, 5, 29)  # a Friday: late since Saturday the 30th


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(noon(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast():
    return make_cast()


def at(today, month, day):
    """Go to noon of the day."""
    moment = noon(date(2026, month, day))
    today.move_to(moment)
    return moment


def due_flags(task):
    return list(Flag.objects.filter(task=task, clock=Clock.DUE))


def shares(task, day=TODAY):
    flags = due_flags(task)
    found = shares_of(flags, day)
    return {share.label: share.days for share in together(found.values())}


def test_the_days_lie_with_whoever_held_the_ball(cast, today):
    task = make_task(due_on=DUE)
    at(today, 6, 5)
    obstacle = obstructed(task, cast["lan"], on=date(2026, 6, 5), since=date(2026, 6, 3))
    obstacles.end(obstacle, note="Sent", by=cast["minh"], at=at(today, 6, 9))
    report = submitted(task, cast["lan"], on=date(2026, 6, 9))
    reports.send_back(report, note="More", by=cast["hoa"], at=at(today, 6, 12))
    at(today, 6, 30)
    # 1-2 June A, 3-8 B (four working days), 9-11 the commission, 12-30 A (thirteen).
    assert shares(task) == {"Body BO-A": 15, "Body BO-B": 4, "the commission": 3}


def test_a_request_and_evidence_lie_with_the_commission(cast, today):
    task = make_task(due_on=DUE, levels=[(Level.CENTRAL, [])])
    at(today, 6, 1)
    extension = asked(task, cast["lan"], on=date(2026, 6, 1), wanted_on=date(2026, 9, 30))
    extensions.refuse_(extension, note="No", by=cast["hoa"], at=at(today, 6, 3))
    values = {"level": "central", "by": cast["lan"]}
    evidence = institutionalizations.declare(task, make_instrument(), at=at(today, 6, 8), **values)
    institutionalizations.send_back(evidence, note="Which article?", by=cast["hoa"], at=at(today, 6, 10))
    institutionalizations.declare(task, evidence.instrument, at=at(today, 6, 29), **values)
    at(today, 6, 30)
    assert shares(task) == {"the commission": 2 + 2 + 2, "Body BO-A": 22 - 6}


def test_a_day_without_a_holder_of_the_post_is_nobody_s(cast, today):
    body = make_body("BO-A")
    post = make_post(body, holder="Trần Văn An")
    task = make_task(due_on=DUE, post=post)
    post.tenures.update(valid_to=date(2026, 6, 15))
    assert shares(task) == {}  # never scanned: nothing is known to be late
    scan.run(TODAY, at=noon(TODAY))
    assert shares(task) == {"Body BO-A": 10, "nobody": 12}


def test_bodies_that_answered_one_after_the_other_are_named(cast, today):
    task = make_task(due_on=DUE)
    cell = Responsibility.objects.get(task=task, role=Role.ACCOUNTABLE)
    moment = at(today, 6, 15)
    matrix.end(cell, on=date(2026, 6, 15), by=None, at=moment)
    make_cell(Task.objects.get(pk=task.pk), make_body("BO-B"), Role.ACCOUNTABLE, on=date(2026, 6, 15))
    at(today, 6, 30)
    assert shares(task) == {"Body BO-A": 10, "Body BO-B": 12}


def various(cast, today):
    """Tasks of every class, and some beside them."""
    levels = [(Level.CENTRAL, [])]
    late = {name: make_task(due_on=DUE, levels=levels) for name in ("open", "withdrawn", "done", "extended", "weekend")}
    soon = {name: make_task(due_on=date(2026, 8, 31), levels=levels) for name in ("open", "done", "extended", "gone")}
    for kind in (TaskKind.STANDING, TaskKind.OBJECTIVE):
        make_task(kind=kind)
    at(today, 6, 1)
    verified(late["weekend"], cast, on=date(2026, 5, 31))
    for task in (late["extended"], soon["extended"], soon["gone"]):
        extension = asked(task, cast["lan"], on=date(2026, 6, 1), wanted_on=date(2026, 9, 30))
        until = date(2026, 6, 12) if task == late["extended"] else date(2026, 9, 30)
        extensions.grant(extension, due_on=until, decision_number="1", by=cast["hoa"], at=at(today, 6, 9))
    for task in (late["withdrawn"], soon["gone"]):
        tasks.withdraw(task, reason="x", by=None, at=at(today, 6, 10))
    at(today, 6, 16)
    for task in (late["done"], soon["done"], late["extended"]):
        verified(task, cast, on=date(2026, 6, 16))
    verified(soon["extended"], cast, on=date(2026, 6, 17))
    again = make_task(due_on=DUE)
    extension = asked(again, cast["lan"], on=date(2026, 6, 16), wanted_on=date(2026, 9, 30))
    extensions.grant(extension, due_on=date(2026, 9, 30), decision_number="1", by=cast["hoa"], at=at(today, 6, 17))
    rested = make_task(due_on=DUE)
    tasks.suspend(rested, until=date(2026, 9, 1), reason="x", by=None, at=at(today, 6, 18))
    at(today, 6, 30)
    scan.run(TODAY, at=noon(TODAY))


def test_sql_and_rule_give_the_same_class_and_days(cast, today):
    various(cast, today)
    known = Known(day=TODAY)
    rows = with_lateness(Task.objects.all(), known)
    rows = rows.annotate(code_then=lateness_code(known), days_then=days_late_of(known))
    seen = set()
    for task in rows:
        found = outcome_of(task, Flag.objects.filter(task=task), TODAY)
        assert (task.code_then, task.days_then) == (found.code, found.days_late), task
        seen.add(found.code)
    assert seen == {None, *Lateness}
    for code in Lateness:
        listed = {task.pk for task in with_lateness(Task.objects.all(), known).filter(in_lateness([code], known))}
        assert listed == {task.pk for task in rows if task.code_then == code}
        assert listed == set(task_list(cast["hoa"], TODAY, lateness=code.value).values_list("pk", flat=True))


def test_an_older_day_knows_nothing_later(cast, today):
    task = make_task(due_on=DUE)
    scan.run(date(2026, 6, 5), at=at(today, 6, 5))
    moment = at(today, 6, 9)
    extension = asked(task, cast["lan"], on=date(2026, 6, 9), wanted_on=date(2026, 9, 30))
    extensions.grant(extension, due_on=date(2026, 9, 30), decision_number="1", by=cast["hoa"], at=moment)
    told = []
    for day in (date(2026, 6, 4), date(2026, 6, 8), TODAY):
        known = Known(day=day, recorded_before=end_of(day))
        rows = with_lateness(Task.objects.all(), known)
        told += rows.values_list(lateness_code(known), days_late_of(known), known.extensions)
    assert told == [("open", 0, 0), ("open_late", 6, 0), ("open_was_late", 6, 1)]


def test_sql_counts_the_days_of_a_flag_as_the_rule_does(cast, today):
    various(cast, today)
    for flag in Flag.objects.annotate(counted=flag_days(TODAY)).select_related("calendar_version"):
        period, workdays = period_of(flag), workdays_of([flag.calendar_version_id])[flag.calendar_version_id]
        assert flag.counted == days_late(flag.since, period.through(TODAY), workdays), flag


def test_the_split_adds_up_to_the_days_of_the_flag_whatever_happened(cast, today):
    various(cast, today)
    flags = list(Flag.objects.was_late(TODAY).annotate(counted=flag_days(TODAY)))
    found = shares_of(flags, TODAY)
    assert flags and all(sum(share.days for share in found[flag.pk]) == flag.counted for flag in flags)


def test_it_asks_as_often_as_it_says(cast, today, django_assert_num_queries):
    post = make_post(make_body("BO-A"), holder="Trần Văn An")
    for number in range(2):
        for _ in range(1 + 2 * number):
            task = make_task(due_on=DUE, post=post)
            obstructed(task, cast["lan"], on=TODAY)
        scan.run(TODAY + timedelta(days=number), at=noon(TODAY), force=True)
        flags = list(Flag.objects.late_on(TODAY))
        with django_assert_num_queries(6):
            assert len(shares_of(flags, TODAY)) == len(flags)
    with django_assert_num_queries(0):
        assert shares_of([], TODAY) == {}
