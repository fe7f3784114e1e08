"""Consultations on a draft: recorded and changed as dates, counts and published documents; nobody is named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import FrontOpinion, Participant
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Consultation, ConsultationCount, Instrument
from tracker.policies import require
from tracker.rules.consultation import wrong_number
from tracker.services import history
from tracker.services.instruments import claim

FACTS = (
    "opened_on",
    "closed_on",
    "summary_url",
    "summary_number",
    "summary_on",
    "front_opinion",
    "front_number",
    "front_on",
)
MOST = 100_000_000  # as many as there are people


@transaction.atomic
def record(instrument: Instrument, *, counts: Mapping[str, int], by: Any, at: datetime, **facts: Any) -> Consultation:
    """Record a consultation on the draft of an instrument. `counts` are by kind of participant, `facts` FACTS."""
    require(by, "consultation.record", instrument)
    row = Consultation(instrument=instrument, recorded_at=at, recorded_by=by, **facts)
    _check(row, counts, today=local_day(at))
    row.full_clean(exclude=["recorded_by"])
    row.save(force_insert=True)
    _count(row, counts)
    after = {**history.values_of(row, *FACTS), **counts}
    history.record("consultation.recorded", instrument, by=by, at=at, on=row.opened_on, after=after)
    return row


@transaction.atomic
def change(
    row: Consultation, *, version: int, counts: Mapping[str, int], by: Any, at: datetime, **facts: Any
) -> Consultation:
    """Change a consultation as it was read. Raises Stale where somebody else was quicker."""
    require(by, "consultation.record", row.instrument)
    before = {**history.values_of(row, *FACTS), **counts_of(row)}
    for name, value in facts.items():
        setattr(row, name, value)
    _check(row, counts, today=local_day(at))
    row.full_clean(exclude=["recorded_by"])
    rows = Consultation.objects.filter(pk=row.pk)
    values = {name: getattr(row, name) for name in FACTS}
    if not rows.filter(version=version).update(version=F("version") + 1, **values):
        raise Stale(rows.values_list("version", flat=True).get())
    row.counts.all().delete()
    _count(row, counts)
    row.refresh_from_db()
    after = {**history.values_of(row, *FACTS), **counts}
    history.record("consultation.changed", row.instrument, by=by, at=at, before=before, after=after)
    return row


@transaction.atomic
def state_known(
    instrument: Instrument, *, is_known: bool, by: Any, at: datetime, version: int | None = None
) -> Instrument:
    """Say that all consultations on an instrument are recorded, or that this is not sure. Source: rules.consultation.

    Raises Conflict where it says so already, Stale where `version` is no longer that of the instrument.
    """
    require(by, "consultation.record", instrument)
    claim(instrument, version)
    rows = Instrument.objects.filter(pk=instrument.pk, consultation_known_at__isnull=is_known)
    if not rows.update(consultation_known_at=at if is_known else None):
        raise Conflict(_("It says so already."))
    instrument.refresh_from_db()
    before, after = {"consultation_known": not is_known}, {"consultation_known": is_known}
    history.record("consultation.known", instrument, by=by, at=at, before=before, after=after)
    return instrument


def counts_of(row: Consultation) -> dict[str, int]:
    """Return what is counted of a consultation, by kind of participant."""
    return {count.kind: count.number for count in row.counts.all()}


def _check(row: Consultation, counts: Mapping[str, int], *, today: date) -> None:
    for name in ("opened_on", "closed_on", "summary_on", "front_on"):
        day = getattr(row, name)
        if day and day > today and name != "closed_on":
            raise refuse(**{name: _("What has not happened yet is not recorded: give today or an earlier day.")})
    if row.closed_on and row.closed_on < row.opened_on:
        raise refuse(closed_on=_("It closes before it opens: check the two days."))
    for name in ("summary_number", "front_number"):
        if wrong := wrong_number(getattr(row, name)):
            raise refuse(**{name: wrong})
    if "@" in row.summary_url:
        raise refuse(summary_url=_("Give an address on the web without an account in it."))
    if row.front_opinion == FrontOpinion.NONE and (row.front_number or row.front_on):
        raise refuse(front_opinion=_("Say what the Front's document says."))
    for kind, number in counts.items():
        if kind not in Participant.values or not 0 <= number <= MOST:
            raise refuse(**{f"count_{kind}": _("Give a whole number, 0 or more.")})


def _count(row: Consultation, counts: Mapping[str, int]) -> None:
    ConsultationCount.objects.bulk_create(
        ConsultationCount(consultation=row, kind=kind, number=number) for kind, number in counts.items()
    )
