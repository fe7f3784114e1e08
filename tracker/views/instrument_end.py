"""The end of an instrument: what it would open is shown first, then it is done in one act."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.ripple import Ripple, ripple
from tracker.forms.evidence import EndForm, instruments_offered
from tracker.models import Instrument
from tracker.policies import require
from tracker.services import endings
from tracker.views.attempts import attempt
from tracker.views.doors import writing

SHOWN = 200


@writing
def instrument_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End, repeal or replace an instrument. What is typed is previewed by its address, and done by the button."""
    instrument = get_object_or_404(Instrument.objects.visible_to(request.user), pk=pk)
    require(request.user, "register.edit")
    today = clock.local_today()
    initial = {"on": today, "version": instrument.version}
    form = EndForm(request.POST or request.GET or None, initial=initial, today=today)
    status = 200
    if request.method == "POST":
        status = attempt(form, lambda: _end(request, instrument, form))
        if not status:
            return redirect("instrument", instrument.pk)
    found = _preview(instrument, form)
    context = {
        "form": form,
        "instrument": instrument,
        "instruments": instruments_offered(),
        "ripple": found,
        "rows": found.rows[:SHOWN] if found else [],
        "more": max(0, len(found.rows) - SHOWN) if found else 0,
    }
    return render(request, "tracker/instrument_end.html", context, status=status)


def _ending(form: EndForm) -> endings.Ending:
    return endings.Ending(**form.values("version"))


def _end(request: HttpRequest, instrument: Instrument, form: EndForm) -> None:
    version = form.cleaned_data["version"]
    carried = endings.end(instrument, _ending(form), by=request.user, at=clock.now(), version=version)
    messages.success(request, _("Recorded. What leans on it is open again on that day, unless something covers it."))
    if carried:
        messages.info(request, _("Declared on the new instrument, to be verified: %(n)d.") % {"n": len(carried)})


def _preview(instrument: Instrument, form: EndForm) -> Ripple | None:
    if not form.is_bound or not form.is_valid():
        return None
    ending = _ending(form)
    try:
        endings.check_ending(instrument, ending)
        facts: dict[str, Any] = {"spans": ending.spans(), "pairs": ending.pairs()}
    except ValidationError as error:
        form.take(error)
        return None
    return ripple(instrument, on=ending.on, today=clock.local_today(), successor=ending.by_instrument, **facts)
