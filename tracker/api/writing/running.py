"""Requests of more rows than are answered at once, as a worker carries them out: as their asker may now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import override

from accounts.authentication import is_usable
from accounts.models import User
from accounts.policies import narrow
from config import request_id
from tracker.api.errors import RowsRefused, members, members_of
from tracker.api.writing.acts import BY_KEY
from tracker.api.writing.bulk import carry_out, given_up
from tracker.api.writing.declaration import Act
from tracker.clock import now
from tracker.models import BulkJob
from tracker.services import bulk_jobs
from tracker.services.bulk_jobs import Done


def run_waiting(*, at: datetime, seconds: float | None = None) -> int:
    """Carry out what waits; return how many batches were done."""
    return bulk_jobs.run_waiting(_do, _give_up, at=at, seconds=seconds)


def _do(job: BulkJob, rows: list[Any]) -> Done:
    act, token = BY_KEY[job.act], request_id.use(job.request_id or "-")
    try:
        with override(job.language):
            return _done(job, act, rows, path_of(act))
    finally:
        request_id.reset(token)


def _done(job: BulkJob, act: Act, rows: list[Any], path: str) -> Done:
    asker = _asker(job)
    if asker is None:
        told = members_of(PermissionDenied(), path)
        return _refused(job, rows, told)
    try:
        return carry_out(act, rows, by=asker, path=path, is_atomic=job.is_atomic), None
    except RowsRefused as refusal:
        return [], members_of(refusal, path)


def _asker(job: BulkJob) -> User | None:
    """Who asked, as wide as they and their token are now; None where the token has ended, or they are gone."""
    asker, token = User.objects.get(pk=job.user_id), job.token
    if not asker.is_active or (token is not None and not is_usable(token, now())):
        return None
    if token is not None and token.body is not None:
        narrow(asker, token.body.path)
    return asker


def _give_up(job: BulkJob, rows: list[Any]) -> Done:
    path = path_of(BY_KEY[job.act])
    with override(job.language):
        return ([], members("internal-error", path)) if job.is_atomic else (given_up(rows, path), None)


def _refused(job: BulkJob, rows: list[Any], told: dict[str, Any]) -> Done:
    return ([], told) if job.is_atomic else ([{"status": told["status"], "problem": told} for _row in rows], None)


def path_of(act: Act) -> str:
    """Return the address at which many rows are sent."""
    name = f"api-{act.resource.name}"
    return reverse(name if act.is_new or act.is_change else f"{name}-{act.name}-bulk")
