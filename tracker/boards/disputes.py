"""The disputes that a reader may see: how many stand how, and the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, F, Q, When

from tracker.boards.words import matching
from tracker.choices import DisputeState
from tracker.models import Dispute, Task

JOINED = ("task", "cell__body", "body", "wanted_body", "new_body", "raised_by", "decided_by")
DECIDED_DAYS = 30
"""So long a decision stays on the desk of the body that disputed."""


@dataclass(frozen=True, slots=True)
class DisputeCounts:
    """How many are open, of these past the day by which an answer was wanted, and how many were decided how."""

    open: int
    overdue: int
    upheld: int
    rejected: int
    withdrawn: int


def dispute_counts(user: Any, day: date) -> DisputeCounts:
    """Return the counts over what `user` may read. One query."""
    names = {state.value: Count("pk", filter=Q(state=state)) for state in DisputeState}
    late = Count("pk", filter=Q(state=DisputeState.OPEN, answer_by__lt=day))
    return DisputeCounts(**Dispute.objects.visible_to(user).aggregate(overdue=late, **names))


def disputes(user: Any, *, state: str = "", q: str = "") -> Any:
    """Return the disputes that `user` may read: the open ones first, whose answer is wanted soonest on top."""
    rows = Dispute.objects.visible_to(user).select_related(*JOINED)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(task__in=matching(Task.objects.visible_to(user), q).values("pk")) if q else rows
    wanted = Case(When(state=DisputeState.OPEN, then=F("answer_by")), default=None)
    return rows.order_by(wanted.asc(nulls_last=True), "-decided_at", "-id")


def of_bodies(user: Any, bodies: Iterable[int], day: date, *, limit: int) -> list[Dispute]:
    """Return what these bodies dispute, and what was decided on it lately. One query."""
    lately = Q(state=DisputeState.OPEN) | Q(decided_on__gte=day - timedelta(days=DECIDED_DAYS))
    rows = Dispute.objects.visible_to(user).filter(lately, body__in=bodies).exclude(state=DisputeState.WITHDRAWN)
    return list(rows.select_related(*JOINED)[:limit])
