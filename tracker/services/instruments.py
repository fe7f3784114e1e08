"""Instruments: registered, changed, and ended when they are repealed or replaced. What leans on them follows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.clock import local_day
from tracker.errors import Stale, refuse
from tracker.models import Instrument, InstrumentLink
from tracker.policies import require
from tracker.rules.instrument_life import wrong_with_life
from tracker.rules.instruments import DRAFT_PREFIX, is_draft_number, number_key
from tracker.services import history, staleness
from tracker.services.registers import enter

FACTS = (
    "number",
    "rank",
    "title_vi",
    "title_en",
    "issuer",
    "signed_on",
    "promulgated_on",
    "in_force_on",
    "submit_by",
    "issue_by",
    "drafted_by",
    "url",
)
"""What is typed of an instrument; its end has a service of its own."""

REGISTERED = (*FACTS, "ends_on")


class Duplicate(ValidationError):
    """The number is registered already, as `twin`."""

    def __init__(self, twin: Instrument):
        super().__init__({"number": [_("This number is registered already: %(number)s.") % {"number": twin.number}]})
        self.twin = twin


def twin_of(number: str, *, but: int | None = None) -> Instrument | None:
    """Return the instrument that has this number in some spelling, other than the one with the key `but`."""
    found: Instrument | None = Instrument.objects.filter(number_key=number_key(number)).exclude(pk=but or 0).first()
    return found


def register(instrument: Instrument, *, by: Any, at: datetime) -> Instrument:
    """Record an instrument. Raises ValidationError that names the field; a known number is Duplicate.

    A draft may have no number yet: it then goes by the name DT- and its key.
    """
    instrument.registered_by = by
    if not instrument.number.strip() and not instrument.signed_on:
        return _register_draft(instrument, by=by, at=at)
    _check(instrument)
    return _unless_taken(instrument, lambda: _enter(instrument, by=by, at=at))


def _enter(instrument: Instrument, *, by: Any, at: datetime) -> Instrument:
    kind, action = "instrument.registered", "instrument.register"
    return enter(instrument, by=by, at=at, kind=kind, fields=REGISTERED, action=action)


@transaction.atomic
def _register_draft(instrument: Instrument, *, by: Any, at: datetime) -> Instrument:
    require(by, "instrument.register", instrument)
    instrument.number = f"{DRAFT_PREFIX}{uuid.uuid4().hex}"  # until it has its key
    instrument.full_clean()
    instrument.save(force_insert=True)
    instrument.number = _draft_name(instrument)
    instrument.save(update_fields=["number"])
    history.record("instrument.registered", instrument, by=by, at=at, after=history.values_of(instrument, *REGISTERED))
    return instrument


def _draft_name(instrument: Instrument) -> str:
    return f"{DRAFT_PREFIX}{instrument.pk}"


def _check(instrument: Instrument) -> None:
    if twin := twin_of(instrument.number, but=instrument.pk):
        raise Duplicate(twin)
    if is_draft_number(instrument.number):
        if instrument.signed_on:
            raise refuse(number=_("It is signed: give the number that it got."))
        if instrument.number != _draft_name(instrument):
            raise refuse(number=_("Drafts are called so by the register: leave the number empty."))


def _unless_taken(instrument: Instrument, act: Callable[[], Instrument]) -> Instrument:
    """Do `act`; where somebody took the number a moment before, say so."""
    try:
        with transaction.atomic():
            return act()
    except IntegrityError as error:
        if twin := twin_of(instrument.number, but=instrument.pk):
            raise Duplicate(twin) from error
        raise


def change(instrument: Instrument, *, version: int, by: Any, at: datetime, **facts: Any) -> Instrument:
    """Change FACTS of an instrument as it was read. What was verified otherwise is stale, and tasks follow at once.

    Raises ValidationError that names the field, Stale where somebody else was quicker; nothing is changed then.
    """
    require(by, "instrument.change", instrument)
    before = history.values_of(instrument, *FACTS)
    for name, value in facts.items():
        setattr(instrument, name, value)
    _check(instrument)
    instrument.full_clean()
    if wrong := wrong_with_life([row.step for row in instrument.phases.all()], instrument, today=local_day(at)):
        raise refuse(signed_on=wrong)
    return _unless_taken(instrument, lambda: _change(instrument, before, version=version, by=by, at=at))


def _change(instrument: Instrument, before: dict[str, Any], *, version: int, by: Any, at: datetime) -> Instrument:
    with staleness.changing(instrument, by=by, at=at):
        _write(instrument, before, version=version, by=by, at=at)
    return instrument


def _write(instrument: Instrument, before: dict[str, Any], *, version: int, by: Any, at: datetime) -> None:
    rows = Instrument.objects.filter(pk=instrument.pk)
    values = {name: getattr(instrument, name) for name in FACTS}
    if not rows.filter(version=version).update(version=F("version") + 1, **values):
        raise Stale(rows.values_list("version", flat=True).get())
    instrument.refresh_from_db()
    after = history.values_of(instrument, *FACTS)
    changed = [name for name in FACTS if before[name] != after[name]]
    history.record(
        "instrument.changed",
        instrument,
        by=by,
        at=at,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )


def claim(instrument: Instrument, version: int | None = None) -> None:
    """Lock an instrument and give it its next version. Raises Stale where `version` is no longer the current one."""
    rows = Instrument.objects.filter(pk=instrument.pk)
    expected = rows if version is None else rows.filter(version=version)
    if not expected.update(version=F("version") + 1):
        raise Stale(rows.values_list("version", flat=True).get())
    instrument.refresh_from_db()


@transaction.atomic
def link(
    instrument: Instrument,
    other: Instrument,
    *,
    kind: str,
    on: date | None,
    by: Any,
    at: datetime,
    version: int | None = None,
) -> InstrumentLink:
    """Record that one instrument amends, replaces or details another. Raises Stale as `claim`."""
    require(by, "register.edit")
    claim(instrument, version)
    row = InstrumentLink(instrument=instrument, other=other, kind=kind, on=on)
    row.full_clean()
    row.save()
    history.record("instrument.linked", instrument, by=by, at=at, after={"other": other.number, "kind": kind})
    return row
