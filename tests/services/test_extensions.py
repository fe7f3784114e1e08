"""More time: who asks, who decides, what moves and what stays known."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from tests.asking import asked
from tests.builders import make_body, make_cast, make_policy, make_task, make_user, noon
from tracker.boards.lateness import outcome_of
from tracker.choices import Clock, Duty, ExtensionState, Lateness, TaskKind
from tracker.errors import Conflict, Stale
from tracker.models import Event, Flag
from tracker.services import extensions, scan, tasks

pytestmark = pytest.mark.django_db
DUE = date(2026, 5, 29)
BEFORE, AFTER = date(2026, 5, 4), date(2026, 6, 12)
LATER = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def today():
    """The clock stands at BEFORE; a test may move it."""
    with time_machine.travel(noon(BEFORE), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast():
    return make_cast()


def granted(extension, by, *, on=BEFORE, due_on=LATER, **facts):
    values = {"decision_number": "7/QĐ-BDV", "due_on": due_on, **facts}
    return extensions.grant(extension, by=by, at=noon(on), **values)


def test_a_granted_request_moves_the_deadline_and_keeps_the_first(cast):
    task = make_task(due_on=DUE)
    extension = granted(asked(task, cast["lan"], on=BEFORE, wanted_on=LATER), cast["hoa"])
    task.refresh_from_db()
    assert (task.due_on, task.original_due_on, task.extension_count) == (LATER, DUE, 1)
    assert (extension.state, extension.due_on_before, extension.granted_on) == (ExtensionState.GRANTED, DUE, LATER)
    kinds = Event.objects.filter(task=task, kind__startswith="extension").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["extension.asked", "extension.granted"]


def test_the_commission_may_grant_another_day_than_asked(cast):
    task = make_task(due_on=DUE)
    granted(asked(task, cast["lan"], on=BEFORE, wanted_on=LATER), cast["hoa"], due_on=date(2026, 7, 31))
    task.refresh_from_db()
    assert task.due_on == date(2026, 7, 31)


def test_a_second_extension_keeps_the_very_first_deadline(cast):
    task = make_task(due_on=DUE)
    for wanted in (date(2026, 7, 31), LATER):
        extension = asked(task, cast["lan"], on=BEFORE, wanted_on=wanted)
        granted(extension, cast["hoa"], due_on=wanted)
        task.refresh_from_db()
    assert (task.due_on, task.original_due_on, task.extension_count) == (LATER, DUE, 2)


def test_a_deadline_by_age_becomes_a_written_one_and_stays_known(cast):
    make_policy(limits=[("due", 60, "working")])
    task = make_task()
    by_age = task.effective_due_on
    granted(asked(task, cast["lan"], on=BEFORE, wanted_on=LATER), cast["hoa"])
    task.refresh_from_db()
    assert (task.due_on, task.original_due_on, task.effective_due_on) == (LATER, by_age, LATER)


def test_what_was_late_stays_late_after_an_extension(cast, today):
    task = make_task(due_on=DUE)
    today.move_to(noon(AFTER))
    extension = granted(asked(task, cast["lan"], on=AFTER, wanted_on=LATER), cast["hoa"], on=AFTER)
    task.refresh_from_db()
    flag = Flag.objects.get(task=task, clock=Clock.DUE)
    assert (flag.since, flag.closed_on, flag.closed_by) == (date(2026, 5, 30), AFTER, f"extension:{extension.pk}")
    found = outcome_of(task, [flag], AFTER)
    assert (found.code, found.days_late, found.extensions) == (Lateness.OPEN_WAS_LATE, 9, 1)


def test_a_request_awaits_its_decision_on_the_commission_s_own_clock(cast, today):
    make_policy(limits=[("request", 5, "working")], clocks=("request",))
    task = make_task(due_on=DUE)
    extension = asked(task, cast["lan"], on=BEFORE, wanted_on=LATER)
    task.refresh_from_db()
    assert task.requested_since == BEFORE and task.request_limit_on == date(2026, 5, 11)
    scan.run(date(2026, 5, 12), at=noon(date(2026, 5, 12)))
    assert Flag.objects.get(task=task, clock=Clock.REQUEST).since == date(2026, 5, 12)
    today.move_to(noon(date(2026, 5, 13)))
    extension.refresh_from_db()
    extensions.refuse_(extension, note="No ground", by=cast["hoa"], at=noon(date(2026, 5, 13)))
    assert Flag.objects.get(task=task, clock=Clock.REQUEST).closed_on == date(2026, 5, 13)


def test_a_refusal_says_why_and_moves_nothing(cast):
    task = make_task(due_on=DUE)
    extension = asked(task, cast["lan"], on=BEFORE, wanted_on=LATER)
    with pytest.raises(ValidationError) as error:
        extensions.refuse_(extension, note=" ", by=cast["hoa"], at=noon(BEFORE))
    assert "note" in error.value.message_dict
    extensions.refuse_(extension, note="Others kept theirs", by=cast["hoa"], at=noon(BEFORE))
    task.refresh_from_db()
    assert (extension.state, task.due_on, task.extension_count) == (ExtensionState.REFUSED, DUE, 0)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"wanted_on": DUE}, "wanted_on"),
        ({"wanted_on": date(2036, 1, 1)}, "wanted_on"),
        ({"letter_on": date(2026, 5, 5)}, "letter_on"),
        ({"letter_number": " "}, "letter_number"),
        ({"signer": ""}, "signer"),
        ({"reason": ""}, "reason"),
        ({"body": "BO-B"}, "body"),
    ],
)
def test_a_wrong_request_names_its_field(cast, facts, field):
    task = make_task(due_on=DUE)
    if "body" in facts:
        facts = {"body": make_body(facts["body"])}
    with pytest.raises(ValidationError) as error:
        asked(task, cast["lan"], on=BEFORE, **{"wanted_on": LATER, **facts})
    assert field in error.value.message_dict
    assert not task.extensions.exists()


def test_a_new_deadline_is_not_in_the_past(cast, today):
    task = make_task(due_on=DUE)
    today.move_to(noon(AFTER))
    with pytest.raises(ValidationError):
        asked(task, cast["lan"], on=AFTER, wanted_on=date(2026, 6, 1))
    extension = asked(task, cast["lan"], on=AFTER, wanted_on=LATER)
    with pytest.raises(ValidationError):
        granted(extension, cast["hoa"], on=AFTER, due_on=date(2026, 6, 1))
    extension.refresh_from_db()
    assert extension.state == ExtensionState.ASKED


def test_a_standing_duty_and_a_closed_task_have_nothing_to_extend(cast):
    standing, over = make_task(kind=TaskKind.STANDING), make_task(due_on=DUE)
    tasks.withdraw(over, reason="No longer owed", by=cast["hoa"], at=noon(BEFORE))
    for task in (standing, over):
        with pytest.raises(ValidationError):
            asked(task, cast["lan"], on=BEFORE, wanted_on=LATER)


def test_one_request_at_a_time(cast):
    task = make_task(due_on=DUE)
    asked(task, cast["lan"], on=BEFORE, wanted_on=LATER)
    with pytest.raises(Conflict):
        asked(task, cast["lan"], on=BEFORE, wanted_on=LATER)


def test_a_task_that_was_withdrawn_meanwhile_gets_no_more_time_but_its_request_an_answer(cast):
    task = make_task(due_on=DUE)
    extension = asked(task, cast["lan"], on=BEFORE, wanted_on=LATER)
    tasks.withdraw(task, reason="No longer owed", by=cast["hoa"], at=noon(BEFORE))
    with pytest.raises(Conflict):
        granted(extension, cast["hoa"])
    extension.refresh_from_db()
    assert extensions.refuse_(extension, note="Withdrawn", by=cast["hoa"], at=noon(BEFORE)).decided_by == cast["hoa"]


def test_who_asks_and_who_decides(cast):
    task = make_task(due_on=DUE)
    for name in ("minh", "hoa", "quang", "vinh"):
        with pytest.raises(PermissionDenied):
            asked(task, cast[name], on=BEFORE, wanted_on=LATER)
    extension = asked(task, cast["lan"], on=BEFORE, wanted_on=LATER)
    far = make_user("far", Duty.COMMISSION, make_body("BDV"), make_body("BO-B"))
    for user in (cast["lan"], cast["minh"], cast["quang"], cast["vinh"], far):
        with pytest.raises(PermissionDenied):
            granted(extension, user)
        with pytest.raises(PermissionDenied):
            extensions.refuse_(extension, note="No", by=user, at=noon(BEFORE))


def test_nobody_decides_on_their_own_request(cast):
    both = make_user("both", Duty.OFFICIAL, make_body("BO-A"))
    both.memberships.create(body=make_body("BDV"), root=make_body("HTCT"), duty=Duty.COMMISSION, valid_from=BEFORE)
    extension = asked(make_task(due_on=DUE), both, on=BEFORE, wanted_on=LATER)
    with pytest.raises(PermissionDenied):
        granted(extension, both)


def test_an_old_version_is_stale_and_a_second_decision_a_conflict(cast):
    extension = asked(make_task(due_on=DUE), cast["lan"], on=BEFORE, wanted_on=LATER)
    with pytest.raises(Stale):
        granted(extension, cast["hoa"], version=extension.version - 1)
    extension.refresh_from_db()
    granted(extension, cast["hoa"], version=extension.version)
    with pytest.raises(Conflict) as error:
        extensions.refuse_(extension, note="No", by=cast["hoa"], at=noon(BEFORE))
    assert not isinstance(error.value, Stale)
