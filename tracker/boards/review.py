"""What awaits the commission: submitted reports, declared evidence and requests for time, the oldest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Min

from tracker.models import Extension, Institutionalization, Obstacle, ProgressReport

PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, since `since`, for `days` calendar days."""

    item: Any
    since: date
    days: int


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """The first rows of the queues, how long each is, and the open obstacles of the tasks shown."""

    reports: list[Waiting]
    evidence: list[Waiting]
    requests: list[Waiting]
    report_count: int
    evidence_count: int
    request_count: int
    obstacles: dict[int, list[Obstacle]]


def review_queue(user: Any, day: date) -> ReviewQueue:
    """Return what awaits review in what `user` may read; at most fifty of each. Seven queries."""
    reports = ProgressReport.objects.visible_to(user).awaiting_review()
    evidence = Institutionalization.objects.visible_to(user).awaiting_verification()
    requests = Extension.objects.visible_to(user).awaiting_decision()
    first_reports = reports.select_related("task", "body", "author", "instrument").order_by("submitted_on", "id")[:PAGE]
    first_evidence = evidence.select_related("task", "body", "instrument", "declared_by").order_by("declared_on", "id")
    first_requests = requests.select_related("task", "body", "asked_by").order_by("asked_on", "id")[:PAGE]
    rows = {
        "reports": [Waiting(row, row.submitted_on, (day - row.submitted_on).days) for row in first_reports],
        "evidence": [Waiting(row, row.waits_since, (day - row.waits_since).days) for row in first_evidence[:PAGE]],
        "requests": [Waiting(row, row.asked_on, (day - row.asked_on).days) for row in first_requests],
    }
    return ReviewQueue(
        **rows,
        report_count=reports.count(),
        evidence_count=evidence.count(),
        request_count=requests.count(),
        obstacles=obstacles_of(row.item.task_id for shown in rows.values() for row in shown),
    )


def obstacles_of(task_ids: Iterable[int]) -> dict[int, list[Obstacle]]:
    """Return the open obstacles of tasks that the caller has checked, the oldest first. One query."""
    found: dict[int, list[Obstacle]] = {}
    for row in Obstacle.objects.open().filter(task__in=set(task_ids) or {0}).select_related("body"):
        found.setdefault(row.task_id, []).append(row)
    return found


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
