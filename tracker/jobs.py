"""Celery jobs. A message only wakes a job up; rows decide what is due, so losing or repeating one changes nothing."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from config.celery import SEND_MAILS, WRITE_DIGESTS
from tracker import clock
from tracker.services import digests, heartbeats, outbox, scan
from tracker.wake import wake


@shared_task(name="tracker.jobs.tick", ignore_result=True)
def tick() -> None:
    """Once a minute: say through the pool that jobs run, and scan when the local day has changed."""
    at = clock.now()
    heartbeats.beat(at=at)
    scan.catch_up(clock.local_day(at), at=at)
    wake(WRITE_DIGESTS)
    wake(SEND_MAILS)


@shared_task(name=WRITE_DIGESTS, ignore_result=True)
def write_digests() -> None:
    """Write the digests of today, once their hour has come, and have them sent."""
    if digests.catch_up(at=clock.now(), hour=settings.DIGEST_HOUR):
        wake(SEND_MAILS)


@shared_task(name=SEND_MAILS, ignore_result=True)
def send_mails() -> None:
    """Send the mails that are due. Each is claimed by its row, so any number of these jobs may run at once."""
    outbox.send_due(at=clock.now())
