"""How tasks stood on a day: the SQL of the boards says what the rules say, and later entries change no old picture."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import User
from tests.builders import START, make_body, make_cast, make_cell, make_task, noon
from tests.working import TODAY, four_tasks, frozen, scan_today, submitted, verified
from tracker.boards import four_cell
from tracker.boards.ageing import ageing
from tracker.boards.coverage import coverage
from tracker.boards.curve import curve
from tracker.boards.standing import tasks_on
from tracker.boards.waiting import by_holder, waits
from tracker.choices import FieldStatus, Level, Role, Stage, TaskKind
from tracker.rules.status import FourCells, due_status
from tracker.rules.waiting import BallCode, BallWhy
from tracker.services import matrix, reports, tasks

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def test_each_task_stands_in_the_cell_that_the_rule_says(cast):
    made = four_tasks(cast)
    rows = {row.pk: row for row in tasks_on(cast["hoa"], TODAY)}
    assert {name: rows[task.pk].status_then for name, task in made.items()} == {name: name for name in made}
    for row in rows.values():
        assert row.status_then == due_status(due_on=row.effective_due_on, done_on=row.done_then, today=TODAY)


def test_the_columns_of_today_say_what_the_history_says(cast):
    made = four_tasks(cast)
    verified(make_task(levels=[(Level.CENTRAL, [])]), cast, on=date(2026, 3, 20), ends_on=date(2026, 5, 10))
    tasks.suspend(make_task(), until=date(2026, 9, 1), reason="Wait", by=cast["hoa"], at=noon(TODAY))
    tasks.withdraw(make_task(), reason="Replaced", by=cast["hoa"], at=noon(TODAY))
    reports.accept(submitted(make_task(), cast["lan"], stage="drafting"), by=cast["hoa"], at=noon(TODAY))
    scan_today()
    names = ("pk", "stage_then", "since_then", "done_then", "status_then")
    pictures = [list(tasks_on(cast["hoa"], TODAY, is_now=now).order_by("pk").values(*names)) for now in (True, False)]
    assert pictures[0] == pictures[1] and len(pictures[0]) == len(made) + 4


@pytest.mark.parametrize("days", [-21, -20, -19, 0])
def test_the_deadline_day_itself_is_in_time(cast, days):
    task = make_task(due_on=TODAY - timedelta(days=20))
    day = TODAY + timedelta(days=days)
    assert tasks_on(cast["hoa"], day).get().status_then == due_status(due_on=task.due_on, done_on=None, today=day)


def test_what_was_recorded_later_changes_no_older_picture(cast):
    task = make_task(levels=[(Level.CENTRAL, [])], due_on=TODAY + timedelta(days=9))
    verified(task, cast, on=date(2026, 4, 1))
    before, after = (
        four_cell.by_resolution(cast["hoa"], day)[0].cells for day in (date(2026, 3, 31), date(2026, 4, 1))
    )
    assert (before, after) == (FourCells(open_in_time=1), FourCells(done_on_time=1))


def test_a_task_done_by_an_older_rule_stays_done_whatever_its_last_stage_was(cast):
    task = make_task(levels=[(Level.CENTRAL, [])])
    tasks_moved = {"on": date(2026, 5, 1), "by": None, "at": noon(date(2026, 5, 1))}
    tasks.move_to_stage(task, Stage.PROMULGATED, **tasks_moved)
    instrument = verified(task, cast, on=date(2026, 5, 20))
    row = tasks_on(cast["hoa"], TODAY).get()
    assert (row.stage_then, row.done_then) == (Stage.INSTITUTIONALIZED, instrument.in_force_on)


def test_objectives_and_withdrawn_tasks_are_not_counted(cast):
    make_task(kind=TaskKind.OBJECTIVE)
    tasks.withdraw(make_task(), reason="Replaced", by=cast["hoa"], at=noon(TODAY))
    assert four_cell.by_resolution(cast["hoa"], TODAY) == []
    assert four_cell.total([]) == FourCells()


def test_cells_by_body_follow_who_was_accountable_on_the_day(cast):
    task = make_task()
    cell = task.responsibilities.get()
    matrix.end(cell, on=date(2026, 3, 1), by=None, at=noon(date(2026, 3, 1)))
    matrix.assign(
        task, body=make_body("BO-B"), role=Role.ACCOUNTABLE, on=date(2026, 4, 1), by=None, at=noon(date(2026, 4, 1))
    )
    days = (date(2026, 2, 1), date(2026, 3, 15), TODAY)
    assert [[row.key for row in four_cell.by_body(cast["hoa"], day)] for day in days] == [["BO-A"], [""], ["BO-B"]]


def test_a_task_of_two_levels_stands_in_both(cast):
    make_task(levels=[(Level.CENTRAL, []), (Level.COMMUNE, [])])
    assert [(row.key, row.cells.total) for row in four_cell.by_level(cast["hoa"], TODAY)] == [
        ("central", 1),
        ("commune", 1),
    ]


def test_coverage_counts_what_is_in_force_on_the_day(cast):
    task = make_task(levels=[(Level.CENTRAL, []), (Level.COMMUNE, [])])
    verified(task, cast, on=date(2026, 4, 1), ends_on=date(2026, 5, 1))
    days = (date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 1))
    assert [[row.covered for row in coverage(cast["hoa"], day)] for day in days] == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert [row.percent for row in coverage(cast["hoa"], days[1])] == [100, 0, 0]


def test_ageing_puts_each_open_task_into_one_bucket(cast):
    for days in (0, 30, 31, 90, 91, 180, 365, 366):
        make_task(on=TODAY - timedelta(days=days))
    assert [row.tasks for row in ageing(cast["hoa"], TODAY)] == [2, 2, 2, 1, 1]
    assert sum(row.tasks for row in ageing(cast["hoa"], TODAY - timedelta(days=91))) == 4


def test_the_curve_rises_with_a_rule_and_falls_with_a_lapse(cast):
    task = make_task(levels=[(Level.CENTRAL, [])], due_on=date(2026, 4, 10))
    verified(task, cast, on=date(2026, 3, 20), ends_on=date(2026, 5, 10))
    scan_today()
    points = {point.day: point for point in curve(cast["hoa"], TODAY, months=4)}
    assert list(points) == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), TODAY]
    assert [point.done for point in points.values()] == [0, 1, 1, 0, 0]
    assert [point.planned for point in points.values()] == [0, 0, 1, 1, 1]


def test_the_ball_lies_where_the_rule_says(cast):
    own, unowned, reported = make_task(), make_task(accountable=False), make_task()
    submitted(reported, cast["lan"], on=date(2026, 6, 1))
    found = waits([own.pk, unowned.pk, reported.pk], TODAY)
    assert [found[task.pk].ball.code for task in (own, unowned, reported)] == [
        BallCode.ACCOUNTABLE,
        BallCode.NOBODY,
        BallCode.COMMISSION,
    ]
    assert (found[reported.pk].days, found[own.pk].since) == (14, START)


def test_holders_are_counted_once_each(cast):
    make_task()
    make_task()
    submitted(make_task(), cast["lan"])
    rows = {row.ball.why: row.tasks for row in by_holder(cast["hoa"])}
    assert rows == {BallWhy.WORK: 2, BallWhy.REPORT: 1}


def test_an_official_counts_only_what_they_may_read(cast):
    make_task()
    assert four_cell.total(four_cell.by_resolution(cast["lan"], TODAY)).total == 1
    assert four_cell.by_resolution(cast["minh"], TODAY) == four_cell.by_level(cast["minh"], TODAY) == []
    assert [row.tasks for row in coverage(cast["minh"], TODAY)] == [0, 0, 0]
    assert by_holder(cast["minh"]) == []
    assert {point.assigned for point in curve(cast["minh"], TODAY)} == {0}


BOARDS = [
    (four_cell.by_resolution, 2),
    (four_cell.by_body, 2),
    (four_cell.by_level, 1),
    (coverage, 1),
    (ageing, 1),
    (curve, 3),
]


@pytest.mark.parametrize(("board", "queries"), BOARDS, ids=lambda value: getattr(value, "__name__", value))
def test_each_board_asks_as_often_as_it_says(cast, django_assert_num_queries, board, queries):
    cast["hoa"].memberships.count()
    tasks_on(cast["hoa"], TODAY)
    for _times in range(2):
        for _number in range(3):
            task = make_task(levels=[(Level.CENTRAL, [])], accountable=make_body())
            make_cell(task, make_body(), Role.RESPONSIBLE)
        with django_assert_num_queries(queries):
            assert board(cast["hoa"], TODAY)


def test_every_status_of_the_field_is_counted():
    assert {name for name in FourCells.__slots__} == {status.value for status in FieldStatus}
