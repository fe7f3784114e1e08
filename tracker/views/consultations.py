"""Consultations on the draft of an instrument: recorded by the body that owes or issued it, and by the editor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.errors import Conflict
from tracker.forms.consultations import ConsultationForm, values_of
from tracker.models import Consultation, Instrument
from tracker.policies import require
from tracker.services import consultations
from tracker.views.attempts import attempt
from tracker.views.doors import acting, writing
from tracker.views.instrument_forms import instrument_of


@writing
def consultation_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a consultation."""
    found = instrument_of(request, pk, "consultation.record")
    initial = {"version": 0, "front_opinion": "none"}
    form = ConsultationForm(request.POST or None, today=clock.local_today(), initial=initial)
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: _record(found, form, by=request.user, at=clock.now()))
        if not status:
            messages.success(request, _("Recorded: days, counts and documents, and no names."))
            return redirect("instrument", found.pk)
    return render(request, "tracker/consultation_form.html", {"form": form, "instrument": found}, status=status)


def _record(found: Instrument, form: ConsultationForm, **who: Any) -> None:
    consultations.record(found, counts=form.counts(), **form.facts(), **who)


@writing
def consultation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a consultation. Who was too late sees what it says now beside what they typed."""
    row = _readable(request, pk)
    require(request.user, "consultation.record", row.instrument)
    initial = {**values_of(row), "version": row.version}
    form = ConsultationForm(request.POST or None, today=clock.local_today(), initial=initial)
    status, newer = 200, []
    if request.method == "POST":
        status = attempt(form, lambda: _change(row, form, by=request.user, at=clock.now()))
        if not status:
            messages.success(request, _("Saved. The history keeps what it said before."))
            return redirect("instrument", row.instrument_id)
        newer = form.differences(values_of(_readable(request, pk))) if status == 409 else []
    context = {"form": form, "instrument": row.instrument, "consultation": row, "newer": newer}
    return render(request, "tracker/consultation_form.html", context, status=status)


def _change(row: Consultation, form: ConsultationForm, **who: Any) -> None:
    consultations.change(row, version=form.cleaned_data["version"], counts=form.counts(), **form.facts(), **who)


def _readable(request: HttpRequest, pk: int) -> Consultation:
    instruments = Instrument.objects.visible_to(request.user)
    rows = Consultation.objects.filter(instrument__in=instruments.values("pk")).select_related("instrument")
    found: Consultation = get_object_or_404(rows, pk=pk)
    return found


@acting
def consultation_known(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that all consultations of an instrument are recorded, or take that back."""
    found = instrument_of(request, pk, "consultation.record")
    is_known = request.POST.get("known") == "yes"
    try:
        consultations.state_known(found, is_known=is_known, by=request.user, at=clock.now())
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("Noted, with your name and the day."))
    return redirect("instrument", found.pk)
