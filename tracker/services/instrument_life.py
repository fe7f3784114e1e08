"""The life of an instrument until it is signed: each change recorded with its day, corrected by a later row."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tracker.choices import Phase
from tracker.clock import local_day
from tracker.errors import Conflict, refuse
from tracker.models import Instrument, InstrumentPhase
from tracker.policies import require
from tracker.rules.consultation import wrong_number
from tracker.rules.instrument_life import wrong_with_life
from tracker.services import history
from tracker.services.instruments import claim

FACTS = ("phase", "on", "document", "note")


def record(
    instrument: Instrument,
    *,
    phase: str,
    on: date,
    by: Any,
    at: datetime,
    document: str = "",
    note: str = "",
    version: int | None = None,
) -> InstrumentPhase:
    """Record that the instrument entered `phase` on a day, at the latest that of its signature.

    Raises Stale where `version` is no longer that of the instrument.
    """
    require(by, "instrument.change", instrument)
    row = InstrumentPhase(instrument=instrument, phase=phase, on=on, document=document.strip(), note=note.strip())
    return _insert(row, by=by, at=at, version=version)


def correct(
    row: InstrumentPhase,
    *,
    phase: str,
    on: date | None,
    by: Any,
    at: datetime,
    document: str = "",
    note: str = "",
    version: int | None = None,
) -> InstrumentPhase:
    """Put a later row in the place of one that was wrong; `on=None` says that the change did not happen.

    Raises Conflict where that row has been corrected by now, Stale as `record`.
    """
    require(by, "instrument.change", row.instrument)
    better = InstrumentPhase(instrument=row.instrument, phase=phase, on=on, document=document.strip(), corrects=row)
    better.note = note.strip()
    return _insert(better, by=by, at=at, version=version)


@transaction.atomic
def _insert(row: InstrumentPhase, *, by: Any, at: datetime, version: int | None) -> InstrumentPhase:
    instrument = row.instrument
    claim(instrument, version)  # one at a time, so that the order is judged on what is there
    earlier = list(InstrumentPhase.objects.filter(instrument=instrument))
    if row.corrects_id and any(other.corrects_id == row.corrects_id for other in earlier):
        raise Conflict(_("This change has been corrected by now: look at what it says."))
    _check_texts(row)
    row.recorded_at, row.recorded_by = at, by
    row.full_clean(exclude=["recorded_by"], validate_unique=False)
    steps = [other.step for other in earlier] + [_as_newest(row)]
    if wrong := wrong_with_life(steps, instrument, today=local_day(at)):
        raise refuse(on=wrong)
    row.save(force_insert=True)
    kind = "instrument.phase_corrected" if row.corrects else "instrument.phase"
    before = history.values_of(row.corrects, *FACTS) if row.corrects else {}
    after = history.values_of(row, *FACTS)
    history.record(kind, instrument, by=by, at=at, on=row.on, before=before, after=after)
    return row


def _check_texts(row: InstrumentPhase) -> None:
    """Nothing is written about a consultation, lest it be of somebody who was asked."""
    if row.phase != Phase.CONSULTATION:
        return
    if row.note:
        raise refuse(note=_("No words go with a consultation: record its days and counts under “Who was asked”."))
    if wrong := wrong_number(row.document):
        raise refuse(document=wrong)


def _as_newest(row: InstrumentPhase) -> Any:
    step = row.step
    return type(step)(pk=2**62, phase=step.phase, on=step.on, corrects=step.corrects)
