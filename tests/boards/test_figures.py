"""The figures of any day: what was recorded later changes none, and each number is that of the list behind it."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from accounts.models import User
from tests.builders import START, make_body, make_cast, make_resolution, make_task, noon
from tests.working import TODAY, four_tasks, frozen, scan_today, verified
from tracker.boards import four_cell
from tracker.boards.four_cell import Wanted, counted_tasks, figures, in_all
from tracker.boards.standing import all_stood_on, stood_on
from tracker.choices import FieldStatus, Grouping, Level, Role
from tracker.models import DeadlineMove, Extension, Task
from tracker.rules.status import FourCells
from tracker.services import extensions, matrix, tasks

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
PAST = [START, date(2026, 3, 1), date(2026, 5, 1), TODAY - timedelta(days=1), TODAY]
LEVELS = [(Level.CENTRAL, [])]


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def extend(task: Task, cast: dict[str, User], *, until: date, on: date) -> Extension:
    asked = extensions.ask(
        task,
        body=task.responsibilities.get(role=Role.ACCOUNTABLE, valid_to=None).body,
        letter_number="12/CV",
        letter_on=on,
        signer="Signer",
        reason="More time",
        wanted_on=until,
        by=cast["lan"],
        at=noon(on),
    )
    return extensions.grant(asked, due_on=until, decision_number="3/QĐ", by=cast["hoa"], at=noon(on))


def cells(cast: dict[str, User], day: date) -> FourCells:
    is_now = day >= TODAY
    return four_cell.total(figures(cast["hoa"], Wanted(day=day), Grouping.RESOLUTION, is_now=is_now))


def test_a_deadline_moved_later_changes_no_figure_of_an_earlier_day(cast):
    task = make_task(due_on=date(2026, 4, 1))
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2), date(2026, 5, 9)]
    before = [cells(cast, day) for day in days]
    extend(task, cast, until=date(2026, 7, 1), on=date(2026, 5, 10))
    assert [cells(cast, day) for day in days] == before
    assert before == [FourCells(open_in_time=1)] * 2 + [FourCells(open_overdue=1)] * 2
    assert [cells(cast, day) for day in (date(2026, 5, 10), TODAY)] == [FourCells(open_in_time=1)] * 2


def test_each_of_several_moves_counts_in_its_own_time(cast):
    task = make_task(due_on=date(2026, 3, 1))
    extend(task, cast, until=date(2026, 4, 1), on=date(2026, 3, 10))
    extend(task, cast, until=date(2026, 6, 1), on=date(2026, 4, 10))
    assert list(DeadlineMove.objects.values_list("due_before", "due_after", "on")) == [
        (date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 10)),
        (date(2026, 4, 1), date(2026, 6, 1), date(2026, 4, 10)),
    ]
    known = [stood_on(Task.objects.all(), day).get().due_then for day in (date(2026, 3, 9), date(2026, 3, 10), TODAY)]
    assert known == [date(2026, 3, 1), date(2026, 4, 1), date(2026, 6, 1)]


def test_a_suspension_that_moves_the_deadline_changes_no_earlier_figure(cast):
    task = make_task(due_on=date(2026, 4, 1))
    document = {"reason": "Wait", "document": "1/KL", "new_due_on": date(2026, 9, 1), "until": date(2026, 6, 1)}
    tasks.suspend(task, **document, by=cast["hoa"], at=noon(date(2026, 5, 1)))
    assert [cells(cast, day) for day in (date(2026, 4, 30), date(2026, 5, 1))] == [
        FourCells(open_overdue=1),
        FourCells(open_in_time=1),
    ]


def test_a_deadline_by_age_that_a_suspension_pauses_is_kept_as_it_was(cast):
    task = make_task()
    was = task.effective_due_on
    tasks.suspend(task, reason="Wait", until=date(2026, 6, 1), by=cast["hoa"], at=noon(date(2026, 5, 1)))
    scan_today()
    task.refresh_from_db()
    assert task.effective_due_on > was
    known = [stood_on(Task.objects.all(), day).get().due_then for day in (date(2026, 5, 31), TODAY)]
    assert known == [was, task.effective_due_on]


def test_a_deadline_that_never_moved_is_no_row(cast):
    four_tasks(cast)
    scan_today()
    assert not DeadlineMove.objects.exists()


def live(cast: dict[str, User], draw: random.Random, day: date) -> None:
    """One random change of a random task on `day`, as far as the services let it happen."""
    task = draw.choice(list(Task.objects.filter(stage__in=["assigned", "drafting", "suspended", "institutionalized"])))
    act = draw.choice(["extend", "done", "suspend", "withdraw", "stage", "move"])
    who = {"by": cast["hoa"], "at": noon(day)}
    if act == "extend" and task.is_open:
        extend(task, cast, until=max(task.effective_due_on, day) + timedelta(days=draw.randint(1, 60)), on=day)
    elif act == "done" and task.is_open:
        verified(task, cast, on=day, ends_on=draw.choice([None, day + timedelta(days=20)]))
    elif act == "suspend" and task.is_open:
        tasks.suspend(task, until=day + timedelta(days=draw.randint(1, 40)), reason="Wait", **who)
    elif act == "withdraw" and task.is_open and draw.random() < 0.3:
        tasks.withdraw(task, reason="Replaced", **who)
    elif act == "stage" and task.stage == "assigned":
        tasks.record_stage(task, "drafting", on=day, **who)
    elif act == "move" and task.is_open:
        cell = task.responsibilities.get(role=Role.ACCOUNTABLE, valid_to=None)
        matrix.end(cell, on=day, by=None, at=noon(day))
        matrix.assign(task, body=make_body("BO-A"), role=Role.ACCOUNTABLE, on=day, by=None, at=noon(day))


def test_figures_of_past_days_stay_and_both_ways_to_ask_agree(cast):
    draw, days = random.Random(25), [START + timedelta(days=12 * number) for number in range(1, 14)]
    for number in range(6):
        make_task(levels=LEVELS, due_on=START + timedelta(days=20 * number + 15))
    told = {}
    for day in days:
        for _change in range(4):
            live(cast, draw, day)
        told[day] = picture(day)
    assert DeadlineMove.objects.count() > 3
    for day in days:
        assert picture(day) == told[day], day
        assert picture(day, all_stood_on) == told[day], day
    assert len({str(found) for found in told.values()}) > 8


def picture(day: date, ask=stood_on) -> list[tuple]:
    rows = ask(Task.objects.known_on(day), day).order_by("pk")
    return list(rows.values_list("pk", "stage_then", "done_then", "due_then", "status_then"))


def test_on_time_after_an_extension_is_told_apart(cast):
    plain, late = make_task(levels=LEVELS, due_on=date(2026, 5, 20)), make_task(levels=LEVELS, due_on=date(2026, 4, 1))
    extend(late, cast, until=date(2026, 5, 20), on=date(2026, 4, 10))
    for task in (plain, late):
        verified(task, cast, on=date(2026, 5, 15))
    for is_now in (True, False):
        row = in_all(cast["hoa"], wanted := Wanted(day=TODAY), figures(cast["hoa"], wanted, "resolution"), "resolution")
        assert (row.cells, row.extended) == (FourCells(done_on_time=2), FourCells(done_on_time=1)), is_now
    before = figures(cast["hoa"], Wanted(day=date(2026, 4, 9)), "resolution")[0]
    assert before.extended == FourCells()


@pytest.mark.parametrize("by", Grouping)
@pytest.mark.parametrize("day", [date(2026, 5, 1), TODAY])
def test_each_number_is_that_of_the_tasks_behind_it(cast, by, day):
    other = make_body("BO-C", parent=make_body("BO-B"))
    four_tasks(cast)
    make_task(accountable=False, levels=[(Level.CENTRAL, []), (Level.COMMUNE, [])])
    extend(
        make_task(due_on=date(2026, 3, 3), resolution=make_resolution(code="R2")),
        cast,
        until=TODAY,
        on=date(2026, 4, 2),
    )
    make_task(accountable=other, kind="standing")
    for narrow in ({}, {"level": "central"}, {"below": make_body("BO-B")}, {"due_from": date(2026, 3, 1)}):
        wanted, is_now = Wanted(day=day, **narrow), day == TODAY
        rows = figures(cast["hoa"], wanted, by, is_now=is_now)
        assert rows or "below" in narrow
        for row in rows:
            for status, number in row.numbers:
                more = line(row.query) | {"status": status}
                assert counted_tasks(cast["hoa"], narrowed(wanted, **more), is_now=is_now).count() == number
                extended = narrowed(wanted, **more, extended=True)
                found = counted_tasks(cast["hoa"], extended, is_now=is_now).count()
                assert found == getattr(row.extended, status)


def narrowed(wanted: Wanted, **more) -> Wanted:
    return Wanted(**{**{name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}, **more})


def line(query: dict[str, str]) -> dict:
    from tracker.models import Body, Resolution

    found: dict = dict(query)
    if code := found.pop("accountable", ""):
        found |= {"unowned": True} if code == "none" else {"accountable": Body.objects.get(code=code)}
    if code := found.pop("resolution", ""):
        found["resolution"] = Resolution.objects.get(code=code)
    if found.pop("undated", ""):
        found["undated"] = True
    return found | {name: date.fromisoformat(found[name]) for name in ("due_from", "due_to") if name in found}


def test_periods_are_those_of_the_deadline_that_was_in_effect(cast):
    task = make_task(due_on=date(2026, 3, 31))
    extend(task, cast, until=date(2026, 7, 1), on=date(2026, 4, 10))
    keys = [[row.label for row in figures(cast["hoa"], Wanted(day=day), "quarter")] for day in (START, TODAY)]
    assert keys == [["Q1/2026"], ["Q3/2026"]]


def test_what_is_asked_is_said_as_the_address_says_it():
    assert Wanted(day=TODAY, level="central", due_from=START, unowned=True, extended=True).query() == {
        "level": "central",
        "due_from": "2026-01-05",
        "accountable": "none",
        "extended": "1",
    }


@pytest.mark.parametrize("by", Grouping)
def test_the_number_of_queries_does_not_grow(cast, by, django_assert_max_num_queries):
    cast["hoa"].memberships.count()
    figures(cast["hoa"], Wanted(day=TODAY), by)
    for _times in range(2):
        for _number in range(3):
            make_task(levels=LEVELS, accountable=make_body())
        with django_assert_max_num_queries(2):
            assert figures(cast["hoa"], Wanted(day=TODAY), by)


def test_statuses_are_those_of_the_field():
    assert [status.value for status in FieldStatus] == list(FourCells.__slots__)
