"""The digest: once a working day each person gets one mail with all that they have not been told yet.

A row of StepRecipient points to the mail that told it, written in the same transaction. Rows of flags that closed
meanwhile are settled by the same mail without being in it; where nothing else is to be told there is no mail, and they
stay as they are: a closed flag never opens again, so that nobody is looked up for them.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import translation
from django.utils.translation import ngettext

from accounts.models import User
from tracker.boards.digest import Digest, digest_of
from tracker.choices import JobState, MessageKind
from tracker.clock import LOCAL_ZONE, local_day, now
from tracker.models import CalendarDay, JobRun, Message, StepRecipient
from tracker.services import mails, scan

JOB = "digest"
LEASE = timedelta(minutes=10)
RUN_SECONDS = 45
"""After so long a run leaves the rest to the next tick, well within the limit of a job."""

MOST_TRIES = 3
FRIDAY = 4

logger = logging.getLogger(__name__)


def is_due(*, at: datetime, hour: int) -> bool:
    """Tell whether the digests of the local day of `at` are to be written.

    Once from `hour` on, when it is a working day and has been scanned. At most three queries, one once they are done.
    """
    day = local_day(at)
    if at.astimezone(LOCAL_ZONE).hour < hour or _is_done(day) or not is_working_day(day):
        return False
    return not scan.is_due(day)


def catch_up(*, at: datetime, hour: int) -> JobRun | None:
    """Write the digests of the local day of `at` if they are due; None if not, or if another run is at it."""
    day = local_day(at)
    job_run = _claim(day, at) if is_due(at=at, hour=hour) else None
    return _finish(job_run, day, at) if job_run else None


def is_working_day(day: date) -> bool:
    """Tell whether the national calendar has `day` as a working day; Monday to Friday where it does not go so far."""
    days = CalendarDay.objects.filter(day=day, calendar__calendar__base__isnull=True)
    versions = days.filter(calendar__applied_at__isnull=False, calendar__valid_from__lte=day)
    in_force = versions.exclude(calendar__valid_to__lte=day).order_by("calendar__calendar", "-calendar__number")
    known = in_force.values_list("is_working", flat=True).first()
    return day.weekday() <= FRIDAY if known is None else bool(known)


def last_working_day(day: date) -> date:
    """Return `day`, or the last working day before it."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def tell(user: Any, day: date, *, at: datetime) -> Message | None:
    """Write the digest of `day` for one person; None where nothing is to be told or this digest was written before.

    Ten queries at most, transaction and savepoint included, whatever the number of steps.
    """
    with translation.override(user.language):
        digest = digest_of(user, day)
        if not digest.parts:
            return None
        key, subject = f"{JOB}:{user.pk}:{day}", _subject(digest, day)
        context = {"digest": digest, "day": day}
        with transaction.atomic():
            message = mails.write(user, "digest", context, key=key, kind=MessageKind.DIGEST, subject=subject, at=at)
            if message:
                rows = StepRecipient.objects.filter(pk__in=digest.row_ids, digest__isnull=True)
                rows.update(digest=message)
    return message


@dataclass(slots=True)
class Told:
    """How many persons were asked for and how many mails written; what went wrong last; whether nobody is left."""

    asked: int = 0
    written: int = 0
    trouble: str = ""
    is_whole: bool = True


def tell_everybody(day: date, *, at: datetime) -> Told:
    """Write the digest of `day` for everybody who has something to be told, as far as the time of a run goes.

    Each person has a transaction of their own: one who cannot be told stops nobody.
    """
    told, began = Told(), time.monotonic()
    for pk in list(_persons(day).values_list("pk", flat=True)):
        if time.monotonic() - began > RUN_SECONDS:
            told.is_whole = False
            break
        told.asked += 1
        try:
            told.written += tell(User.objects.get(pk=pk), day, at=at) is not None
        except (DatabaseError, ObjectDoesNotExist, ValueError) as error:
            logger.exception("The digest of user %s could not be written", pk)
            told.trouble = repr(error)[:2000]
    return told


def _subject(digest: Digest, day: date) -> str:
    words = ngettext("%(day)s: %(n)d task to look at", "%(day)s: %(n)d tasks to look at", digest.count)
    return words % {"day": f"{day:%d/%m/%Y}", "n": digest.count}


def _persons(day: date) -> Any:
    """Who has an address, something of an open flag that they were not told, and no digest of that day yet."""
    steps = StepRecipient.objects.filter(user=OuterRef("pk"), digest__isnull=True)
    key = Concat(Value(f"{JOB}:"), Cast(OuterRef("pk"), CharField()), Value(f":{day}"))
    untold = Exists(steps.filter(step__flag__closed_on__isnull=True))
    users = User.objects.filter(untold, ~Exists(Message.objects.filter(key=key)), is_active=True)
    return users.exclude(email="").order_by("pk")


def _is_done(day: date) -> bool:
    return JobRun.objects.filter(job=JOB, period=day.isoformat(), state=JobState.DONE).exists()


def _claim(day: date, at: datetime) -> JobRun | None:
    lease = {"lease_until": at + LEASE, "started_at": at, "state": JobState.RUNNING}
    period = day.isoformat()
    try:
        with transaction.atomic():
            return JobRun.objects.create(job=JOB, period=period, through_on=day, **lease)
    except IntegrityError:
        lost = Q(state=JobState.RUNNING, lease_until__lt=at) | Q(state=JobState.FAILED)
        taken = JobRun.objects.filter(lost, job=JOB, period=period).update(attempts=F("attempts") + 1, **lease)
        return JobRun.objects.get(job=JOB, period=period) if taken else None


def _finish(job_run: JobRun, day: date, at: datetime) -> JobRun:
    """Done when everybody was asked; else free at once, so that the next tick goes on. Trouble is tried three times."""
    told = tell_everybody(day, at=at)
    state = JobState.DONE if told.is_whole else JobState.RUNNING
    if told.trouble and job_run.attempts < MOST_TRIES:
        state = JobState.FAILED
    counts = {"looked_at": F("looked_at") + told.asked, "stepped": F("stepped") + told.written}
    ended = {"state": state, "finished_at": now(), "lease_until": at, "error": told.trouble}
    JobRun.objects.filter(pk=job_run.pk).update(**ended, **counts)
    job_run.refresh_from_db()
    return job_run
