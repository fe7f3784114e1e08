"""What awaits the commission: submitted reports and declared evidence, the oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Min

from tracker.choices import EvidenceState
from tracker.models import Institutionalization, ProgressReport

PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, since `since`, for `days` calendar days."""

    item: Any
    since: date
    days: int


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """The first rows of both queues, and how long each is."""

    reports: list[Waiting]
    evidence: list[Waiting]
    report_count: int
    evidence_count: int


def review_queue(user: Any, day: date) -> ReviewQueue:
    """Return what awaits review in what `user` may read; at most fifty of each. Four queries."""
    reports = ProgressReport.objects.visible_to(user).awaiting_review()
    evidence = Institutionalization.objects.visible_to(user).filter(state=EvidenceState.DECLARED)
    first_reports = reports.select_related("task", "body", "author", "instrument").order_by("submitted_on", "id")[:PAGE]
    first_evidence = evidence.select_related("task", "body", "instrument", "declared_by").order_by("declared_on", "id")
    return ReviewQueue(
        [Waiting(row, row.submitted_on, (day - row.submitted_on).days) for row in first_reports],
        [Waiting(row, row.declared_on, (day - row.declared_on).days) for row in first_evidence[:PAGE]],
        reports.count(),
        evidence.count(),
    )


@dataclass(frozen=True, slots=True)
class QueueLength:
    """How many wait, and since when the oldest does (None where nothing waits)."""

    number: int
    oldest: date | None


def queue_length(user: Any) -> QueueLength:
    """Return the length of the queue of reports that `user` may read. One query."""
    rows = ProgressReport.objects.visible_to(user).awaiting_review()
    found = rows.aggregate(number=Count("pk"), oldest=Min("submitted_on"))
    return QueueLength(found["number"], found["oldest"])
