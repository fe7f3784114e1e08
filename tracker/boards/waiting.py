"""On whom open tasks wait, for what, and since when: the facts for rules.waiting, gathered set-based."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest

from tracker.choices import EvidenceState
from tracker.models import Institutionalization, ProgressReport, Task
from tracker.rules.waiting import Ball, BallCode, BallWhy, ball

SINCE = {
    BallWhy.REPORT: "report_since",
    BallWhy.EVIDENCE: "evidence_since",
    BallWhy.UNOWNED: "unowned_since",
}
"""From which day the ball lies where it lies; else from the last accepted report or the change of stage."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Where the ball of one task lies, since which day, for how many calendar days."""

    ball: Ball
    since: date
    days: int


@dataclass(frozen=True, slots=True)
class HolderRow:
    """How many open tasks wait on one holder for one thing, and since when the oldest does."""

    ball: Ball
    tasks: int
    oldest: date


def waits(task_ids: Iterable[int], day: date) -> dict[int, Wait]:
    """Return where the ball of each task lies today. One query; the caller has checked who may read them."""
    rows = _facts(Task.objects.filter(pk__in=list(task_ids)))
    fields = rows.values("pk", "stage", "unowned_since", "report_since", "evidence_since", "moved_on")
    return {row["pk"]: _wait(row, day) for row in fields}


def by_holder(user: Any) -> list[HolderRow]:
    """Return who holds how many balls of the open tasks that `user` may read, most first. One query."""
    rows = _facts(Task.objects.visible_to(user).open())
    is_known = {"has_report": Q(report_since__isnull=False), "has_evidence": Q(evidence_since__isnull=False)}
    groups = (
        rows.order_by()
        .annotate(is_unowned=Q(unowned_since__isnull=False), **is_known)
        .values("is_unowned", "has_report", "has_evidence")
        .annotate(tasks=Count("pk"), **{f"first_{name}": Min(name) for name in (*SINCE.values(), "moved_on")})
    )
    found: dict[Ball, HolderRow] = {}
    for row in map(_holder, groups):
        known = found.get(row.ball)
        found[row.ball] = row if known is None else _together(known, row)
    return sorted(found.values(), key=lambda row: -row.tasks)


def _facts(tasks: Any) -> Any:
    reports = ProgressReport.objects.awaiting_review().filter(task=OuterRef("pk")).order_by("submitted_on")
    evidence = Institutionalization.objects.filter(task=OuterRef("pk"), state=EvidenceState.DECLARED)
    return tasks.annotate(
        report_since=Subquery(reports.values("submitted_on")[:1]),
        evidence_since=Subquery(evidence.order_by("declared_on").values("declared_on")[:1]),
        moved_on=Greatest(F("stage_since"), Coalesce(F("last_report_on"), F("stage_since"))),
    )


def _wait(row: dict[str, Any], day: date) -> Wait:
    lies = ball(
        has_accountable=row["unowned_since"] is None,
        report_awaiting_review=row["report_since"] is not None,
        evidence_awaiting_verification=row["evidence_since"] is not None,
        stage=row["stage"],
    )
    since = row[SINCE.get(lies.why, "moved_on")] or row["moved_on"]
    return Wait(lies, since, max((day - since).days, 0))


def _holder(group: dict[str, Any]) -> HolderRow:
    lies = ball(
        has_accountable=not group["is_unowned"],
        report_awaiting_review=group["has_report"],
        evidence_awaiting_verification=group["has_evidence"],
        stage="assigned",
    )
    return HolderRow(lies, group["tasks"], group[f"first_{SINCE.get(lies.why, 'moved_on')}"])


def _together(one: HolderRow, other: HolderRow) -> HolderRow:
    return HolderRow(one.ball, one.tasks + other.tasks, min(one.oldest, other.oldest))


__all__ = ["BallCode", "HolderRow", "Wait", "by_holder", "waits"]
