"""Snoozing: it stops steps, not the flag; the policy caps it."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import make_cast, make_task, noon
from tests.working import flag_of
from tracker.errors import Conflict, Stale
from tracker.models import Event, FlagStep
from tracker.services import flags, scan

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)
DUE, UNTIL = date(2026, 6, 10), date(2026, 7, 1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def flag():
    """Late since 11 June: its second step comes on 25 June."""
    task = make_task(due_on=DUE)
    scan.run(TODAY, at=noon(TODAY))
    return flag_of(task)


def steps(flag):
    return list(FlagStep.objects.filter(flag=flag).order_by("due_on").values_list("number", "due_on"))


def test_a_snooze_stops_the_steps_until_its_day_and_not_the_flag(cast, flag):
    flags.snooze(flag, until=UNTIL, reason="The Politburo meets on it", by=cast["hoa"], at=noon(TODAY))
    assert (flag.snoozed_until, flag.snoozed_by, flag.closed_on) == (UNTIL, cast["hoa"], None)
    scan.run(date(2026, 6, 30), at=noon(date(2026, 6, 30)))
    assert [number for number, _day in steps(flag)] == [1]
    scan.run(UNTIL, at=noon(UNTIL))
    assert steps(flag)[1] == (2, UNTIL)


def test_ended_early_the_steps_go_on(cast, flag):
    flags.snooze(flag, until=UNTIL, reason="Wait", by=cast["hoa"], at=noon(TODAY))
    flags.unsnooze(flag, by=cast["hoa"], at=noon(TODAY))
    assert (flag.snoozed_until, flag.snoozed_reason, flag.snoozed_by) == (None, "", None)
    scan.run(date(2026, 6, 30), at=noon(date(2026, 6, 30)))
    assert steps(flag)[1] == (2, date(2026, 6, 25))
    kinds = Event.objects.filter(task=flag.task, kind__contains="snoozed").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["flag.snoozed", "flag.unsnoozed"]


def test_what_fell_due_before_the_snooze_is_taken_first(cast, flag):
    at = noon(date(2026, 6, 26))
    with time_machine.travel(at, tick=False):
        flags.snooze(flag, until=date(2026, 7, 10), reason="Wait", by=cast["hoa"], at=at)
    assert steps(flag)[1] == (2, date(2026, 6, 25))


@pytest.mark.parametrize("until", [TODAY, date(2026, 6, 14), date(2026, 7, 14), date(2031, 1, 1)])
def test_it_ends_later_than_today_and_within_the_policy(cast, flag, until):
    with pytest.raises(ValidationError) as error:
        flags.snooze(flag, until=until, reason="Wait", by=cast["hoa"], at=noon(TODAY))
    assert "until" in error.value.message_dict


def test_twenty_working_days_are_allowed(cast, flag):
    last = date(2026, 7, 13)
    assert flags.snooze(flag, until=last, reason="Wait", by=cast["hoa"], at=noon(TODAY)).snoozed_until == last


def test_it_needs_a_reason_and_the_commission(cast, flag):
    with pytest.raises(ValidationError):
        flags.snooze(flag, until=UNTIL, reason=" ", by=cast["hoa"], at=noon(TODAY))
    for name in ("lan", "minh", "quang", "vinh"):
        with pytest.raises(PermissionDenied):
            flags.snooze(flag, until=UNTIL, reason="Wait", by=cast[name], at=noon(TODAY))
        with pytest.raises(PermissionDenied):
            flags.unsnooze(flag, by=cast[name], at=noon(TODAY))


def test_an_old_version_is_stale_and_what_is_over_a_conflict(cast, flag):
    with pytest.raises(Stale):
        flags.snooze(flag, until=UNTIL, reason="Wait", by=cast["hoa"], at=noon(TODAY), version=flag.version + 1)
    with pytest.raises(Conflict):
        flags.unsnooze(flag, by=cast["hoa"], at=noon(TODAY))
