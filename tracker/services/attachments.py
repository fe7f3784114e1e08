"""Files of reports: at most five, each looked through before any of them is stored under its UUID."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tracker.choices import ReportState
from tracker.errors import refuse
from tracker.models import Attachment, ProgressReport
from tracker.policies import require
from tracker.services import history, uploads

MAX_FILES = 5


def store(report: ProgressReport, files: Iterable[UploadedFile[Any]], *, by: Any, at: datetime) -> list[Attachment]:
    """Store the files of a report. Raises ValidationError on `files`; then none of them is stored."""
    given = list(files)
    if len(given) + report.attachments.count() > MAX_FILES:
        raise refuse(files=_("At most %(number)d files go with a report.") % {"number": MAX_FILES})
    checked = [uploads.check(upload, field="files") for upload in given]
    with uploads.together():
        return [_store_one(report, one, by=by, at=at) for one in checked]


def _store_one(report: ProgressReport, checked: uploads.Checked, *, by: Any, at: datetime) -> Attachment:
    attachment = Attachment(report=report, uploaded_by=by, uploaded_at=at)
    with uploads.storing(attachment, checked):
        attachment.save(force_insert=True)
    return attachment


def remove(attachment: Attachment, *, by: Any, at: datetime) -> None:
    """Take a file away from a draft; what was submitted keeps its files. The stored file goes with the commit."""
    report = attachment.report
    require(by, "report.change", report)
    if report.state != ReportState.DRAFT:
        raise refuse(files=_("This report was submitted: its files stay."))
    stored = attachment.file
    history.record(
        "report.file_removed",
        report,
        by=by,
        at=at,
        task=report.task,
        private_to=report.body,
        before={"name": attachment.name, "sha256": attachment.sha256},
    )
    attachment.delete()
    transaction.on_commit(lambda: stored.delete(save=False), robust=True)
