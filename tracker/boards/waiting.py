"""On whom open tasks wait, for what, and since when: the facts for rules.waiting, gathered set-based."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest

from tracker.choices import ReportState, Stage
from tracker.models import Body, Extension, Institutionalization, Obstacle, ProgressReport, ReportQuestion, Task
from tracker.models.evidence import WAITS_SINCE
from tracker.rules.waiting import Ball, BallCode, BallWhy, ball

SINCE = {
    BallWhy.REPORT: "report_since",
    BallWhy.EVIDENCE: "evidence_since",
    BallWhy.REQUEST: "request_since",
    BallWhy.OBSTACLE: "obstacle_since",
    BallWhy.UNOWNED: "unowned_since",
    BallWhy.QUESTION: "question_since",
}
"""From which day the ball lies where it lies; else from the last accepted report or the change of stage."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Where the ball of one task lies, since which day, for how many calendar days.

    `body` is another one that is waited on, `because` what the accountable body says of it.
    """

    ball: Ball
    since: date
    days: int
    body: Body | None = None
    because: str = ""

    @property
    def label(self) -> Any:
        """Who holds the ball, by name where it is another body."""
        return self.body.label if self.body else self.ball.label

    @property
    def reason(self) -> Any:
        """For what the task waits."""
        return self.because or self.ball.reason


@dataclass(frozen=True, slots=True)
class HolderRow:
    """How many open tasks wait on one holder for one thing, and since when the oldest does."""

    ball: Ball
    tasks: int
    oldest: date


def waits(task_ids: Iterable[int], day: date) -> dict[int, Wait]:
    """Return where the ball of each task lies today. Two queries at most; the caller has checked who may read them."""
    rows = _facts(Task.objects.filter(pk__in=list(task_ids)))
    fields = list(rows.values("pk", "stage", "obstacle_body", "obstacle_reason", "moved_on", *SINCE.values()))
    others = {row["obstacle_body"] for row in fields if row["obstacle_body"]}
    bodies = Body.objects.in_bulk(others) if others else {}
    return {row["pk"]: _wait(row, day, bodies) for row in fields}


def by_holder(user: Any) -> list[HolderRow]:
    """Return who holds how many balls of the open tasks that `user` may read, most first. One query."""
    rows = _facts(Task.objects.visible_to(user).open())
    is_known = {f"has_{why}": Q(**{f"{column}__isnull": False}) for why, column in SINCE.items()}
    groups = (
        rows.order_by()
        .annotate(**is_known)
        .values(*is_known)
        .annotate(tasks=Count("pk"), **{f"first_{name}": Min(name) for name in (*SINCE.values(), "moved_on")})
    )
    found: dict[Ball, HolderRow] = {}
    for row in map(_holder, groups):
        known = found.get(row.ball)
        found[row.ball] = row if known is None else _together(known, row)
    return sorted(found.values(), key=lambda row: -row.tasks)


def _facts(tasks: Any) -> Any:
    this = {"task": OuterRef("pk")}
    reports = ProgressReport.objects.awaiting_review().filter(**this).order_by("review_since")
    questions = ReportQuestion.objects.open().filter(report__task=OuterRef("pk"), report__state=ReportState.SUBMITTED)
    evidence = Institutionalization.objects.awaiting_verification().filter(**this)
    requests = Extension.objects.awaiting_decision().filter(**this)
    obstacles = Obstacle.objects.open().filter(**this).order_by("since", "body")
    return tasks.annotate(
        report_since=Subquery(reports.values("review_since")[:1]),
        question_since=Subquery(questions.order_by("asked_on").values("asked_on")[:1]),
        evidence_since=Subquery(evidence.annotate(since=WAITS_SINCE).order_by("since").values("since")[:1]),
        request_since=Subquery(requests.order_by("asked_on").values("asked_on")[:1]),
        obstacle_since=Subquery(obstacles.values("since")[:1]),
        obstacle_body=Subquery(obstacles.values("body")[:1]),
        obstacle_reason=Subquery(obstacles.values("reason")[:1]),
        moved_on=Greatest(F("stage_since"), Coalesce(F("last_report_on"), F("stage_since"))),
    )


def _wait(row: dict[str, Any], day: date, bodies: dict[int, Body]) -> Wait:
    lies = _ball({why: row[column] is not None for why, column in SINCE.items()}, row["stage"])
    since = row[SINCE.get(lies.why, "moved_on")] or row["moved_on"]
    other = bodies.get(row["obstacle_body"]) if lies.code == BallCode.OTHER else None
    because = row["obstacle_reason"] if other else ""
    return Wait(lies, since, max((day - since).days, 0), other, because)


def _ball(stands: dict[BallWhy, bool], stage: str) -> Ball:
    return ball(
        has_accountable=not stands[BallWhy.UNOWNED],
        report_awaiting_review=stands[BallWhy.REPORT],
        evidence_awaiting_verification=stands[BallWhy.EVIDENCE],
        request_awaiting_decision=stands[BallWhy.REQUEST],
        is_obstructed=stands[BallWhy.OBSTACLE],
        question_awaiting_answer=stands[BallWhy.QUESTION],
        stage=stage,
    )


def _holder(group: dict[str, Any]) -> HolderRow:
    lies = _ball({why: bool(group[f"has_{why}"]) for why in SINCE}, Stage.ASSIGNED)
    return HolderRow(lies, group["tasks"], group[f"first_{SINCE.get(lies.why, 'moved_on')}"])


def _together(one: HolderRow, other: HolderRow) -> HolderRow:
    return HolderRow(one.ball, one.tasks + other.tasks, min(one.oldest, other.oldest))


__all__ = ["BallCode", "HolderRow", "Wait", "by_holder", "waits"]
