"""Tasks that broke the scan and were left alone: tried again once somebody has looked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tracker.clock import local_day
from tracker.errors import Conflict
from tracker.models import SetAside, Task
from tracker.policies import require
from tracker.services import history


@transaction.atomic
def retry(row: SetAside, *, by: Any, at: datetime) -> None:
    """Let the next scan try the task again, with all its tries before it.

    Raises PermissionDenied, or Conflict when the scan or somebody else has touched it since `row` was read.
    """
    require(by, "set_aside.retry", row)
    as_read = SetAside.objects.filter(pk=row.pk, attempts=row.attempts, last_at=row.last_at)
    if not as_read.exclude(attempts=0).update(attempts=0):
        raise Conflict(_("This task is being tried again already."))
    Task.objects.filter(pk=row.task_id).update(next_check_on=local_day(at))
    told = {"attempts": row.attempts, "error": row.error}
    history.record("set_aside.retried", row, by=by, at=at, task=row.task, before=told, after={"attempts": 0})
