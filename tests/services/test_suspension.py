"""Suspended, withdrawn and taken up again, each by its document."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import make_body, make_calendar, make_cast, make_policy, make_task, noon
from tracker.choices import DayKind, Stage, TaskKind
from tracker.errors import Stale
from tracker.models import Calendar, DayOff, Event, Flag, StageChange
from tracker.services import calendars, scan, tasks

pytestmark = pytest.mark.django_db
TODAY, UNTIL, DUE = date(2026, 5, 4), date(2026, 9, 1), date(2026, 6, 30)
PAPER = "45-QĐ/TU, 4/5/2026"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(noon(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast():
    return make_cast()


def suspended(task, by, **facts):
    values = {"until": UNTIL, "reason": "The law is being rewritten", "document": PAPER, **facts}
    return tasks.suspend(task, by=by, at=noon(TODAY), **values)


def test_a_suspension_names_its_document_and_leaves_the_deadline(cast):
    task = suspended(make_task(due_on=DUE), cast["hoa"])
    assert (task.stage, task.suspended_on, task.suspended_until) == (Stage.SUSPENDED, TODAY, UNTIL)
    assert (task.due_on, task.original_due_on, task.extension_count) == (DUE, DUE, 0)
    change = StageChange.objects.get(task=task, to_stage=Stage.SUSPENDED)
    assert (change.document, change.reason) == (PAPER, "The law is being rewritten")


def test_its_document_may_move_the_deadline_and_the_first_stays_known(cast):
    task = suspended(make_task(due_on=DUE), cast["hoa"], new_due_on=date(2026, 12, 31))
    assert (task.due_on, task.original_due_on, task.extension_count) == (date(2026, 12, 31), DUE, 0)
    event = Event.objects.get(task=task, kind="task.deadline")
    assert (event.before["due_on"], event.after["due_on"], event.why) == ("2026-06-30", "2026-12-31", PAPER)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"until": TODAY}, "until"),
        ({"reason": " "}, "reason"),
        ({"new_due_on": DUE}, "new_due_on"),
        ({"new_due_on": date(2026, 12, 31), "document": ""}, "document"),
    ],
)
def test_a_wrong_suspension_names_its_field(cast, facts, field):
    task = make_task(due_on=DUE)
    with pytest.raises(ValidationError) as error:
        suspended(task, cast["hoa"], **facts)
    assert field in error.value.message_dict
    task.refresh_from_db()
    assert (task.stage, task.due_on) == (Stage.ASSIGNED, DUE)


def test_a_standing_duty_has_no_deadline_to_move(cast):
    with pytest.raises(ValidationError):
        suspended(make_task(kind=TaskKind.STANDING), cast["hoa"], new_due_on=date(2026, 12, 31))


def test_taken_up_early_it_goes_on_in_its_stage_today(cast, today):
    task = make_task(due_on=DUE)
    tasks.record_stage(task, Stage.PLANNED, on=date(2026, 4, 1), by=cast["hoa"], at=noon(date(2026, 4, 1)))
    suspended(task, cast["hoa"])
    day = date(2026, 6, 1)
    today.move_to(noon(day))
    task = tasks.resume(task, reason="The law is out", document="50-QĐ/TU", by=cast["quang"], at=noon(day))
    assert (task.stage, task.suspended_until, task.running_since) == (Stage.PLANNED, None, day)
    assert task.stage_paused_days == 20 and task.next_check_on > day
    event = Event.objects.get(task=task, kind="task.resumed")
    assert (event.after, event.why) == ({"stage": "planned", "document": "50-QĐ/TU"}, "The law is out")


def test_taken_up_on_the_day_it_was_suspended(cast):
    task = suspended(make_task(due_on=DUE), cast["hoa"])
    task = tasks.resume(task, reason="A mistake", by=cast["hoa"], at=noon(TODAY))
    assert (task.stage, task.stage_paused_days) == (Stage.ASSIGNED, 0)


def test_a_withdrawn_task_is_taken_up_in_the_stage_in_which_it_was_left(cast, today):
    task = make_task(due_on=DUE)
    tasks.record_stage(task, Stage.DRAFTING, on=TODAY, by=cast["hoa"], at=noon(TODAY))
    suspended(task, cast["hoa"])
    tasks.withdraw(task, reason="No longer owed", document=PAPER, by=cast["hoa"], at=noon(TODAY))
    assert (task.stage, task.suspended_until) == (Stage.WITHDRAWN, None)
    day = date(2026, 8, 3)
    today.move_to(noon(day))
    task = tasks.resume(task, reason="Owed after all", by=cast["hoa"], at=noon(day))
    assert (task.stage, task.stage_since) == (Stage.DRAFTING, day)
    flag = Flag.objects.get(task=task, clock="due")
    assert flag.since == day  # late since it goes on, never for the time at rest


def test_what_was_late_before_the_withdrawal_stays_late(cast, today):
    task = make_task(due_on=date(2026, 4, 20))
    tasks.withdraw(task, reason="No longer owed", by=cast["hoa"], at=noon(TODAY))
    flag = Flag.objects.get(task=task, clock="due")
    assert (flag.since, flag.closed_on, flag.closed_why) == (date(2026, 4, 21), TODAY, "withdrawn")


def test_only_what_fits_the_stage_can_be_decided(cast):
    task = make_task()
    with pytest.raises(ValidationError):
        tasks.resume(task, reason="Why", by=cast["hoa"], at=noon(TODAY))
    tasks.withdraw(task, reason="No longer owed", by=cast["hoa"], at=noon(TODAY))
    with pytest.raises(ValidationError):
        tasks.withdraw(task, reason="Again", by=cast["hoa"], at=noon(TODAY))
    with pytest.raises(ValidationError):
        suspended(task, cast["hoa"])


def test_who_decides_and_by_which_version(cast):
    task = make_task(due_on=DUE)
    for name in ("lan", "minh", "vinh"):
        for act in (lambda by: suspended(task, by), lambda by: tasks.withdraw(task, reason="x", by=by, at=noon(TODAY))):
            with pytest.raises(PermissionDenied):
                act(cast[name])
        with pytest.raises(PermissionDenied):
            tasks.resume(task, reason="x", by=cast[name], at=noon(TODAY))
    with pytest.raises(Stale):
        suspended(task, cast["quang"], version=task.version - 1)


def test_a_suspension_ends_by_itself_as_it_ends_by_hand(cast, today):
    by_hand, alone = (suspended(make_task(due_on=DUE), cast["hoa"], until=date(2026, 6, 1)) for _ in range(2))
    day = date(2026, 6, 1)
    today.move_to(noon(day))
    scan.run(day, at=noon(day))
    alone.refresh_from_db()
    late = tasks.suspend(by_hand, until=date(2026, 7, 1), reason="x", by=cast["hoa"], at=noon(day))
    late = tasks.resume(late, reason="x", by=cast["hoa"], at=noon(day))
    assert (late.stage, late.stage_since, late.stage_paused_days) == (
        alone.stage,
        alone.stage_since,
        alone.stage_paused_days,
    )


def test_a_rest_that_begins_on_the_day_of_assignment_counts_from_the_next(cast, today):
    task = make_task(on=TODAY)
    before = task.effective_due_on
    suspended(task, cast["hoa"], until=date(2026, 5, 6))
    today.move_to(noon(date(2026, 5, 6)))
    scan.run(date(2026, 5, 6), at=noon(date(2026, 5, 6)))
    task.refresh_from_db()
    assert (task.paused_days, task.stage_paused_days) == (1, 1)  # Tuesday; Monday was not counted anyway
    assert task.effective_due_on > before


def test_a_rest_is_counted_in_the_calendar_of_the_province(cast, today):
    province = make_body("TINH-A")
    make_policy()
    local = Calendar(code="A", name_vi="Lịch tỉnh A", name_en="A", base=make_calendar(), body=province)
    day = DayOff(day=date(2026, 5, 6), kind=DayKind.OFF, name_vi="Ngày của tỉnh", name_en="Day of the province")
    calendars.create(local, days_off=[day], by=None, at=noon(TODAY), first_year=2024, last_year=2028)
    task = suspended(make_task(accountable=province), cast["hoa"], until=date(2026, 5, 11))
    today.move_to(noon(date(2026, 5, 11)))
    scan.run(date(2026, 5, 11), at=noon(date(2026, 5, 11)))
    task.refresh_from_db()
    assert task.stage_paused_days == 0  # its limit of 30 days had passed before
    assert task.paused_days == 4


def test_it_goes_on_in_its_stage_since_the_day_that_was_recorded_last(cast, today):
    task = make_task()
    tasks.record_stage(task, Stage.PLANNED, on=TODAY, by=cast["hoa"], at=noon(TODAY))
    early = date(2026, 4, 20)
    tasks.record_stage(task, Stage.DRAFTING, on=early, by=cast["hoa"], at=noon(TODAY))
    suspended(task, cast["hoa"])
    task = tasks.resume(task, reason="x", by=cast["hoa"], at=noon(TODAY))
    assert (task.stage, task.stage_since) == (Stage.DRAFTING, early)
