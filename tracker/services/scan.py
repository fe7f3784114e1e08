"""The scan: settle every task whose day has come. Command and job call `run`; a JobRun tells what it did."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import JobState
from tracker.clock import local_day, now
from tracker.errors import Conflict, refuse
from tracker.models import JobRun, Task
from tracker.services import clocks, recalculations
from tracker.services.crossings import Count

JOB = "scan"
LEASE = timedelta(minutes=10)


def run(day: date, *, at: datetime, dry_run: bool = False, force: bool = False) -> JobRun:
    """Settle all tasks through `day` and return the JobRun that says how many were looked at, opened, closed.

    New rules reach the tasks first; Conflict while other workers are at that. Below the high-water mark it does
    nothing. A day in the future needs `dry_run` or `force` (drills): else ValidationError on `date`. A dry run writes
    nothing and returns an unsaved JobRun.
    """
    if day > local_day(at) and not (dry_run or force):
        raise refuse(date=_("This day lies in the future: add --dry-run to look, or --force for a drill."))
    if dry_run:
        return _look(day, at)
    if not recalculations.bring_to_an_end(day, at=at):
        raise Conflict(_("New rules are still reaching the tasks: try again in a minute."))
    if not Task.objects.to_check(day).exists():
        return _note_quiet_day(day, at)
    job_run = JobRun.objects.create(job=JOB, started_at=at, through_on=day)
    return _finish(job_run, day, at)


def run_period(day: date, *, at: datetime) -> JobRun | None:
    """Run the scan of `day` once, however many ticks ask for it; None when another run has it.

    A run whose lease has passed (its worker was killed) is taken over.
    """
    job_run = _claim(day, at)
    return _finish(job_run, day, at) if job_run else None


def catch_up(day: date, *, at: datetime) -> JobRun | None:
    """Run the scan of `day` unless everything is settled through it already. One query on an idle minute.

    New rules reach the tasks first; while another worker is at that, the scan waits for the next tick.
    """
    if not is_due(day):
        return None
    return run_period(day, at=at) if recalculations.bring_to_an_end(day, at=at) else None


def is_due(day: date) -> bool:
    """Tell whether something is left to settle through `day`. One query."""
    mark = high_water()
    return mark is None or mark < day


def high_water() -> date | None:
    """Return the last day through which everything is settled, or None before the first scan. One query."""
    done = JobRun.objects.filter(job=JOB, state=JobState.DONE).order_by("-through_on")
    return done.values_list("through_on", flat=True).first()


def _look(day: date, at: datetime) -> JobRun:
    with transaction.atomic():
        job_run = _finish(JobRun.objects.create(job=JOB, started_at=at, through_on=day), day, at)
        transaction.set_rollback(True)
    job_run.pk = None
    return job_run


def _note_quiet_day(day: date, at: datetime) -> JobRun:
    """Most days of most trackers: nothing is due, so the run is over when it begins, in one write."""
    return JobRun.objects.create(job=JOB, started_at=at, finished_at=now(), through_on=day, state=JobState.DONE)


def _claim(day: date, at: datetime) -> JobRun | None:
    lease = {"lease_until": at + LEASE, "started_at": at, "state": JobState.RUNNING}
    try:
        with transaction.atomic():
            return JobRun.objects.create(job=JOB, period=day.isoformat(), through_on=day, **lease)
    except IntegrityError:
        lost = Q(state=JobState.RUNNING, lease_until__lt=at) | Q(state=JobState.FAILED)
        rows = JobRun.objects.filter(lost, job=JOB, period=day.isoformat())
        taken = rows.update(attempts=F("attempts") + 1, **lease)
        return JobRun.objects.get(job=JOB, period=day.isoformat()) if taken else None


def _finish(job_run: JobRun, day: date, at: datetime) -> JobRun:
    mark = high_water()
    try:
        count = Count() if mark and day < mark else clocks.settle(Task.objects.all(), through=day, at=at, isolate=True)
    except (DatabaseError, ObjectDoesNotExist) as error:
        JobRun.objects.filter(pk=job_run.pk).update(state=JobState.FAILED, finished_at=now(), error=repr(error)[:2000])
        raise
    result: dict[str, Any] = {name: getattr(count, name) for name in ("looked_at", "opened", "closed", "stepped")}
    result |= {"state": JobState.DONE, "finished_at": now(), "lease_until": None, "error": ""}
    JobRun.objects.filter(pk=job_run.pk).update(**result)
    for name, value in result.items():
        setattr(job_run, name, value)
    return job_run
