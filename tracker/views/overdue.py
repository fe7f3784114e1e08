"""Overdue: the open flags, for the commission, editors and supervisors; the commission acknowledges them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.policies import scope_of
from tracker import clock
from tracker.boards.overdue import overdue as overdue_page
from tracker.boards.overdue import row_of
from tracker.boards.urging import selectable
from tracker.choices import Duty
from tracker.errors import Conflict
from tracker.forms.decisions import AcknowledgeForm, renew
from tracker.forms.queues import OverdueForm
from tracker.forms.requests import SnoozeForm
from tracker.forms.stale import show_theirs
from tracker.models import Flag
from tracker.policies import require
from tracker.services import flags
from tracker.views.attempts import attempt
from tracker.views.doors import acting, reading, writing


@reading
def overdue(request: HttpRequest) -> HttpResponse:
    """Show one page of flags as filtered and ordered. 15 queries whatever the number of flags."""
    require(request.user, "overdue.read")
    form = OverdueForm(request.GET)
    today = clock.local_today()
    board = overdue_page(request.user, today, form.wanted())
    context = {
        "form": form,
        "board": board,
        "urgeable": selectable(board.rows, request.user, today),
        "is_commission": scope_of(request.user).has(Duty.COMMISSION),
    }
    return render(request, "tracker/overdue.html", context)


@writing
def flag_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Acknowledge a flag with a note, then go back to where the reader was."""
    flag = _flag(request, pk, "flag.acknowledge")
    form = AcknowledgeForm(request.POST or None, initial={"version": flag.version})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            flags.acknowledge(flag, by=request.user, at=clock.now(), **form.cleaned_data)
        except Conflict as error:
            form.add_error(None, error.message)
            renew(form, "version", flag.version)
            show_theirs(form, {"note": flag.acknowledged_note})
            status = 200 if request.headers.get("HX-Request") else 409  # htmx shows nothing of a 4xx
        else:
            messages.success(request, _("Acknowledged. The flag stays open until its cause ends."))
            return redirect(_back(request))
    context = {"row": row_of(flag, clock.local_today()), "form": form, "back": _back(request)}
    return render(request, "tracker/overdue_acknowledge.html", context, status=status)


@writing
def flag_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the steps of a flag for some days, with the reason; then go back to where the reader was."""
    flag, today = _flag(request, pk, "flag.snooze"), clock.local_today()
    form = SnoozeForm(request.POST or None, today=today, initial={"version": flag.version})
    status = 200
    if request.method == "POST":
        status = attempt(
            form,
            lambda: flags.snooze(flag, **form.values(), by=request.user, at=clock.now()),
            lambda: {"until": flag.snoozed_until, "reason": flag.snoozed_reason},
        )
        if not status:
            messages.success(request, _("Snoozed. The flag stands, and its lateness goes on."))
            return redirect(_back(request))
    context = {"row": row_of(flag, today), "form": form, "back": _back(request)}
    return render(request, "tracker/overdue_snooze.html", context, status=status)


@acting
def flag_unsnooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the steps go on."""
    flag = _flag(request, pk, "flag.snooze")
    try:
        flags.unsnooze(flag, by=request.user, at=clock.now())
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The steps of this flag go on."))
    return redirect(_back(request))


def _flag(request: HttpRequest, pk: int, action: str) -> Flag:
    rows = Flag.objects.visible_to(request.user).select_related("task__resolution__issuer", "policy")
    flag: Flag = get_object_or_404(rows, pk=pk)
    require(request.user, action, flag)
    return flag


def _back(request: HttpRequest) -> str:
    """Where the reader came from, if it is a page of ours."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_ours else reverse("overdue")
