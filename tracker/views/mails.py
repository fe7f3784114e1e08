"""Mails: everybody reads their own; the system administrator sees what could not be sent and has it sent again."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracker import clock
from tracker.choices import MessageState
from tracker.errors import Conflict
from tracker.models import Message
from tracker.policies import may, require
from tracker.services import outbox
from tracker.views.doors import acting, reading
from tracker.views.paging import page_of

UNSENT = (MessageState.BOUNCED, MessageState.SET_ASIDE, MessageState.QUEUED)


@reading
def mail_list(request: HttpRequest) -> HttpResponse:
    """The mails to the reader, newest first. Four queries: session, user, scope, mails."""
    page = page_of(Message.objects.of(request.user).defer("text", "html"), request)
    return render(request, "tracker/mail_list.html", {"page": page})


@reading
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as plain text: its HTML would bring styles of its own. Four queries: session, user, scope, the mail."""
    rows = Message.objects.visible_to(request.user).select_related("user", "task")
    found = get_object_or_404(rows, pk=pk)
    context = {"mail": found, "may_retry": _is_stuck(found) and may(request.user, "message.retry", found)}
    return render(request, "tracker/mail.html", context)


@reading
def system_mails(request: HttpRequest) -> HttpResponse:
    """What is not sent, newest first, of one state or all. Five queries: session, user, scope, counts, mails."""
    require(request.user, "system.read")
    rows = Message.objects.filter(state__in=UNSENT)
    counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    state = request.GET.get("state", "")
    chosen = rows.filter(state=state) if state in UNSENT else rows
    context = {
        "page": page_of(chosen.select_related("user").defer("text", "html"), request),
        "counts": {known.value: counts.get(known.value, 0) for known in UNSENT},
        "state": state,
    }
    return render(request, "tracker/system_mails.html", context)


@acting
def mail_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a mail sent again that was refused or set aside."""
    found = get_object_or_404(Message.objects.visible_to(request.user).select_related("user"), pk=pk)
    try:
        outbox.retry(found, by=request.user, at=clock.now())
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("It is sent again within a minute."))
    return redirect("system_mails")


@acting
def mails_retry(request: HttpRequest) -> HttpResponse:
    """Have everything sent again that was set aside."""
    count = outbox.retry_set_aside(by=request.user, at=clock.now())
    said = ngettext("%(n)d mail is sent again within minutes.", "%(n)d mails are sent again within minutes.", count)
    messages.success(request, said % {"n": count})
    return redirect("system_mails")


def _is_stuck(found: Message) -> bool:
    return found.state in (MessageState.BOUNCED, MessageState.SET_ASIDE)
