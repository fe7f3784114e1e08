"""How far a text that an instrument calls for has come."""

from dataclasses import replace
from datetime import date

import pytest

from tests.rules.test_clocks import WORKDAYS
from tracker.choices import DayUnit, DebtState
from tracker.rules.legal_debt import DebtFacts, standing

FORCE = date(2026, 3, 2)  # a Monday
FACTS = DebtFacts(in_force_on=FORCE, submit_within=10, issue_within=20)


def stands(day, **change):
    return standing(replace(FACTS, **change), day, WORKDAYS)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, DebtState.NOT_DRAFTED),
        ({"drafting_on": date(2026, 3, 5)}, DebtState.NOT_SUBMITTED),
        ({"drafting_on": date(2026, 3, 5), "submitted_on": date(2026, 3, 12)}, DebtState.NOT_ISSUED),
        ({"signed_on": date(2026, 3, 12)}, DebtState.NOT_ISSUED),
        ({"signed_on": date(2026, 3, 12), "answer_in_force_on": date(2026, 4, 1)}, DebtState.NOT_ISSUED),
        ({"signed_on": date(2026, 3, 1), "answer_in_force_on": FORCE}, DebtState.ISSUED),
        ({"answer_in_force_on": FORCE, "answer_ends_on": date(2026, 3, 16)}, DebtState.NOT_DRAFTED),
        ({"drafting_on": date(2026, 3, 17)}, DebtState.NOT_DRAFTED),
    ],
)
def test_the_state_follows_from_what_had_happened_by_the_day(change, state):
    assert stands(date(2026, 3, 16), **change).state == state


def test_limits_follow_the_real_day_of_force_of_the_upper_instrument():
    assert (stands(FORCE).submit_limit_on, stands(FORCE).issue_limit_on) == (date(2026, 3, 16), date(2026, 3, 30))
    later = stands(FORCE, in_force_on=date(2026, 3, 9))
    assert (later.submit_limit_on, later.issue_limit_on) == (date(2026, 3, 23), date(2026, 4, 6))
    assert stands(FORCE, in_force_on=None).issue_limit_on is None
    assert stands(FORCE, unit=DayUnit.CALENDAR).issue_limit_on == date(2026, 3, 22)
    assert stands(FORCE, issue_within=None, issue_by=date(2026, 5, 1)).issue_limit_on == date(2026, 5, 1)


def test_it_is_late_by_the_limit_of_the_step_that_is_missing():
    day = date(2026, 3, 31)
    assert stands(day).days_late == 11
    assert stands(day, submitted_on=date(2026, 3, 20)).days_late == 1
    assert stands(day, submit_within=None).days_late == 1
    assert stands(day, answer_in_force_on=FORCE).days_late == 0
    assert stands(date(2026, 3, 10)).days_late == 0


def test_the_debt_begins_when_the_upper_instrument_takes_effect():
    before, first = stands(date(2026, 3, 1)), stands(FORCE)
    assert (before.days_in_force, before.is_debt) == (0, False)
    assert (first.days_in_force, first.is_debt) == (1, True)
    assert not stands(date(2026, 3, 31), answer_in_force_on=FORCE).is_debt


def test_a_limit_before_the_calendar_is_late_since_the_calendar_begins():
    early = stands(date(2026, 3, 2), submit_within=None, issue_within=None, issue_by=date(1999, 1, 1))
    assert early.days_late == WORKDAYS.count(WORKDAYS.first, date(2026, 3, 2))
    assert stands(FORCE, in_force_on=date(1999, 1, 1)).issue_limit_on == date(1999, 1, 21)
