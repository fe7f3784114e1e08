"""Questions on a submitted report: asked by the commission, answered by the body, which has the ball until then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import ReportState
from tracker.clock import local_day
from tracker.errors import refuse
from tracker.models import ProgressReport, ReportQuestion
from tracker.policies import require
from tracker.services import clocks, history, notices
from tracker.services.reports import claim


def ask(report: ProgressReport, *, question: str, by: Any, at: datetime, version: int | None = None) -> ReportQuestion:
    """Ask something about a report before deciding. The commission's own clock stops until the body has answered.

    Raises Conflict where a question awaits its answer already, or the report has been decided.
    """
    require(by, "report.decide", report)
    if not question.strip():
        raise refuse(question=_("Write what you want to know, in a sentence."))
    with clocks.changing(report.task, at=at, cause=f"report:{report.pk}"):
        claim(report, Q(state=ReportState.SUBMITTED, review_since__isnull=False), version=version, review_since=None)
        asked = {"question": question.strip(), "asked_by": by, "asked_on": local_day(at), "asked_at": at}
        row = ReportQuestion(report=report, **asked)
        row.full_clean(exclude=["asked_by"])
        row.save(force_insert=True)
        history.record("report.asked", report, by=by, at=at, task=report.task, why=row.question)
        notices.report_asked(row, at=at)
    return row


def answer(report: ProgressReport, *, answer: str, by: Any, at: datetime, version: int | None = None) -> ReportQuestion:
    """Answer the question that is open. The ball is the commission's again, and its clock counts from today.

    Raises Conflict where no question is open any more.
    """
    require(by, "report.answer", report)
    if not answer.strip():
        raise refuse(answer=_("Write the answer."))
    day = local_day(at)
    with clocks.changing(report.task, at=at, cause=f"report:{report.pk}"):
        claim(report, Q(state=ReportState.SUBMITTED, review_since__isnull=True), version=version, review_since=day)
        row: ReportQuestion = report.questions.open().get()
        row.answer, row.answered_by, row.answered_on, row.answered_at = answer.strip(), by, day, at
        row.full_clean(exclude=["answered_by"])
        row.save(update_fields=["answer", "answered_by", "answered_on", "answered_at"])
        history.record("report.answered", report, by=by, at=at, task=report.task, why=row.answer)
        notices.report_answered(row, at=at)
    return row
