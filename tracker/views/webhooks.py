"""Webhooks: everybody makes and keeps their own; the system administrator sees that they exist and can stop them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from tracker import clock
from tracker.errors import Conflict
from tracker.forms.webhooks import WebhookForm
from tracker.models import Webhook, WebhookDelivery
from tracker.policies import may, require
from tracker.services import webhooks
from tracker.views.attempts import attempt
from tracker.views.doors import acting, reading, writing
from tracker.views.paging import page_of

SHOWN = 100


@never_cache
@writing
def webhook_list(request: HttpRequest) -> HttpResponse:
    """The webhooks of which the reader may know, and the form of a new one. Four queries: session, user, scope, rows.

    The answer that makes a webhook shows its secret, with 201 and nowhere else: there is no page to come back to.
    """
    require(request.user, "webhook.make")
    form, made, status = WebhookForm(request.POST or None, today=clock.local_today()), [], 200
    if request.method == "POST":
        who: dict[str, Any] = {"owner": request.user, "by": request.user, "at": clock.now()}
        status = attempt(form, lambda: made.append(webhooks.make(**form.values(), **who)))
        if not status:
            form, status = WebhookForm(today=clock.local_today()), 201
    rows = Webhook.objects.visible_to(request.user).select_related("owner")[:SHOWN]
    row, secret = made[0] if made else (None, None)
    context = {"form": form, "rows": rows, "made": row, "secret": secret}
    return render(request, "tracker/webhook_list.html", context, status=status)


@reading
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One webhook with its messages, newest first, and their tries. Eight queries: session, user, scope, the webhook,
    bodies, resolutions, messages, tries.
    """
    return _page(request, _found(request, pk))


@never_cache
@acting
def webhook_rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it a new secret, and show that in the answer and nowhere else."""
    row = _found(request, pk)
    try:
        secret = webhooks.rotate(row, by=request.user, at=clock.now())
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("webhook", pk=pk)
    row.refresh_from_db()
    return _page(request, row, secret=secret, status=201)


@acting
def webhook_ping(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test message."""
    return _act(request, _found(request, pk), webhooks.ping, _("The test is sent within a minute; its log is below."))


@acting
def webhook_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it send nothing for a while."""
    return _act(request, _found(request, pk), webhooks.pause, _("Paused. What happens meanwhile is told afterwards."))


@acting
def webhook_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it go on where it stopped."""
    return _act(request, _found(request, pk), webhooks.resume, _("It goes on where it stopped."))


@acting
def webhook_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End it for good."""
    return _act(request, _found(request, pk), webhooks.end, _("Ended. Nothing is sent any more."))


@acting
def webhook_replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one message again, under its id."""
    rows = WebhookDelivery.objects.visible_to(request.user).select_related("webhook")
    found = get_object_or_404(rows, pk=pk)
    said = _("It is sent again within a minute, under the same id.")
    return _act(request, found.webhook, lambda _row, **who: webhooks.replay(found, **who), said)


def _found(request: HttpRequest, pk: int) -> Webhook:
    rows = Webhook.objects.visible_to(request.user).select_related("owner")
    found: Webhook = get_object_or_404(rows, pk=pk)
    return found


def _act(request: HttpRequest, row: Webhook, act: Callable[..., Any], said: str) -> HttpResponse:
    try:
        act(row, by=request.user, at=clock.now())
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("webhook", pk=row.pk)


def _page(request: HttpRequest, row: Webhook, *, secret: str | None = None, status: int = 200) -> HttpResponse:
    context = {
        "webhook": row,
        "secret": secret,
        "now": clock.now(),
        "bodies": row.bodies.order_by("level", "name_sort"),
        "resolutions": row.resolutions.all(),
        "page": page_of(row.deliveries.prefetch_related("tries"), request),
        "may_change": may(request.user, "webhook.change", row),
        "may_stop": may(request.user, "webhook.stop", row),
    }
    return render(request, "tracker/webhook.html", context, status=status)
