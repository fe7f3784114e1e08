"""The heartbeat: written by a job through beat, broker and pool; read outside them."""

from __future__ import annotations

from datetime import datetime

from tracker.models import Heartbeat

PART = "jobs"


def beat(*, at: datetime) -> None:
    """Record that beat, broker and pool were alive at `at`."""
    Heartbeat.objects.update_or_create(part=PART, defaults={"at": at})
