"""Disputes: who raises them, who decides, what moves and what goes on."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import make_body, make_cast, make_cell, make_post, make_task, make_user, noon
from tracker.boards.disputes import dispute_counts
from tracker.boards.disputes import disputes as listed
from tracker.choices import Clock, DisputeState, Duty, Role
from tracker.errors import Conflict, Stale
from tracker.models import Dispute, Event, Flag, Message, Responsibility
from tracker.services import disputes, matrix, scan

pytestmark = pytest.mark.django_db
DAY, LATER = date(2026, 4, 20), date(2026, 5, 4)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(noon(DAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast():
    made = make_cast()
    made["lan"].email, made["lan"].language = "lan@example.invalid", "en"
    made["lan"].save()
    return made


def raised(task, cast, *, role=Role.ACCOUNTABLE, by="lan", **facts):
    cell = task.responsibilities.get(role=role)
    values = {"cell": cell, "reason": "A decree gives it to the other ministry", "answer_by": LATER, **facts}
    return disputes.open_dispute(task, by=cast[by], at=noon(DAY), **values)


def upheld(dispute, cast, **facts):
    values = {"moved_on": LATER, "new_body": make_body("BO-C"), "legal_basis": "Decree 1", "note": "You are right"}
    return disputes.uphold(dispute, by=cast["quang"], at=noon(DAY), **{**values, **facts})


def test_a_dispute_that_is_upheld_moves_the_role_on_its_day(cast):
    task = make_task()
    dispute = upheld(raised(task, cast, wanted_body=make_body("BO-C")), cast)
    assert (dispute.state, dispute.new_body.code, dispute.moved_on) == (DisputeState.UPHELD, "BO-C", LATER)
    before, after = Responsibility.objects.filter(task=task, role="A").order_by("valid_from")
    assert (before.valid_to, after.valid_from, after.body.code) == (LATER, LATER, "BO-C")
    assert after.legal_basis == "Decree 1"
    kinds = Event.objects.filter(task=task, actor__isnull=False).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["dispute.raised", "dispute.upheld", "responsibility.ended", "responsibility.assigned"]
    assert Message.objects.get(user=cast["lan"]).subject == f"{task.code}: your dispute was upheld"


def test_a_dispute_that_is_rejected_says_why_and_moves_nothing(cast):
    task = make_task()
    dispute = raised(task, cast)
    with pytest.raises(ValidationError) as error:
        disputes.reject(dispute, note=" ", by=cast["quang"], at=noon(DAY))
    assert "note" in error.value.message_dict
    disputes.reject(dispute, note="The decree names you", by=cast["quang"], at=noon(DAY))
    assert task.responsibilities.get(role="A").valid_to is None
    assert "The decree names you" in Message.objects.get(user=cast["lan"]).text


def test_the_clocks_go_on_while_a_role_is_disputed(cast, today):
    task = make_task(due_on=date(2026, 4, 21))
    raised(task, cast)
    today.move_to(noon(LATER))
    scan.run(LATER, at=noon(LATER))
    assert Flag.objects.get(task=task, clock=Clock.DUE).since == date(2026, 4, 22)


def test_a_body_that_carries_out_disputes_its_own_role_and_no_other(cast):
    task = make_task()
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    dispute = raised(task, cast, role=Role.RESPONSIBLE, by="minh")
    assert upheld(dispute, cast, new_body=None).new_body is None
    assert task.responsibilities.get(role="R").valid_to == LATER
    for by, role in (("minh", Role.ACCOUNTABLE), ("lan", Role.RESPONSIBLE)):
        with pytest.raises((PermissionDenied, ValidationError)):
            raised(task, cast, role=role, by=by)


def test_who_disputes_who_decides_and_who_takes_back(cast):
    task = make_task()
    for name in ("minh", "hoa", "quang", "vinh"):
        with pytest.raises(PermissionDenied):
            raised(task, cast, by=name)
    dispute = raised(task, cast)
    for name in ("lan", "minh", "hoa", "vinh"):
        with pytest.raises(PermissionDenied):
            upheld(dispute, {"quang": cast[name]})
        with pytest.raises(PermissionDenied):
            disputes.reject(dispute, note="No", by=cast[name], at=noon(DAY))
    for name in ("minh", "quang"):
        with pytest.raises(PermissionDenied):
            disputes.withdraw(dispute, by=cast[name], at=noon(DAY))
    assert disputes.withdraw(dispute, by=cast["lan"], at=noon(DAY)).state == DisputeState.WITHDRAWN


def test_nobody_decides_on_what_they_raised(cast):
    both = make_user("both", Duty.OFFICIAL, make_body("BO-A"))
    both.memberships.create(
        body=make_body("BDV"), root=make_body("HTCT"), duty=Duty.EDITOR, valid_from=date(2026, 1, 1)
    )
    dispute = raised(make_task(), {"lan": both})
    with pytest.raises(PermissionDenied):
        upheld(dispute, {"quang": both})


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"new_body": None}, "new_body"),
        ({"new_body": "BO-A"}, "new_body"),
        ({"moved_on": date(2026, 4, 1)}, "moved_on"),
    ],
)
def test_a_wrong_move_names_its_field_and_decides_nothing(cast, facts, field):
    dispute = raised(make_task(), cast)
    facts = {name: make_body(value) if isinstance(value, str) else value for name, value in facts.items()}
    with pytest.raises(ValidationError) as error:
        upheld(dispute, cast, **facts)
    assert field in error.value.message_dict
    assert Dispute.objects.get().state == DisputeState.OPEN and not Message.objects.exists()


def test_one_dispute_a_role_one_decision_a_dispute(cast):
    task = make_task()
    dispute = raised(task, cast)
    with pytest.raises(Conflict):
        raised(task, cast)
    with pytest.raises(Stale):
        upheld(dispute, cast, version=dispute.version + 1)
    dispute.refresh_from_db()
    upheld(dispute, cast, version=dispute.version)
    with pytest.raises(Conflict):
        disputes.reject(dispute, note="No", by=cast["quang"], at=noon(DAY))


def test_a_role_that_ended_meanwhile_is_not_moved(cast):
    task = make_task()
    dispute = raised(task, cast)
    matrix.end(task.responsibilities.get(role="A"), on=DAY, by=cast["quang"], at=noon(DAY))
    with pytest.raises(Conflict):
        upheld(dispute, cast)
    assert Dispute.objects.get().state == DisputeState.OPEN


def test_the_list_has_the_open_ones_first_and_counts_them(cast, today):
    first, second, third = (raised(make_task(), cast, answer_by=day) for day in (LATER, DAY, LATER))
    disputes.reject(third, note="No", by=cast["quang"], at=noon(DAY))
    assert list(listed(cast["quang"])) == [second, first, third]
    assert list(listed(cast["quang"], state="rejected")) == [third]
    counts = dispute_counts(cast["quang"], date(2026, 4, 21))
    assert (counts.open, counts.overdue, counts.rejected) == (2, 1, 1)
    assert dispute_counts(cast["minh"], DAY).open == 0


def test_a_dispute_does_not_need_a_holder_of_the_post(cast):
    body = make_body("BO-A")
    task = make_task(post=make_post(body))
    assert raised(task, cast).body == body
