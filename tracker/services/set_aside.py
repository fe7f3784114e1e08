"""Tasks that break the scan: found by halving, tried three times, then left alone until somebody has looked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.clock import local_day
from tracker.errors import Conflict
from tracker.models import SetAside, Task
from tracker.policies import require
from tracker.services import history

TRIES = 3


def note(task_id: int, error: Exception, *, at: datetime) -> bool:
    """Count one more failure of a task; at the third it is set aside: no next check, so no scan meets it again.

    Returns whether it is set aside now. The other tasks of its batch are settled without it.
    """
    with transaction.atomic():
        row, is_new = SetAside.objects.get_or_create(
            task_id=task_id, defaults={"error": repr(error)[:2000], "first_at": at, "last_at": at}
        )
        if not is_new:
            SetAside.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, error=repr(error)[:2000], last_at=at)
            row.refresh_from_db()
        if row.attempts >= TRIES:
            Task.objects.filter(pk=task_id).update(next_check_on=None)
    return bool(row.attempts >= TRIES)


@transaction.atomic
def retry(row: SetAside, *, by: Any, at: datetime) -> None:
    """Let the next scan look at the task again, as if it had never failed.

    Raises PermissionDenied, or Conflict when the scan or somebody else has touched it since `row` was read.
    """
    require(by, "set_aside.retry", row)
    as_read = SetAside.objects.filter(pk=row.pk, attempts=row.attempts, last_at=row.last_at)
    if not as_read.delete()[0]:
        raise Conflict(_("This task is being tried again already."))
    Task.objects.filter(pk=row.task_id).update(next_check_on=local_day(at))
    told = {"attempts": row.attempts, "error": row.error}
    history.record("set_aside.retried", row, by=by, at=at, task=row.task, before=told)
