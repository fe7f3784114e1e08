"""Whether the parts of the system are alive, told from rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.choices import JobState
from tracker.models import Heartbeat, JobRun


@dataclass(frozen=True)
class Health:
    """`heard_at` is the last heartbeat through beat, broker and pool; `settled_through` the last day scanned."""

    heard_at: datetime | None
    settled_through: date | None
    is_alive: bool


def health(*, at: datetime, limit_seconds: int) -> Health:
    """Return the health of the jobs at `at`: alive while the heartbeat is at most `limit_seconds` old. Two queries."""
    heard_at = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
    settled = JobRun.objects.filter(job="scan", state=JobState.DONE).order_by("-through_on")
    is_alive = heard_at is not None and at - heard_at <= timedelta(seconds=limit_seconds)
    return Health(heard_at, settled.values_list("through_on", flat=True).first(), is_alive)
