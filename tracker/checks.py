"""System checks of the background jobs: limits that do not fit together are told before anything is lost."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from config.celery import LONG_JOBS, app
from tracker.services.scan import LEASE

TAG = "jobs"


@register(TAG)
def jobs_fit_together(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with the limits of Celery and ours."""
    checks = (
        (_is_redelivered_while_running(), REDELIVERED),
        (LEASE.total_seconds() <= settings.LONG_JOB_TIME_LIMIT, OVERTAKEN),
        (settings.HEARTBEAT_LIMIT < 2 * settings.TICK_SECONDS, FALSE_ALARM),
        (list(app.conf.accept_content) != ["json"], NOT_JSON_ONLY),
    )
    return [message for is_wrong, message in checks if is_wrong]


def _is_redelivered_while_running() -> bool:
    """Whatever is longest: the limit of all jobs or that of one."""
    annotations = app.conf.task_annotations or {}
    limits = [annotations.get(name, {}).get("time_limit", 0) for name in LONG_JOBS]
    visibility = app.conf.broker_transport_options.get("visibility_timeout", 3600)
    return bool(max([app.conf.task_time_limit, *limits]) >= visibility / 2)


REDELIVERED = Error(
    "A message would come back while its job still runs: the time limits reach half of the visibility timeout.",
    hint="Leave broker_transport_options to config/celery.py, or lower JOB_TIME_LIMIT and LONG_JOB_TIME_LIMIT.",
    id="tracker.E001",
)
OVERTAKEN = Error(
    "A scan would be taken over while it still runs: LONG_JOB_TIME_LIMIT reaches the lease of a run.",
    hint=f"Set LONG_JOB_TIME_LIMIT below {LEASE.total_seconds():.0f}.",
    id="tracker.E002",
)
FALSE_ALARM = Error(
    "Health would be red between two ticks: HEARTBEAT_LIMIT is less than two periods of the tick.",
    hint="Set HEARTBEAT_LIMIT to at least twice TICK_SECONDS.",
    id="tracker.E003",
)
NOT_JSON_ONLY = Error(
    "Workers would take other messages than JSON, and a forged pickle runs code.",
    hint="Leave accept_content to config/celery.py.",
    id="tracker.E004",
)
