"""Files of instruments: hashed, revised, kept; what is hostile leaves nothing behind."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from tests.builders import make_body, make_cast, make_instrument, make_task, noon
from tests.hostile import HOSTILE, NAMES, PDF, SOUND
from tests.working import TODAY, frozen
from tracker.errors import Conflict
from tracker.models import Attachment, Event, Instrument, InstrumentFile
from tracker.services import instrument_files, reports, uploads

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
AT = noon(TODAY)


@pytest.fixture
def cast(settings: Any, tmp_path: Path) -> dict[str, User]:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


@pytest.fixture
def instrument(cast: dict[str, User]) -> Instrument:
    return make_instrument()


def upload(name: str = "luat.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    file = SimpleUploadedFile("a.pdf", content)
    file._name = name  # as it came, before anybody looked at it
    return file


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def added(instrument: Instrument, by: User, **facts: Any) -> InstrumentFile:
    content = facts.pop("content", PDF)
    return instrument_files.add(instrument, upload(content=content), by=by, at=AT, **facts)


def test_a_file_is_stored_under_its_id_with_its_sum_and_both_dates(cast, instrument, tmp_path):
    file = added(instrument, cast["quang"], dated=date(2026, 2, 2))
    assert [path.name for path in stored(tmp_path)] == [file.pk.hex]
    assert (file.sha256, file.size) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    assert (file.dated, file.uploaded_at, file.revision) == (date(2026, 2, 2), AT, 1)
    assert Event.objects.get(kind="instrument.file_added").after["sha256"] == file.sha256


def test_a_revision_keeps_the_one_before(cast, instrument, tmp_path):
    first = added(instrument, cast["quang"])
    second = added(instrument, cast["quang"], content=PDF + b"2", replaces=first)
    first.refresh_from_db()
    assert (first.replaced_by, first.is_current, second.is_current, second.revision) == (second, False, True, 2)
    assert list(InstrumentFile.objects.current()) == [second] and len(stored(tmp_path)) == 2
    assert instrument.files.current().sums() == [second.sha256]
    event = Event.objects.get(kind="instrument.file_revised")
    assert (event.before["sha256"], event.after["sha256"]) == (first.sha256, second.sha256)


def test_the_sums_do_not_depend_on_the_order(cast, instrument):
    other = make_instrument()
    for where, contents in ((instrument, (b"1", b"2")), (other, (b"2", b"1"))):
        for content in contents:
            added(where, cast["quang"], content=PDF + content)
    assert instrument.files.current().sums() == other.files.current().sums()


def test_of_two_revisions_of_one_file_the_second_is_told(cast, instrument, tmp_path):
    first = added(instrument, cast["quang"])
    added(instrument, cast["quang"], content=PDF + b"2", replaces=first)
    with pytest.raises(Conflict):
        added(instrument, cast["quang"], content=PDF + b"3", replaces=first)
    assert len(stored(tmp_path)) == 2 == InstrumentFile.objects.count()


def test_the_same_file_twice_and_one_too_many_are_refused(cast, instrument, tmp_path):
    for number in range(instrument_files.MAX_CURRENT):
        added(instrument, cast["quang"], content=PDF + b"%d" % number)
    for content in (PDF + b"1", PDF + b"one more"):
        with pytest.raises(ValidationError) as refused:
            added(instrument, cast["quang"], content=content)
        assert list(refused.value.message_dict) == ["file"]
    assert len(stored(tmp_path)) == instrument_files.MAX_CURRENT == InstrumentFile.objects.count()


def test_a_file_of_another_instrument_is_not_replaced(cast, instrument, tmp_path):
    foreign = added(make_instrument(), cast["quang"])
    with pytest.raises(Conflict):
        added(instrument, cast["quang"], content=PDF + b"2", replaces=foreign)
    assert len(stored(tmp_path)) == 1


def test_no_document_is_dated_tomorrow(cast, instrument, tmp_path):
    with pytest.raises(ValidationError, match="later than today"):
        added(instrument, cast["quang"], dated=TODAY + timedelta(days=1))
    assert stored(tmp_path) == []


def test_who_may_not_change_the_instrument_adds_nothing(cast, instrument, tmp_path):
    with pytest.raises(PermissionDenied):
        added(instrument, cast["lan"])
    assert stored(tmp_path) == []


@pytest.mark.parametrize("case", [*HOSTILE, *NAMES])
def test_a_hostile_file_is_refused_by_name_and_leaves_nothing(cast, instrument, tmp_path, case):
    hostile = upload(*{**HOSTILE, **NAMES}[case]())
    with pytest.raises(ValidationError) as refused:
        instrument_files.add(instrument, hostile, by=cast["quang"], at=AT)
    assert list(refused.value.message_dict) == ["file"] and "%(" not in refused.value.messages[0]
    task, body = make_task(), make_body("BO-A")
    texts = {"stage": "assigned", "done_text": "x", "files": [upload(), hostile]}
    with pytest.raises(ValidationError) as refused:
        reports.save_draft(task, body=body, by=cast["lan"], at=AT, **texts)
    assert list(refused.value.message_dict) == ["files"]
    assert stored(tmp_path) == [] and not InstrumentFile.objects.exists() and not Attachment.objects.exists()


@pytest.mark.parametrize("case", SOUND)
def test_a_sound_file_is_taken(cast, instrument, tmp_path, case):
    name, content = SOUND[case]()
    file = instrument_files.add(instrument, upload(name, content), by=cast["quang"], at=AT)
    assert file.name == name and stored(tmp_path)[0].read_bytes() == content


def test_the_size_is_that_of_what_was_read(cast, instrument):
    lying = upload(content=PDF + bytes(uploads.MAX_BYTES))
    lying.size = 10
    with pytest.raises(ValidationError, match="larger than 20 MB"):
        instrument_files.add(instrument, lying, by=cast["quang"], at=AT)
