"""Desk: what waits on the bodies of whoever is signed in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.policies import scope_of
from tracker.boards.desk import desk as desk_of
from tracker.boards.queues import REPORTS
from tracker.boards.queues.shape import length_of
from tracker.boards.urging import waiting_on
from tracker.clock import local_today
from tracker.models import Body
from tracker.policies import REPORTERS, leads, may
from tracker.views.doors import reading


@reading
def desk(request: HttpRequest) -> HttpResponse:
    """Show it, most urgent first. 25 queries at most, whatever the number of tasks."""
    today, scope = local_today(), scope_of(request.user)
    shown = desk_of(request.user, today, scope.body_ids)
    context = {
        "desk": shown,
        "is_leader": bool(shown.handed) and any(leads(request.user, body) for body in scope.body_ids),
        "bodies": Body.objects.filter(pk__in=scope.body_ids),
        "urgings": waiting_on(scope.body_ids, request.user),
        "may_report": scope.has(*REPORTERS),
        "queue": length_of(REPORTS, request.user, today) if may(request.user, "review.read") else None,
    }
    return render(request, "tracker/desk.html", context)
