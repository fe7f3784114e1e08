"""What is known of one report besides itself: its ball, its questions, what was decided and corrected before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.boards.waiting import Wait, waits
from tracker.choices import ReportState
from tracker.models import Event, ProgressReport, ReportQuestion
from tracker.rules.reports import content_hash

TEXTS = ("stage", "done_text", "hindrance_text", "articles")
NAMED = ("number", "rank", "title_vi", "signed_on", "in_force_on")
"""What of an instrument a reviewer of the report sees."""

KINDS = ("report.accepted", "report.returned", "report.corrected")


@dataclass(frozen=True, slots=True)
class ReportDossier:
    """`past` are the decisions and corrections, the oldest first, where there was more than the present decision.

    `has_changed`: what was accepted says something else now, though nobody corrected the report: the instrument that
    it names was changed, or a file.
    """

    wait: Wait
    questions: list[ReportQuestion]
    past: list[Event]
    has_changed: bool

    @property
    def open_question(self) -> ReportQuestion | None:
        return next((row for row in self.questions if row.answered_at is None), None)


def report_dossier(report: ProgressReport, today: date) -> ReportDossier:
    """Return it for a report that the caller has checked. At most six queries."""
    events = Event.objects.filter(object_kind="progressreport", object_id=str(report.pk), kind__in=KINDS)
    past = list(events.select_related("actor").order_by("id")) if report.decided_version else []
    is_decided = report.state == ReportState.ACCEPTED and bool(report.decided_hash)
    return ReportDossier(
        wait=waits([report.task_id], today)[report.task_id],
        questions=list(report.questions.select_related("asked_by", "answered_by")),
        past=past if len(past) > 1 else [],
        has_changed=is_decided and hash_of(report) != report.decided_hash,
    )


def hash_of(report: ProgressReport) -> str:
    """Return the SHA-256 of what a reviewer of the report sees now. Two queries at most."""
    texts = {name: str(getattr(report, name)) for name in TEXTS}
    named = {name: getattr(report.instrument, name) for name in NAMED} if report.instrument else None
    return content_hash(texts=texts, instrument=named, files=report.attachments.values_list("sha256", flat=True))
