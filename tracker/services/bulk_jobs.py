"""Requests of more rows than are answered at once: kept as rows, carried out by a worker batch by batch.

A batch and its results are one transaction: a worker that is killed leaves the batch undone, and nothing is done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from config import request_id
from config.celery import BULK
from tracker.clock import now
from tracker.models import BulkJob
from tracker.wake import wake

BATCH = 200
LEASE = timedelta(minutes=10)
KEPT = timedelta(hours=24)
MOST_TRIES = 3
MOST_OPEN = 10
# Carries out some rows of a job and returns one result for each; or, of all rows that were to be done together, a
# problem.
Do = Callable[[BulkJob, list[Any]], "Done"]
Done = tuple[list[Any], Any]


def start(act: str, rows: list[Any], *, is_atomic: bool, by: Any, token: Any, language: str, at: datetime) -> BulkJob:
    """Keep a request for the workers. Call it in the transaction that answers it."""
    asked: dict[str, Any] = {"user": by, "token": token, "act": act, "rows": rows, "size": len(rows)}
    how = {"is_atomic": is_atomic, "language": language, "request_id": request_id.current()[:40]}
    job: BulkJob = BulkJob.objects.create(**asked, **how, created_at=at)
    wake(BULK)
    return job


def has_too_many(user: Any) -> bool:
    """Tell whether as many requests of `user` wait as may. One query."""
    return bool(BulkJob.objects.open().filter(user=user).count() >= MOST_OPEN)


def is_due(at: datetime) -> bool:
    """Tell whether a job waits for a worker. One query."""
    return bool(_waiting(at).exists())


def _waiting(at: datetime) -> Any:
    return BulkJob.objects.open().filter(Q(lease_until__isnull=True) | Q(lease_until__lt=at))


def run_waiting(do: Do, give_up: Do, *, at: datetime, seconds: float | None = None) -> int:
    """Carry out one job after another until none waits or the time is over; return how many batches were done.

    `give_up` says what becomes of a batch that was begun MOST_TRIES times and never ended.
    """
    begun, done = time.monotonic(), 0
    while seconds is None or time.monotonic() - begun < seconds:
        job = _claim(at + timedelta(seconds=time.monotonic() - begun))
        if job is None:
            break
        while _run(job, do if job.attempts <= MOST_TRIES else give_up):
            done += 1
            if job.finished_at or (seconds is not None and time.monotonic() - begun > seconds):
                break
        _release(job)
    return done


def _claim(at: datetime) -> BulkJob | None:
    """Return the oldest job that is now ours, None where none waits. Of two workers who want the same, one gets it."""
    while True:
        job: BulkJob | None = _waiting(at).order_by("pk").first()
        if job is None:
            return None
        lease = {"lease_until": at + LEASE, "attempts": F("attempts") + 1}
        if _waiting(at).filter(pk=job.pk).update(**lease):
            job.refresh_from_db()
            return job


def _run(job: BulkJob, do: Do) -> bool:
    """Carry out the next batch; False where the job is not ours any more. An error leaves it for another try."""
    with transaction.atomic():
        ours = BulkJob.objects.open().filter(pk=job.pk, lease_until=job.lease_until)
        at = now()
        if not ours.update(lease_until=at + LEASE, attempts=0):
            return False
        done = len(job.results)
        rows = job.rows if job.is_atomic else job.rows[done : done + BATCH]
        results, job.problem = do(job, rows)
        job.results = [*job.results, *results]
        if job.problem or len(job.results) >= job.size:
            job.finished_at = at
        job.lease_until, job.attempts = at + LEASE, 0
        job.save(update_fields=["results", "problem", "finished_at"])
    return True


def _release(job: BulkJob) -> None:
    BulkJob.objects.filter(pk=job.pk, lease_until=job.lease_until).update(lease_until=None)


def forget(*, at: datetime) -> int:
    """Delete jobs that were done 24 hours ago; return how many. Mostly there is none, and nothing is locked."""
    rows = BulkJob.objects.filter(finished_at__lte=at - KEPT)
    return rows.delete()[0] if rows.exists() else 0
