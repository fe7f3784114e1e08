"""`/health/`: whether database and jobs are alive, for whoever runs the installation. No names, no figures."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tracker import clock
from tracker.boards.health import health as read_health


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 while everything lives, 503 with the part that does not. Two queries."""
    try:
        found = read_health(at=clock.now(), limit_seconds=settings.HEARTBEAT_LIMIT)
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "unreachable"}, status=503)
    body = {
        "status": "ok" if found.is_alive else "error",
        "database": "ok",
        "jobs": "ok" if found.is_alive else "silent",
        "heartbeat": found.heard_at,
        "settled_through": found.settled_through,
    }
    return JsonResponse(body, status=200 if found.is_alive else 503)
