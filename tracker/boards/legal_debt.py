"""The register of legal debt: for each instrument in force what it calls for, what is missing, and who owes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from tracker.boards.governing import Rules
from tracker.boards.words import matching
from tracker.boards.workdays import workdays_of
from tracker.choices import DebtState
from tracker.models import Body, DetailingDuty, Instrument
from tracker.rules.legal_debt import DebtFacts, Standing, standing

FACTS = ("submit_by", "submit_within", "issue_by", "issue_within", "unit", "drafting_on", "submitted_on")


@dataclass(frozen=True)
class Debt:
    """One text that is called for, and where it stands."""

    row: DetailingDuty
    standing: Standing


@dataclass(frozen=True)
class Called:
    """An upper instrument with what it calls for; the longest late first."""

    instrument: Instrument
    debts: list[Debt]

    @property
    def missing(self) -> int:
        return sum(debt.standing.is_debt for debt in self.debts)


@dataclass(frozen=True)
class LegalDebt:
    called: list[Called]

    @property
    def counts(self) -> list[tuple[DebtState, int]]:
        """How many texts stand where, over all that is shown."""
        found = Counter(debt.standing.state for called in self.called for debt in called.debts)
        return [(state, found[state]) for state in DebtState]

    @property
    def missing(self) -> int:
        return sum(called.missing for called in self.called)


def legal_debt(
    user: Any,
    day: date,
    *,
    q: str = "",
    body: Body | None = None,
    state: str = "",
    instrument: Instrument | None = None,
    is_ahead: bool = False,
) -> LegalDebt:
    """Return what instruments in force on `day` call for, the instrument that has waited longest first. Five queries.

    `body` counts with those below it. `is_ahead`: also what instruments call for that are not in force yet. Told is
    what is known now of that day.
    """
    rows = DetailingDuty.objects.visible_to(user)
    rows = rows if is_ahead else rows.called_for_on(day)
    rows = rows.filter(body__path__startswith=body.path) if body else rows
    rows = rows.filter(instrument=instrument) if instrument else rows
    joined = matching(rows, q).select_related("instrument", "body", "answered_by", "task")
    debts = debts_of(joined.order_by("instrument__in_force_on", "instrument", "pk"), day)
    return LegalDebt(_called(debt for debt in debts if not state or debt.standing.state == state))


def debts_of(rows: Iterable[DetailingDuty], day: date) -> list[Debt]:
    """Return where each stands on `day`, by the national calendar. Three queries, none for no row."""
    found = list(rows)
    if not found:
        return []
    rules = Rules.on(day)
    version = rules.days(rules.default.calendar_id, "").version_id
    workdays = workdays_of({version})[version]
    return [Debt(row, standing(_facts(row), day, workdays)) for row in found]


def _facts(row: DetailingDuty) -> DebtFacts:
    answer = row.answered_by
    days = {name: getattr(row, name) for name in FACTS}
    if answer is not None:
        days |= {
            "signed_on": answer.signed_on,
            "answer_in_force_on": answer.in_force_on,
            "answer_ends_on": answer.ends_on,
        }
    return DebtFacts(in_force_on=row.instrument.in_force_on, **days)


def _called(debts: Iterable[Debt]) -> list[Called]:
    groups = groupby(debts, key=lambda debt: debt.row.instrument_id)
    listed = [list(group) for _key, group in groups]
    return [
        Called(group[0].row.instrument, sorted(group, key=lambda debt: (-debt.standing.days_late, debt.row.pk)))
        for group in listed
    ]
