"""The heartbeats: written by jobs through beat, broker and pool; read outside them."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from datetime import datetime

from django.db import DatabaseError, connection

from tracker.choices import JobPart
from tracker.clock import now
from tracker.models import Heartbeat

logger = logging.getLogger(__name__)
BEAT_SECONDS = 20.0


def beat(*parts: JobPart, at: datetime) -> None:
    """Record that `parts` (all unless told) were alive at `at`. One statement."""
    rows = [Heartbeat(part=part, at=at) for part in parts or JobPart]
    Heartbeat.objects.bulk_create(rows, update_conflicts=True, unique_fields=["part"], update_fields=["at"])


@contextlib.contextmanager
def beating(part: JobPart, *, seconds: float = BEAT_SECONDS) -> Iterator[None]:
    """Keep `part` heard while a long job runs in this process: it holds the pool that would else be heard.

    The time limit of the job ends this too, so a job that hangs is told like any other silence.
    """
    over = threading.Event()
    beat(part, at=now())
    thread = threading.Thread(target=_beat_until, args=(over, part, seconds), name=f"heart of {part}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat_until(over: threading.Event, part: JobPart, seconds: float) -> None:
    while not over.wait(seconds):
        try:
            beat(part, at=now())
        except DatabaseError as error:
            # On SQLite the job itself may hold the one write lock; the next beat tells.
            logger.warning("The heartbeat of %s could not be written: %s", part, error)
        finally:
            connection.close()
