"""How an instrument is changed: registered, edited, its phases recorded and corrected, its files added."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.forms.instruments import (
    FileForm,
    InstrumentForm,
    PhaseCorrectionForm,
    PhaseForm,
    facts_of,
    initial_of,
    initial_of_phase,
)
from tracker.forms.requests import OFFERED
from tracker.models import Body, Instrument, InstrumentFile, InstrumentPhase
from tracker.policies import require
from tracker.services import instrument_files, instrument_life, instruments
from tracker.views.attempts import attempt
from tracker.views.doors import writing


@writing
def instrument_new(request: HttpRequest) -> HttpResponse:
    """Register an instrument: one that is there, or one that is only planned."""
    require(request.user, "instrument.register")
    form = InstrumentForm(request.POST or None, today=clock.local_today(), initial={"version": 0})
    made: list[Instrument] = []
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: made.append(_register(form, by=request.user, at=clock.now())))
        if not status:
            messages.success(request, _("Registered. Now add its file, and what is known of its life."))
            return redirect("instrument", made[0].pk)
    return _form_page(request, form, None, status=status)


def _register(form: InstrumentForm, **who: Any) -> Instrument:
    return instruments.register(Instrument(**form.facts()), **who)


@writing
def instrument_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the facts of an instrument. Who was too late sees what it says now beside what they typed."""
    found = instrument_of(request, pk, "instrument.change")
    initial = initial_of(found)
    form = InstrumentForm(request.POST or None, today=clock.local_today(), initial=initial, instrument=found)
    status, newer = 200, []
    if request.method == "POST":
        status = attempt(form, lambda: _change(found, form, by=request.user, at=clock.now()))
        if not status:
            messages.success(request, _("Saved. The history keeps what it said before."))
            return redirect("instrument", found.pk)
        found = instrument_of(request, pk, "instrument.change")
        newer = form.differences(facts_of(found)) if status == 409 else []
    return _form_page(request, form, found, status=status, newer=newer)


def _change(found: Instrument, form: InstrumentForm, **who: Any) -> None:
    instruments.change(found, version=form.cleaned_data["version"], **form.facts(), **who)


def _form_page(
    request: HttpRequest, form: InstrumentForm, found: Instrument | None, *, status: int, newer: Any = ()
) -> HttpResponse:
    bodies = Body.objects.visible_to(request.user).valid_on(form.today).order_by("level", "name_sort")[:OFFERED]
    context = {"form": form, "instrument": found, "bodies": bodies, "newer": newer}
    return render(request, "tracker/instrument_form.html", context, status=status)


@writing
def phase_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a change in the life of an instrument."""
    found = instrument_of(request, pk, "instrument.change")
    form = PhaseForm(request.POST or None, today=clock.local_today())
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: instrument_life.record(found, **form.values(), **_who(request)))
        if not status:
            messages.success(request, _("Recorded with its day."))
            return redirect("instrument", found.pk)
    return render(request, "tracker/phase_form.html", {"form": form, "instrument": found}, status=status)


@writing
def phase_correct(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Correct a change by a later row; the wrong one stays in sight."""
    found = instrument_of(request, pk, "instrument.change")
    wrong = get_object_or_404(InstrumentPhase.objects.filter(instrument=found), pk=row)
    wrong.instrument = found
    form = PhaseCorrectionForm(request.POST or None, today=clock.local_today(), initial=initial_of_phase(wrong))
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: instrument_life.correct(wrong, **form.values(), **_who(request)))
        if not status:
            messages.success(request, _("Corrected. What it said before stays in sight below."))
            return redirect("instrument", found.pk)
    context = {"form": form, "instrument": found, "wrong": wrong}
    return render(request, "tracker/phase_form.html", context, status=status)


@writing
def instrument_file_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a file, or the next revision of one (`?replaces=` chooses it). Nothing of a refused file is stored: 400."""
    found = instrument_of(request, pk, "instrument.change")
    files = list(InstrumentFile.objects.current().filter(instrument=found))
    initial = {"replaces": request.GET.get("replaces", "")}
    form = FileForm(
        request.POST or None, request.FILES or None, files=files, today=clock.local_today(), initial=initial
    )
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: _add(found, form, **_who(request)))
        if not status:
            messages.success(request, _("Stored. Its SHA-256 stands beside it."))
            return redirect("instrument", found.pk)
        status = 400 if status == 200 else status
    return render(request, "tracker/instrument_file_form.html", {"form": form, "instrument": found}, status=status)


def _add(found: Instrument, form: FileForm, **who: Any) -> None:
    instrument_files.add(found, form.cleaned_data["file"], **form.values(), **who)


def instrument_of(request: HttpRequest, pk: int, action: str) -> Instrument:
    """Return the instrument that the user may do `action` to: 404 where they read no register, 403 where not."""
    rows = Instrument.objects.visible_to(request.user).select_related("issuer", "drafted_by")
    found: Instrument = get_object_or_404(rows, pk=pk)
    require(request.user, action, found)
    return found


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "at": clock.now()}
