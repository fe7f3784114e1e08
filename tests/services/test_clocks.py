"""The clocks of one task as services change it: limits, flags, true crossing days."""

from datetime import date, timedelta

import pytest

from tests.builders import make_body, make_cast, make_cell, make_post, make_task, noon
from tracker.boards.explain import explain
from tracker.choices import Clock, Role, Stage, TaskKind
from tracker.models import Event, Flag, Policy, Task, Tenure
from tracker.services import bodies, clocks, matrix, scan, tasks
from tracker.services.limits import COLUMNS

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 1, 5)


def run_scan(day):
    return scan.run(day, at=noon(day), force=True)


def test_the_deadline_day_itself_is_not_late():
    task = make_task(due_on=date(2026, 2, 10))
    run_scan(date(2026, 2, 10))
    assert not task.flags.filter(clock=Clock.DUE).exists()
    run_scan(date(2026, 2, 11))
    assert task.flags.get(clock=Clock.DUE).since == date(2026, 2, 11)


def test_a_task_without_a_deadline_gets_one_from_its_age():
    task = make_task(on=MONDAY)
    explained = explain(task, on=MONDAY)[0].explanation
    assert task.effective_due_on == explained.limit_on > MONDAY + timedelta(days=340)


def test_a_standing_duty_has_no_due_clock_and_an_objective_none_at_all():
    standing, objective = make_task(kind=TaskKind.STANDING), make_task(kind=TaskKind.OBJECTIVE)
    assert standing.effective_due_on is None
    assert standing.silence_limit_on is not None
    assert objective.next_check_on is None


def test_a_missed_week_gives_the_same_rows_as_daily_runs():
    due_days = [MONDAY + timedelta(days=n) for n in (30, 31, 33, 36)]
    daily = [make_task(due_on=day) for day in due_days]
    for offset in range(60):
        run_scan(MONDAY + timedelta(days=offset))
    rows = _rows(daily)
    Flag.objects.all().delete()
    once = [make_task(due_on=day) for day in due_days]
    clocks.settle(Task.objects.all(), through=MONDAY + timedelta(days=59), at=noon(MONDAY + timedelta(days=59)))
    assert _rows(once) == rows
    assert len(rows) >= 8


def _rows(made):
    numbers = {task.pk: number for number, task in enumerate(made)}
    steps = Flag.objects.filter(task__in=made).values_list(
        "task", "clock", "since", "limit_on", "steps__number", "steps__due_on", "steps__addressee", "steps__body"
    )
    return sorted((numbers[row[0]], *row[1:]) for row in steps)


def test_a_second_scan_of_the_day_changes_nothing():
    make_task(due_on=date(2026, 2, 10))
    first = run_scan(date(2026, 3, 20))
    second = run_scan(date(2026, 3, 20))
    assert first.opened > 0
    assert (second.looked_at, second.opened, second.closed, second.stepped) == (0, 0, 0, 0)


def test_steps_climb_in_working_days_to_who_holds_the_role_that_day():
    front = make_body("MTTQ")
    task = make_task(due_on=date(2026, 3, 2))
    make_cell(task, front, Role.SUPERVISES)
    make_cast()
    run_scan(date(2026, 4, 1))
    steps = task.flags.get(clock=Clock.DUE).steps
    steps = steps.values_list("number", "due_on", "reached", "recipients__body__code").distinct().order_by("due_on")
    assert list(steps) == [
        (1, date(2026, 3, 3), "supervisor", "MTTQ"),  # nobody holds a post of BO-A: it climbs at once
        (2, date(2026, 3, 17), "supervisor", "MTTQ"),
        (3, date(2026, 3, 31), "commission", "BDV"),
    ]


def test_nobody_answers_from_the_day_the_post_falls_vacant():
    post = make_post(make_body("BO-A"), holder="Lan")
    task = make_task(accountable=make_body("BO-A"), post=post)
    assert task.unowned_since is None
    bodies.end_tenure(Tenure.objects.get(), on=date(2026, 2, 2), by=None, at=noon(date(2026, 2, 2)))
    task.refresh_from_db()
    assert (task.unowned_since, task.unowned_limit_on) == (date(2026, 2, 2), date(2026, 2, 9))
    run_scan(date(2026, 2, 20))
    assert task.flags.get(clock=Clock.UNOWNED).since == date(2026, 2, 10)


def test_a_vacancy_known_in_advance_is_flagged_on_its_day_and_closed_when_filled():
    post = make_post(make_body("BO-A"), holder="Lan")
    task = make_task(accountable=make_body("BO-A"), post=post)
    tenure = Tenure.objects.get()
    bodies.end_tenure(tenure, on=date(2026, 2, 2), by=None, at=noon(date(2026, 1, 12)))
    successor = tenure.cadre
    bodies.appoint(successor, post, on=date(2026, 3, 2), by=None, at=noon(date(2026, 1, 13)))
    run_scan(date(2026, 4, 1))
    flag = task.flags.get(clock=Clock.UNOWNED)
    assert (flag.since, flag.closed_on) == (date(2026, 2, 10), date(2026, 3, 2))


def test_a_vacancy_that_a_missed_scan_did_not_see_is_flagged_before_it_is_filled():
    post = make_post(make_body("BO-A"), holder="Lan")
    task = make_task(accountable=make_body("BO-A"), post=post)
    tenure = Tenure.objects.get()
    bodies.end_tenure(tenure, on=date(2026, 2, 2), by=None, at=noon(date(2026, 2, 2)))
    bodies.appoint(tenure.cadre, post, on=date(2026, 3, 2), by=None, at=noon(date(2026, 3, 2)))
    flag = task.flags.get(clock=Clock.UNOWNED)
    assert (flag.since, flag.closed_on) == (date(2026, 2, 10), date(2026, 3, 2))


def test_a_task_without_an_accountable_body_is_unowned_from_its_assignment():
    task = make_task(accountable=False)
    assert task.unowned_since == MONDAY
    matrix.assign(task, body=make_body("BO-B"), role=Role.ACCOUNTABLE, on=MONDAY, by=None, at=noon(MONDAY))
    task.refresh_from_db()
    assert task.unowned_since is None


def test_moving_on_stops_the_stage_clock_and_touching_resets_nothing():
    task = make_task()
    before = task.stage_limit_on
    with clocks.changing(task, at=noon(date(2026, 1, 20))):
        pass
    assert task.stage_limit_on == before
    tasks.record_stage(task, Stage.PLANNED, on=date(2026, 1, 21), by=None, at=noon(date(2026, 1, 21)))
    assert (task.stage_since, task.stage_limit_on > before) == (date(2026, 1, 21), True)


def test_a_change_settles_first_so_that_downtime_hides_no_lateness():
    task = make_task(due_on=date(2026, 2, 10))
    tasks.withdraw(task, reason="Không còn phù hợp", by=None, at=noon(date(2026, 3, 2)))
    flag = task.flags.get(clock=Clock.DUE)
    assert (flag.since, flag.closed_on, flag.closed_why) == (date(2026, 2, 11), date(2026, 3, 2), "withdrawn")
    assert task.next_check_on is None


def test_a_suspension_ends_by_its_date():
    task = make_task()
    tasks.record_stage(task, Stage.DRAFTING, on=date(2026, 1, 12), by=None, at=noon(date(2026, 1, 12)))
    tasks.suspend(task, until=date(2026, 3, 2), reason="Chờ luật sửa đổi", by=None, at=noon(date(2026, 2, 2)))
    assert task.stage_limit_on is None
    run_scan(date(2026, 3, 10))
    task.refresh_from_db()
    assert (task.stage, task.stage_since, task.suspended_on) == (Stage.DRAFTING, date(2026, 1, 12), None)
    assert task.stage_limit_on == explain(task, on=date(2026, 3, 10), clocks=[Clock.STAGE])[0].explanation.limit_on
    assert (task.paused_days, task.stage_paused_days) == (15, 15)  # four weeks less the five days of Tet


def test_opening_and_closing_leave_one_event_each():
    task = make_task(due_on=date(2026, 2, 10))
    run_scan(date(2026, 2, 12))
    tasks.withdraw(task, reason="Trùng", by=None, at=noon(date(2026, 2, 12)))
    kinds = Event.objects.filter(object_kind="flag").order_by("id").values_list("kind", "on")
    assert list(kinds) == [("flag.opened", date(2026, 2, 11)), ("flag.closed", date(2026, 2, 12))]


@pytest.mark.parametrize("stage", [Stage.ASSIGNED, Stage.PLANNED, Stage.DRAFTING, Stage.APPRAISAL])
@pytest.mark.parametrize("offset", [0, 4, 5, 6, 40, 100])
def test_what_is_stored_is_what_is_explained(stage, offset):
    on = MONDAY + timedelta(days=offset)
    task = make_task(on=on, accountable=False)
    if stage != Stage.ASSIGNED:
        tasks.record_stage(task, stage, on=on + timedelta(days=3), by=None, at=noon(on + timedelta(days=3)))
    for row in explain(task, on=on):
        explained = row.explanation.limit_on if row.explanation else None
        assert getattr(task, COLUMNS[row.clock]) == explained


def test_a_policy_that_is_not_there_is_told():
    task = make_task()
    Policy.objects.update(applied_at=None, valid_from=None)
    with pytest.raises(Policy.DoesNotExist, match="No default policy is in force"):
        explain(task, on=date(2026, 1, 5))
