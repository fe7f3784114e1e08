"""How far a text that an upper instrument calls for has come, and how late it is: facts in, a standing out.

Source: Law on promulgation of legal documents: what details a law takes effect together with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.choices import DayUnit, DebtState
from tracker.rules.workdays import DAY, Workdays


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtFacts:
    """`in_force_on` is that of the upper instrument; `signed_on`, `answer_in_force_on`, `answer_ends_on` those of the
    text that answers it, if any."""

    in_force_on: date | None
    submit_by: date | None = None
    submit_within: int | None = None
    issue_by: date | None = None
    issue_within: int | None = None
    unit: str = DayUnit.WORKING
    drafting_on: date | None = None
    submitted_on: date | None = None
    signed_on: date | None = None
    answer_in_force_on: date | None = None
    answer_ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a text stands on a day: its state, the last days in time, days since the upper instrument took effect.

    `days_late` are working days after the limit of the step that is missing: of the draft before it is submitted, of
    the text after that.
    """

    state: DebtState
    submit_limit_on: date | None
    issue_limit_on: date | None
    days_in_force: int
    days_late: int

    @property
    def is_debt(self) -> bool:
        """Whether the upper instrument is in force and what it calls for is not."""
        return self.state != DebtState.ISSUED and self.days_in_force > 0


def standing(facts: DebtFacts, day: date, workdays: Workdays) -> Standing:
    """Return where the text stands on `day`. What happens later than `day` has not happened."""
    state = _state(facts, day)
    submit_limit = _limit(facts.submit_by, facts.submit_within, facts, workdays)
    issue_limit = _limit(facts.issue_by, facts.issue_within, facts, workdays)
    is_in_force = facts.in_force_on is not None and facts.in_force_on <= day
    days = (day - facts.in_force_on).days + 1 if facts.in_force_on and is_in_force else 0
    limit = submit_limit if state in (DebtState.NOT_DRAFTED, DebtState.NOT_SUBMITTED) and submit_limit else issue_limit
    late = 0 if state == DebtState.ISSUED or limit is None else _late(limit, day, workdays)
    return Standing(state, submit_limit, issue_limit, days, late)


def _state(facts: DebtFacts, day: date) -> DebtState:
    def has(on: date | None) -> bool:
        return on is not None and on <= day

    if has(facts.answer_in_force_on) and not has(facts.answer_ends_on):
        return DebtState.ISSUED
    if has(facts.submitted_on) or (has(facts.signed_on) and not has(facts.answer_ends_on)):
        return DebtState.NOT_ISSUED
    return DebtState.NOT_SUBMITTED if has(facts.drafting_on) else DebtState.NOT_DRAFTED


def _late(limit: date, day: date, workdays: Workdays) -> int:
    """The working days after the limit; of one before the calendar, those since the calendar begins."""
    return max(workdays.count(max(limit, workdays.first), day), 0) if limit < day else 0


def _limit(written: date | None, within: int | None, facts: DebtFacts, workdays: Workdays) -> date | None:
    """A written day, or so many days after the upper instrument takes effect, on its real day.

    Before the calendar begins, all days count.
    """
    if written or within is None or facts.in_force_on is None:
        return written
    is_outside = facts.in_force_on < workdays.first
    if facts.unit == DayUnit.CALENDAR or within == 0 or is_outside:
        return facts.in_force_on + DAY * within
    return workdays.add(facts.in_force_on, within)
