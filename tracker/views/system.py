"""System: whether the parts run, what jobs did, and what waits for a hand; for the system administrator."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tracker import clock, wake
from tracker.boards.health import system as read_system
from tracker.errors import Conflict
from tracker.models import SetAside
from tracker.policies import require
from tracker.services import set_aside
from tracker.views.doors import acting, reading


@reading
def system(request: HttpRequest) -> HttpResponse:
    """Show the parts with their ages, the last runs, set-aside tasks, recalculations. Thirteen queries."""
    require(request.user, "system.read")
    broker = wake.broker_answers()
    found = read_system(at=clock.now(), limit_seconds=settings.HEARTBEAT_LIMIT)
    return render(request, "tracker/system.html", {"system": found, "broker": broker})


@acting
def set_aside_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the next scan try a task again."""
    require(request.user, "set_aside.retry")
    row = get_object_or_404(SetAside.objects.select_related("task"), pk=pk)
    try:
        set_aside.retry(row, by=request.user, at=clock.now())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The next scan tries task %(code)s again.") % {"code": row.task.code})
    return redirect("system")
