"""What was entered in error: the wrong entry stays, figures of past days stay, and what follows is as it should be."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from tests.asking import asked
from tests.builders import make_body, make_cast, make_cell, make_policy, make_post, make_task, noon
from tracker.boards.explain import explain
from tracker.boards.lateness import outcome_of
from tracker.boards.standing import accountable_on, flagged_on, tasks_on
from tracker.choices import Clock, Lateness, Role, Stage
from tracker.errors import Stale
from tracker.models import Event, Flag, Responsibility, StageChange, Task
from tracker.services import corrections, disputes, extensions, scan, tasks

pytestmark = pytest.mark.django_db
ENTERED, DAY = date(2026, 3, 2), date(2026, 4, 20)
WHY = "The wrong line of the letter"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(noon(ENTERED), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast():
    return make_cast()


def go_to(today, day):
    today.move_to(noon(day))
    scan.run(day, at=noon(day))


def stage(task, cast, *, to=Stage.PLANNED, on=ENTERED, at=DAY, why=WHY, **facts):
    return corrections.correct_stage(task, stage=to, on=on, why=why, by=cast["quang"], at=noon(at), **facts)


def moved(cast, to=Stage.CONSULTATION):
    task = make_task()
    tasks.record_stage(task, to, on=ENTERED, by=cast["quang"], at=noon(ENTERED))
    return task


def test_a_wrong_stage_gives_way_and_stays_in_the_history(cast, today):
    task = moved(cast)
    go_to(today, DAY)
    stage(task, cast, on=date(2026, 2, 23))
    assert (task.stage, task.stage_since) == (Stage.PLANNED, date(2026, 2, 23))
    wrong, right = task.stage_changes.order_by("id")[1:]
    assert (wrong.to_stage, wrong.on, right.corrects) == (Stage.CONSULTATION, ENTERED, wrong)
    event = Event.objects.get(kind="stage.corrected")
    assert event.before == {"stage": "consultation", "on": "2026-03-02"} and event.why == WHY
    assert event.after == {"stage": "planned", "on": "2026-02-23"}


def test_figures_of_past_days_stay_as_they_were_known(cast, today):
    task = moved(cast)
    go_to(today, DAY)
    stage(task, cast)
    then = {day: tasks_on(cast["hoa"], day).get(pk=task.pk).stage_then for day in (date(2026, 3, 9), DAY)}
    assert then == {date(2026, 3, 9): Stage.CONSULTATION, DAY: Stage.PLANNED}


def test_a_task_that_never_left_its_stage_is_in_it_since_it_entered_it(cast, today):
    task = moved(cast)
    go_to(today, DAY)
    stage(task, cast, to=Stage.ASSIGNED)
    assert (task.stage, task.stage_since) == (Stage.ASSIGNED, task.assigned_on)
    late = Flag.objects.open().get(task=task, clock=Clock.STAGE)
    assert late.since == date(2026, 2, 24)  # 30 working days since January, as if it had never left


def test_a_correction_may_be_corrected(cast, today):
    task = moved(cast)
    go_to(today, DAY)
    stage(task, cast)
    stage(task, cast, to=Stage.DRAFTING, on=date(2026, 3, 9))
    assert (task.stage, task.stage_since) == (Stage.DRAFTING, date(2026, 3, 9))
    assert StageChange.objects.filter(corrects__isnull=False).count() == 2


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"to": Stage.INSTITUTIONALIZED}, "stage"),
        ({"to": Stage.CONSULTATION}, "on"),  # what is entered already
        ({"on": date(2026, 4, 21)}, "on"),
        ({"on": date(2026, 1, 1)}, "on"),
        ({"why": " "}, "why"),
    ],
)
def test_a_wrong_correction_names_its_field(cast, today, facts, field):
    task = moved(cast)
    go_to(today, DAY)
    with pytest.raises(ValidationError) as error:
        stage(task, cast, **facts)
    assert field in error.value.message_dict
    assert Task.objects.get().stage == Stage.CONSULTATION


def test_what_is_no_move_from_stage_to_stage_is_not_corrected(cast, today):
    fresh, resting = make_task(), moved(cast)
    tasks.suspend(resting, until=date(2026, 9, 1), reason="Why", by=cast["quang"], at=noon(ENTERED))
    for task in (fresh, resting):
        assert corrections.latest_stage(task) is None
        with pytest.raises(ValidationError):
            stage(task, cast)


def test_only_the_editor_corrects_and_on_what_they_saw(cast, today):
    task = moved(cast)
    for name in ("lan", "minh", "hoa", "vinh"):
        with pytest.raises(PermissionDenied):
            stage(task, {"quang": cast[name]}, at=ENTERED)
    with pytest.raises(Stale):
        stage(task, cast, at=ENTERED, version=task.version - 1)


def deadline(task, cast, due_on, *, at=DAY, **facts):
    values = {"due_on": due_on, "why": WHY, **facts}
    return corrections.correct_deadline(task, by=cast["quang"], at=noon(at), **values)


def test_a_deadline_that_was_typed_wrongly_never_made_the_task_late(cast, today):
    task = make_task(due_on=date(2026, 3, 30))
    go_to(today, date(2026, 4, 6))
    go_to(today, DAY)
    before = tasks_on(cast["hoa"], date(2026, 4, 6)).annotate(was=flagged_on(date(2026, 4, 6)))
    assert before.get(pk=task.pk).was
    deadline(task, cast, date(2026, 9, 30))
    flag = Flag.objects.get(task=task, clock=Clock.DUE)
    assert flag.closed_on < flag.since and flag.closed_why == "corrected"
    assert outcome_of(task, [flag], DAY).code == Lateness.OPEN
    assert (task.due_on, task.original_due_on) == (date(2026, 9, 30), date(2026, 9, 30))
    assert before.get(pk=task.pk).was  # as it was known then
    assert Event.objects.get(kind="task.corrected").before["due_on"] == "2026-03-30"
    assert Event.objects.filter(kind="flag.taken_back", task=task).count() == 1


def test_a_deadline_that_was_too_early_and_has_passed_all_the_same_is_late_from_its_own_day(cast, today):
    task = make_task(due_on=date(2026, 3, 30))
    go_to(today, DAY)
    deadline(task, cast, date(2026, 4, 10))
    rows = Flag.objects.filter(task=task, clock=Clock.DUE).order_by("id")
    wrong, right = rows
    assert wrong.closed_on < wrong.since
    assert (right.since, right.limit_on, right.closed_on) == (date(2026, 4, 11), date(2026, 4, 10), None)
    assert outcome_of(task, rows, DAY).days_late == 6


def test_a_deadline_that_was_too_late_makes_late_from_the_right_day(cast, today):
    task = make_task(due_on=date(2026, 9, 30))
    go_to(today, DAY)
    deadline(task, cast, date(2026, 3, 30))
    assert Flag.objects.get(task=task, clock=Clock.DUE).since == date(2026, 3, 31)


def test_a_deadline_that_was_never_written_leaves_the_age_rule(cast, today):
    task = make_task(due_on=date(2026, 3, 30))
    go_to(today, DAY)
    deadline(task, cast, None)
    assert (task.due_on, task.original_due_on) == (None, None)
    assert task.effective_due_on > DAY and not Flag.objects.open().filter(task=task, clock=Clock.DUE).exists()


def test_the_explanation_of_a_past_day_keeps_the_deadline_of_then(cast, today):
    task = make_task(due_on=date(2026, 3, 30))
    go_to(today, DAY)
    deadline(task, cast, date(2026, 9, 30))
    for day, due, since in ((date(2026, 4, 6), date(2026, 3, 30), date(2026, 3, 31)), (DAY, date(2026, 9, 30), None)):
        row = explain(task, on=day, today=DAY, clocks=[Clock.DUE])[0]
        assert (row.explanation.limit_on, row.flagged_since) == (due, since)


def test_a_deadline_that_a_decision_moved_is_not_corrected(cast, today):
    task = make_task(due_on=date(2026, 6, 30))
    extension = asked(task, cast["lan"], on=ENTERED, wanted_on=date(2026, 9, 30))
    granted = {"due_on": date(2026, 9, 30), "decision_number": "7"}
    extensions.grant(extension, by=cast["hoa"], at=noon(ENTERED), **granted)
    with pytest.raises(ValidationError):
        deadline(task, cast, date(2026, 10, 30), at=ENTERED)
    for wrong in (date(2025, 1, 1), date(2036, 1, 1)):
        with pytest.raises(ValidationError):
            deadline(make_task(due_on=date(2026, 6, 30)), cast, wrong, at=ENTERED)


def resting(cast, **facts):
    task = make_task(**facts)
    values = {"until": date(2026, 6, 1), "reason": "The law changes"}
    return tasks.suspend(task, by=cast["hoa"], at=noon(ENTERED), **values)


def suspension(task, cast, until, *, at=DAY):
    return corrections.correct_suspension(task, until=until, why=WHY, by=cast["quang"], at=noon(at))


def test_the_end_of_a_suspension_is_corrected(cast, today):
    task = resting(cast)
    go_to(today, DAY)
    suspension(task, cast, date(2026, 5, 4))
    go_to(today, date(2026, 5, 4))
    task.refresh_from_db()
    assert (task.stage, task.suspended_until) == (Stage.ASSIGNED, None)


def test_a_task_that_was_not_suspended_at_all_has_gone_on(cast, today):
    make_policy(limits=[("due", 250, "working")], clocks=("due",))
    task = resting(cast, due_on=date(2026, 4, 10))
    go_to(today, DAY)
    suspension(task, cast, None)
    assert (task.stage, task.stage_since, task.suspended_until) == (Stage.ASSIGNED, task.assigned_on, None)
    assert (task.paused_days, task.stage_paused_days) == (0, 0)
    assert Flag.objects.get(task=task, clock=Clock.DUE).since == date(2026, 4, 11)
    row = explain(task, on=DAY, today=DAY, clocks=[Clock.DUE])[0]
    assert (row.pauses, row.flagged_since) == ((), date(2026, 4, 11))
    past = tasks_on(cast["hoa"], date(2026, 3, 9)).get(pk=task.pk)
    assert past.stage_then == Stage.SUSPENDED


def test_a_suspension_that_did_more_than_rest_is_not_taken_back(cast, today):
    late = resting(cast, due_on=date(2026, 2, 10))
    by_document = make_task(due_on=date(2026, 6, 30))
    facts = {"until": date(2026, 6, 1), "new_due_on": date(2026, 9, 30), "reason": "Why", "document": "45"}
    tasks.suspend(by_document, by=cast["hoa"], at=noon(ENTERED), **facts)
    for task in (late, by_document, make_task()):
        with pytest.raises(ValidationError):
            suspension(task, cast, None, at=ENTERED)


def cell_of(task, role=Role.ACCOUNTABLE):
    return task.responsibilities.select_related("task", "body").get(role=role, valid_to=None)


def correct(cell, cast, body, *, at=DAY, **facts):
    return corrections.correct_cell(cell, body=body, why=WHY, by=cast["quang"], at=noon(at), **facts)


def accountable(cast, day):
    found = tasks_on(cast["hoa"], day).annotate(body=accountable_on(day)).values_list("body", flat=True)
    return list(found)


def test_a_role_of_the_wrong_body_is_the_right_one_s_from_the_day_it_was_to_be(cast, today):
    task = make_task()
    wrong, right = make_body("BO-A"), make_body("BO-B")
    go_to(today, DAY)
    made = correct(cell_of(task), cast, right)
    assert (made.body, made.valid_from, made.valid_to) == (right, task.assigned_on, None)
    old = Responsibility.objects.get(body=wrong)
    assert old.never_held and old.end_recorded_at == noon(DAY)
    assert (accountable(cast, date(2026, 3, 9)), accountable(cast, DAY)) == ([wrong.pk], [right.pk])
    event = Event.objects.get(kind="responsibility.corrected")
    assert (event.before["body"], event.after["body"], event.why) == (wrong.pk, right.pk, WHY)


def test_a_role_may_begin_before_the_wrong_one_did(cast, today):
    task = make_task(accountable=False)
    make_cell(task, make_body("BO-A"), Role.ACCOUNTABLE, on=ENTERED)
    go_to(today, DAY)
    made = correct(cell_of(task), cast, make_body("BO-A"), valid_from=task.assigned_on)
    assert made.valid_from == task.assigned_on


def test_a_role_that_nobody_had_is_taken_back_but_for_the_accountable_one(cast, today):
    task = make_task()
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    go_to(today, DAY)
    assert correct(cell_of(task, Role.RESPONSIBLE), cast, None) is None
    assert Responsibility.objects.get(role="R").never_held
    with pytest.raises(ValidationError):
        correct(cell_of(task), cast, None)


def test_nobody_answered_only_because_of_the_wrong_post(cast, today):
    """The vacant post of the wrong body raised a flag; the right body has answered all along."""
    task = make_task(post=make_post(make_body("BO-A")))
    go_to(today, DAY)
    assert Flag.objects.open().filter(task=task, clock=Clock.UNOWNED).exists()
    correct(cell_of(task), cast, make_body("BO-B"))
    flag = Flag.objects.get(task=task, clock=Clock.UNOWNED)
    assert flag.closed_on < flag.since


@pytest.mark.parametrize("case", ["same", "ended", "disputed", "overlap"])
def test_a_role_that_cannot_be_corrected_stays(cast, today, case):
    task = make_task(accountable=False)
    ended = make_cell(task, make_body("BO-C"), Role.ACCOUNTABLE)
    Responsibility.objects.filter(pk=ended.pk).update(valid_to=ENTERED, end_recorded_at=noon(ENTERED))
    cell = make_cell(task, make_body("BO-A"), Role.ACCOUNTABLE, on=ENTERED)
    facts = {"body": make_body("BO-B")}
    if case == "same":
        facts = {"body": make_body("BO-A")}
    elif case == "ended":
        cell = Responsibility.objects.select_related("task").get(pk=ended.pk)
    elif case == "disputed":
        raised = {"cell": cell, "reason": "Not ours", "answer_by": DAY}
        disputes.open_dispute(task, by=cast["lan"], at=noon(ENTERED), **raised)
    else:
        facts["valid_from"] = date(2026, 2, 2)
    rows = set(Responsibility.objects.values_list("pk", "body", "valid_from", "valid_to"))
    with pytest.raises(ValidationError):
        correct(cell, cast, facts.pop("body"), at=ENTERED, **facts)
    assert set(Responsibility.objects.values_list("pk", "body", "valid_from", "valid_to")) == rows
