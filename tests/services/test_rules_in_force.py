"""Policies in versions and scopes, calendars in versions: what they change, and what they never rewrite."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import (
    make_body,
    make_calendar,
    make_cast,
    make_instrument,
    make_policy,
    make_resolution,
    make_task,
    noon,
)
from tests.working import verified
from tracker.boards.explain import explain
from tracker.boards.governing import Rules, place_of
from tracker.choices import Clock, DayKind, Level, Rank, Stage
from tracker.models import Calendar, CalendarVersion, DayOff, Flag, Policy, PolicyLimit, PolicyStep, Task
from tracker.services import calendars, clocks, institutionalizations, policies, recalculations, scan, tasks

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 1, 5)
START = date(2026, 3, 2)


def settle(day):
    recalculations.run_waiting(at=noon(day))
    return clocks.settle(Task.objects.all(), through=day, at=noon(day))


def stage_limit(task):
    task.refresh_from_db()
    return task.stage_limit_on


def new_version(days, *, on=START, by=None, at=None):
    limits = [PolicyLimit(clock=Clock.STAGE, stage=Stage.ASSIGNED, days=days), PolicyLimit(clock=Clock.DUE, days=250)]
    steps = [
        PolicyStep(clock=clock, number=1, offset_days=0, addressee="commission", repeat_days=10)
        for clock in (Clock.STAGE, Clock.DUE)
    ]
    policy = Policy(code="default", calendar=make_calendar(), valid_from=on)
    return policies.create(policy, limits=limits, steps=steps, by=by, at=at or noon(MONDAY))


SCOPES = [
    lambda task: {"task": task},
    lambda task: {"resolution": task.resolution, "level": Level.CENTRAL},
    lambda task: {"resolution": task.resolution},
    lambda task: {"level": Level.CENTRAL, "rank": Rank.DECREE},
]


@pytest.mark.parametrize("scope", SCOPES)
def test_the_most_specific_policy_governs_a_clock_and_no_other_task(scope):
    levels = [(Level.CENTRAL, [Rank.LAW, Rank.DECREE])]
    task, other = make_task(levels=levels), make_task(resolution=make_resolution())
    make_policy(code="special", limits=[("stage", 3, "working", "assigned")], **scope(task))
    clocks.wind([task.pk, other.pk], at=noon(MONDAY))
    assert stage_limit(task) == date(2026, 1, 8)
    assert stage_limit(other) > date(2026, 2, 1)
    explained = explain(task, on=MONDAY, clocks=[Clock.STAGE, Clock.SILENCE])
    assert [row.policy.code for row in explained] == ["special", "default"]


def test_of_several_scopes_the_most_specific_wins():
    task = make_task(levels=[(Level.CENTRAL, [Rank.DECREE])])
    for number, scope in enumerate(SCOPES):
        make_policy(code=f"p{number}", limits=[("stage", number + 1, "working", "assigned")], **scope(task))
    rules = Rules.on(MONDAY)
    assert [terms.code for terms in rules.reaching(place_of(task))] == ["p0", "p1", "p2", "p3", "default"]
    clocks.wind([task.pk], at=noon(MONDAY))
    assert stage_limit(task) == date(2026, 1, 6)


def test_a_flag_names_the_policy_and_the_calendar_that_decided():
    task = make_task()
    special = make_policy(code="special", limits=[("stage", 3, "working", "assigned")], task=task)
    clocks.wind([task.pk], at=noon(MONDAY))
    settle(date(2026, 1, 12))
    flag = task.flags.get(clock=Clock.STAGE)
    assert (flag.policy, flag.calendar_version) == (special, CalendarVersion.objects.get())


def test_a_stricter_version_makes_nothing_late_before_its_day():
    task = make_task()  # 30 working days from 5 January end in the last week of February
    tasks.record_stage(task, Stage.PLANNED, on=date(2026, 1, 6), by=None, at=noon(date(2026, 1, 6)))
    make_policy()
    policy = Policy(code="default", calendar=make_calendar(), valid_from=START)
    limits = [PolicyLimit(clock=Clock.STAGE, stage=Stage.PLANNED, days=5), PolicyLimit(clock=Clock.DUE, days=250)]
    steps = [
        PolicyStep(clock=clock, number=1, offset_days=0, addressee="commission", repeat_days=10)
        for clock in (Clock.STAGE, Clock.DUE)
    ]
    policies.create(policy, limits=limits, steps=steps, by=None, at=noon(date(2026, 1, 20)))
    settle(START - timedelta(days=1))
    assert not task.flags.filter(clock=Clock.STAGE).exists()
    settle(START)
    flag = task.flags.get(clock=Clock.STAGE)
    assert (flag.limit_on, flag.since, flag.policy) == (date(2026, 1, 13), START, policy)


def test_what_ends_makes_nothing_late_before_the_day_on_which_others_take_over():
    """A task with a longer limit of its own is judged by the shorter one of everybody only from the day it gets it."""
    task = make_task()
    policy = Policy(code="own", calendar=make_calendar(), valid_from=MONDAY, task=task)
    limits = [PolicyLimit(clock=Clock.STAGE, stage=Stage.ASSIGNED, days=200)]
    steps = [PolicyStep(clock=Clock.STAGE, number=1, offset_days=0, addressee="commission", repeat_days=2)]
    policies.create(policy, limits=limits, steps=steps, by=None, at=noon(MONDAY))
    policies.end(policy, on=date(2026, 4, 6), document="45", by=None, at=noon(MONDAY))
    settle(date(2026, 4, 15))
    flag = task.flags.get(clock=Clock.STAGE)
    assert (flag.since, flag.policy.code) == (date(2026, 4, 6), "default")
    assert flag.limit_on < date(2026, 3, 6)
    assert min(flag.steps.values_list("due_on", flat=True)) >= date(2026, 4, 6)
    text = explain(task, on=date(2026, 4, 15), clocks=[Clock.STAGE])[0].explanation
    assert (text.late_since, text.floor) == (flag.since, flag.since)


def test_an_open_flag_is_explained_with_the_ladder_that_it_climbs():
    """Its stage began earlier than was known, so the limit of another policy is told; it climbs what it began with."""
    task, day = make_task(), date(2026, 4, 8)
    policy = Policy(code="own", calendar=make_calendar(), valid_from=MONDAY, task=task)
    limits = [PolicyLimit(clock=Clock.STAGE, stage=Stage.PLANNED, days=5)]
    steps = [PolicyStep(clock=Clock.STAGE, number=1, offset_days=1, addressee="commission", repeat_days=2)]
    policies.create(policy, limits=limits, steps=steps, by=None, at=noon(MONDAY))
    settle(day)
    flag = task.flags.get(clock=Clock.STAGE)
    tasks.record_stage(task, Stage.PLANNED, on=date(2026, 1, 6), by=None, at=noon(day))
    flag.refresh_from_db()
    row = explain(task, on=day, clocks=[Clock.STAGE])[0]
    assert (flag.closed_on, flag.policy.code, row.policy.code) == (None, "default", "own")
    to_come = [step.due_on for step in row.steps if not step.is_taken]
    settle(to_come[0])
    assert to_come == list(flag.steps.filter(due_on__gt=day).values_list("due_on", flat=True))


def test_a_laxer_version_closes_flags_on_its_day_and_was_late_stays():
    task = make_task()
    late = new_version(300, at=noon(date(2026, 2, 27)))
    settle(START + timedelta(days=3))
    flag = task.flags.get(clock=Clock.STAGE)
    assert (flag.closed_on, flag.closed_why) == (START, "rules")
    assert flag.since < START
    assert flag.policy != late
    assert Flag.objects.was_late(START + timedelta(days=3)).filter(pk=flag.pk).exists()


def test_evidence_declared_after_missed_days_hides_no_lateness_that_rules_have_ended():
    cast, task = make_cast(), make_task(levels=[(Level.CENTRAL, [])])
    new_version(300, at=noon(date(2026, 2, 27)))
    day = START + timedelta(days=3)
    facts = {"level": Level.CENTRAL, "by": cast["lan"], "at": noon(day)}
    institutionalizations.declare(task, make_instrument(), **facts)
    flag = task.flags.get(clock=Clock.STAGE)
    assert (flag.since < START, flag.closed_on) == (True, START)


def test_a_stricter_version_does_not_rejudge_what_is_done():
    cast = make_cast()
    task = make_task(levels=[(Level.CENTRAL, [])])
    new_version(60, at=noon(MONDAY))
    verified(task, cast, on=date(2026, 2, 2))
    task.refresh_from_db()
    by_age = task.effective_due_on
    Policy.objects.get(version=2).limits.filter(clock=Clock.DUE).update(days=5)
    settle(START)
    task.refresh_from_db()
    assert (task.stage, task.effective_due_on) == (Stage.INSTITUTIONALIZED, by_age)
    assert explain(task, on=START, clocks=[Clock.DUE])[0].explanation.limit_on == by_age


def test_missed_days_over_a_change_of_rules_give_the_rows_of_daily_runs():
    made = [make_task(on=MONDAY + timedelta(days=n)) for n in (0, 3, 20)]
    new_version(45)
    for offset in range(120):
        settle(MONDAY + timedelta(days=offset))
    daily = _rows(made)
    Flag.objects.all().delete()
    again = [make_task(on=task.assigned_on) for task in made]
    clocks.settle(
        Task.objects.filter(pk__in=[task.pk for task in again]), through=MONDAY + timedelta(days=119), at=noon(MONDAY)
    )
    assert _rows(again) == daily
    assert len(daily) > 3


def _rows(made):
    numbers = {task.pk: number for number, task in enumerate(made)}
    fields = ("clock", "since", "limit_on", "policy__version", "closed_on", "closed_why", "steps__number")
    rows = Flag.objects.filter(task__in=made).values_list("task", *fields, "steps__due_on", "steps__reached")
    return sorted(str((numbers[row[0]], *row[1:])) for row in rows)


def test_a_written_deadline_is_not_moved_by_rules():
    task = make_task(due_on=date(2026, 2, 10))
    new_version(30, on=date(2026, 2, 2))
    settle(date(2026, 2, 20))
    assert task.flags.get(clock=Clock.DUE).since == date(2026, 2, 11)


def test_rules_reach_forward_only_and_only_by_the_editor():
    make_policy()
    cast = make_cast()
    with pytest.raises(ValidationError) as refused:
        new_version(10, on=MONDAY - timedelta(days=1), by=cast["quang"], at=noon(MONDAY))
    assert list(refused.value.message_dict) == ["valid_from"]
    with pytest.raises(PermissionDenied):
        new_version(10, by=cast["hoa"])


@pytest.mark.parametrize(
    ("last", "field"),
    [({"offset_days": 0}, "repeat_days"), ({"offset_days": -1, "repeat_days": 5}, "offset_days")],
)
def test_a_ladder_that_falls_silent_is_refused(last, field):
    make_policy()
    policy = Policy(code="default", calendar=make_calendar(), valid_from=START)
    steps = [PolicyStep(clock=Clock.DUE, number=1, addressee="commission", **last)]
    with pytest.raises(ValidationError) as refused:
        policies.create(policy, limits=[], steps=steps, by=None, at=noon(MONDAY))
    assert list(refused.value.message_dict) == [field]
    assert Policy.objects.count() == 1


def test_local_days_of_a_province_count_for_its_bodies_only():
    province = make_body("TINH-A")
    make_policy()
    local = Calendar(code="A", name_vi="Lịch tỉnh A", name_en="A", base=make_calendar(), body=province)
    day = DayOff(day=date(2026, 1, 6), kind=DayKind.OFF, name_vi="Ngày của tỉnh", name_en="Day of the province")
    calendars.create(local, days_off=[day], by=None, at=noon(MONDAY), first_year=2024, last_year=2028)
    theirs, others = make_task(accountable=province), make_task()
    assert stage_limit(theirs) - stage_limit(others) == timedelta(days=1)
    explained = explain(theirs, on=MONDAY, clocks=[Clock.STAGE])[0]
    assert explained.explanation.limit_on == theirs.stage_limit_on
    assert date(2026, 1, 6) in [day for day, _ in explained.explanation.days_off]


def test_a_reminder_in_a_province_comes_on_its_own_working_day():
    province = make_body("TINH-A")
    make_policy(
        limits=[("due", 250, "working")], ladder=((1, -2, "holder", None), (2, 0, "holder", 10)), clocks=["due"]
    )
    local = Calendar(code="A", name_vi="Lịch tỉnh A", name_en="A", base=make_calendar(), body=province)
    day = DayOff(day=date(2026, 1, 15), kind=DayKind.OFF, name_vi="Ngày của tỉnh", name_en="Day of the province")
    calendars.create(local, days_off=[day], by=None, at=noon(MONDAY), first_year=2024, last_year=2028)
    due_on = date(2026, 1, 16)
    theirs, others = make_task(accountable=province, due_on=due_on), make_task(due_on=due_on)
    settle(due_on)
    reminded = [task.flags.get().steps.get().due_on for task in (theirs, others)]
    assert reminded == [date(2026, 1, 14), date(2026, 1, 15)]


def test_an_idle_day_after_a_change_is_quiet():
    make_task()
    new_version(30, on=date(2026, 1, 20))
    scan.run(date(2026, 1, 20), at=noon(date(2026, 1, 20)))
    assert scan.run(date(2026, 1, 20), at=noon(date(2026, 1, 20))).looked_at == 0
