"""Urging on the pages: chosen on the overdue page, previewed, issued, read, downloaded, answered."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from docx import Document

from accounts.models import User
from tests.builders import make_body, make_cast, make_user
from tests.urging import ANSWER_BY, SIGNED, flag, hold, issue, make_late
from tests.working import TODAY, client_of, frozen, get, submitted, text
from tracker.choices import Clock, Duty, Role
from tracker.models import Flag, Urging

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
VALUES = {**SIGNED, "answer_by": f"{ANSWER_BY:%Y-%m-%d}", "note": ""}


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def send(user, *flags, **values):
    data = {**VALUES, "flag": [row.pk for row in flags], **values}
    return client_of(user).post(reverse("urging_new"), data)


def test_the_overdue_page_offers_what_can_be_urged(cast):
    late, decision, nobodys = make_late(), make_late(clock=Clock.REVIEW), make_late(False)
    page = text(get(cast["hoa"], "overdue"))
    assert f'name="row" value="{late.pk}:{late.version}" form="decide"' in page and "Urge selected" in page
    chosen = {"row": [f"{late.pk}:1", f"{decision.pk}:1"], "urge": "1"}
    response = client_of(cast["hoa"]).post(reverse("overdue"), chosen)
    assert response.url == f"{reverse('urging_new')}?flag={late.pk}&flag={decision.pk}"
    found = get(cast["hoa"], "overdue").context
    assert found["urgeable"] == {late.pk} and nobodys.pk not in found["urgeable"]


@pytest.mark.parametrize("name", ["quang", "vinh"])
def test_who_does_not_urge_is_offered_nothing(cast, name):
    make_late()
    page = text(get(cast[name], "overdue"))
    assert "Urge selected" not in page and 'form="decide"' not in page


def test_the_preview_shows_a_card_a_body_and_a_form_that_is_filled(cast):
    late, other = make_late(), make_late(make_body("BO-B"))
    response = get(cast["hoa"], "urging_new", flag=[late.pk, other.pk])
    page = text(response)
    assert "2 letters would be issued" in page and late.task.title_vi in page and "Body BO-B" in page
    initial = response.context["form"].initial
    assert f"{initial['answer_by']:%d/%m/%Y}" == "22/06/2026" and initial["place"] == "Hà Nội"


def test_the_preview_says_what_is_left_out_and_why(cast):
    late, nobodys = make_late(), make_late(False)
    page = text(get(cast["hoa"], "urging_new", flag=[late.pk, nobodys.pk]))
    assert "no body is accountable today" in page and nobodys.task.code in page
    assert f'name="flag" value="{late.pk}"' in page and f'name="flag" value="{nobodys.pk}"' not in page


@pytest.mark.parametrize("value", ["", "nope", "-1", "0", "99999999999999999999999", "\x00", "١"])
def test_a_selection_that_is_none_makes_nothing(cast, value):
    assert "No late task is chosen" in text(get(cast["hoa"], "urging_new", flag=value))
    assert send(cast["hoa"], flag=[value]).status_code == 200
    assert not Urging.objects.exists()


def test_issued_it_is_a_page_and_a_document(cast):
    late = make_late()
    response = send(cast["hoa"], late, note="Đề nghị cử đầu mối.")
    letter = Urging.objects.get()
    assert response.url == reverse("urging", args=[letter.pk])
    page = text(get(cast["hoa"], "urging", letter.pk))
    assert "Đề nghị cử đầu mối." in page and '<article class="letter" lang="vi">' in page and letter.sha256 in page
    file = get(cast["lan"], "urging_document", letter.pk)
    assert file["Content-Disposition"] == 'attachment; filename="1-CV_BDV.docx"'
    assert file["X-Content-Type-Options"] == "nosniff" and "sandbox" in file["Content-Security-Policy"]
    assert Document(io.BytesIO(file.content)).tables[2].rows[1].cells[1].text == late.task.title_vi
    assert file.content == bytes(letter.document)


def test_several_letters_lead_to_the_list(cast):
    response = send(cast["hoa"], make_late(), make_late(make_body("BO-B")))
    assert response.url == reverse("urging_list")
    page = text(get(cast["hoa"], "urging_list"))
    assert "1-CV/BDV" in page and "2-CV/BDV" in page and "0 of 1" in page


@pytest.mark.parametrize("name", ["answer_by", "place", "signer_title", "signer_name"])
def test_what_is_missing_is_named_and_what_was_typed_stays(cast, name):
    response = send(cast["hoa"], make_late(), **{"note": "Giữ lời này", name: ""})
    assert name in response.context["form"].errors and "Giữ lời này" in text(response)
    assert not Urging.objects.exists()


def test_a_day_that_cannot_be_kept_is_told_beside_its_field(cast):
    response = send(cast["hoa"], make_late(), answer_by="2026-06-01")
    assert "answer_by" in response.context["form"].errors and not Urging.objects.exists()


def test_sent_twice_it_is_issued_once(cast):
    late = make_late()
    send(cast["hoa"], late)
    assert "Urged today already" in text(send(cast["hoa"], late), 409)
    assert Urging.objects.count() == 1


def test_a_flag_that_closed_meanwhile_is_told(cast):
    late, gone = make_late(), make_late()
    Flag.objects.filter(pk=gone.pk).update(closed_on=TODAY)
    page = text(send(cast["hoa"], late, gone))
    assert "no longer late" in page and gone.task.code in page and not Urging.objects.exists()


def test_foreign_flags_are_like_those_that_do_not_exist(cast):
    near = make_user("xuan", Duty.COMMISSION, make_body("BDV-B"), make_body("BO-B"))
    late = make_late()
    pages = [text(get(near, "urging_new", flag=pk)).split("<main")[1] for pk in (late.pk, 999_999)]
    assert pages[0] == pages[1] and "No late task is chosen" in pages[0]


def test_a_commission_of_another_place_urges_nobody_here(cast):
    near = make_user("xuan", Duty.COMMISSION, make_body("BDV-B"), make_body("BO-B"))
    late = make_late()
    hold(late.task, make_body("BO-B"), Role.RESPONSIBLE)
    assert "Urge selected" not in text(get(near, "overdue"))
    assert get(near, "urging_new", flag=late.pk).status_code == 403
    assert send(near, late).status_code == 403


def test_a_letter_is_read_by_the_urged_body_and_the_commission_only(cast):
    late = make_late()
    hold(late.task, make_body("BO-B"), Role.RESPONSIBLE)
    (letter,) = issue(cast["hoa"], late)
    for page in ("urging", "urging_document"):
        statuses = {name: get(user, page, letter.pk).status_code for name, user in cast.items()}
        assert statuses == {"lan": 200, "minh": 404, "hoa": 200, "quang": 200, "vinh": 200}
    assert "1-CV/BDV" in text(get(cast["lan"], "urging_list")) and "1-CV" not in text(get(cast["minh"], "urging_list"))


def test_who_shares_the_task_learns_of_the_letter_but_does_not_read_it(cast):
    late = make_late()
    hold(late.task, make_body("BO-B"), Role.RESPONSIBLE)
    (letter,) = issue(cast["hoa"], late)
    link = reverse("urging", args=[letter.pk])
    theirs, own = (text(get(cast[name], "task", late.task_id)) for name in ("minh", "lan"))
    assert "letter 1-CV/BDV" in theirs and link not in theirs and link in own


def test_the_task_tells_how_often_it_was_urged_and_when_the_answer_came(cast):
    late = make_late()
    issue(cast["hoa"], late, day=TODAY.replace(day=10))
    issue(cast["hoa"], late)
    page = text(get(cast["lan"], "task", late.task_id))
    assert "Urged 2 times" in page and "to be answered by 22" in page
    submitted(late.task, cast["lan"])
    assert "answered 15" in text(get(cast["lan"], "task", late.task_id))


def test_the_desk_shows_letters_until_they_are_answered(cast):
    late = make_late()
    (letter,) = issue(cast["hoa"], late)
    page = text(get(cast["lan"], "desk"))
    assert "The commission urged you" in page and reverse("urging", args=[letter.pk]) in page
    assert "The commission urged you" not in text(get(cast["minh"], "desk"))
    submitted(late.task, cast["lan"])
    assert "The commission urged you" not in text(get(cast["lan"], "desk"))


def test_the_page_of_a_body_has_the_letters_that_it_got(cast):
    issue(cast["hoa"], make_late())
    assert "Urging letters it got" in text(get(cast["hoa"], "body", "BO-A"))
    assert "1-CV/BDV" not in text(get(cast["minh"], "body", "BO-A"))


def test_the_list_is_filtered_by_body_and_state(cast):
    answered, waiting = make_late(), make_late(make_body("BO-B"))
    issue(cast["hoa"], answered, waiting)
    submitted(answered.task, cast["lan"])

    def listed(**query):
        return [row.body.code for row in get(cast["hoa"], "urging_list", **query).context["page"].rows]

    assert listed() == ["BO-B", "BO-A"]
    assert (listed(state="answered"), listed(state="waiting"), listed(state="late")) == (["BO-A"], ["BO-B"], [])
    assert listed(body="BO-B") == ["BO-B"] and listed(body="nope") == []


def test_what_people_wrote_is_escaped(cast):
    evil = "<script>alert(1)</script>"
    late = make_late(title_vi=evil, title_en=evil)
    send(cast["hoa"], late, note=evil, signer_title=evil, signer_name=evil, place=evil)
    letter = Urging.objects.get()
    for name, args in (("urging", [letter.pk]), ("urging_list", []), ("task", [late.task_id])):
        page = text(get(cast["hoa"], name, *args))
        assert "<script>alert" not in page and " style=" not in page


def test_the_letter_stays_vietnamese_whatever_the_reader_speaks(cast):
    send(cast["hoa"], make_late())
    letter = Urging.objects.get()
    assert "Ở giai đoạn" in letter.content["rows"][0]["reason"]
    page = text(client_of(cast["hoa"], "en").get(reverse("urging", args=[letter.pk])))
    assert "Kính gửi" in page and "Answers" in page


def test_the_first_flag_of_a_second_clock_is_offered_too(cast):
    late = make_late()
    second = flag(late.task, clock=Clock.SILENCE, limit=TODAY.replace(day=1))
    page = text(get(cast["hoa"], "overdue"))
    assert f'name="row" value="{second.pk}:' in page and 'name="urge"' in page


QUERIES = {"urging_list": 5, "urging": 5, "urging_document": 4, "urging_new": 15}


@pytest.mark.parametrize("page", QUERIES)
def test_three_times_the_rows_take_no_query_more(cast, django_assert_max_num_queries, page):
    client, counts = client_of(cast["hoa"]), []
    for times in (1, 2):
        flags = [make_late() for _number in range(2 * times)]
        letter = issue(cast["hoa"], *flags)[0]
        args = [letter.pk] if page in ("urging", "urging_document") else []
        query = {"flag": [row.pk for row in flags]} if page == "urging_new" else {}
        with django_assert_max_num_queries(QUERIES[page]) as captured:
            assert client.get(reverse(page, args=args), query).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
