"""Several partial pieces of evidence make a whole at one level only by a verifier's decision, bound to that set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.choices import Coverage
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Institutionalization, JointCoverage, Task
from tracker.policies import require
from tracker.services import clocks, history
from tracker.services.evidence import settle_evidence
from tracker.services.staleness import hash_of_set

LEAST = 2


def decide(
    task: Task, level: str, parts: Sequence[Institutionalization], *, by: Any, at: datetime, note: str = "", seen: str
) -> JointCoverage:
    """Find that `parts`, each verified in part, cover `task` at `level` together.

    `seen` is the hash of the set that was read. Raises ValidationError on `parts`, Stale where one has changed since,
    PermissionDenied for whoever declared one of them.
    """
    rows = list(Institutionalization.objects.filter(pk__in=[part.pk for part in parts]).select_related("instrument"))
    _check(task, level, rows)
    require(by, "evidence.join", rows)
    if hash_of_set(level, rows) != seen:
        raise Stale(max(row.version for row in rows))
    day = local_day(at)
    with clocks.changing(task, at=at, cause=f"evidence:{rows[0].pk}"):
        row = JointCoverage(
            task=task,
            level=level,
            verified_by=by,
            verified_on=day,
            content_hash=seen,
            note=note.strip(),
            recorded_at=at,
        )
        if JointCoverage.objects.covering_on(day).filter(task=task, level=level, content_hash=seen).exists():
            raise Conflict(_("This has been decided by now."))
        row.full_clean(exclude=["verified_by"])
        row.save(force_insert=True)
        row.parts.set(rows)
        after = {"level": level, "parts": [part.instrument.number for part in rows], "content_hash": seen}
        history.record("evidence.joined", row, by=by, at=at, task=task, after=after, why=row.note)
        settle_evidence(Task.objects.filter(pk=task.pk), day=day, at=at)
    return row


def _check(task: Task, level: str, parts: Sequence[Institutionalization]) -> None:
    if len(parts) < LEAST:
        raise refuse(parts=_("Choose at least two pieces of evidence: one alone is in part or in full."))
    if any((part.task_id, part.level) != (task.pk, level) for part in parts):
        raise refuse(parts=_("These are not pieces of evidence of this task at this level."))
    if any(part.coverage != Coverage.PARTIAL or part.state != "verified" or part.is_stale for part in parts):
        raise refuse(parts=_("Only what is verified in part, and has not changed since, is put together."))
