"""The ladder: steps before the limit, on it and after; whom each reaches; no silence while a flag is open."""

from datetime import date, timedelta

import pytest

from tests.builders import make_body, make_cast, make_cell, make_policy, make_post, make_task, make_user, noon
from tracker.choices import Clock, Duty, Role, Stage
from tracker.models import Cadre, Event, Flag, StepRecipient, Task
from tracker.services import clocks, reports, tasks

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 1, 5)
DUE = date(2026, 3, 13)  # a Friday
LADDER = ((1, -5, "holder", None), (2, -1, "holder", None), (3, 0, "head", None), (4, 5, "commission", 3))


def settle(day):
    return clocks.settle(Task.objects.all(), through=day, at=noon(day))


@pytest.fixture
def task():
    make_policy(limits=[("due", 250, "working")], ladder=LADDER, clocks=["due"])
    return make_task(due_on=DUE, accountable=make_body("BO-A"), post=make_post(make_body("BO-A"), holder="Lan"))


def steps_of(task):
    return list(task.flags.get(clock=Clock.DUE).steps.order_by("due_on").values_list("number", "due_on", "reached"))


def test_reminders_come_before_the_limit_and_are_not_late(task):
    settle(date(2026, 3, 8))
    assert not Flag.objects.exists()
    settle(DUE)
    flag = task.flags.get()
    assert steps_of(task) == [(1, date(2026, 3, 9), "holder"), (2, DUE, "holder")]
    assert (flag.since, flag.is_late_on(DUE), Flag.objects.late_on(DUE).exists()) == (date(2026, 3, 14), False, False)
    assert list(Event.objects.filter(object_kind="flag").values_list("kind", "on")) == [
        ("flag.reminded", date(2026, 3, 9))
    ]


def test_the_last_step_comes_again_while_the_flag_is_open(task):
    settle(date(2026, 3, 27))
    assert steps_of(task)[2:] == [
        (3, date(2026, 3, 14), "head"),
        (4, date(2026, 3, 20), "commission"),
        (4, date(2026, 3, 25), "commission"),
    ]
    assert Event.objects.filter(kind="flag.opened").count() == 1


def test_one_late_run_gives_the_steps_of_daily_runs(task):
    for offset in range(90):
        settle(MONDAY + timedelta(days=offset))
    daily = steps_of(task)
    Flag.objects.all().delete()
    Task.objects.update(next_check_on=date(2026, 3, 9))
    settle(MONDAY + timedelta(days=89))
    assert steps_of(task) == daily
    assert settle(MONDAY + timedelta(days=89)).looked_at == 0


def test_a_deadline_that_moves_ends_the_reminder_without_lateness(task):
    settle(date(2026, 3, 9))
    with clocks.changing(task, at=noon(date(2026, 3, 10)), cause="extension:1"):
        Task.objects.filter(pk=task.pk).update(due_on=date(2026, 4, 10))
    flag = Flag.objects.get()
    assert (flag.closed_on, flag.closed_why, flag.closed_by) == (date(2026, 3, 10), "moved", "extension:1")
    assert not Flag.objects.was_late(date(2026, 5, 1)).exists()
    settle(date(2026, 4, 6))
    assert Flag.objects.open().get().limit_on == date(2026, 4, 10)


def test_the_account_of_who_holds_the_post_is_told(task):
    lan = make_user("lan", Duty.OFFICIAL, make_body("BO-A"), cadre=Cadre.objects.get())
    settle(date(2026, 3, 9))
    row = StepRecipient.objects.get()
    assert (row.user, row.cadre.name, row.post.code, row.recipient[0]) == (lan, "Lan", "head", "p")


def test_without_an_account_those_who_act_for_the_body_are_told(task):
    lan = make_user("lan", Duty.OFFICIAL, make_body("BO-A"))
    make_user("minh", Duty.OFFICIAL, make_body("BO-B"))
    settle(date(2026, 3, 9))
    assert list(StepRecipient.objects.exclude(user=None).values_list("user", flat=True)) == [lan.pk]


def test_a_vacant_place_climbs_the_same_day_and_says_so():
    make_policy(limits=[("due", 250, "working")], ladder=((1, 0, "holder", 10),), clocks=["due"])
    task = make_task(due_on=DUE)
    cast = make_cast()
    settle(date(2026, 3, 14))
    step = task.flags.get().steps.get()
    assert (step.addressee, step.reached, step.has_climbed) == ("holder", "commission", True)
    assert [row.user for row in step.recipients.all()] == [cast["hoa"]]


def test_the_commission_nearest_to_the_body_is_told():
    make_policy(limits=[("due", 250, "working")], ladder=((1, 0, "commission", 10),), clocks=["due"])
    cast = make_cast()
    province = make_body("TINH-A")
    near = make_user("van", Duty.COMMISSION, make_body("BDV-A", parent=province), province)
    inside, outside = make_task(due_on=DUE, accountable=make_body("SO-A", parent=province)), make_task(due_on=DUE)
    settle(date(2026, 3, 14))
    told = {row.step.flag.task_id: row.user for row in StepRecipient.objects.select_related("step__flag", "user")}
    assert told == {inside.pk: near, outside.pk: cast["hoa"]}


def test_supervisors_are_told_beside_the_accountable_body_only():
    make_policy(limits=[("due", 250, "working")], ladder=((1, 0, "supervisor", 10),), clocks=["due"])
    task = make_task(due_on=DUE)
    make_cell(task, make_body("BO-A"), Role.SUPERVISES)
    make_cell(task, make_body("MTTQ"), Role.SUPERVISES)
    settle(date(2026, 3, 14))
    assert [row.body.code for row in StepRecipient.objects.all()] == ["MTTQ"]


def test_a_step_that_finds_nobody_says_so():
    make_policy(limits=[("due", 250, "working")], ladder=((1, 0, "holder", 10),), clocks=["due"])
    make_task(due_on=DUE)
    settle(date(2026, 3, 14))
    assert StepRecipient.objects.get().recipient == "-"


def test_a_snooze_stops_steps_until_its_end_and_not_the_flag(task):
    settle(date(2026, 3, 14))
    Flag.objects.update(snoozed_until=date(2026, 3, 24))
    clocks.wind([task.pk], at=noon(date(2026, 3, 14)))
    settle(date(2026, 3, 23))
    assert len(steps_of(task)) == 3
    settle(date(2026, 3, 24))
    assert steps_of(task)[3:] == [(4, date(2026, 3, 24), "commission")]
    assert Flag.objects.late_on(date(2026, 3, 24)).exists()


def test_a_snooze_silences_the_reminders_that_fall_into_it():
    ladder = ((1, -10, "holder", None), (2, -4, "holder", None), (3, 0, "commission", 5))
    make_policy(limits=[("due", 250, "working")], ladder=ladder, clocks=["due"])
    task = make_task(due_on=DUE, accountable=make_body("BO-A"))
    settle(date(2026, 3, 2))
    assert [number for number, _, _ in steps_of(task)] == [1]
    Flag.objects.update(snoozed_until=date(2026, 3, 12))
    clocks.wind([task.pk], at=noon(date(2026, 3, 2)))
    settle(date(2026, 3, 19))
    assert steps_of(task)[1:] == [(3, date(2026, 3, 14), "commission")]


def test_what_waits_on_the_commission_has_clocks_of_its_own():
    clocks_of = [Clock.REVIEW]
    make_policy(limits=[("review", 5, "working")], ladder=((1, 0, "commission", 5),), clocks=clocks_of)
    cast = make_cast()
    task = make_task(accountable=make_body("BO-A"))
    at = noon(date(2026, 1, 12))
    draft = reports.save_draft(
        task, body=make_body("BO-A"), by=cast["lan"], at=at, stage=Stage.PLANNED, done_text="Plan"
    )
    report = reports.submit(draft, by=cast["lan"], at=at)
    task.refresh_from_db()
    assert (task.reported_since, task.review_limit_on) == (date(2026, 1, 12), date(2026, 1, 19))
    settle(date(2026, 1, 21))
    flag = Flag.objects.get(clock=Clock.REVIEW)
    assert (flag.since, flag.steps.get().reached) == (date(2026, 1, 20), "commission")
    reports.accept(report, by=cast["hoa"], at=noon(date(2026, 1, 22)))
    flag.refresh_from_db()
    assert (flag.closed_on, flag.closed_by) == (date(2026, 1, 22), f"report:{report.pk}")


def test_the_draft_must_be_submitted_for_appraisal_in_time():
    make_policy(limits=[("submit", 20, "working")], ladder=((1, 0, "commission", 5),), clocks=["submit"])
    task, written = make_task(), make_task(submit_by=date(2026, 1, 14))
    assert (task.submit_limit_on, written.submit_limit_on) == (date(2026, 2, 2), date(2026, 1, 14))
    settle(date(2026, 1, 20))
    assert Flag.objects.get(clock=Clock.SUBMIT).task == written
    tasks.record_stage(written, Stage.APPRAISAL, on=date(2026, 1, 21), by=None, at=noon(date(2026, 1, 21)))
    assert Flag.objects.get(clock=Clock.SUBMIT).closed_on == date(2026, 1, 21)
