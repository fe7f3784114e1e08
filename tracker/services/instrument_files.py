"""Files of instruments: added, and followed by revisions. What was replaced stays and can be read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from tracker.clock import local_day
from tracker.errors import Conflict, refuse
from tracker.models import Instrument, InstrumentFile
from tracker.policies import require
from tracker.services import history, staleness, uploads

MAX_CURRENT = 10
FACTS = ("name", "revision", "size", "sha256", "dated")


def add(
    instrument: Instrument,
    upload: UploadedFile[Any],
    *,
    by: Any,
    at: datetime,
    dated: date | None = None,
    replaces: InstrumentFile | None = None,
) -> InstrumentFile:
    """Store a file of an instrument, or the next revision of the one that it `replaces`.

    Raises ValidationError that names the field, Conflict where that file has been replaced by now; then nothing is
    stored.
    """
    require(by, "instrument.change", instrument)
    if dated and dated > local_day(at):
        raise refuse(dated=_("The document cannot be dated later than today."))
    checked = uploads.check(upload, field="file")
    file = InstrumentFile(instrument=instrument, dated=dated, uploaded_by=by, uploaded_at=at)
    with uploads.storing(file, checked), staleness.changing(instrument, by=by, at=at):
        # One at a time: the count and the sums below are those of the rows that are there.
        Instrument.objects.select_for_update().filter(pk=instrument.pk).first()
        _check(file, replaces)
        file.revision = replaces.revision + 1 if replaces else 1
        _insert(file, replaces)
        kind = "instrument.file_revised" if replaces else "instrument.file_added"
        before = history.values_of(replaces, *FACTS) if replaces else {}
        history.record(kind, instrument, by=by, at=at, before=before, after=history.values_of(file, *FACTS))
    return file


def _check(file: InstrumentFile, replaces: InstrumentFile | None) -> None:
    current = InstrumentFile.objects.current().filter(instrument=file.instrument_id)
    if current.filter(sha256=file.sha256).exists():
        raise refuse(file=_("This very file is there already, sign by sign."))
    if replaces is None:
        if current.count() >= MAX_CURRENT:
            raise refuse(file=_("At most %(number)d files go with an instrument.") % {"number": MAX_CURRENT})
    elif replaces.instrument_id != file.instrument_id or not current.filter(pk=replaces.pk).exists():
        raise Conflict(_("That file has been replaced by now: look at the revisions and choose again."))


def _insert(file: InstrumentFile, replaces: InstrumentFile | None) -> None:
    file.save(force_insert=True)
    if replaces and not InstrumentFile.objects.current().filter(pk=replaces.pk).update(replaced_by=file):
        raise Conflict(_("That file has been replaced by now: look at the revisions and choose again."))
