"""`/health/`, `/health/live`, `/health/ready`: for load balancers and whoever watches the installation.

A stranger learns which part is silent and nothing else: no names, no figures. Figures are for the operator, here with
the token of `/metrics` and on the system page.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tracker import clock, wake
from tracker.boards.health import Health
from tracker.boards.health import health as read_health
from tracker.views.doors import is_operator

RETRY_SECONDS = 5
_migrated: set[str] = set()


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """Answer that this process answers. No query."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the database answers and is migrated, else 503. One query."""
    if _is_ready():
        return HttpResponse("ok\n", content_type="text/plain")
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return HttpResponse("not ready\n", status=503, content_type="text/plain", headers=headers)


def _is_ready() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return _is_migrated()
    except DatabaseError:
        return False


def _is_migrated() -> bool:
    """Reading all migrations takes long, and what is migrated stays so while this process lives."""
    name = str(connection.settings_dict["NAME"])
    if name not in _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.add(name)
    return True


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 while everything lives, 503 with the part that does not. Seven queries, none in a transaction."""
    broker = wake.broker_answers()
    try:
        found = read_health(at=clock.now(), limit_seconds=settings.HEARTBEAT_LIMIT)
    except DatabaseError:
        silent = {"status": "error", "database": "silent", "broker": _word(broker)}
        return JsonResponse(silent, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
    is_well = found.is_alive and broker
    body: dict[str, Any] = {
        "status": "ok" if is_well else "error",
        "database": "ok",
        "broker": _word(broker),
        **_states(found),
    }
    if is_operator(request):
        body["figures"] = _figures(found)
    return JsonResponse(body, status=200 if is_well else 503)


def _word(is_alive: bool) -> str:
    return "ok" if is_alive else "silent"


def _states(found: Health) -> dict[str, Any]:
    return {
        **{one.part.value: _word(one.is_alive) for one in found.parts},
        "scan": _scan_word(found),
        "scan_age_days": found.scan_age,
        "backlog": "behind" if found.backlog.is_behind else "ok",
    }


def _scan_word(found: Health) -> str:
    if found.is_scan_behind:
        return "behind"
    return "ahead" if found.is_scan_ahead else "ok"


def _figures(found: Health) -> dict[str, Any]:
    ages = {one.part.value: one.age for one in found.parts}
    return {"heartbeat_age_seconds": ages, **vars(found.backlog)}
