"""Who holds the ball: on whom a task waits today."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.choices import Stage


class BallCode(StrEnum):
    ACCOUNTABLE = "accountable"
    COMMISSION = "commission"
    OTHER = "other"
    NOBODY = "nobody"
    SUSPENDED = "suspended"
    DONE = "done"


class BallWhy(StrEnum):
    WORK = "work"
    REPORT = "report"
    EVIDENCE = "evidence"
    REQUEST = "request"
    OBSTACLE = "obstacle"
    QUESTION = "question"
    UNOWNED = "unowned"
    SUSPENDED = "suspended"
    INSTITUTIONALIZED = "institutionalized"
    WITHDRAWN = "withdrawn"


_LABELS: dict[BallCode, Any] = {
    BallCode.ACCOUNTABLE: _("The accountable body"),
    BallCode.COMMISSION: _("The commission"),
    BallCode.OTHER: _("Another body"),
    BallCode.NOBODY: _("Nobody"),
    BallCode.SUSPENDED: _("Suspended"),
    BallCode.DONE: _("Nobody any more"),
}
_REASONS: dict[BallWhy, Any] = {
    BallWhy.WORK: _("The accountable body has the next step."),
    BallWhy.REPORT: _("A progress report awaits the commission's review."),
    BallWhy.EVIDENCE: _("Declared evidence awaits verification by the commission."),
    BallWhy.REQUEST: _("A request for more time awaits the commission's decision."),
    BallWhy.OBSTACLE: _("The accountable body has declared that it waits on this body."),
    BallWhy.QUESTION: _("The commission has asked about a report and waits for the answer."),
    BallWhy.UNOWNED: _("No body and no office-holder answers for the task."),
    BallWhy.SUSPENDED: _("The task is suspended."),
    BallWhy.INSTITUTIONALIZED: _("The task has become a rule in force."),
    BallWhy.WITHDRAWN: _("The task was withdrawn."),
}


@dataclass(frozen=True, slots=True)
class Ball:
    """On whom the task waits (`code`) and for what (`why`)."""

    code: BallCode
    why: BallWhy

    @property
    def label(self) -> Any:
        """Who holds the ball, in the reader's language."""
        return _LABELS[self.code]

    @property
    def reason(self) -> Any:
        """For what the task waits, as a sentence in the reader's language."""
        return _REASONS[self.why]


_CLOSED = {
    Stage.INSTITUTIONALIZED: Ball(BallCode.DONE, BallWhy.INSTITUTIONALIZED),
    Stage.WITHDRAWN: Ball(BallCode.DONE, BallWhy.WITHDRAWN),
    Stage.SUSPENDED: Ball(BallCode.SUSPENDED, BallWhy.SUSPENDED),
}


def ball(
    *,
    has_accountable: bool,
    report_awaiting_review: bool,
    evidence_awaiting_verification: bool,
    request_awaiting_decision: bool,
    is_obstructed: bool,
    stage: str,
    question_awaiting_answer: bool = False,
) -> Ball:
    """Return who holds the ball for a task in `stage`.

    What awaits the commission comes first: it can move whether or not somebody answers for the task. So can another
    body that is waited on. A question on a report is the body's to answer. `has_accountable` is false, too, when the
    post that answers is vacant. The order is that of rules.lateness.Party. Source: rulings on silence and the unowned.
    """
    if closed := _CLOSED.get(Stage(stage)):
        return closed
    if report_awaiting_review:
        return Ball(BallCode.COMMISSION, BallWhy.REPORT)
    if evidence_awaiting_verification:
        return Ball(BallCode.COMMISSION, BallWhy.EVIDENCE)
    if request_awaiting_decision:
        return Ball(BallCode.COMMISSION, BallWhy.REQUEST)
    if is_obstructed:
        return Ball(BallCode.OTHER, BallWhy.OBSTACLE)
    if not has_accountable:
        return Ball(BallCode.NOBODY, BallWhy.UNOWNED)
    if question_awaiting_answer:
        return Ball(BallCode.ACCOUNTABLE, BallWhy.QUESTION)
    return Ball(BallCode.ACCOUNTABLE, BallWhy.WORK)
