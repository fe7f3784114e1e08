"""Texts that upper instruments call for: entered by the editor, moved on by the body that owes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import InstrumentLinkKind
from tracker.clock import local_day
from tracker.errors import Stale, refuse
from tracker.models import DetailingDuty, Instrument, InstrumentLink
from tracker.policies import require
from tracker.services import history, instruments
from tracker.services.institutionalizations import cited
from tracker.services.registers import enter

TERMS = (
    "instrument",
    "articles",
    "subject_vi",
    "subject_en",
    "rank",
    "body",
    "task",
    "submit_by",
    "submit_within",
    "issue_by",
    "issue_within",
    "unit",
)
PROGRESS = ("drafting_on", "submitted_on", "answered_by")


def create(duty: DetailingDuty, *, by: Any, at: datetime) -> DetailingDuty:
    """Enter what an instrument calls for. Raises ValidationError that names the field."""
    duty.articles, duty.recorded_at = cited(duty.articles), at
    _check(duty, today=local_day(at))
    return enter(duty, by=by, at=at, kind="detailing.created", fields=(*TERMS, *PROGRESS))


def change(duty: DetailingDuty, *, by: Any, at: datetime, version: int, **terms: Any) -> DetailingDuty:
    """Change what is called for, from whom, or by when. `terms` are among TERMS, the upper instrument left out.

    Raises ValidationError that names the field, Stale where `version` is no longer the current one.
    """
    require(by, "register.edit")
    terms["articles"] = cited(terms.get("articles", duty.articles))
    return _write(duty, terms, by=by, at=at, version=version, kind="detailing.changed")


def move_on(
    duty: DetailingDuty,
    *,
    drafting_on: date | None,
    submitted_on: date | None,
    answered_by: Instrument | None,
    by: Any,
    at: datetime,
    version: int,
) -> DetailingDuty:
    """Record how far the text has come, as the body that owes it or the editor; the text that was issued is linked.

    Raises ValidationError that names the field, Stale where `version` is no longer the current one.
    """
    require(by, "detailing.move_on", duty)
    progress = {"drafting_on": drafting_on, "submitted_on": submitted_on, "answered_by": answered_by}
    with transaction.atomic():
        _write(duty, progress, by=by, at=at, version=version, kind="detailing.moved_on")
        if answered_by is not None:
            _link(answered_by, duty.instrument, at=at)
    return duty


def _write(
    duty: DetailingDuty, values: dict[str, Any], *, by: Any, at: datetime, version: int, kind: str
) -> DetailingDuty:
    before = history.values_of(duty, *values)
    for name, value in values.items():
        setattr(duty, name, value)
    _check(duty, today=local_day(at))
    duty.full_clean()
    with transaction.atomic():
        rows = DetailingDuty.objects.filter(pk=duty.pk)
        if not rows.filter(version=version).update(version=F("version") + 1):
            raise Stale(rows.values_list("version", flat=True).get())
        duty.version = version + 1
        duty.save(update_fields=[*values, "version"])
        history.record(kind, duty, by=by, at=at, before=before, after=history.values_of(duty, *values))
    return duty


def _check(duty: DetailingDuty, *, today: date) -> None:
    for name in ("drafting_on", "submitted_on"):
        day = getattr(duty, name)
        if day is not None and day > today:
            raise refuse(**{name: _("This day has not come yet: give one up to today.")})
    answer = duty.answered_by
    if answer is not None and answer.signed_on is None:
        raise refuse(answered_by=_("This instrument is not signed yet: it answers once it is."))


def _link(answer: Instrument, upper: Instrument, *, at: datetime) -> None:
    """That one details the other follows from the act itself, whoever did it."""
    kind = InstrumentLinkKind.DETAILS
    if not InstrumentLink.objects.filter(instrument=answer, other=upper, kind=kind).exists():
        instruments.link(answer, upper, kind=kind, on=answer.in_force_on, by=None, at=at)
