"""Celery jobs. A message only wakes a job up; rows decide what is due, so losing or repeating one changes nothing.

Which of them are long, and so run on a queue and in a worker of their own, is told in config/celery.py.
"""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.conf import settings

from config.celery import (
    BULK,
    CATCH_UP,
    HEAR_LONG,
    HEAR_SHORT,
    RECALCULATE,
    SCAN,
    SEAL,
    SEND_MAILS,
    SEND_WEBHOOKS,
    TICK,
    WRITE_DIGESTS,
)
from tracker import clock
from tracker.api.writing import running
from tracker.choices import JobPart
from tracker.exchange import webhooks
from tracker.services import (
    bulk_jobs,
    cascades,
    deliveries,
    digests,
    heartbeats,
    idempotency,
    outbox,
    recalculations,
    scan,
    sealing,
)
from tracker.wake import send, wake


@shared_task(name=TICK, ignore_result=True)
def tick() -> None:
    """Once a minute, from beat: say through the pool that jobs run, and wake what is due."""
    at = clock.now()
    heartbeats.beat(JobPart.BEAT, JobPart.WORKER, at=at)
    _wake_what_is_due(at)
    idempotency.forget(at=at)
    bulk_jobs.forget(at=at)


@shared_task(name=CATCH_UP, ignore_result=True)
def catch_up() -> None:
    """When a worker starts: the same as a tick, but nothing was heard of beat."""
    at = clock.now()
    heartbeats.beat(JobPart.WORKER, at=at)
    _wake_what_is_due(at)


@shared_task(name=HEAR_SHORT, ignore_result=True)
def hear_short() -> None:
    """Say through their pool that short jobs run. A worker sends itself this, so it tells nothing of beat."""
    heartbeats.beat(JobPart.WORKER, at=clock.now())


@shared_task(name=HEAR_LONG, ignore_result=True)
def hear_long() -> None:
    """Say through their pool that long jobs run; their worker sends itself this, too."""
    heartbeats.beat(JobPart.LONG, at=clock.now())


@shared_task(name=SCAN, ignore_result=True)
def run_scan() -> None:
    """Settle all tasks through today, unless that is done or another worker is at it; then let new units join."""
    at = clock.now()
    with heartbeats.beating(JobPart.LONG):
        if scan.catch_up(clock.local_day(at), at=at):
            cascades.add_by_rule(at=at)


@shared_task(name=RECALCULATE, ignore_result=True)
def recalculate() -> None:
    """Take ranges of keys that new rules are to reach, until none waits; the next tick asks for what is left then."""
    with heartbeats.beating(JobPart.LONG):
        recalculations.run_waiting(at=clock.now(), seconds=settings.LONG_JOB_TIME_LIMIT / 2)


@shared_task(name=BULK, ignore_result=True)
def bulk() -> None:
    """Carry out requests of many rows, until none waits; the next tick asks for what is left then."""
    with heartbeats.beating(JobPart.LONG):
        running.run_waiting(at=clock.now(), seconds=settings.LONG_JOB_TIME_LIMIT / 2)


@shared_task(name=WRITE_DIGESTS, ignore_result=True)
def write_digests() -> None:
    """Write the digests of today, once their hour has come, and have them sent."""
    if digests.catch_up(at=clock.now(), hour=settings.DIGEST_HOUR):
        wake(SEND_MAILS)


@shared_task(name=SEND_MAILS, ignore_result=True)
def send_mails() -> None:
    """Send the mails that are due. Each is claimed by its row, so any number of these jobs may run at once."""
    outbox.send_due(at=clock.now())


@shared_task(name=SEND_WEBHOOKS, ignore_result=True)
def send_webhooks() -> None:
    """Tell the webhooks what they are to be told. Where there is more than one job does, the next one goes on."""
    if webhooks.deliver(at=clock.now()):
        send(SEND_WEBHOOKS)


@shared_task(name=SEAL, ignore_result=True)
def seal() -> None:
    """Seal what the sealer has left, and publish the head of the day: the sealer's safety net."""
    at = clock.now()
    sealing.seal()
    sealing.publish(at=at)


def _wake_what_is_due(at: datetime) -> None:
    """Ask the rows, then send at most one message a kind of job; whoever takes it claims its rows."""
    if scan.is_due(clock.local_day(at)):
        send(SCAN)
    if recalculations.is_due(at):
        send(RECALCULATE)
    if bulk_jobs.is_due(at):
        send(BULK)
    if digests.is_due(at=at, hour=settings.DIGEST_HOUR):
        send(WRITE_DIGESTS)
    if outbox.is_due(at=at):
        send(SEND_MAILS)
    if deliveries.is_due(at=at):
        send(SEND_WEBHOOKS)
    if sealing.is_due() or sealing.is_unpublished(at=at):
        send(SEAL)
