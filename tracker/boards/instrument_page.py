"""What the page of an instrument shows beside its facts: its life, its files with their revisions, who was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.boards.consulted import consulted_on
from tracker.choices import Consulted, Phase
from tracker.models import Consultation, Instrument, InstrumentFile, InstrumentPhase
from tracker.rules.instrument_life import derived, phase_on, standing

TONES = {Phase.SIGNED: "ok", Phase.PROMULGATED: "ok", Phase.IN_FORCE: "done", Phase.ENDED: "late"}


@dataclass(frozen=True)
class Change:
    """One dated change. `row` is what was recorded; None where it follows from a date or a consultation."""

    on: date
    title: Any
    is_ahead: bool
    tone: str = "idle"
    row: InstrumentPhase | None = None


@dataclass(frozen=True)
class Obligation:
    """By when something was owed, and when it came. `days` are calendar days late by then or by today."""

    label: Any
    by: date
    done_on: date | None
    days: int

    @property
    def is_late(self) -> bool:
        return self.days > 0


@dataclass(frozen=True)
class FileLine:
    """A current file and what it replaced, the newest first."""

    file: InstrumentFile
    older: list[InstrumentFile]


@dataclass(frozen=True)
class InstrumentPage:
    phase: Phase | None
    life: list[Change]
    corrected: list[InstrumentPhase]
    obligations: list[Obligation]
    files: list[FileLine]
    consultations: list[Consultation]
    consulted: Consulted


def instrument_page(instrument: Instrument, today: date) -> InstrumentPage:
    """Return it. Four queries: phases, files, consultations, their counts."""
    phases = list(instrument.phases.select_related("recorded_by"))
    consultations = list(instrument.consultations.prefetch_related("counts"))
    steps = [row.step for row in phases]
    valid = {step.pk for step in standing(steps)}
    return InstrumentPage(
        phase=phase_on(steps, instrument, today),
        life=_life(instrument, [row for row in phases if row.pk in valid], consultations, today),
        corrected=sorted((row for row in phases if row.pk not in valid), key=lambda row: row.pk),
        obligations=_obligations(instrument, phases, valid, today),
        files=_lines(list(instrument.files.select_related("uploaded_by"))),
        consultations=consultations,
        consulted=consulted_on(instrument, consultations, today),
    )


def _life(
    instrument: Instrument, phases: list[InstrumentPhase], consultations: list[Consultation], today: date
) -> list[Change]:
    changes = [Change(row.on, row.get_phase_display(), is_ahead=False, row=row) for row in phases if row.on]
    for asked in consultations:
        changes.append(Change(asked.opened_on, _("Consultation opened"), is_ahead=asked.opened_on > today))
        if asked.closed_on:
            changes.append(Change(asked.closed_on, _("Consultation closed"), is_ahead=asked.closed_on > today))
    for phase, on in derived(instrument):
        changes.append(Change(on, phase.label, is_ahead=on > today, tone=TONES[phase]))
    return sorted(changes, key=lambda change: change.on)


def _obligations(
    instrument: Instrument, phases: list[InstrumentPhase], valid: set[int], today: date
) -> list[Obligation]:
    days = [row.on for row in phases if row.pk in valid and row.phase == Phase.SUBMITTED and row.on]
    submitted_on = min(days, default=instrument.signed_on)
    rows = (
        (_("Draft to be submitted by"), instrument.submit_by, submitted_on),
        (_("To be issued by"), instrument.issue_by, instrument.signed_on),
    )
    return [Obligation(label, by, done_on, _late(by, done_on or today)) for label, by, done_on in rows if by]


def _late(by: date, then: date) -> int:
    return max((then - by) // timedelta(days=1), 0)


def _lines(files: list[InstrumentFile]) -> list[FileLine]:
    replaced = {file.replaced_by_id: file for file in files if file.replaced_by_id}

    def older(file: InstrumentFile) -> list[InstrumentFile]:
        before = replaced.get(file.pk)
        return [before, *older(before)] if before else []

    return [FileLine(file, older(file)) for file in files if file.is_current]
