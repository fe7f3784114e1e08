"""The register of instruments and the page of one. How they are changed is in instrument_forms."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tracker.boards.consulted import consulted_then, is_consulted
from tracker.boards.instrument_page import instrument_page as board_of
from tracker.boards.legal_debt import debts_of
from tracker.boards.task_list import leaning_on
from tracker.boards.words import matching
from tracker.choices import InstrumentStatus
from tracker.clock import local_today
from tracker.forms.registers import InstrumentFilter
from tracker.models import Instrument
from tracker.policies import may
from tracker.views.doors import reading
from tracker.views.paging import page_of


@reading
def instrument_list(request: HttpRequest) -> HttpResponse:
    """All instruments, newest first. Four queries: session, user, scope, instruments."""
    form, today = InstrumentFilter(request.GET), local_today()
    rows = Instrument.objects.visible_to(request.user).select_related("issuer")
    rows = _filtered(rows, form.cleaned_data, today) if form.is_valid() else rows.none()
    page = page_of(rows.annotate(consulted=consulted_then(today)), request)
    context = {"form": form, "page": page, "may_register": may(request.user, "instrument.register")}
    return render(request, "tracker/instrument_list.html", context)


def _filtered(rows: Any, cleaned: dict[str, Any], today: date) -> Any:
    rows = matching(rows, cleaned["q"])
    rows = rows.filter(rank=cleaned["rank"]) if cleaned["rank"] else rows
    rows = rows.filter(is_consulted(cleaned["consulted"], today)) if cleaned["consulted"] else rows
    return rows.filter(_status_is(cleaned["status"], today)) if cleaned["status"] else rows


def _status_is(status: str, today: date) -> Q:
    """The condition for what Instrument.status_on says of one row."""
    ended, entered, signed = Q(ends_on__lte=today), Q(in_force_on__lte=today), Q(signed_on__lte=today)
    has_ended = Q(ends_on__isnull=False) & ended
    has_entered, is_signed = Q(in_force_on__isnull=False) & entered, Q(signed_on__isnull=False) & signed
    return {
        InstrumentStatus.ENDED: has_ended,
        InstrumentStatus.IN_FORCE: has_entered & ~has_ended,
        InstrumentStatus.ISSUED: is_signed & ~has_entered & ~has_ended,
        InstrumentStatus.PREPARED: ~is_signed & ~has_entered & ~has_ended,
    }[InstrumentStatus(status)]


@reading
def instrument_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One instrument. Twelve queries, fifteen where it calls for other texts."""
    rows = Instrument.objects.visible_to(request.user).select_related("issuer", "ended_by", "drafted_by")
    instrument = get_object_or_404(rows, pk=pk)
    duties = instrument.detailing_duties.select_related("instrument", "body", "answered_by")
    context = {
        "instrument": instrument,
        "debts": debts_of(duties, local_today()),
        "may_edit": may(request.user, "register.edit"),
        "known": board_of(instrument, local_today()),
        "may_change": may(request.user, "instrument.change", instrument),
        "may_consult": may(request.user, "consultation.record", instrument),
        "links": list(instrument.links.select_related("other")),
        "links_from": list(instrument.links_from.select_related("instrument")),
        "page": page_of(leaning_on(instrument, request.user), request),
        "may_end": instrument.in_force_on is not None
        and instrument.ends_on is None
        and may(request.user, "register.edit"),
    }
    return render(request, "tracker/instrument_page.html", context)
