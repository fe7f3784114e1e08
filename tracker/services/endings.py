"""The end of an instrument, in whole or in part: on the day, what nothing else covers is open again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.boards.ripple import touched
from tracker.choices import InstrumentLinkKind
from tracker.errors import refuse
from tracker.models import Institutionalization, Instrument, InstrumentLink
from tracker.policies import require
from tracker.rules.articles import Spans
from tracker.services import clocks, history, institutionalizations, instruments
from tracker.services.institutionalizations import spans_of


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an instrument ends from the day `on`: in whole or, where `articles` are named, in part.

    `by_instrument` repeals or replaces it; `continued` says which articles of the old one go on in which of the new
    one, as citations; `note` says why.
    """

    on: date
    by_instrument: Instrument | None = None
    articles: str = ""
    continued: Sequence[tuple[str, str]] = ()
    note: str = ""

    def spans(self) -> Spans:
        """Raise ValidationError on `articles` where they cannot be read."""
        return spans_of(self.articles)

    def pairs(self) -> list[tuple[Spans, Spans]]:
        """Raise ValidationError on `continued` where they cannot be read."""
        return [(spans_of(old, field="continued"), spans_of(new, field="continued")) for old, new in self.continued]


def end(
    instrument: Instrument, ending: Ending, *, by: Any, at: datetime, version: int | None = None
) -> list[Institutionalization]:
    """End an instrument, or articles of it. What leaned on them is open again on that day, unless something covers it.

    What goes on in the successor is declared there, for somebody else to verify; returns that evidence. Raises
    ValidationError that names the field, Stale where `version` is no longer the current one.
    """
    require(by, "register.edit")
    spans, pairs = ending.spans(), ending.pairs()
    check_ending(instrument, ending)
    rows = touched(instrument, spans)
    tasks = {row.task_id for row in rows}
    with clocks.changing_many(tasks, at=at, since=ending.on, cause=f"instrument:{instrument.pk}"):
        instruments.claim(instrument, version)
        _write_end(instrument, ending, rows, by=by, at=at)
        found = []
        if successor := ending.by_instrument:
            _link_once(successor, instrument, ending, by=by, at=at)
            found = institutionalizations.carry_over(rows, successor, pairs, by=by, at=at)
    return found


def check_ending(instrument: Instrument, ending: Ending) -> None:
    """Raise ValidationError that names the field where the instrument cannot end so."""
    if instrument.in_force_on is None or ending.on < instrument.in_force_on:
        raise refuse(on=_("It ends before it comes into force: check the two days."))
    if instrument.ends_on is not None and instrument.ends_on <= ending.on:
        raise refuse(on=_("It has ended before that day: nothing of it is left to end."))
    if ending.by_instrument == instrument:
        raise refuse(by_instrument=_("An instrument does not end itself: name the other one."))
    if ending.continued and ending.by_instrument is None:
        raise refuse(by_instrument=_("Name the instrument in which the articles go on."))


def _write_end(
    instrument: Instrument, ending: Ending, rows: Sequence[Institutionalization], *, by: Any, at: datetime
) -> None:
    """The whole of it ends by its own date; of a part, each piece of evidence that leans on it."""
    told = {"ends_on": ending.on, "ended_by": ending.by_instrument and ending.by_instrument.number}
    if ending.articles.strip():
        kind, before = "instrument.ended_in_part", {}
        told["articles"] = ending.articles
        Institutionalization.objects.filter(pk__in=[row.pk for row in rows]).update(
            ends_on=ending.on, ended_by=ending.by_instrument, version=F("version") + 1
        )
    else:
        kind, before = "instrument.ended", history.values_of(instrument, "ends_on")
        instrument.ends_on, instrument.ended_by = ending.on, ending.by_instrument
        instrument.save(update_fields=["ends_on", "ended_by"])
    why = ending.note.strip()
    history.record(kind, instrument, by=by, at=at, on=ending.on, before=before, after=told, why=why)


def _link_once(successor: Instrument, instrument: Instrument, ending: Ending, *, by: Any, at: datetime) -> None:
    kind = InstrumentLinkKind.AMENDS if ending.articles.strip() else InstrumentLinkKind.REPLACES
    if not InstrumentLink.objects.filter(instrument=successor, other=instrument, kind=kind).exists():
        instruments.link(successor, instrument, kind=kind, on=ending.on, by=by, at=at)
