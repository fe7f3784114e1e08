"""The pages on which instruments are registered, changed, followed; their files and consultations."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_cast, make_instrument, make_task, noon
from tests.hostile import BOMBS, DISGUISES, HOSTILE, PATHS, PDF, SCRIPTS, SOUND
from tests.working import TODAY, client_of, frozen, get, text
from tracker.choices import Consulted, Phase
from tracker.models import Attachment, Consultation, Instrument, InstrumentFile, ProgressReport
from tracker.services import consultations, instrument_files, instrument_life, instruments

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
FACTS = {"number": "59/2026/NĐ-CP", "rank": "decree", "title_vi": "Nghị định về dân vận", "version": 0}
PERIOD = {"opened_on": "2026-01-05", "closed_on": "30/01/2026", "front_opinion": "agrees", "version": 0}


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def instrument(cast: dict[str, User]) -> Instrument:
    return make_instrument(number="7/2026/NĐ-CP", issuer=make_body("BO-A"))


def post(user: User, name: str, *args: Any, status: int = 302, **values: Any) -> Any:
    response = client_of(user).post(reverse(name, args=args), values)
    assert response.status_code == status, response.context and response.context["form"].errors
    return response


def errors(response: Any) -> set[str]:
    return set(response.context["form"].errors)


def pdf(name: str = "nghi-dinh.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_an_official_registers_from_the_list(cast):
    assert reverse("instrument_new") in text(get(cast["lan"], "instrument_list"))
    response = post(
        cast["lan"], "instrument_new", **FACTS, issuer="BO-A", drafted_by="Body BO-B (BO-B)", signed_on="01/06/2026",
        promulgated_on="2026-06-02", submit_by="2026-03-01", issue_by="2026-06-10", url="https://example.org/nd59",
    )  # fmt: skip
    found = Instrument.objects.get()
    assert response.url == reverse("instrument", args=[found.pk])
    assert (found.drafted_by.code, found.promulgated_on, found.issue_by) == (
        "BO-B",
        date(2026, 6, 2),
        date(2026, 6, 10),
    )
    page = text(get(cast["lan"], "instrument", found.pk))
    assert "59/2026/NĐ-CP" in page and "2 Jun 2026" in page and "in time" in page and "92 days late" in page


@pytest.mark.parametrize("name", ["hoa", "vinh"])
def test_who_registers_nothing_is_not_led_there(cast, name):
    assert reverse("instrument_new") not in text(get(cast[name], "instrument_list"))
    assert get(cast[name], "instrument_new").status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": "", "signed_on": "2026-06-01"}, "number"),
        ({"number": "a\x00"}, "number"),
        ({"number": "9" * 81}, "number"),
        ({"rank": "edict"}, "rank"),
        ({"title_vi": ""}, "title_vi"),
        ({"issuer": "no such body"}, "issuer"),
        ({"drafted_by": "\x00"}, "drafted_by"),
        ({"signed_on": "2026-06-16"}, "signed_on"),
        ({"signed_on": "31/02/2026"}, "signed_on"),
        ({"promulgated_on": "0001-01-01"}, "promulgated_on"),
        ({"in_force_on": "9999-12-31"}, "in_force_on"),
        ({"signed_on": "2026-06-01", "in_force_on": "2026-05-31"}, "__all__"),
        ({"submit_by": "2026-06-01", "issue_by": "2026-05-31"}, "__all__"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "ftp://example.org/"}, "url"),
        ({"version": "x"}, "version"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(cast, wrong, field):
    response = post(cast["quang"], "instrument_new", status=200, **{**FACTS, "title_en": "My own words", **wrong})
    assert field in errors(response) and "My own words" in text(response)
    assert not Instrument.objects.exists()


@pytest.mark.parametrize(
    ("doubtful", "said"),
    [({"number": "so 5"}, "none of the known forms"), ({"rank": "law"}, "that of another rank")],
)
def test_a_doubtful_number_is_a_warning_that_a_person_may_confirm(cast, doubtful, said):
    page = text(post(cast["lan"], "instrument_new", status=200, **{**FACTS, **doubtful}))
    assert said in page and 'name="sure"' in page and not Instrument.objects.exists()
    post(cast["lan"], "instrument_new", **{**FACTS, **doubtful, "sure": "on"})
    made = Instrument.objects.get()
    change = {**FACTS, **doubtful, "title_en": "Known by now", "version": made.version}
    post(cast["lan"], "instrument_edit", made.pk, **change)


def test_no_box_is_shown_where_there_is_no_doubt(cast):
    assert 'name="sure"' not in text(post(cast["lan"], "instrument_new", status=200, **{**FACTS, "title_vi": ""}))


def test_a_known_number_leads_to_the_row_that_has_it(cast):
    first = make_instrument(number="59/2026/NĐ-CP")
    page = text(post(cast["lan"], "instrument_new", status=200, **{**FACTS, "number": "59/2026/nd-cp"}))
    assert f'<a href="{reverse("instrument", args=[first.pk])}">59/2026/NĐ-CP</a>' in page
    assert Instrument.objects.count() == 1


def test_the_report_form_checks_a_number_alike(cast):
    task, known = make_task(), make_instrument(number="59/2026/NĐ-CP")
    body = task.responsibilities.get(role="A").body_id
    new = {"new_rank": "decree", "new_title": "Nghị định", "new_signed_on": "2026-06-01"}
    values = {"body": body, "stage": "planned", "done_text": "x", "version": 0, "draft": "1", **new}
    page = text(post(cast["lan"], "report_new", task.pk, status=200, **values, new_number="59/2026/nd-cp"))
    assert reverse("instrument", args=[known.pk]) in page
    page = text(post(cast["lan"], "report_new", task.pk, status=200, **values, new_number="so 5"))
    assert "none of the known forms" in page and 'name="new_sure"' in page
    post(cast["lan"], "report_new", task.pk, **values, new_number="so 5", new_sure="on")
    assert ProgressReport.objects.get().instrument.number == "so 5"


def test_a_draft_without_a_number_is_registered_and_numbered_later(cast):
    post(cast["lan"], "instrument_new", **{**FACTS, "number": ""})
    draft = Instrument.objects.get()
    assert "no number yet" in text(get(cast["lan"], "instrument", draft.pk))
    signed = {**FACTS, "number": "8/2026/NĐ-CP", "signed_on": "2026-06-01", "version": draft.version}
    post(cast["lan"], "instrument_edit", draft.pk, **signed)
    assert "no number yet" not in text(get(cast["lan"], "instrument", draft.pk))


def test_the_form_of_a_change_begins_with_what_is_there(cast, instrument):
    assert reverse("instrument_edit", args=[instrument.pk]) in text(get(cast["lan"], "instrument", instrument.pk))
    page = text(get(cast["lan"], "instrument_edit", instrument.pk))
    assert 'value="7/2026/NĐ-CP"' in page and "Body BO-A (BO-A)" in page and 'value="2026-02-02"' in page


def test_who_was_too_late_sees_both_values_and_may_send_again(cast, instrument):
    values = {**FACTS, "number": instrument.number, "version": 1, "issuer": "BO-A"}
    instruments.change(
        Instrument.objects.get(), version=1, title_vi="Của đồng nghiệp", by=cast["quang"], at=noon(TODAY)
    )
    response = post(cast["lan"], "instrument_edit", instrument.pk, status=409, **{**values, "title_vi": "Của tôi"})
    page = text(response, 409)
    assert "Của đồng nghiệp" in page and 'value="Của tôi"' in page and "2 Feb 2026" in page
    assert Instrument.objects.get().title_vi == "Của đồng nghiệp"
    again = {**values, "title_vi": "Của tôi", "version": response.context["form"]["version"].value()}
    post(cast["lan"], "instrument_edit", instrument.pk, **again)
    assert Instrument.objects.get().title_vi == "Của tôi"


def test_a_change_is_recorded_and_stands_in_the_time_line(cast, instrument):
    post(cast["lan"], "phase_new", instrument.pk, phase="drafting", on="2026-01-10", document="45/TTr-BNV")
    page = get(cast["lan"], "instrument", instrument.pk)
    assert [str(change.title) for change in page.context["known"].life] == ["Drafting", "Signed", "In force"]
    assert "45/TTr-BNV" in text(page)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"phase": "signed", "on": "2026-01-10"}, "phase"),
        ({"phase": "drafting", "on": ""}, "on"),
        ({"phase": "drafting", "on": "2026-02-03"}, "on"),
        ({"phase": "drafting", "on": "2026-01-10", "note": "a\x00"}, "note"),
    ],
)
def test_a_wrong_change_names_its_field(cast, instrument, values, field):
    assert errors(post(cast["lan"], "phase_new", instrument.pk, status=200, **values)) == {field}
    assert not instrument.phases.exists()


def test_a_correction_stays_in_sight_with_what_it_corrects(cast, instrument):
    who = {"by": cast["lan"], "at": noon(TODAY)}
    wrong = instrument_life.record(instrument, phase=Phase.DRAFTING, on=date(2026, 1, 10), note="by letter", **who)
    page = text(get(cast["lan"], "phase_correct", instrument.pk, wrong.pk))
    assert "10 Jan 2026" in page and "It did not happen" in page
    post(cast["lan"], "phase_correct", instrument.pk, wrong.pk, phase="planned", on="2026-01-12")
    page = text(get(cast["lan"], "instrument", instrument.pk))
    assert "12 Jan 2026" in page and "What was corrected" in page and "10 Jan 2026" in page
    values = {"phase": "planned", "on": "2026-01-12"}
    assert "corrected by now" in text(
        post(cast["lan"], "phase_correct", instrument.pk, wrong.pk, status=409, **values), 409
    )


def test_a_change_that_did_not_happen_leaves_the_time_line(cast, instrument):
    who = {"by": cast["lan"], "at": noon(TODAY)}
    wrong = instrument_life.record(instrument, phase=Phase.DRAFTING, on=date(2026, 1, 10), **who)
    post(cast["lan"], "phase_correct", instrument.pk, wrong.pk, phase="drafting", on="", did_not_happen="on")
    known = get(cast["lan"], "instrument", instrument.pk).context["known"]
    assert [change.row for change in known.life] == [None, None] and len(known.corrected) == 2


def test_a_phase_of_another_instrument_is_not_found(cast, instrument):
    who = {"by": cast["lan"], "at": noon(TODAY)}
    row = instrument_life.record(instrument, phase=Phase.DRAFTING, on=date(2026, 1, 10), **who)
    other = make_instrument(issuer=make_body("BO-A"))
    assert get(cast["lan"], "phase_correct", other.pk, row.pk).status_code == 404


def test_a_file_is_stored_listed_with_its_sum_and_revised(cast, instrument):
    post(cast["lan"], "instrument_file_new", instrument.pk, file=pdf(), dated="2026-02-02")
    first = InstrumentFile.objects.get()
    page = text(get(cast["lan"], "instrument", instrument.pk))
    assert "nghi-dinh.pdf" in page and first.sha256 in page and f"{first.sha256[:12]}…" in page
    form = get(cast["lan"], "instrument_file_new", instrument.pk, replaces=str(first.pk))
    assert f'<option value="{first.pk}" selected>' in text(form)
    values = {"file": pdf("nghi-dinh-2.pdf", PDF + b"2"), "replaces": str(first.pk)}
    post(cast["lan"], "instrument_file_new", instrument.pk, **values)
    page = text(get(cast["lan"], "instrument", instrument.pk))
    assert "1 earlier revision" in page and reverse("instrument_file", args=[first.pk]) in page


def test_a_revision_of_what_was_replaced_meanwhile_is_refused(cast, instrument, files):
    who = {"by": cast["lan"], "at": noon(TODAY)}
    first = instrument_files.add(instrument, pdf(), **who)
    instrument_files.add(instrument, pdf(content=PDF + b"2"), replaces=first, **who)
    values = {"file": pdf(content=PDF + b"3"), "replaces": str(first.pk)}
    assert errors(post(cast["lan"], "instrument_file_new", instrument.pk, status=400, **values)) == {"replaces"}
    assert InstrumentFile.objects.count() == 2


def served(response: Any) -> None:
    """Whatever is served is a download that no browser opens, guesses at or runs."""
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Content-Type"] in ("application/pdf", "image/png", "image/jpeg") or "officedocument" in str(
        response["Content-Type"]
    )


@pytest.mark.parametrize("case", SOUND)
def test_a_sound_file_comes_back_as_a_download(cast, instrument, case):
    name, content = SOUND[case]()
    post(cast["lan"], "instrument_file_new", instrument.pk, file=SimpleUploadedFile(name, content))
    response = get(cast["minh"], "instrument_file", InstrumentFile.objects.get().pk)
    assert b"".join(response.streaming_content) == content
    served(response)


def test_an_earlier_revision_is_served_alike_and_a_lost_file_is_not_found(cast, instrument):
    who = {"by": cast["lan"], "at": noon(TODAY)}
    first = instrument_files.add(instrument, pdf(), **who)
    instrument_files.add(instrument, pdf(content=PDF + b"2"), replaces=first, **who)
    response = get(cast["hoa"], "instrument_file", first.pk)
    assert b"".join(response.streaming_content) == PDF
    served(response)
    Path(first.file.path).unlink()
    assert get(cast["hoa"], "instrument_file", first.pk).status_code == 404


def test_there_are_forty_hostile_uploads_of_every_kind():
    assert len(HOSTILE) >= 40 and all((BOMBS, DISGUISES, SCRIPTS, PATHS))


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_upload_is_refused_on_the_page_and_leaves_nothing(cast, instrument, files, case):
    name, content = HOSTILE[case]()
    response = post(
        cast["lan"], "instrument_file_new", instrument.pk, status=400, file=SimpleUploadedFile(name, content)
    )
    assert errors(response) == {"file"}
    assert "onerror=alert(1)>" not in text(response, 400)
    assert not InstrumentFile.objects.exists()
    assert [path for path in files.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("case", [*list(BOMBS)[:3], *list(DISGUISES)[:3], *list(SCRIPTS)[:3], *list(PATHS)[:3]])
def test_the_report_form_refuses_them_too(cast, files, case):
    name, content = HOSTILE[case]()
    task = make_task()
    body = task.responsibilities.get(role="A").body_id
    values = {"body": body, "stage": "planned", "done_text": "x", "version": 0, "submit": "1"}
    response = post(
        cast["lan"], "report_new", task.pk, status=200, **values, files=[pdf(), SimpleUploadedFile(name, content)]
    )
    assert errors(response) == {"files"}
    assert not Attachment.objects.exists() and not ProgressReport.objects.exists()
    assert [path for path in files.rglob("*") if path.is_file()] == []


def test_what_goes_beyond_the_limit_reaches_no_disk(cast, instrument, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    response = post(
        cast["lan"], "instrument_file_new", instrument.pk, status=400, file=pdf(content=PDF + bytes(60 * 1024 * 1024))
    )
    assert errors(response) == {"file"}
    assert response.wsgi_request.FILES["file"].size <= 20 * 1024 * 1024 + 64 * 1024


def test_a_consultation_is_recorded_as_days_counts_and_documents(cast, instrument):
    values = {**PERIOD, "count_people": "1840", "count_local": "0", "front_number": "125/MTTW-BTT"}
    post(cast["lan"], "consultation_new", instrument.pk, **values)
    row = Consultation.objects.get()
    assert consultations.counts_of(row) == {"local": 0, "people": 1840}
    page = text(get(cast["minh"], "instrument", instrument.pk))
    assert "1,840" in page and "125/MTTW-BTT" in page and "Consulted before it was signed" in page
    assert "no data of those who were asked" in page


def test_the_form_of_a_consultation_has_no_field_for_text(cast, instrument):
    page = text(get(cast["lan"], "consultation_new", instrument.pk))
    assert "<textarea" not in page and "There is no place for names" in page
    names = set(re.findall(r'<input type="text" name="(\w+)"', page))
    assert names == {"summary_number", "front_number"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"opened_on": ""}, "opened_on"),
        ({"closed_on": "2026-01-04"}, "closed_on"),
        ({"summary_number": "Bà Nguyễn Thị A"}, "summary_number"),
        ({"summary_url": "mailto:a@example.org"}, "summary_url"),
        ({"front_opinion": "x"}, "front_opinion"),
        ({"count_people": "-1"}, "count_people"),
        ({"count_people": "many"}, "count_people"),
        ({"count_people": "9" * 30}, "count_people"),
    ],
)
def test_a_wrong_consultation_names_its_field(cast, instrument, wrong, field):
    assert field in errors(post(cast["lan"], "consultation_new", instrument.pk, status=200, **{**PERIOD, **wrong}))
    assert not Consultation.objects.exists()


def test_two_who_change_a_consultation_see_both(cast, instrument):
    post(cast["lan"], "consultation_new", instrument.pk, **PERIOD, count_people="5")
    row = Consultation.objects.get()
    post(cast["quang"], "consultation_edit", row.pk, **{**PERIOD, "version": 1, "count_people": "77"})
    response = post(
        cast["lan"], "consultation_edit", row.pk, status=409, **{**PERIOD, "version": 1, "count_people": "8"}
    )
    page = text(response, 409)
    assert "<dd>77</dd>" in page and 'value="8"' in page
    assert consultations.counts_of(Consultation.objects.get()) == {"people": 77}


def listed(user: User, status: Consulted) -> list[str]:
    return [row.number for row in get(user, "instrument_list", consulted=status.value).context["page"].rows]


def test_promulgated_unasked_is_a_mark_only_once_somebody_has_said_so(cast, instrument):
    page = text(get(cast["hoa"], "instrument", instrument.pk))
    assert "Consultation not recorded" in page and "Promulgated unasked" not in page
    assert listed(cast["hoa"], Consulted.UNKNOWN) == [instrument.number] and not listed(cast["hoa"], Consulted.UNASKED)
    post(cast["lan"], "consultation_known", instrument.pk, known="yes")
    page = text(get(cast["hoa"], "instrument", instrument.pk))
    assert page.count("Promulgated unasked") == 2 and "15 Jun 2026" in page
    assert "Promulgated unasked" in text(get(cast["hoa"], "instrument_list")).partition("<tbody>")[2]
    assert listed(cast["hoa"], Consulted.UNASKED) == [instrument.number]
    post(cast["lan"], "consultation_known", instrument.pk, known="no")
    assert listed(cast["hoa"], Consulted.UNASKED) == []


def test_a_reader_finds_no_button(cast, instrument):
    page = text(get(cast["minh"], "instrument", instrument.pk))
    for name in ("instrument_edit", "phase_new", "instrument_file_new", "consultation_new", "consultation_known"):
        assert reverse(name, args=[instrument.pk]) not in page


def test_the_page_takes_twelve_queries_however_much_hangs_on_it(cast, instrument, django_assert_num_queries):
    client = client_of(cast["hoa"])
    for number in range(2):
        who = {"by": cast["quang"], "at": noon(TODAY)}
        day = date(2026, 1, 4) + timedelta(days=number)
        instrument_life.record(instrument, phase=(Phase.PLANNED, Phase.DRAFTING)[number], on=day, **who)
        instrument_files.add(instrument, pdf(content=PDF + b"%d" % number), **who)
        consultations.record(instrument, counts={"people": 1, "local": 2}, opened_on=day, **who)
        with django_assert_num_queries(12):
            assert client.get(reverse("instrument", args=[instrument.pk])).status_code == 200
