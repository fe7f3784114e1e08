"""Progress reports: saved as a draft, handed to the leader, submitted, accepted or returned, corrected.

What is accepted moves the stage. What the commission asks in between is in services.questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from tracker.boards.report_page import TEXTS, hash_of
from tracker.choices import ReportState, Stage
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Body, Event, Instrument, ProgressReport, Task
from tracker.policies import leads, require
from tracker.rules.stages import can_move
from tracker.services import (
    attachments,
    clocks,
    extensions,
    history,
    institutionalizations,
    notices,
    tasks,
    urgings,
)

TIME_ASKED = ("letter_number", "letter_on", "signer", "wanted_on", "reason")
CONTENT = (*TEXTS, "instrument")


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
    time_asked: Mapping[str, Any] | None = None,
    files: Iterable[UploadedFile[Any]] = (),
    version: int | None = None,
) -> ProgressReport:
    """Save what the body writes on `task`, its one draft; nobody else sees it before it is submitted.

    `time_asked` holds TIME_ASKED, the request for more time that is sent with the report. `version` is that of the
    draft that the writer saw, 0 for none: raises Stale when a colleague was quicker. What a specialist changes no
    longer awaits the leader.
    """
    require(by, "report.write", task)
    report = _draft_of(task, body) or ProgressReport(task=task, body=body, author=by, created_at=at)
    current = report.version if report.pk else 0
    if version not in (None, current):
        raise Stale(current)
    report.author, report.stage, report.instrument = by, stage, instrument
    report.done_text, report.hindrance_text, report.articles = done_text, hindrance_text, articles
    report.time_asked = {name: _stored(time_asked[name]) for name in TIME_ASKED} if time_asked else {}
    if report.handed_at and not (by and leads(by, body.pk)):
        report.handed_at = None
    _check(report)
    report.full_clean(exclude=["author"])
    report.version = report.version + 1 if report.pk else 1
    report.save()
    attachments.store(report, files, by=by, at=at)
    history.record("report.drafted", report, by=by, at=at, task=task, private_to=body)
    return report


def _stored(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


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


@transaction.atomic
def hand_to_leader(report: ProgressReport, *, by: Any, at: datetime, version: int | None = None) -> ProgressReport:
    """Hand a draft to the leader of the body, who submits it or gives it back."""
    require(by, "report.change", report)
    _check(report)
    claim(report, Q(state=ReportState.DRAFT), version=version, handed_at=at, leader_note="")
    history.record("report.handed", report, by=by, at=at, task=report.task, private_to=report.body)
    notices.report_handed(report, at=at)
    return report


@transaction.atomic
def give_back(
    report: ProgressReport, *, note: str, by: Any, at: datetime, version: int | None = None
) -> ProgressReport:
    """Give a draft back to whoever wrote it, with what is to be mended; as the leader of the body."""
    require(by, "report.give_back", report)
    if not note.strip():
        raise refuse(note=_("Say what is to be mended."))
    is_handed = Q(state=ReportState.DRAFT, handed_at__isnull=False)
    claim(report, is_handed, version=version, handed_at=None, leader_note=note.strip())
    history.record(
        "report.given_back", report, by=by, at=at, task=report.task, why=note.strip(), private_to=report.body
    )
    notices.report_given_back(report, at=at)
    return report


def submit(report: ProgressReport, *, by: Any, at: datetime, version: int | None = None) -> ProgressReport:
    """Hand the draft to the commission. From now on the ball is theirs; an instrument that it names is declared.

    A request for more time in it is made in the same transaction; what is wrong with that one names its own fields.
    """
    require(by, "report.submit", report)
    _check(report)
    _check_alone(report)
    day = local_day(at)
    fields = {"state": ReportState.SUBMITTED, "submitted_by": by, "submitted_on": day, "submitted_at": at}
    fields |= {"review_since": day, "handed_at": None, "leader_note": ""}
    with clocks.changing(report.task, at=at, cause=f"report:{report.pk}"):
        claim(report, Q(state=ReportState.DRAFT), version=version, **fields)
        _declare(report, by=by, at=at)
        after = history.values_of(report, "stage", "done_text", "hindrance_text", "instrument")
        history.record("report.submitted", report, by=by, at=at, task=report.task, after=after)
        urgings.answered(report, by=by, at=at)
        if report.time_asked:
            extensions.ask(report.task, body=report.body, by=by, at=at, **asked_with(report))
    return report


def asked_with(report: ProgressReport) -> dict[str, Any]:
    """Return the request for more time that goes with the report, for services.extensions; empty for none."""
    facts = dict(report.time_asked)
    return {**facts, **{name: date.fromisoformat(facts[name]) for name in ("letter_on", "wanted_on") if facts}}


def _check_alone(report: ProgressReport) -> None:
    others = ProgressReport.objects.submitted().filter(task=report.task, body=report.body)
    if others.exclude(pk=report.pk).exists():
        raise Conflict(_("A report of your body on this task awaits review already: wait for the decision."))


def _declare(report: ProgressReport, *, by: Any, at: datetime) -> None:
    if report.instrument is not None and report.stage == Stage.PROMULGATED:
        institutionalizations.declare_all_levels(
            report.task, report.instrument, articles=report.articles, body=report.body, by=by, at=at
        )


def correct(
    report: ProgressReport,
    *,
    stage: str,
    done_text: str,
    why: str,
    hindrance_text: str = "",
    instrument: Instrument | None = None,
    articles: str = "",
    files: Iterable[UploadedFile[Any]] = (),
    by: Any,
    at: datetime,
    version: int | None = None,
) -> ProgressReport:
    """Correct an accepted report, as its body, with the reason. It awaits a new decision; the earlier one stays known.

    The text that was accepted stays in the history. The stage of the task stays until the new decision.
    """
    require(by, "report.correct", report)
    if not why.strip():
        raise refuse(why=_("Say what was wrong, and why it is corrected."))
    content: dict[str, Any] = {"stage": stage, "done_text": done_text, "hindrance_text": hindrance_text}
    content |= {"instrument": instrument, "articles": articles}
    fields = {"state": ReportState.SUBMITTED, "submitted_by": by, "review_since": local_day(at)}
    with clocks.changing(report.task, at=at, cause=f"report:{report.pk}"):
        _check_alone(report)
        report.refresh_from_db()
        before = {**history.values_of(report, *CONTENT), "version": report.version}
        claim(report, Q(state=ReportState.ACCEPTED), version=version, **content, **fields)
        _check_corrected(report, before["stage"])
        report.full_clean(exclude=["author"])
        attachments.store(report, files, by=by, at=at)
        if report.task.is_open:
            _declare(report, by=by, at=at)
        after = {**history.values_of(report, *CONTENT), "version": report.version}
        told: dict[str, Any] = {"task": report.task, "before": before, "after": after, "why": why.strip()}
        history.record("report.corrected", report, by=by, at=at, **told)
    return report


def _check_corrected(report: ProgressReport, stage: str) -> None:
    """The task may have gone on, or be done: the stage may stay as it was reported."""
    if report.stage != stage and not (report.task.is_open and can_move(report.task.stage, report.stage)):
        raise refuse(stage=_("The task cannot move to this stage: choose a later one or the one before."))
    if not report.done_text.strip():
        raise refuse(done_text=_("Say what was done, in a sentence or two."))


def accept(
    report: ProgressReport, *, by: Any, at: datetime, note: str = "", version: int | None = None
) -> ProgressReport:
    """Accept a submitted report: the task takes the stage it claims and silence counts from its submission."""
    require(by, "report.decide", report)
    task = report.task
    with clocks.changing(task, at=at, cause=f"report:{report.pk}"):
        was_reopened = _decide(report, ReportState.ACCEPTED, by=by, at=at, note=note, version=version)
        day = report.submitted_on or local_day(at)
        if task.last_report_on is None or task.last_report_on < day:
            task.last_report_on = day
            task.save(update_fields=["last_report_on"])
        moves = task.is_open and can_move(task.stage, report.stage)
        if moves and not (was_reopened and _accepted_stage(report) == report.stage):
            on = (report.review_since or day) if was_reopened else day
            tasks.move_to_stage(task, Stage(report.stage), on=on, by=by, at=at)
    return report


def _accepted_stage(report: ProgressReport) -> Any:
    """The stage that was accepted before the correction: the task has taken it, and may have gone on since."""
    corrected = Event.objects.filter(object_kind="progressreport", object_id=str(report.pk), kind="report.corrected")
    return corrected.order_by("-id")[0].before["stage"]


def send_back(
    report: ProgressReport, *, by: Any, at: datetime, note: str, version: int | None = None
) -> ProgressReport:
    """Return a submitted report with reasons; it changes nothing and does not break the silence.

    One that was accepted before and corrected since is no longer accepted: silence counts from the one before it.
    """
    require(by, "report.decide", report)
    if not note.strip():
        raise refuse(note=_("Say what is missing, so that the body can mend it."))
    with clocks.changing(report.task, at=at, cause=f"report:{report.pk}") as task:
        if _decide(report, ReportState.RETURNED, by=by, at=at, note=note, version=version):
            accepted = ProgressReport.objects.filter(task=task, state=ReportState.ACCEPTED)
            task.last_report_on = accepted.aggregate(last=Max("submitted_on"))["last"]
            task.save(update_fields=["last_report_on"])
    return report


def _decide(
    report: ProgressReport, state: ReportState, *, by: Any, at: datetime, note: str, version: int | None
) -> bool:
    """Decide on what the report says now; tell whether it had been decided on before."""
    report.refresh_from_db()
    was_reopened, seen = report.is_reopened, hash_of(report)
    decision = {"state": state, "decided_by": by, "decided_at": at, "decision_note": note.strip()}
    bound = {"decided_version": F("version"), "decided_hash": seen}
    claim(report, Q(state=ReportState.SUBMITTED, version=report.version), version=version, **decision, **bound)
    report.questions.open().update(answered_at=at, answered_on=local_day(at))
    after = {"state": state, "note": note.strip(), "version": report.decided_version}
    history.record(f"report.{state}", report, by=by, at=at, task=report.task, after=after)
    notices.report_decided(report, at=at)
    return was_reopened


def claim(report: ProgressReport, where: Q, /, *, version: int | None, **changes: Any) -> None:
    """Change the report if it is still as `where` says, in one UPDATE: of two who act at once, one does."""
    rows = ProgressReport.objects.filter(where, pk=report.pk)
    expected = rows if version is None else rows.filter(version=version)
    if not expected.update(version=F("version") + 1, **changes):
        report.refresh_from_db()
        if version is not None and report.version != version:
            raise Stale(report.version)
        raise Conflict(_("This report is %(state)s by now.") % {"state": report.get_state_display().lower()})
    report.refresh_from_db()
