"""Progress reports: saved as a draft, submitted, accepted or returned. What is accepted moves the stage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import ReportState, Stage
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Body, Instrument, ProgressReport, Task
from tracker.policies import require
from tracker.rules.stages import can_move
from tracker.services import attachments, clocks, history, institutionalizations, notices, tasks, urgings


@transaction.atomic
def save_draft(
    task: Task,
    *,
    body: Body,
    by: Any,
    at: datetime,
    stage: str,
    done_text: str,
    hindrance_text: str = "",
    instrument: Instrument | None = None,
    articles: str = "",
    files: Iterable[UploadedFile[Any]] = (),
    version: int | None = None,
) -> ProgressReport:
    """Save what the body writes on `task`, its one draft; nobody else sees it before it is submitted.

    `version` is that of the draft that the writer saw, 0 for none: raises Stale when a colleague was quicker.
    """
    require(by, "report.write", task)
    report = _draft_of(task, body) or ProgressReport(task=task, body=body, author=by, created_at=at)
    current = report.version if report.pk else 0
    if version not in (None, current):
        raise Stale(current)
    report.author, report.stage, report.instrument = by, stage, instrument
    report.done_text, report.hindrance_text, report.articles = done_text, hindrance_text, articles
    _check(report)
    report.full_clean(exclude=["author"])
    report.version = report.version + 1 if report.pk else 1
    report.save()
    attachments.store(report, files, by=by, at=at)
    history.record("report.drafted", report, by=by, at=at, task=task, private_to=body)
    return report


def _draft_of(task: Task, body: Body) -> ProgressReport | None:
    """Lock the task first: of two who save or submit at once, one sees what the other did."""
    Task.objects.select_for_update().filter(pk=task.pk).first()
    return ProgressReport.objects.filter(task=task, body=body, state=ReportState.DRAFT).first()


def _check(report: ProgressReport) -> None:
    if not report.task.is_open:
        raise refuse(stage=_("This task is no longer open: nothing is to be reported on it."))
    if not can_move(report.task.stage, report.stage):
        raise refuse(stage=_("The task cannot move to this stage: choose a later one or the one before."))
    if not report.done_text.strip():
        raise refuse(done_text=_("Say what was done, in a sentence or two."))
    if report.stage == Stage.PROMULGATED and report.instrument is None and not _names_document(report.task):
        raise refuse(instrument=_("Promulgated means that there is a document: name the instrument."))


def _names_document(task: Task) -> bool:
    return task.stage == Stage.PROMULGATED or task.institutionalizations.exists()


def submit(report: ProgressReport, *, by: Any, at: datetime, version: int | None = None) -> ProgressReport:
    """Hand the draft to the commission. From now on the ball is theirs; an instrument that it names is declared."""
    require(by, "report.change", report)
    _check(report)
    others = ProgressReport.objects.awaiting_review().filter(task=report.task, body=report.body)
    if others.exclude(pk=report.pk).exists():
        raise Conflict(_("A report of your body on this task awaits review already: wait for the decision."))
    day = local_day(at)
    fields = {"state": ReportState.SUBMITTED, "submitted_on": day, "submitted_at": at}
    with clocks.changing(report.task, at=at, cause=f"report:{report.pk}"):
        _claim(report, ReportState.DRAFT, version=version, **fields)
        if report.instrument is not None and report.stage == Stage.PROMULGATED:
            institutionalizations.declare_all_levels(
                report.task, report.instrument, articles=report.articles, body=report.body, by=by, at=at
            )
        after = history.values_of(report, "stage", "done_text", "hindrance_text", "instrument")
        history.record("report.submitted", report, by=by, at=at, task=report.task, after=after)
        urgings.answered(report, by=by, at=at)
    return report


def accept(
    report: ProgressReport, *, by: Any, at: datetime, note: str = "", version: int | None = None
) -> ProgressReport:
    """Accept a submitted report: the task takes the stage it claims and silence counts from its submission."""
    require(by, "report.decide", report)
    task = report.task
    with clocks.changing(task, at=at, cause=f"report:{report.pk}"):
        _decide(report, ReportState.ACCEPTED, by=by, at=at, note=note, version=version)
        day = report.submitted_on or local_day(at)
        if task.last_report_on is None or task.last_report_on < day:
            task.last_report_on = day
            task.save(update_fields=["last_report_on"])
        if task.is_open and can_move(task.stage, report.stage):
            tasks.move_to_stage(task, Stage(report.stage), on=day, by=by, at=at)
    return report


def send_back(
    report: ProgressReport, *, by: Any, at: datetime, note: str, version: int | None = None
) -> ProgressReport:
    """Return a submitted report with reasons; it changes nothing and does not break the silence."""
    require(by, "report.decide", report)
    if not note.strip():
        raise refuse(note=_("Say what is missing, so that the body can mend it."))
    with clocks.changing(report.task, at=at, cause=f"report:{report.pk}"):
        return _decide(report, ReportState.RETURNED, by=by, at=at, note=note, version=version)


def _decide(
    report: ProgressReport, state: ReportState, *, by: Any, at: datetime, note: str, version: int | None
) -> ProgressReport:
    decision = {"state": state, "decided_by": by, "decided_at": at, "decision_note": note.strip()}
    _claim(report, ReportState.SUBMITTED, version=version, **decision)
    after = {"state": state, "note": note.strip()}
    history.record(f"report.{state}", report, by=by, at=at, task=report.task, after=after)
    notices.report_decided(report, at=at)
    return report


def _claim(report: ProgressReport, state: ReportState, /, *, version: int | None, **changes: Any) -> None:
    """Change the report if it is still in `state`, in one UPDATE: of two who decide at once, one does."""
    rows = ProgressReport.objects.filter(pk=report.pk, state=state)
    expected = rows if version is None else rows.filter(version=version)
    if not expected.update(version=F("version") + 1, **changes):
        report.refresh_from_db()
        if version is not None and report.version != version:
            raise Stale(report.version)
        raise Conflict(_("This report is %(state)s by now.") % {"state": report.get_state_display().lower()})
    report.refresh_from_db()
