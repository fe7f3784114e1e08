"""What awaits the commission: reports, declared evidence, requests for more time, obstacles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from tracker.boards.obstacles import obstacles_of
from tracker.boards.queues.shape import Queue, Row, covers
from tracker.boards.reasons import short
from tracker.boards.task_list import accountable_cells
from tracker.choices import QueueCode
from tracker.models import Extension, Institutionalization, Obstacle, ProgressReport
from tracker.models.evidence import WAITS_SINCE


def _described(queue: Queue, items: Sequence[Any], user: Any, day: date) -> list[Row]:
    """Two queries: who answers, and what stands in the way."""
    tasks = [item.task_id for item in items]
    cells, obstacles = accountable_cells(tasks, day), obstacles_of(tasks)
    return [_row(queue, item, user, day, cells.get(item.task_id), obstacles.get(item.task_id, ())) for item in items]


def _row(queue: Queue, item: Any, user: Any, day: date, cell: Any, obstacles: Sequence[Obstacle]) -> Row:
    body, since = cell.body if cell else None, getattr(item, queue.since)
    is_ours = covers(user, item.task, body)
    sender = getattr(item, f"{queue.sender}_id") if queue.sender else None
    return Row(
        item=item,
        task=item.task,
        since=since,
        days=(day - since).days,
        why=WHY[queue.code](item),
        body=body,
        may_decide=is_ours and sender != user.pk,
        is_ours=is_ours,
        obstacles=[row for row in obstacles if row != item],
    )


def _why_report(report: ProgressReport) -> str:
    return _("%(body)s reported on %(day)s that the stage “%(stage)s” is reached: the report awaits a decision.") % {
        "body": report.body.label,
        "day": short(report.submitted_on or report.created_at),
        "stage": report.get_stage_display(),
    }


def _why_evidence(evidence: Institutionalization) -> str:
    facts = {"number": evidence.instrument.number, "day": short(evidence.waits_since)}
    facts["level"] = evidence.get_level_display()
    if evidence.is_stale:
        return (
            _("%(number)s (%(level)s) changed on %(day)s, after it was verified: it counts again once verified anew.")
            % facts
        )
    return (
        _("On %(day)s it was declared that %(number)s makes it a rule at the level “%(level)s”: nobody verified it.")
        % facts
    )


def _why_extension(extension: Extension) -> str:
    facts = {"letter": extension.letter_number, "day": short(extension.asked_on), "body": extension.body.label}
    facts["until"] = short(extension.wanted_on)
    return (
        _("%(body)s asked on %(day)s, in letter %(letter)s, for time until %(until)s: the request awaits a decision.")
        % facts
    )


def _why_obstacle(obstacle: Obstacle) -> str:
    facts = {"other": obstacle.body.label, "body": obstacle.declared_body.label, "day": short(obstacle.since)}
    return _("%(body)s says that it has waited on %(other)s since %(day)s.") % facts


def _since_when(evidence: Any, day: date) -> Any:
    """Add since when evidence waits, and the files that a verifier reads."""
    return evidence.annotate(waits=WAITS_SINCE).prefetch_related("instrument__files")


WHY: dict[str, Any] = {
    QueueCode.REPORTS: _why_report,
    QueueCode.EVIDENCE: _why_evidence,
    QueueCode.EXTENSIONS: _why_extension,
    QueueCode.OBSTACLES: _why_obstacle,
}
TASK = "task__resolution__issuer"

REPORTS = Queue(
    code=QueueCode.REPORTS,
    action="review.read",
    model=ProgressReport,
    rows=lambda user, day: ProgressReport.objects.visible_to(user).awaiting_review(),
    since="submitted_on",
    describe=_described,
    joined=(TASK, "body", "author", "instrument"),
    sender="author",
    waiting=Q(),
)
EVIDENCE = Queue(
    code=QueueCode.EVIDENCE,
    action="review.read",
    model=Institutionalization,
    rows=lambda user, day: (
        Institutionalization.objects.visible_to(user).awaiting_verification().annotate(waits=WAITS_SINCE)
    ),
    since="waits",
    annotated=_since_when,
    describe=_described,
    joined=(TASK, "body", "instrument", "declared_by"),
    sender="declared_by",
    waiting=Q(),
)
EXTENSIONS = Queue(
    code=QueueCode.EXTENSIONS,
    action="review.read",
    model=Extension,
    rows=lambda user, day: Extension.objects.visible_to(user).awaiting_decision(),
    since="asked_on",
    describe=_described,
    joined=(TASK, "body", "asked_by"),
    sender="asked_by",
    waiting=Q(),
)
OBSTACLES = Queue(
    code=QueueCode.OBSTACLES,
    action="review.read",
    model=Obstacle,
    rows=lambda user, day: Obstacle.objects.visible_to(user).open(),
    since="since",
    describe=_described,
    joined=(TASK, "body", "declared_body", "declared_by"),
    waiting=Q(),
)
