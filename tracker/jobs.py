"""Celery jobs. A message only wakes a job up; rows decide what is due, so losing or repeating one changes nothing."""

from __future__ import annotations

from celery import shared_task

from tracker import clock
from tracker.services import heartbeats, scan


@shared_task(name="tracker.jobs.tick", ignore_result=True)
def tick() -> None:
    """Once a minute: say through the pool that jobs run, and scan when the local day has changed."""
    at = clock.now()
    heartbeats.beat(at=at)
    scan.catch_up(clock.local_day(at), at=at)
