"""API tokens: everybody makes and revokes their own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.models import ApiToken
from tracker import clock
from tracker.errors import Conflict
from tracker.forms.requests import OFFERED
from tracker.forms.tokens import TokenForm
from tracker.models import Body
from tracker.policies import require
from tracker.services import tokens
from tracker.views.attempts import attempt
from tracker.views.doors import acting, writing

SHOWN = 100


@never_cache
@writing
def token_list(request: HttpRequest) -> HttpResponse:
    """The reader's tokens, newest first, and the form of a new one. Five queries: session, user, scope, tokens, bodies.

    The answer that makes a token shows it, with 201 and nowhere else: there is no page to come back to.
    """
    require(request.user, "token.make")
    form, made, status = TokenForm(request.POST or None, today=clock.local_today()), [], 200
    if request.method == "POST":
        who: dict[str, Any] = {"owner": request.user, "by": request.user, "at": clock.now()}
        status = attempt(form, lambda: made.append(tokens.make(**form.values(), **who)[1]))
        if not status:
            form, status = TokenForm(today=clock.local_today()), 201
    bodies = Body.objects.visible_to(request.user).valid_on(clock.local_today())
    context = {
        "form": form,
        "token": made[0] if made else None,
        "rows": ApiToken.objects.of(request.user).select_related("body")[:SHOWN],
        "now": clock.now(),
        "calendar": f"{settings.SITE_URL.rstrip('/')}{reverse('api-calendar.ics')}",
        "bodies": bodies.order_by("level", "name_sort")[:OFFERED],
    }
    return render(request, "tracker/token_list.html", context, status=status)


@acting
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    row = get_object_or_404(ApiToken.objects.of(request.user), pk=pk)
    try:
        tokens.revoke(row, by=request.user, at=clock.now())
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Revoked. It is refused from now on."))
    return redirect("token_list")
