"""New rules reach the tasks: ranges of keys, each a row that a worker claims, so that a kill loses and doubles nothing.

A range only brings the next check of the tasks that the change reaches forward to its first day; the scan then does
what it does on any day. Whatever is changed meanwhile is neither lost nor reverted: nothing else is written.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, Max, Min, Q

from config.celery import RECALCULATE
from tracker.boards.governing import Rules
from tracker.choices import JobState
from tracker.clock import local_day, now
from tracker.models import CalendarVersion, JobRun, Policy, Recalculation, Task
from tracker.services import clocks, set_aside
from tracker.services.crossings import Count
from tracker.services.reach import reached
from tracker.wake import wake

JOB = "recalculate"
RANGE = 20_000  # keys
LEASE = timedelta(minutes=10)
MESSAGES = 8  # at most: more workers than that would wait for the same database


def start(
    *, policy: Policy | None = None, calendar_version: CalendarVersion | None = None, on: date, by: Any, at: datetime
) -> Recalculation:
    """Let the rules that change on the day `on` reach the tasks, in ranges that the workers take.

    Call it in the transaction that changed the rules, after `rules_lock.change()`. Three queries.
    """
    recalculation = Recalculation.objects.create(
        policy=policy, calendar_version=calendar_version, from_on=on, by=by, started_at=at
    )
    ranges = [
        JobRun(
            job=JOB,
            period=f"{recalculation.pk}:{first}",
            state=JobState.QUEUED,
            attempts=0,
            started_at=at,
            recalculation=recalculation,
            first_key=first,
            last_key=last,
        )
        for first, last in _ranges()
    ]
    JobRun.objects.bulk_create(ranges, batch_size=1000)
    if ranges:
        for _ in range(min(len(ranges), MESSAGES)):
            wake(RECALCULATE)
    else:
        _finish(recalculation.pk)
    return recalculation


def _ranges() -> Iterator[tuple[int, int]]:
    keys = Task.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if keys["first"] is not None:
        for first in range(keys["first"], keys["last"] + 1, RANGE):
            yield first, min(first + RANGE - 1, keys["last"])


def is_due(at: datetime) -> bool:
    """Tell whether a range waits for a worker. One query."""
    return bool(_waiting(at).exists())


def is_over(through: date) -> bool:
    """Tell whether every rule that began by `through` has reached the tasks. One query."""
    return not Recalculation.objects.filter(finished_at__isnull=True, from_on__lte=through).exists()


def _waiting(at: datetime) -> Any:
    lost = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=at)
    return JobRun.objects.filter(lost, job=JOB, recalculation__isnull=False)


def bring_to_an_end(through: date, *, at: datetime) -> bool:
    """Let the rules that began by `through` reach the tasks now; False while other workers are at that.

    One query where nothing waits.
    """
    if is_over(through):
        return True
    run_waiting(at=at)
    return is_over(through)


def run_waiting(*, at: datetime, seconds: float | None = None) -> int:
    """Take one waiting range after another until none is left or the time is over; return how many were done."""
    begun, done = time.monotonic(), 0
    while True:
        passed = time.monotonic() - begun
        run = None if seconds is not None and passed > seconds else _claim(at + timedelta(seconds=passed))
        if run is None:
            return done
        _run(run, at=at + timedelta(seconds=passed))
        done += 1


def _claim(at: datetime) -> JobRun | None:
    """Return a range that is now ours, None where none waits. Of two workers who want the same, one gets it."""
    while True:
        run: JobRun | None = _waiting(at).order_by("pk").select_related("recalculation").first()
        if run is None:
            return None
        lease = {"state": JobState.RUNNING, "lease_until": at + LEASE, "attempts": F("attempts") + 1}
        if _waiting(at).filter(pk=run.pk).update(**lease):
            return run


def _run(run: JobRun, *, at: datetime) -> None:
    whole = run.recalculation
    if whole is None:
        raise ValueError(f"{run} is no range of a recalculation.")
    try:
        count = _reach(run, whole.from_on, at=at)
    except DatabaseError as error:
        # The lease stays: who finds it over tries again.
        JobRun.objects.filter(pk=run.pk).update(error=repr(error)[:2000])
        raise
    done = {"state": JobState.DONE, "finished_at": now(), "lease_until": None, "error": ""}
    JobRun.objects.filter(pk=run.pk).update(**done, **count)
    _finish(whole.pk)


def _reach(run: JobRun, day: date, *, at: datetime) -> dict[str, int]:
    """Bring the next checks of one range forward; where the day has come, settle them at once. Idempotent."""
    today = local_day(at)
    condition = reached(Rules.on(day - timedelta(days=1)), Rules.on(day))
    rows = Task.objects.filter(pk__gte=run.first_key, pk__lte=run.last_key)
    moved = _bring_forward(condition, run.first_key or 0, run.last_key or 0, day=day, at=at)
    count = clocks.settle(rows, through=today, at=at, isolate=True) if day <= today else Count()
    return {"looked_at": moved, "opened": count.opened, "closed": count.closed, "stepped": count.stepped}


def _bring_forward(condition: Q, first: int, last: int, *, day: date, at: datetime) -> int:
    """Let the tasks of the condition look again on `day`; one that the database refuses is found by halving and noted.

    Else it would keep the rules from everybody, and the scan waiting for them.
    """
    try:
        with transaction.atomic():
            return Task.objects.filter(condition, pk__gte=first, pk__lte=last).look_again(day)
    except clocks.BREAKS as error:
        if first == last:
            set_aside.note(first, error, at=at)
            return 0
    middle = (first + last) // 2
    halves = ((first, middle), (middle + 1, last))
    return sum(_bring_forward(condition, *half, day=day, at=at) for half in halves)


def _finish(recalculation_id: int) -> None:
    """Mark the recalculation as done with its last range."""
    left = JobRun.objects.filter(recalculation=recalculation_id).exclude(state=JobState.DONE)
    rows = Recalculation.objects.filter(pk=recalculation_id, finished_at__isnull=True)
    with transaction.atomic():
        if not left.exists():
            rows.update(finished_at=now())
