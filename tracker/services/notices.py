"""Notices: whoever asked, submitted or declared something is told at once what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from config.celery import SEND_MAILS
from tracker.choices import DisputeState, EvidenceState, ExtensionState, Level, MessageKind, ReportState, Role
from tracker.models import (
    Dispute,
    Extension,
    Institutionalization,
    Message,
    ProgressReport,
    ReportQuestion,
    Task,
)
from tracker.policies import leaders_of
from tracker.services import mails
from tracker.wake import wake

REPORT_WORDS = {
    ReportState.ACCEPTED: (
        _("%(code)s: your report was accepted"),
        _("The commission accepted the progress report of %(day)s on this task."),
    ),
    ReportState.RETURNED: (
        _("%(code)s: your report was returned"),
        _("The commission returned the progress report of %(day)s on this task. Mend it and submit it again."),
    ),
}
EVIDENCE_WORDS = {
    EvidenceState.VERIFIED: (
        _("%(code)s: your evidence was verified"),
        _("The commission verified that %(instrument)s makes this task a rule at the level “%(level)s”."),
    ),
    EvidenceState.RETURNED: (
        _("%(code)s: your evidence was returned"),
        _("The commission returned %(instrument)s as evidence at the level “%(level)s”. Mend it and declare it again."),
    ),
}

EXTENSION_WORDS = {
    ExtensionState.GRANTED: (
        _("%(code)s: more time was granted"),
        _("The commission granted your request of %(asked)s for more time. The new deadline is %(until)s."),
    ),
    ExtensionState.REFUSED: (
        _("%(code)s: more time was refused"),
        _("The commission refused your request of %(asked)s for more time. The deadline stays as it is."),
    ),
}

DISPUTE_WORDS = {
    DisputeState.UPHELD: (
        _("%(code)s: your dispute was upheld"),
        _("The matrix editor upheld the dispute of %(day)s over the role “%(role)s”. It moves on %(moved)s."),
    ),
    DisputeState.REJECTED: (
        _("%(code)s: your dispute was rejected"),
        _("The matrix editor rejected the dispute of %(day)s over the role “%(role)s”. The role stays as it is."),
    ),
}


def told(
    user: Any,
    *,
    key: str,
    subject: Any,
    said: Any,
    task: Task,
    path: str,
    at: datetime,
    values: dict[str, Any] | None = None,
    note: str = "",
) -> Message | None:
    """Tell one person of a decision about `task`, in the transaction that decides; the mail goes out once it commits.

    `subject` and `said` are lazy translations with %-places for `values` and for `code`, the task's; dates among the
    values are written in the language of the person. `path` is the page that shows it, `note` what the commission
    wrote. The same `key` tells the same person once. None where nobody is told: no `user`, no address, deactivated, or
    a task that they may not read any more. Eight queries at most.
    """
    if user is None or not Task.objects.visible_to(user).filter(pk=task.pk).exists():
        return None
    with translation.override(user.language):
        words = {"code": task.code, **{name: _said(value) for name, value in (values or {}).items()}}
        title = " ".join(task.title.split())
        context = {"said": str(said) % words, "task": task, "title": title, "path": path, "note": note.strip()}
        facts = {"key": f"{key}:{user.pk}", "kind": MessageKind.DECISION, "subject": str(subject) % words}
        message = mails.write(user, "decision", context, task=task, at=at, **facts)
    if message:
        wake(SEND_MAILS)
    return message


def _said(value: Any) -> str:
    return date_format(value, "SHORT_DATE_FORMAT") if hasattr(value, "year") else str(value)


def report_decided(report: ProgressReport, *, at: datetime) -> Message | None:
    """Tell the author that their report was accepted or returned."""
    subject, said = REPORT_WORDS[ReportState(report.state)]
    return told(
        report.author,
        key=f"report:{report.pk}:{report.state}:{report.version}",
        subject=subject,
        said=said,
        values={"day": report.submitted_on},
        task=report.task,
        path=reverse("report", args=[report.pk]),
        note=report.decision_note,
        at=at,
    )


def evidence_decided(evidence: Institutionalization, *, at: datetime) -> Message | None:
    """Tell whoever declared the evidence that it was verified or returned."""
    subject, said = EVIDENCE_WORDS[EvidenceState(evidence.state)]
    return told(
        evidence.declared_by,
        key=f"evidence:{evidence.pk}:{evidence.state}:{evidence.version}",
        subject=subject,
        said=said,
        values={"instrument": evidence.instrument, "level": Level(evidence.level).label},
        task=evidence.task,
        path=reverse("task", args=[evidence.task_id]),
        note=evidence.decision_note,
        at=at,
    )


def extension_decided(extension: Extension, *, at: datetime) -> Message | None:
    """Tell whoever asked for more time that it was granted or refused."""
    subject, said = EXTENSION_WORDS[ExtensionState(extension.state)]
    return told(
        extension.asked_by,
        key=f"extension:{extension.pk}:{extension.state}:{extension.version}",
        subject=subject,
        said=said,
        values={"asked": extension.asked_on, "until": extension.granted_on},
        task=extension.task,
        path=reverse("extension", args=[extension.pk]),
        note=extension.decision_note,
        at=at,
    )


def report_handed(report: ProgressReport, *, at: datetime) -> None:
    """Tell the leaders of the body that a draft awaits them."""
    for leader in leaders_of(report.body):
        told(
            leader,
            key=f"report:{report.pk}:handed:{report.version}",
            subject=_("%(code)s: a report awaits you"),
            said=_("%(author)s hands you the draft of a progress report on this task. Submit it, or give it back."),
            values={"author": report.author},
            task=report.task,
            path=reverse("report", args=[report.pk]),
            at=at,
        )


def report_given_back(report: ProgressReport, *, at: datetime) -> Message | None:
    """Tell the author that the leader gave their draft back."""
    return told(
        report.author,
        key=f"report:{report.pk}:given_back:{report.version}",
        subject=_("%(code)s: your draft was given back"),
        said=_("The leader of your body gave you back the draft of the progress report on this task."),
        task=report.task,
        path=reverse("report", args=[report.pk]),
        note=report.leader_note,
        at=at,
    )


def report_asked(row: ReportQuestion, *, at: datetime) -> Message | None:
    """Tell the author that the commission asks something about their report."""
    report = row.report
    return told(
        report.author,
        key=f"question:{row.pk}:asked",
        subject=_("%(code)s: a question on your report"),
        said=_("The commission asks something about the progress report of %(day)s on this task. It waits for you."),
        values={"day": report.submitted_on},
        task=report.task,
        path=reverse("report", args=[report.pk]),
        note=row.question,
        at=at,
    )


def report_answered(row: ReportQuestion, *, at: datetime) -> Message | None:
    """Tell whoever asked that the body has answered."""
    report = row.report
    return told(
        row.asked_by,
        key=f"question:{row.pk}:answered",
        subject=_("%(code)s: your question was answered"),
        said=_("%(body)s answered your question on its progress report of %(day)s. It awaits your decision."),
        values={"body": report.body, "day": report.submitted_on},
        task=report.task,
        path=reverse("report", args=[report.pk]),
        note=row.answer,
        at=at,
    )


def dispute_decided(dispute: Dispute, *, at: datetime) -> Message | None:
    """Tell whoever raised the dispute that it was upheld or rejected."""
    subject, said = DISPUTE_WORDS[DisputeState(dispute.state)]
    return told(
        dispute.raised_by,
        key=f"dispute:{dispute.pk}:{dispute.state}:{dispute.version}",
        subject=subject,
        said=said,
        values={"day": dispute.raised_on, "role": Role(dispute.cell.role).label, "moved": dispute.moved_on or ""},
        task=dispute.task,
        path=reverse("dispute", args=[dispute.pk]),
        note=dispute.decision_note,
        at=at,
    )
