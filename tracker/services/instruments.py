"""Instruments: registered, and ended when they are repealed or replaced. What leans on them follows on the day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tracker.errors import refuse
from tracker.models import Instrument, InstrumentLink, Task
from tracker.policies import require
from tracker.services import clocks, history
from tracker.services.registers import enter


def register(instrument: Instrument, *, by: Any, at: datetime) -> Instrument:
    """Record an instrument. Raises ValidationError that names the field; a known number is one."""
    fields = ("number", "rank", "signed_on", "in_force_on", "ends_on")
    return enter(instrument, by=by, at=at, kind="instrument.registered", fields=fields, action="instrument.register")


@transaction.atomic
def end(instrument: Instrument, *, on: date, by: Any, at: datetime, ended_by: Instrument | None = None) -> Instrument:
    """End an instrument from the day `on`; tasks that lean on it are open again on that day."""
    require(by, "register.edit")
    if instrument.in_force_on and on < instrument.in_force_on:
        raise refuse(ends_on=_("It ends before it comes into force: check the two days."))
    before = history.values_of(instrument, "ends_on")
    instrument.ends_on, instrument.ended_by = on, ended_by
    instrument.version += 1
    instrument.save(update_fields=["ends_on", "ended_by", "version"])
    history.record("instrument.ended", instrument, by=by, at=at, on=on, before=before, after={"ends_on": on})
    leaning = Task.objects.filter(institutionalizations__instrument=instrument).distinct().order_by("pk")
    for task in leaning:
        clocks.recheck_from(task, on, at=at)
    return instrument


def link(
    instrument: Instrument, other: Instrument, *, kind: str, on: date | None, by: Any, at: datetime
) -> InstrumentLink:
    """Record that one instrument amends, replaces or details another."""
    require(by, "register.edit")
    row = InstrumentLink(instrument=instrument, other=other, kind=kind, on=on)
    row.full_clean()
    with transaction.atomic():
        row.save()
        history.record("instrument.linked", instrument, by=by, at=at, after={"other": other.number, "kind": kind})
    return row
