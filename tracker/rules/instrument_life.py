"""The life of an instrument: which phase it was in on a day, and what may be recorded of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from tracker.choices import InstrumentStatus, Phase

STATUS_OF: dict[Phase | None, InstrumentStatus] = {
    None: InstrumentStatus.PREPARED,
    Phase.PLANNED: InstrumentStatus.PREPARED,
    Phase.DRAFTING: InstrumentStatus.PREPARED,
    Phase.CONSULTATION: InstrumentStatus.PREPARED,
    Phase.SUBMITTED: InstrumentStatus.PREPARED,
    Phase.APPRAISED: InstrumentStatus.PREPARED,
    Phase.SIGNED: InstrumentStatus.ISSUED,
    Phase.PROMULGATED: InstrumentStatus.ISSUED,
    Phase.IN_FORCE: InstrumentStatus.IN_FORCE,
    Phase.ENDED: InstrumentStatus.ENDED,
}
"""What Instrument.status_on says in each phase."""


class Dated(Protocol):
    """The dates of an instrument from which its later phases follow."""

    signed_on: date | None
    promulgated_on: date | None
    in_force_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Step:
    """A recorded change: the instrument entered `phase` on `on`; None where a correction says that it did not."""

    pk: int
    phase: str
    on: date | None
    corrects: int | None = None


def standing(steps: Iterable[Step]) -> list[Step]:
    """Return the steps that no later one corrects, in the order of their days, then of their entry."""
    rows = list(steps)
    corrected = {row.corrects for row in rows}
    left = [(row.on, row.pk, row) for row in rows if row.on is not None and row.pk not in corrected]
    return [row for _on, _pk, row in sorted(left, key=lambda one: one[:2])]


def derived(dates: Dated) -> list[tuple[Phase, date]]:
    """Return the phases that the dates of an instrument tell, in the order of its life."""
    days = (
        (Phase.SIGNED, dates.signed_on),
        (Phase.PROMULGATED, dates.promulgated_on),
        (Phase.IN_FORCE, dates.in_force_on),
        (Phase.ENDED, dates.ends_on),
    )
    return [(phase, day) for phase, day in days if day is not None]


def phase_on(steps: Iterable[Step], dates: Dated, day: date) -> Phase | None:
    """Return the phase of an instrument on `day`; None before anything is recorded."""
    reached = [phase for phase, on in derived(dates) if on <= day]
    if reached:
        return reached[-1]
    recorded = [row for row in standing(steps) if row.on and row.on <= day]
    return Phase(recorded[-1].phase) if recorded else None


def wrong_with_life(steps: Iterable[Step], dates: Dated, *, today: date) -> Any:
    """Return what is wrong with the recorded changes as they stand, as a sentence; None where nothing is."""
    rows = standing(steps)
    days = [row.on for row in rows if row.on]
    if any(day > today for day in days):
        return _("What has not happened yet is not recorded: give today or an earlier day.")
    if dates.signed_on and any(day > dates.signed_on for day in days):
        return _("It was signed before that day: check the two days.")
    if any(one.phase == two.phase for one, two in pairwise(rows)):
        return _("It was in that phase already: give the change that came then.")
    if any(row.phase == Phase.PLANNED for row in rows[1:]):
        return _("It was planned before all else: give an earlier day.")
    return None
