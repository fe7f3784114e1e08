"""Legal debt: the register of what instruments in force call for, and the forms of one such text."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.legal_debt import debts_of
from tracker.boards.legal_debt import legal_debt as board
from tracker.forms.evidence import instruments_offered
from tracker.forms.legal_debt import DebtFilter, DutyForm, ProgressForm, progress_of, terms_of
from tracker.forms.requests import OFFERED
from tracker.models import Body, DetailingDuty, Instrument
from tracker.policies import may, require
from tracker.services import legal_debt as service
from tracker.views.attempts import attempt
from tracker.views.doors import reading, writing


@reading
def legal_debt(request: HttpRequest) -> HttpResponse:
    """What instruments in force call for, and what of it is missing. At most ten queries."""
    form = DebtFilter(request.GET, today=clock.local_today())
    context = {"form": form, "day": form.day, "debt": board(request.user, form.day, **form.wanted())}
    return render(request, "tracker/legal_debt.html", context)


@reading
def detailing(request: HttpRequest, pk: int) -> HttpResponse:
    """One text that is called for, and where it stands."""
    return _page(request, get_object_or_404(_readable(request), pk=pk))


@writing
def detailing_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter what an instrument calls for."""
    instrument = get_object_or_404(Instrument.objects.visible_to(request.user), pk=pk)
    require(request.user, "register.edit")
    form = DutyForm(request.POST or None, today=clock.local_today(), initial={"unit": "working"})
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: _create(request, instrument, form))
        if not status:
            messages.success(request, _("Entered. It stands in the register of legal debt."))
            return redirect("instrument", instrument.pk)
    return _form(request, form, instrument, None, status)


@writing
def detailing_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is called for, from whom, or by when."""
    duty = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "register.edit")
    form = DutyForm(request.POST or None, today=clock.local_today(), initial=terms_of(duty))
    status = 200
    if request.method == "POST":
        who: dict[str, Any] = {"by": request.user, "at": clock.now()}
        status = attempt(form, lambda: service.change(duty, **_versioned(form), **who))
        if not status:
            messages.success(request, _("Changed."))
            return redirect("detailing", duty.pk)
    return _form(request, form, duty.instrument, _readable(request).get(pk=pk), status)


@writing
def detailing_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Record how far the text has come, as the body that owes it."""
    duty = get_object_or_404(_readable(request), pk=pk)
    require(request.user, "detailing.move_on", duty)
    form = ProgressForm(request.POST or None, today=clock.local_today(), initial=progress_of(duty))
    status = 200
    if request.method == "POST":
        who: dict[str, Any] = {"by": request.user, "at": clock.now()}
        status = attempt(form, lambda: service.move_on(duty, **form.values(), **who))
        if not status:
            messages.success(request, _("Recorded."))
            return redirect("detailing", duty.pk)
    context = {"form": form, "duty": _readable(request).get(pk=pk), "instruments": instruments_offered()}
    return render(request, "tracker/detailing_progress.html", context, status=status)


def _readable(request: HttpRequest) -> Any:
    joined = ("instrument", "body", "answered_by", "task")
    return DetailingDuty.objects.visible_to(request.user).select_related(*joined)


def _page(request: HttpRequest, duty: DetailingDuty) -> HttpResponse:
    (debt,) = debts_of([duty], clock.local_today())
    context = {
        "duty": duty,
        "standing": debt.standing,
        "may_edit": may(request.user, "register.edit"),
        "may_move": may(request.user, "detailing.move_on", duty),
    }
    return render(request, "tracker/detailing.html", context)


def _create(request: HttpRequest, instrument: Instrument, form: DutyForm) -> None:
    duty = DetailingDuty(instrument=instrument, **form.values("version"))
    service.create(duty, by=request.user, at=clock.now())


def _versioned(form: DutyForm) -> dict[str, Any]:
    return {**form.values(), "version": form.cleaned_data["version"] or 0}


def _form(
    request: HttpRequest, form: DutyForm, instrument: Instrument, duty: DetailingDuty | None, status: int
) -> HttpResponse:
    bodies = Body.objects.visible_to(request.user).order_by("name_sort", "pk")[:OFFERED]
    context = {"form": form, "instrument": instrument, "duty": duty, "bodies": bodies}
    return render(request, "tracker/detailing_form.html", context, status=status)
