"""Progress reports: one draft a body, one decision, and what an acceptance moves."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.builders import make_body, make_cast, make_cell, make_instrument, make_task, noon
from tracker.choices import ReportState, Role, Stage
from tracker.errors import Conflict, Stale
from tracker.models import Attachment, Event, ProgressReport
from tracker.services import reports, scan

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 2)
PDF = b"%PDF-1.7 evidence"


@pytest.fixture
def cast():
    return make_cast()


def draft(task, cast, **overrides):
    values = {"stage": Stage.PLANNED, "done_text": "Đã ban hành kế hoạch", **overrides}
    by = values.pop("by", cast["lan"])
    return reports.save_draft(task, body=make_body("BO-A"), by=by, at=noon(DAY), **values)


def submitted(task, cast, **overrides):
    return reports.submit(draft(task, cast, **overrides), by=cast["lan"], at=noon(DAY))


def test_an_accepted_report_moves_the_stage_on_the_day_of_submission(cast):
    task = make_task()
    reports.accept(submitted(task, cast), by=cast["hoa"], at=noon(DAY + timedelta(days=7)))
    task.refresh_from_db()
    assert (task.stage, task.stage_since, task.last_report_on) == (Stage.PLANNED, DAY, DAY)


def test_silence_counts_from_the_accepted_report_only(cast):
    task = make_task()
    before = task.silence_limit_on
    report = submitted(task, cast)
    task.refresh_from_db()
    assert task.silence_limit_on == before
    reports.send_back(report, by=cast["hoa"], at=noon(DAY), note="Thiếu số liệu")
    task.refresh_from_db()
    assert (task.silence_limit_on, task.stage) == (before, Stage.ASSIGNED)


def test_an_acceptance_closes_the_silence_flag(cast):
    task = make_task()
    scan.run(date(2026, 4, 20), at=noon(date(2026, 4, 20)))
    assert task.flags.open().filter(clock="silence").exists()
    report = submitted(task, cast)
    ProgressReport.objects.update(submitted_on=date(2026, 4, 21))
    report.refresh_from_db()
    reports.accept(report, by=cast["hoa"], at=noon(date(2026, 4, 21)))
    assert task.flags.get(clock="silence").closed_on == date(2026, 4, 21)


def test_a_body_has_one_draft_which_a_second_save_continues(cast):
    task = make_task()
    draft(task, cast)
    again = draft(task, cast, done_text="Đã gửi lấy ý kiến")
    assert ProgressReport.objects.get() == again
    assert again.done_text == "Đã gửi lấy ý kiến"


def test_a_draft_is_read_by_its_body_alone(cast):
    task = make_task()
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    draft(task, cast)
    readers = {name for name, user in cast.items() if ProgressReport.objects.visible_to(user).exists()}
    assert readers == {"lan"}
    assert {name for name, user in cast.items() if Event.objects.visible_to(user).filter(kind="report.drafted")} == {
        "lan"
    }


@pytest.mark.parametrize("name", ["minh", "hoa", "quang", "vinh"])
def test_others_do_not_report_for_the_body(cast, name):
    task = make_task()
    with pytest.raises(PermissionDenied):
        draft(task, cast, by=cast[name])


def test_nobody_decides_on_their_own_report(cast):
    report = submitted(make_task(), cast)
    with pytest.raises(PermissionDenied):
        reports.accept(report, by=cast["lan"], at=noon(DAY))


def test_of_two_decisions_one_counts(cast):
    report = submitted(make_task(), cast)
    reports.accept(report, by=cast["hoa"], at=noon(DAY))
    with pytest.raises(Conflict):
        reports.send_back(report, by=cast["hoa"], at=noon(DAY), note="Muộn rồi")


def test_a_decision_on_an_older_version_is_refused(cast):
    report = submitted(make_task(), cast)
    with pytest.raises(Stale):
        reports.accept(report, by=cast["hoa"], at=noon(DAY), version=report.version - 1)
    report.refresh_from_db()
    assert report.state == ReportState.SUBMITTED


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("done_text", {"done_text": "  "}),
        ("stage", {"stage": Stage.INSTITUTIONALIZED}),
        ("stage", {"stage": "nonsense"}),
        ("instrument", {"stage": Stage.PROMULGATED}),
        ("files", {"files": [SimpleUploadedFile("page.html", b"<script>")]}),
        ("files", {"files": [SimpleUploadedFile("page.pdf", b"<script>")]}),
        ("files", {"files": [SimpleUploadedFile("empty.pdf", b"")]}),
        ("files", {"files": [SimpleUploadedFile(f"{n}.pdf", PDF) for n in range(6)]}),
    ],
)
def test_bad_input_names_its_field_and_stores_nothing(cast, field, values):
    task = make_task()
    with pytest.raises(ValidationError) as refused:
        draft(task, cast, **values)
    assert field in refused.value.message_dict
    assert not ProgressReport.objects.exists()
    assert not Attachment.objects.exists()


def test_a_file_is_stored_under_its_id_with_its_hash(cast):
    report = draft(make_task(), cast, files=[SimpleUploadedFile("../../etc/Biên bản.pdf", PDF)])
    stored = report.attachments.get()
    assert (stored.name, stored.size, stored.content_type) == ("Biên bản.pdf", len(PDF), "application/pdf")
    assert stored.pk.hex in stored.file.name


def test_a_promulgated_report_declares_its_instrument(cast):
    task = make_task(levels=[("central", ["decree"])])
    submitted(task, cast, stage=Stage.PROMULGATED, instrument=make_instrument(), articles="Điều 5–7")
    evidence = task.institutionalizations.get()
    assert (evidence.state, evidence.articles, evidence.declared_by) == ("declared", "Điều 5–7", cast["lan"])
