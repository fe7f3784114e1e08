"""The pages of calendars: everybody reads them, the editor drafts, adds, takes in lists, applies and discards."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_calendar, make_cast, make_user, noon
from tests.working import TODAY, client_of, frozen, get, text
from tracker.models import Calendar, CalendarVersion, DayOff
from tracker.services import calendars, days_off

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
FRIDAY = date(2026, 7, 17)
DAY = {
    "day": "2026-07-17",
    "kind": "off",
    "name_vi": "Nghỉ hoán đổi",
    "name_en": "Swapped day off",
    "document": "12/TB-BNV",
}
PAPER = {"valid_from": "2026-07-01", "document_vi": "12/TB-BNV", "document_en": "Notice 12"}
LIST = "ngày;loại;tên;tên tiếng Anh;văn bản\n17/07/2026;nghỉ;a;First;12\n25/07/2026;làm bù;a;Second;12\n"


@pytest.fixture
def cast() -> dict[str, User]:
    make_calendar()
    return make_cast()


@pytest.fixture
def draft(cast):
    return calendars.draft(make_calendar(), by=cast["quang"], at=noon(TODAY))


def add(draft, by, day=FRIDAY, **values):
    facts = {**DAY, "day": day, **values}
    return days_off.add(draft, by=by, at=noon(TODAY), **facts)


def apply(draft, by, day=TODAY):
    return calendars.apply(draft, valid_from=day, document_vi="12/TB-BNV", by=by, at=noon(TODAY))


def local_draft(by):
    named = Calendar(code="TINH-A", name_vi="Lịch A", name_en="Calendar A", base=make_calendar(), body=make_body("A1"))
    return calendars.enter_local(named, by=by, at=noon(TODAY))


def post(user, name, *args, status=302, **values):
    response = client_of(user).post(reverse(name, args=args or ["VN"]), values)
    assert response.status_code == status, response.status_code
    return response


def errors(response, form):
    return set(response.context[form].errors)


def upload(data):
    return SimpleUploadedFile("days.csv", data if isinstance(data, bytes) else data.encode())


def test_the_list_says_what_counts_today_what_comes_and_what_is_drafted(cast, draft):
    add(draft, cast["quang"])
    apply(draft, cast["quang"], day=date(2026, 7, 1))
    local_draft(cast["quang"])
    page = text(get(cast["lan"], "calendar_list"))
    assert "version 1, from 1 Jan 2024" in page and "version 2, from 1 Jul 2026" in page
    assert "Calendar A" in page and "adds to: Viet Nam" in page and "draft of version 1" in page
    assert reverse("calendar_new") not in page
    assert reverse("calendar_new") in text(get(cast["quang"], "calendar_list"))


def test_a_year_lists_its_named_days_by_month_and_counts_its_working_days(cast):
    page = text(get(cast["lan"], "calendar", "VN", year="2026"))
    for words in (
        "National Day",
        "Wednesday",
        "public holiday",
        "Make-up working day",
        "February 2026 · 15 working days",
    ):
        assert words in page, words
    year = get(cast["lan"], "calendar", "VN", year="2026").context["year"]
    assert (len(year.months), year.working_days, year.make_up_days) == (12, sum(m.working_days for m in year.months), 1)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_years_are_written_without_separators(cast, draft, language):
    client = client_of(cast["quang"], language)
    for name in ("calendar", "calendar_draft"):
        page = text(client.get(reverse(name, args=["VN"])))
        assert "2026" in page and "2.026" not in page and "2,026" not in page


def test_a_day_shows_its_document_and_what_is_to_be_checked(cast, draft):
    edit = add(draft, cast["quang"])
    DayOff.objects.filter(pk=edit.pk).update(to_be_checked_en="the number", to_be_checked_vi="số")
    apply(draft, cast["quang"])
    page = text(get(cast["lan"], "calendar", "VN"))
    assert "12/TB-BNV" in page and "the number" in page and "1 row to be checked" in page
    assert "Swapped day off" not in text(get(cast["lan"], "calendar", "VN", version="1"))


def test_a_local_calendar_shows_the_days_of_its_base_too(cast, draft):
    add(draft, cast["quang"])
    apply(draft, cast["quang"])
    local = local_draft(cast["quang"])
    page = text(get(cast["lan"], "calendar", "TINH-A"))
    assert "No version of this calendar has been applied" in page
    add(local, cast["quang"], date(2026, 7, 20), name_en="Day of the province")
    apply(local, cast["quang"])
    page = text(get(cast["lan"], "calendar", "TINH-A"))
    assert "Swapped day off" in page and "Day of the province" in page and page.count("Viet Nam") >= 2


@pytest.mark.parametrize("query", [{"year": "2040"}, {"year": "x"}, {"version": "9"}, {"version": "\x00"}])
def test_a_year_or_version_that_is_not_there_is_told(cast, query):
    page = text(get(cast["lan"], "calendar", "VN", **query))
    assert "is not one of the choices" in page or "Correct the choice above" in page


def test_a_year_that_another_version_holds_is_told(cast, draft):
    add(draft, cast["quang"])
    apply(draft, cast["quang"])
    CalendarVersion.objects.filter(pk=draft.pk).update(last_year=2029)
    page = text(get(cast["lan"], "calendar", "VN", version="1", year="2029"))
    assert "This version holds the years 2024 to 2028: take one of them." in page


def test_the_editor_begins_a_draft_and_adds_and_removes_a_day(cast):
    quang = cast["quang"]
    assert reverse("calendar_draft_begin", args=["VN"]) in text(get(quang, "calendar", "VN"))
    assert post(quang, "calendar_draft_begin").url == reverse("calendar_draft", args=["VN"])
    draft = CalendarVersion.objects.drafts().get()
    response = post(quang, "calendar_day_add", **DAY, version=draft.version)
    assert response.url == reverse("calendar_draft", args=["VN"]) + "?year=2026#main"
    page = text(get(quang, "calendar_draft", "VN", year="2026"))
    assert "17 Jul 2026" in page and "12/TB-BNV" in page
    edit, remove = draft.days_off.get(), "calendar_day_remove"
    assert reverse(remove, args=["VN", edit.pk]) in page
    post(quang, remove, "VN", edit.pk, version=draft.version + 1)
    assert not draft.days_off.exists()


def test_a_draft_that_somebody_else_began_is_shown(cast, draft):
    page = client_of(cast["quang"]).post(reverse("calendar_draft_begin", args=["VN"]), follow=True)
    assert "This calendar has a draft already" in text(page) and page.context["draft"] == draft


def test_the_draft_shows_what_it_would_change(cast, draft):
    add(draft, cast["quang"])
    add(draft, cast["quang"], date(2026, 8, 31), name_en="Exchanged")
    found = get(cast["lan"], "calendar_draft", "VN")
    changes = found.context["changes"]
    assert [(change.day, change.is_moving) for change in changes] == [(FRIDAY, True), (date(2026, 8, 31), False)]
    page = text(found)
    assert "What changes against version 1" in page and "name or document only" in page


def test_readers_see_a_draft_and_no_form(cast, draft):
    add(draft, cast["quang"])
    page = text(get(cast["lan"], "calendar_draft", "VN"))
    assert "Swapped day off" in page and 'method="post" action="/calendars' not in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"day": "2026-07-19"}, "day"),
        ({"day": "17.7.26"}, "day"),
        ({"day": "2029-01-02"}, "day"),
        ({"kind": "nonsense"}, "kind"),
        ({"name_en": " "}, "name_en"),
        ({"name_vi": "x" * 201}, "name_vi"),
        ({"document": ""}, "document"),
    ],
)
def test_a_wrong_day_keeps_what_was_typed_and_names_the_field(cast, draft, wrong, field):
    response = post(cast["quang"], "calendar_day_add", status=200, **{**DAY, **wrong}, version=draft.version)
    assert errors(response, "day_form") == {field}
    assert "Swapped day off" in text(response) or field == "name_en"
    assert not draft.days_off.exists()


def test_a_list_is_taken_in(cast, draft):
    post(cast["quang"], "calendar_import", file=upload(LIST), version=draft.version)
    assert draft.days_off.count() == 2
    assert "Second" in text(get(cast["quang"], "calendar_draft", "VN"))


@pytest.mark.parametrize("data", [LIST + "31/02/2026;nghỉ;a;b;c\n19/07/2026;x;a;b;c\n", b"\xff\xfe", b"x" * 300_000])
def test_a_wrong_list_takes_in_nothing_and_says_why(cast, draft, data):
    response = post(cast["quang"], "calendar_import", status=200, file=upload(data), version=draft.version)
    assert errors(response, "list_form") == {"file"} and not draft.days_off.exists()


def test_a_list_names_every_wrong_line(cast, draft):
    data = LIST + "31/02/2026;nghỉ;a;b;c\n19/07/2026;nghỉ;<b>;b;c\n"
    page = text(post(cast["quang"], "calendar_import", status=200, file=upload(data), version=draft.version))
    assert "Line 4, column “ngày”" in page and "Line 5, column “ngày”: 19 Jul 2026 is a weekend day" in page


def test_the_draft_is_applied(cast, draft):
    add(draft, cast["quang"])
    response = post(cast["quang"], "calendar_apply", **PAPER, version=draft.version)
    assert response.url == reverse("calendar", args=["VN"])
    page = text(get(cast["lan"], "calendar", "VN", version="2"))
    assert "to come" in page and "Notice 12" in page and "from 1 Jan 2024 to 30 Jun 2026" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"valid_from": "2026-06-14"}, "valid_from"),
        ({"valid_from": ""}, "valid_from"),
        ({"document_vi": ""}, "document_vi"),
    ],
)
def test_a_wrong_day_or_document_applies_nothing(cast, draft, wrong, field):
    add(draft, cast["quang"])
    values = {**PAPER, **wrong, "version": draft.version}
    response = post(cast["quang"], "calendar_apply", status=200, **values)
    assert errors(response, "apply_form") == {field} and "Notice 12" in text(response)
    assert CalendarVersion.objects.drafts().exists()


def test_a_draft_without_a_change_is_not_applied(cast, draft):
    page = text(post(cast["quang"], "calendar_apply", status=200, **PAPER, version=draft.version))
    assert "This draft changes nothing" in page


def test_the_draft_is_discarded(cast, draft):
    post(cast["quang"], "calendar_discard", version=draft.version)
    assert not CalendarVersion.objects.drafts().exists()


@pytest.mark.parametrize("name", ["calendar_day_add", "calendar_import", "calendar_apply", "calendar_discard"])
def test_what_came_second_keeps_what_was_typed_and_may_be_sent_again(cast, draft, name):
    seen = draft.version
    add(draft, cast["quang"], date(2026, 7, 20))
    values = {**DAY, **PAPER, "file": upload(LIST), "version": seen}
    page = text(post(cast["quang"], name, status=409, **values), 409)
    assert "Somebody changed this after you opened it" in page
    assert draft.days_off.count() == 1 and f'name="version" value="{seen + 1}"' in page


def test_a_removal_that_came_second_is_told(cast, draft):
    edit = add(draft, cast["quang"])
    page = text(post(cast["quang"], "calendar_day_remove", "VN", edit.pk, status=409, version=1), 409)
    assert "Somebody changed this after you opened it" in page and draft.days_off.exists()


def test_a_change_of_a_draft_that_is_gone_leads_to_the_calendar(cast):
    for name in ("calendar_day_add", "calendar_import", "calendar_apply", "calendar_discard"):
        assert post(cast["quang"], name, **DAY, version=1).url == reverse("calendar", args=["VN"])
    assert get(cast["lan"], "calendar_draft", "VN").status_code == 302


NEW = {"code": "VN-A", "name_vi": "Lịch A", "name_en": "Calendar A", "base": "VN", "body": "Body A1 (A1)"}


def test_a_local_calendar_is_entered(cast):
    make_body("A1")
    assert "Body A1 (A1)" in text(get(cast["quang"], "calendar_new"))
    response = client_of(cast["quang"]).post(reverse("calendar_new"), NEW)
    assert (response.status_code, response.url) == (302, reverse("calendar_draft", args=["VN-A"]))
    page = text(get(cast["quang"], "calendar_draft", "VN-A"))
    assert "What it adds" in page and "Calendar A" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "new"}, "code"),
        ({"code": "VN"}, "code"),
        ({"code": "A/B"}, "code"),
        ({"base": "XX"}, "base"),
        ({"body": "nobody"}, "body"),
        ({"body": "A2"}, "body"),
        ({"name_vi": ""}, "name_vi"),
    ],
)
def test_a_wrong_local_calendar_keeps_what_was_typed(cast, wrong, field):
    make_body("A1")
    taken = Calendar(code="VN-B", name_vi="B", name_en="B", base=make_calendar(), body=make_body("A2"))
    calendars.enter_local(taken, by=None, at=noon(TODAY))
    response = client_of(cast["quang"]).post(reverse("calendar_new"), {**NEW, **wrong})
    assert errors(response, "form") == {field} and "Calendar A" in text(response)
    assert Calendar.objects.count() == 2


def test_a_stranger_sees_no_calendar(cast, draft):
    stranger = make_user("stranger", None, make_body("BO-A"))
    assert get(stranger, "calendar", "VN").status_code == 404
    assert "Viet Nam" not in text(get(stranger, "calendar_list")).replace("Viet Nam time", "")


def test_stored_text_is_escaped(cast, draft):
    evil = "<script>alert(1)</script>"
    add(draft, cast["quang"], name_en=evil, document=evil)
    for name in ("calendar_draft", "calendar"):
        page = text(get(cast["quang"], name, "VN"))
        assert "<script>alert" not in page and " style=" not in page, name
        if CalendarVersion.objects.drafts().exists():
            apply(draft, cast["quang"])


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_pages_take_a_constant_number_of_queries(cast, draft, language, django_assert_num_queries):
    quang = cast["quang"]
    local = local_draft(quang)
    client = client_of(quang, language)
    days = iter(date(2026, 8, number) for number in (3, 4, 5, 6, 7))
    for _times in range(2):
        add(draft, quang, next(days))
        add(local, quang, next(days))
        pages = [("calendar_list", [], 5), ("calendar_new", [], 5), ("calendar", ["VN"], 7)]
        for name, args, queries in [*pages, ("calendar_draft", ["VN"], 10), ("calendar_draft", ["TINH-A"], 14)]:
            with django_assert_num_queries(queries):
                text(client.get(reverse(name, args=args)))


def test_the_pages_of_a_local_calendar_take_few_queries_more(cast, draft, django_assert_num_queries):
    local = local_draft(cast["quang"])
    add(local, cast["quang"])
    apply(local, cast["quang"])
    client = client_of(cast["quang"])
    with django_assert_num_queries(9):
        text(client.get(reverse("calendar", args=["TINH-A"])))
    calendars.draft(local.calendar, by=cast["quang"], at=noon(TODAY))
    with django_assert_num_queries(14):
        text(client.get(reverse("calendar_draft", args=["TINH-A"])))
