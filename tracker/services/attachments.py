"""Files of evidence: checked, hashed, stored under a UUID. Source: trust.md figures in docs/reference/limits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tracker.choices import ReportState
from tracker.errors import refuse
from tracker.models import Attachment, ProgressReport
from tracker.policies import require
from tracker.services import history

MAX_BYTES = 20 * 1024 * 1024
MAX_FILES = 5
# What a file may be: its ending, how its content must begin, and the type under which it is served.
ZIP = b"PK\x03\x04"
KINDS = {
    ".pdf": (b"%PDF-", "application/pdf"),
    ".docx": (ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".xlsx": (ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
}


def store(report: ProgressReport, files: Iterable[UploadedFile[Any]], *, by: Any, at: datetime) -> list[Attachment]:
    """Store the files of a report. Raises ValidationError on `files`; then none of them is stored."""
    uploads = list(files)
    if len(uploads) + report.attachments.count() > MAX_FILES:
        raise refuse(files=_("At most %(number)d files go with a report.") % {"number": MAX_FILES})
    for upload in uploads:
        check(upload)
    return [_store_one(report, upload, by=by, at=at) for upload in uploads]


def check(upload: UploadedFile[Any]) -> str:
    """Return the type of an upload whose size, ending and content agree; else raise ValidationError on `files`."""
    name = upload.name or ""
    if not upload.size or upload.size > MAX_BYTES:
        raise refuse(files=_("%(name)s is empty or larger than 20 MB.") % {"name": name})
    begins, content_type = KINDS.get(PurePath(name).suffix.lower(), (None, ""))
    upload.seek(0)
    head = upload.read(16)
    upload.seek(0)
    if begins is None or not head.startswith(begins):
        raise refuse(
            files=_("%(name)s is not a PDF, Word, Excel, PNG or JPEG file, or its ending says another kind.")
            % {"name": name}
        )
    return content_type


def _store_one(report: ProgressReport, upload: UploadedFile[Any], *, by: Any, at: datetime) -> Attachment:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    attachment = Attachment(
        report=report,
        name=PurePath(upload.name or "").name[-200:],
        content_type=check(upload),
        size=upload.size or 0,
        sha256=digest.hexdigest(),
        uploaded_by=by,
        uploaded_at=at,
    )
    attachment.file.save(attachment.name, upload, save=False)
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
