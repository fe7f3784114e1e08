"""Urging: what a selection makes, numbers without a gap, frozen as sent, answered by the first report."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from tests.builders import make_body, make_cast, make_user, noon
from tests.services.test_races import together
from tests.urging import flag, hold, issue, make_late
from tests.working import TODAY, submitted
from tracker.choices import BodyKind, Clock, Duty, Role
from tracker.errors import Conflict
from tracker.exchange.letters import as_docx
from tracker.models import Event, Flag, Obstacle, Task, Urging, UrgingItem
from tracker.services import urgings

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def preview(by, *flags):
    return urgings.preview(Flag.objects.filter(pk__in=[row.pk for row in flags]), day=TODAY, by=by)


def test_one_letter_a_body_with_its_late_tasks(cast):
    one, two, other = make_late(), make_late(late=40), make_late(make_body("BO-B"))
    letters = issue(cast["hoa"], one, two, other)
    assert [(letter.body.code, letter.number, letter.year) for letter in letters] == [
        ("BO-A", 1, 2026),
        ("BO-B", 2, 2026),
    ]
    items = letters[0].items.values_list("position", "task__code", "flag", "days_late")
    assert list(items) == [(1, one.task.code, one.pk, 14), (2, two.task.code, two.pk, 28)]
    assert letters[0].sender.code == "BDV" and letters[0].by == cast["hoa"]


def test_two_flags_of_a_task_are_one_row_of_the_annex(cast):
    due = make_late()
    silence = flag(due.task, clock=Clock.SILENCE, limit=TODAY - timedelta(days=41))
    (letter,) = issue(cast["hoa"], due, silence)
    (row,) = letter.content["rows"]
    assert row["days_late"] == 29 and "Thời hạn" in row["reason"] and "báo cáo" in row["reason"]
    assert letter.items.count() == 2 and set(letter.items.values_list("position", flat=True)) == {1}


def test_the_annex_names_stage_obstacle_and_how_often(cast):
    late = make_late()
    Obstacle.objects.create(
        task=late.task,
        declared_body=make_body("BO-A"),
        body=make_body("BO-B"),
        since=TODAY - timedelta(days=14),
        reason="chưa có ý kiến thẩm định",
        declared_by=None,
        recorded_at=noon(TODAY),
    )
    issue(cast["hoa"], late, day=TODAY - timedelta(days=7))
    (row,) = preview(cast["hoa"], late).drafts[0].rows
    assert row.urged == 1
    assert "Cơ quan BO-B" in row.reason and "01/06/2026" in row.reason and "thẩm định" in row.reason


def test_what_can_be_in_no_letter_is_refused_whole_and_names_its_tasks(cast):
    good, nobodys = make_late(), make_late(False)
    own, decision = make_late(make_body("BDV")), make_late(clock=Clock.REVIEW)
    reminder = flag(make_late().task, clock=Clock.STAGE, limit=TODAY + timedelta(days=3))
    chosen = (good, nobodys, own, decision, reminder)
    found = preview(cast["hoa"], *chosen)
    assert [draft.flag_ids for draft in found.drafts] == [[good.pk]]
    for left_out in (nobodys, own, decision, reminder):
        assert any(left_out.task.code in text for text in found.refused)
    with pytest.raises(ValidationError) as refused:
        issue(cast["hoa"], *chosen)
    assert refused.value.message_dict["flags"] == found.refused
    assert not Urging.objects.exists() and not Event.objects.filter(kind="task.urged").exists()


def test_nothing_chosen_makes_no_letter(cast):
    with pytest.raises(ValidationError):
        issue(cast["hoa"])


def test_a_closed_flag_is_not_urged(cast):
    late = make_late()
    Flag.objects.filter(pk=late.pk).update(closed_on=TODAY, closed_at=noon(TODAY))
    with pytest.raises(ValidationError):
        issue(cast["hoa"], late)


@pytest.mark.parametrize("days", [-1, 400])
def test_the_answer_has_a_day_that_can_be_kept(cast, days):
    with pytest.raises(ValidationError) as refused:
        issue(cast["hoa"], make_late(), answer_by=TODAY + timedelta(days=days))
    assert "answer_by" in refused.value.message_dict


@pytest.mark.parametrize("name", ["lan", "minh", "quang", "vinh"])
def test_only_the_commission_urges(cast, name):
    with pytest.raises(PermissionDenied):
        issue(cast[name], make_late())


def test_the_commission_urges_within_its_jurisdiction(cast):
    near = make_user("xuan", Duty.COMMISSION, make_body("BDV-B", kind=BodyKind.PARTY), make_body("BO-B"))
    mixed = make_late(), make_late(make_body("BO-B"))
    with pytest.raises(PermissionDenied):
        issue(near, *mixed)
    assert not Urging.objects.exists()
    assert issue(near, mixed[1])[0].sender.code == "BDV-B"


def test_nobody_is_no_sender(cast):
    with pytest.raises(PermissionDenied):
        issue(None, make_late())


def test_a_form_sent_twice_makes_one_letter(cast):
    late = make_late()
    issue(cast["hoa"], late)
    with pytest.raises(Conflict, match=late.task.code):
        issue(cast["hoa"], late)
    assert issue(cast["hoa"], late, day=TODAY + timedelta(days=1))[0].number == 2


def test_numbers_begin_anew_with_the_year_and_with_the_sender(cast):
    other = make_user("xuan", Duty.COMMISSION, make_body("BDV-2", kind=BodyKind.PARTY), make_body("HTCT"))
    late, later = make_late(), make_late(day=TODAY.replace(year=2027, month=1))
    assert issue(cast["hoa"], late)[0].number == 1
    assert issue(other, make_late())[0].number == 1
    assert issue(cast["hoa"], later, day=TODAY.replace(year=2027, month=1))[0].number == 1


def test_the_database_refuses_a_number_twice(cast):
    (letter,) = issue(cast["hoa"], make_late())
    copy = Urging.objects.get(pk=letter.pk)
    copy.pk, copy._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_a_letter_that_fails_leaves_nothing_and_no_gap(cast):
    flags, made = [make_late(), make_late(make_body("BO-B"))], []

    def second_fails(content):
        made.append(content)
        if len(made) == 2:
            raise RuntimeError("the disk is full")
        return as_docx(content)

    with pytest.raises(RuntimeError):
        issue(cast["hoa"], *flags, render=second_fails)
    assert not Urging.objects.exists() and not Event.objects.filter(kind__startswith="urging").exists()
    assert [letter.number for letter in issue(cast["hoa"], *flags)] == [1, 2]


def test_it_is_frozen_as_sent(cast):
    late = make_late()
    (letter,) = issue(cast["hoa"], late)
    before = Urging.objects.get(pk=letter.pk)
    Task.objects.filter(pk=late.task_id).update(
        code="X", title_vi="Tên khác", title_en="Another", stage="drafting", effective_due_on=TODAY
    )
    late.task.responsibilities.all().delete()
    Flag.objects.filter(pk=late.pk).update(closed_on=TODAY, closed_at=noon(TODAY))
    after = Urging.objects.get(pk=letter.pk)
    assert (after.content, bytes(after.document), after.sha256) == (
        before.content,
        bytes(before.document),
        before.sha256,
    )
    assert hashlib.sha256(bytes(after.document)).hexdigest() == after.sha256
    assert as_docx(after.content) == bytes(after.document)


def test_events_tell_of_the_letter_and_of_each_task(cast):
    flags = make_late(), make_late()
    (letter,) = issue(cast["hoa"], *flags)
    issued = Event.objects.get(kind="urging.issued")
    assert issued.actor == cast["hoa"] and issued.after["number"] == 1 and issued.duty == Duty.COMMISSION
    urged = Event.objects.filter(kind="task.urged")
    assert {event.task_id for event in urged} == {row.task_id for row in flags}
    assert {event.after["urging"] for event in urged} == {letter.pk}


def test_the_first_report_of_the_urged_body_is_the_answer(cast):
    late, other = make_late(), make_late()
    hold(late.task, make_body("BO-B"), Role.RESPONSIBLE)
    issue(cast["hoa"], late, other)
    submitted(late.task, cast["minh"], body=make_body("BO-B"))
    assert not UrgingItem.objects.filter(answered_on__isnull=False).exists()
    report = submitted(late.task, cast["lan"], on=TODAY + timedelta(days=2))
    item = UrgingItem.objects.get(task=late.task)
    assert (item.answered_on, item.report) == (TODAY + timedelta(days=2), report)
    assert UrgingItem.objects.get(task=other.task).answered_on is None
    assert Event.objects.get(kind="urging.answered").task == late.task


def test_a_report_answers_every_letter_before_it_and_none_after(cast):
    late = make_late()
    issue(cast["hoa"], late, day=TODAY - timedelta(days=3))
    issue(cast["hoa"], late)
    submitted(late.task, cast["lan"])
    issue(cast["hoa"], late, day=TODAY + timedelta(days=3))
    answers = UrgingItem.objects.order_by("urging_id").values_list("answered_on", flat=True)
    assert list(answers) == [TODAY, TODAY, None]


def test_a_preview_asks_as_often_whatever_the_number_of_flags(cast, django_assert_num_queries):
    preview(cast["hoa"], make_late())  # the scope is read once a request
    for times in (1, 3):
        flags = [make_late(make_body(f"B-{number}")) for number in range(times)]
        with django_assert_num_queries(5):
            preview(cast["hoa"], *flags)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(4))
def test_two_who_issue_at_once_get_different_numbers(_):
    hoa = make_cast()["hoa"]
    flags = [make_late() for _number in range(4)]
    outcome = together(*[lambda row=row: issue(User.objects.get(pk=hoa.pk), row) for row in flags])
    assert outcome == {"done": 4}
    assert sorted(Urging.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(4))
def test_of_two_who_urge_the_same_task_at_once_one_does(_):
    hoa, late = make_cast()["hoa"], make_late()
    outcome = together(*[lambda: issue(User.objects.get(pk=hoa.pk), late)] * 2)
    assert outcome == {"done": 1, Conflict.__name__: 1}
    assert Urging.objects.count() == 1
