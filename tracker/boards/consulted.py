"""Which instruments were promulgated unasked: what rules.consultation says of one, as a condition on all."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When

from tracker.choices import Consulted, EvidenceState
from tracker.models import Consultation, Institutionalization, Instrument
from tracker.rules.consultation import CONSULTED_RANKS, consulted

COUNTS = (EvidenceState.DECLARED, EvidenceState.VERIFIED)


def consulted_on(instrument: Instrument, consultations: list[Consultation], today: date) -> Consulted:
    """Return how one instrument stands, from the rows at hand. Runs no query."""
    closed = [row.closed_on for row in consultations if row.closed_on]
    is_known = instrument.consultation_known_at is not None
    return consulted(instrument.rank, signed_on=instrument.signed_on, closed=closed, is_known=is_known, today=today)


def is_consulted(status: str, today: date, *, known: datetime | None = None) -> Q:
    """Return the condition that an instrument stands so on `today`; with `known`, by what was recorded before then."""
    asked = Consultation.objects.filter(instrument=OuterRef("pk"), closed_on__lt=OuterRef("signed_on"))
    said = Q(consultation_known_at__isnull=False)
    if known is not None:
        asked, said = asked.filter(recorded_at__lt=known), Q(consultation_known_at__lt=known)
    ranked, held = Q(rank__in=sorted(CONSULTED_RANKS)), Q(Exists(asked))
    signed = ranked & Q(signed_on__isnull=False, signed_on__lte=today)
    return {
        Consulted.NOT_NEEDED: ~ranked,
        Consulted.TO_COME: ranked & (Q(signed_on__isnull=True) | Q(signed_on__gt=today)),
        Consulted.HELD: signed & held,
        Consulted.UNASKED: signed & ~held & said,
        Consulted.UNKNOWN: signed & ~held & ~said,
    }[Consulted(status)]


def consulted_then(today: date, *, known: datetime | None = None) -> Case:
    """Return the expression of an instrument's Consulted on `today`."""
    cases = [When(is_consulted(status, today, known=known), then=Value(status.value)) for status in Consulted]
    return Case(*cases, default=Value(Consulted.UNKNOWN.value), output_field=CharField())


def unasked_by_task(tasks: Any, day: date) -> dict[int, list[str]]:
    """Return, by task, the numbers of the instruments of its evidence that were promulgated unasked. One query."""
    unasked = Instrument.objects.filter(is_consulted(Consulted.UNASKED, day)).values("pk")
    rows = Institutionalization.objects.filter(task__in=tasks.values("pk"), instrument__in=unasked, state__in=COUNTS)
    found: dict[int, list[str]] = defaultdict(list)
    for task, number in rows.order_by("instrument__number").values_list("task", "instrument__number").distinct():
        found[task].append(number)
    return found
