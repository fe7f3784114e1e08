"""Reporting: one form for all, drafts, submission, the commission's decision, evidence."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_cast, make_cell, make_instrument, make_task, make_user, noon
from tests.working import PDF, TODAY, client_of, frozen, get, submitted, text
from tracker.choices import Duty, EvidenceState, Level, ReportState, Role, Stage
from tracker.models import Attachment, Instrument, ProgressReport
from tracker.services import institutionalizations, reports

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
NEW = {
    "new_number": "12/2026/NĐ-CP",
    "new_rank": "decree",
    "new_title": "Nghị định về dân vận",
    "new_signed_on": "2026-06-01",
    "new_in_force_on": "01/07/2026",
}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def filled(task, button="submit", **changes):
    body = task.responsibilities.filter(role="A").values_list("body", flat=True).first()
    values = {"body": body, "stage": "planned", "done_text": "Plan 12 was issued", "version": 0, button: "1"}
    return {**values, **changes}


def send(user, task, button="submit", **changes):
    return client_of(user).post(reverse("report_new", args=[task.pk]), filled(task, button, **changes))


def decide(user, report, decision, note="", seen=None):
    values = {"decision": decision, "note": note, "seen": seen or report.version}
    return client_of(user).post(reverse("report_decide", args=[report.pk]), values)


def test_one_form_submits_the_report_with_its_files(cast):
    task = make_task()
    files = [SimpleUploadedFile(name, PDF) for name in ("plan.pdf", "minutes.pdf")]
    response = send(cast["lan"], task, hindrance_text="Few staff", files=files)
    report = ProgressReport.objects.get()
    assert (response.status_code, response.url) == (302, reverse("report", args=[report.pk]))
    assert (report.state, report.stage, report.hindrance_text) == (ReportState.SUBMITTED, Stage.PLANNED, "Few staff")
    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["minutes.pdf", "plan.pdf"]
    page = text(get(cast["lan"], "report", report.pk))
    assert "awaits the commission" in page and "plan.pdf" in page


def test_a_draft_is_kept_edited_and_submitted(cast):
    task = make_task()
    send(cast["lan"], task, "draft", files=[SimpleUploadedFile("old.pdf", PDF)])
    report, client = ProgressReport.objects.get(), client_of(cast["lan"])
    assert report.state == ReportState.DRAFT
    assert client.get(reverse("report_new", args=[task.pk])).url == reverse("report_edit", args=[report.pk])
    page = text(client.get(reverse("report_edit", args=[report.pk])))
    assert "Plan 12 was issued" in page and "old.pdf" in page
    changes = {"done_text": "Plan 13", "version": report.version, "remove": [report.attachments.get().pk]}
    client.post(reverse("report_edit", args=[report.pk]), filled(task, "draft", **changes))
    report.refresh_from_db()
    assert (report.done_text, report.attachments.count()) == ("Plan 13", 0)
    client.post(reverse("report_submit", args=[report.pk]), {"version": report.version})
    report.refresh_from_db()
    assert report.state == ReportState.SUBMITTED


def test_a_registered_instrument_is_found_by_its_number_and_declared(cast):
    task = make_task(levels=[(Level.CENTRAL, [])])
    instrument = make_instrument(number="59/2026/NĐ-CP")
    send(cast["lan"], task, stage="promulgated", instrument_number=" 59/2026/nđ-cp ", articles="5, 7")
    evidence = task.institutionalizations.get()
    assert (evidence.instrument, evidence.articles, evidence.state) == (instrument, "5, 7", EvidenceState.DECLARED)


def test_a_new_instrument_is_registered_with_the_report(cast):
    task = make_task(levels=[(Level.CENTRAL, [])])
    send(cast["lan"], task, stage="promulgated", **NEW)
    instrument = Instrument.objects.get()
    assert (instrument.number, instrument.in_force_on) == ("12/2026/NĐ-CP", date(2026, 7, 1))
    assert ProgressReport.objects.get().instrument == instrument


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"done_text": "  "}, "done_text"),
        ({"stage": "institutionalized"}, "stage"),
        ({"stage": "promulgated"}, "instrument_number"),
        ({"instrument_number": "1/1900/X"}, "instrument_number"),
        ({**NEW, "new_title": ""}, "new_title"),
        ({**NEW, "new_in_force_on": "2026-05-01"}, None),
        ({**NEW, "new_signed_on": "31/02/2026"}, "new_signed_on"),
        ({**NEW, "new_signed_on": "0001-01-01"}, "new_signed_on"),
        ({**NEW, "new_signed_on": "2026-06-16"}, "new_signed_on"),
        ({**NEW, "new_in_force_on": "9999-12-31"}, "new_in_force_on"),
        ({"files": SimpleUploadedFile("page.html", b"<html>")}, "files"),
        ({"files": SimpleUploadedFile("page.pdf", b"<html>")}, "files"),
        ({"version": "x"}, "version"),
        ({"done_text": "a\x00b"}, "done_text"),
    ],
)
def test_what_is_wrong_is_named_what_was_typed_stays_and_nothing_is_saved(cast, changes, field):
    task = make_task()
    response = send(cast["lan"], task, hindrance_text="Few staff of ours", **changes)
    assert "Few staff of ours" in text(response)
    errors = response.context["form"].errors
    assert (field or "__all__") in errors, errors
    assert (ProgressReport.objects.count(), Instrument.objects.count(), Attachment.objects.count()) == (0, 0, 0)


def test_a_known_number_is_not_registered_twice(cast):
    task = make_task()
    make_instrument(number=NEW["new_number"])
    response = send(cast["lan"], task, **NEW)
    assert "new_number" in response.context["form"].errors


def test_a_second_click_makes_no_second_report_and_leaves_no_file(cast, tmp_path):
    task = make_task()
    send(cast["lan"], task)
    response = send(cast["lan"], task, files=[SimpleUploadedFile("plan.pdf", PDF)])
    page = text(response, 409)
    assert "awaits review" in page and "Submitted." not in page
    assert ProgressReport.objects.count() == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_colleague_who_was_quicker_loses_nothing(cast):
    task = make_task()
    send(cast["lan"], task, "draft")
    colleague = make_user("lien", Duty.OFFICIAL, make_body("BO-A"))
    response = send(colleague, task, "draft", done_text="My own words")
    page = text(response, 409)
    assert "My own words" in page and "Plan 12 was issued" in page
    assert ProgressReport.objects.get().done_text == "Plan 12 was issued"
    seen = response.context["form"]["version"].value()
    assert send(colleague, task, "draft", done_text="My own words", version=seen).status_code == 302
    assert ProgressReport.objects.get().done_text == "My own words"


def test_only_stages_that_the_task_can_reach_are_offered(cast):
    page = get(cast["lan"], "report_new", make_task().pk)
    assert [code for code, _label in page.context["form"].fields["stage"].choices] == [
        "assigned", "planned", "drafting", "consultation", "appraisal", "promulgated",
    ]  # fmt: skip


def test_the_commission_accepts_and_the_task_moves(cast):
    task = make_task()
    report = submitted(task, cast["lan"], stage="drafting")
    assert decide(cast["hoa"], report, "accept").url == reverse("review")
    task.refresh_from_db()
    assert task.stage == Stage.DRAFTING


def test_a_return_needs_its_reason_and_comes_back_to_the_desk(cast):
    report = submitted(make_task(), cast["lan"])
    assert "Say what is missing" in text(decide(cast["hoa"], report, "return"))
    decide(cast["hoa"], report, "return", "Add the dates")
    assert "Add the dates" in text(get(cast["lan"], "desk"))
    assert "Report again" in text(get(cast["lan"], "report", report.pk))


def test_a_decision_that_came_second_is_told_and_its_note_kept(cast):
    report = submitted(make_task(), cast["lan"])
    reports.accept(report, by=make_user("ha", Duty.COMMISSION, make_body("BDV"), make_body("HTCT")), at=noon(TODAY))
    page = text(decide(cast["hoa"], report, "return", "My careful reason", seen=report.version - 1), 409)
    assert "My careful reason" in page
    report.refresh_from_db()
    assert report.state == ReportState.ACCEPTED


def declared(cast):
    task = make_task(levels=[(Level.CENTRAL, [])])
    facts = {"level": Level.CENTRAL, "by": cast["lan"], "at": noon(TODAY)}
    return institutionalizations.declare(task, make_instrument(), **facts)


def decide_evidence(user, evidence, decision, note="", seen=None):
    seen = seen or institutionalizations.hash_of(evidence)
    values = {"decision": decision, "note": note, "seen": seen}
    return client_of(user).post(reverse("evidence_decide", args=[evidence.pk]), values)


def test_verified_evidence_makes_the_task_a_rule(cast):
    evidence = declared(cast)
    assert evidence.instrument.number in text(get(cast["hoa"], "review_evidence"))
    assert evidence.instrument.number in text(get(cast["hoa"], "evidence_decide", evidence.pk))
    assert decide_evidence(cast["hoa"], evidence, "accept").url == reverse("review_evidence")
    evidence.task.refresh_from_db()
    assert evidence.task.stage == Stage.INSTITUTIONALIZED


def test_evidence_that_changed_after_it_was_read_is_not_verified(cast):
    evidence = declared(cast)
    response = decide_evidence(cast["hoa"], evidence, "accept", "Looks right", seen="of-yesterday")
    assert "Looks right" in text(response, 409)
    evidence.refresh_from_db()
    assert evidence.state == EvidenceState.DECLARED
    shown = response.context["form"]["seen"].value()
    assert decide_evidence(cast["hoa"], evidence, "accept", "Looks right", seen=shown).status_code == 302


def test_evidence_is_returned_with_its_reason(cast):
    evidence = declared(cast)
    decide_evidence(cast["hoa"], evidence, "return", "Wrong law")
    evidence.refresh_from_db()
    assert (evidence.state, evidence.decision_note) == (EvidenceState.RETURNED, "Wrong law")
    assert decide_evidence(cast["hoa"], evidence, "accept").status_code == 409


def test_who_may_report(cast):
    task = make_task()
    make_cell(task, make_body("BO-B"), Role.INFORMED)
    statuses = {name: get(user, "report_new", task.pk).status_code for name, user in cast.items()}
    assert statuses == {"lan": 200, "minh": 403, "hoa": 403, "quang": 403, "vinh": 403}
    assert send(cast["minh"], task).status_code == send(cast["vinh"], task).status_code == 403
    other = make_task()
    assert get(cast["minh"], "report_new", other.pk).status_code == send(cast["minh"], other).status_code == 404


def test_a_draft_is_read_by_its_own_body_only(cast):
    send(cast["lan"], make_task(), "draft")
    report = ProgressReport.objects.get()
    for name in ("report", "report_edit"):
        statuses = {key: get(user, name, report.pk).status_code for key, user in cast.items()}
        assert statuses == {"lan": 200, "minh": 404, "hoa": 404, "quang": 404, "vinh": 404}
    assert client_of(cast["hoa"]).post(reverse("report_submit", args=[report.pk])).status_code == 404


def test_who_may_read_and_decide_a_submitted_report(cast):
    report = submitted(make_task(), cast["lan"])
    statuses = {name: get(user, "report", report.pk).status_code for name, user in cast.items()}
    assert statuses == {"lan": 200, "minh": 404, "hoa": 200, "quang": 200, "vinh": 200}
    statuses = {name: decide(cast[name], report, "accept").status_code for name in ("lan", "minh", "quang", "vinh")}
    assert statuses == {"lan": 403, "minh": 404, "quang": 403, "vinh": 403}
    assert ("Your decision" in text(get(cast["hoa"], "report", report.pk))) is True
    assert "Your decision" not in text(get(cast["vinh"], "report", report.pk))


def test_who_may_verify_evidence(cast):
    evidence = declared(cast)
    for ask in (
        lambda user: get(user, "evidence_decide", evidence.pk),
        lambda user: decide_evidence(user, evidence, "accept"),
    ):
        statuses = {name: ask(cast[name]).status_code for name in ("lan", "minh", "quang", "vinh")}
        assert statuses == {"lan": 403, "minh": 404, "quang": 403, "vinh": 403}


@pytest.mark.parametrize(
    "name", ["report_new", "report", "report_edit", "report_submit", "report_decide", "evidence_decide"]
)
def test_a_stranger_is_sent_to_the_sign_in(client, name):
    url = reverse(name, args=[1])
    response = client.post(url) if name in ("report_submit", "report_decide") else client.get(url)
    assert response.status_code == 302 and reverse("account_login") in response.url


def test_buttons_take_no_get_and_forms_need_their_token(cast):
    report = submitted(make_task(), cast["lan"])
    for name in ("report_submit", "report_decide"):
        assert get(cast["hoa"], name, report.pk).status_code == 405
    strict = client_of(cast["hoa"])
    strict.handler.enforce_csrf_checks = True
    assert strict.post(reverse("report_decide", args=[report.pk]), {"decision": "accept"}).status_code == 403


def test_a_submitted_report_is_edited_no_more(cast):
    report = submitted(make_task(), cast["lan"])
    response = client_of(cast["lan"]).post(
        reverse("report_edit", args=[report.pk]), filled(report.task, done_text="New")
    )
    assert response.url == reverse("report", args=[report.pk])
    report.refresh_from_db()
    assert report.done_text == "Plan issued"


def test_the_pages_speak_vietnamese_without_a_query_more(cast, django_assert_num_queries):
    report = submitted(make_task(), cast["lan"])
    for language in ("en", "vi"):
        client = client_of(cast["hoa"], language)
        with django_assert_num_queries(8):
            text(client.get(reverse("report", args=[report.pk])))
