"""Mails on pages: one's own, those that are stuck, and what the card of a person tells of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_cast, make_message, make_post, make_task, make_user
from tests.working import client_of, frozen, get, text
from tracker.choices import MessageState
from tracker.models import Cadre, Message, Tenure

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast() | {"admin": make_user("admin", None, make_body("BO-A"), is_superuser=True)}


def test_everybody_lists_their_own_mails(cast: dict[str, User]) -> None:
    make_message(cast["lan"], subject="For Lan")
    make_message(cast["minh"], subject="For Minh", state=MessageState.SENT)
    page = text(get(cast["lan"], "mail_list"))
    assert "For Lan" in page and "For Minh" not in page and "Waiting to be sent" in page
    assert "Your account has no address" in page


def test_a_mail_is_shown_as_the_text_that_was_sent(cast: dict[str, User]) -> None:
    task = make_task(title_en="The mechanism")
    message = make_message(cast["lan"], task=task, subject=EVIL, text=f"{EVIL}\nhttp://localhost:8000/tasks/1/\n")
    page = text(get(cast["lan"], "mail", message.pk))
    assert "<script>alert" not in page and page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 2
    assert 'href="http://localhost:8000/tasks/1/"' in page and "The mechanism" in page


@pytest.mark.parametrize(("name", "status"), [("lan", 200), ("admin", 200), ("hoa", 404), ("quang", 404)])
def test_a_mail_is_read_by_its_receiver_and_the_operator(cast: dict[str, User], name: str, status: int) -> None:
    assert get(cast[name], "mail", make_message(cast["lan"]).pk).status_code == status


def test_who_is_no_member_any_more_reads_no_mail(cast: dict[str, User]) -> None:
    message = make_message(cast["lan"], subject="For Lan")
    cast["lan"].memberships.all().delete()
    assert get(cast["lan"], "mail", message.pk).status_code == 404
    assert "For Lan" not in text(get(cast["lan"], "mail_list"))


def stuck(user: User, state: str = MessageState.BOUNCED, **facts: Any) -> Message:
    return make_message(user, state=state, last_error="550 No such user", **facts)


def test_the_operator_sees_what_is_not_sent_by_state(cast: dict[str, User]) -> None:
    stuck(cast["lan"], subject="Refused one")
    stuck(cast["lan"], MessageState.SET_ASIDE, subject="Set aside one")
    make_message(cast["lan"], subject="Waiting one")
    make_message(cast["lan"], subject="Sent one", state=MessageState.SENT)
    page = text(get(cast["admin"], "system_mails"))
    for words in ("Refused one", "Set aside one", "Waiting one", "550 No such user", "Refused by the receiver: 1"):
        assert words in page
    assert "Sent one" not in page
    page = text(get(cast["admin"], "system_mails", state="bounced"))
    assert "Refused one" in page and "Set aside one" not in page
    assert get(cast["admin"], "system_mails", state="nonsense").status_code == 200


def test_the_operator_sends_again(cast: dict[str, User]) -> None:
    message, client = stuck(cast["lan"]), client_of(cast["admin"])
    where = reverse("mail_retry", args=[message.pk])
    assert "It is sent again within a minute." in text(client.post(where, follow=True))
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED
    assert "somebody has it sent again" in text(client.post(where, follow=True))


def test_the_operator_sends_all_again_that_was_set_aside(cast: dict[str, User]) -> None:
    for _ in range(2):
        stuck(cast["lan"], MessageState.SET_ASIDE)
    page = text(client_of(cast["admin"]).post(reverse("mails_retry"), follow=True))
    assert "2 mails are sent again within minutes." in page
    assert not Message.objects.in_trouble().exists()


@pytest.fixture
def card(cast: dict[str, User]) -> Cadre:
    body = make_body("BO-A")
    make_post(body, holder="Trần Văn An")
    cadre = Cadre.objects.get()
    before = make_post(make_body("BO-B"), code="deputy", title_en="Deputy", is_head=False)
    period = {"valid_from": date(2020, 1, 1), "valid_to": date(2026, 1, 1), "recorded_at": "2026-01-05T00:00Z"}
    Tenure.objects.create(cadre=cadre, post=before, **period)
    User.objects.filter(username="lan").update(cadre=cadre, email="an@example.invalid")
    Cadre.objects.update(work_address="1 Hùng Vương")
    return cadre


def test_the_card_tells_the_posts_of_now_and_before(cast: dict[str, User], card: Cadre) -> None:
    page = text(get(cast["minh"], "cadre", card.code))
    for words in (
        "Trần Văn An",
        "Posts held today",
        "Head",
        "Posts held before",
        "Deputy",
        "to 31 Dec 2025",
        "Hùng Vương",
    ):
        assert words in page
    assert reverse("cadre", args=[card.code]) in text(get(cast["minh"], "body", "BO-A"))


@pytest.mark.parametrize(
    ("name", "is_told"),
    [("admin", True), ("quang", True), ("lan", True), ("hoa", False), ("minh", False), ("vinh", False)],
)
def test_whether_mails_arrive_is_for_who_can_mend_it_and_for_the_person(
    cast: dict[str, User], card: Cadre, name: str, is_told: bool
) -> None:
    stuck(cast["lan"])
    page = text(get(User.objects.get(username=name), "cadre", card.code))
    assert ("an@example.invalid" in page) == ("550 No such user" in page) == is_told


def test_a_person_without_an_account_is_said_to_get_nothing(cast: dict[str, User], card: Cadre) -> None:
    User.objects.update(cadre=None)
    assert "There is no account for this person" in text(get(cast["quang"], "cadre", card.code))


@pytest.mark.parametrize(
    ("name", "limit", "arguments"), [("mail_list", 4, []), ("system_mails", 5, []), ("cadre", 8, ["card"])]
)
def test_pages_take_as_many_queries_for_three_times_the_rows(
    cast: dict[str, User], card: Cadre, name: str, limit: int, arguments: list[str]
) -> None:
    client, counts = client_of(cast["admin"]), []
    where = reverse(name, args=[card.code for _ in arguments])
    for number in (3, 6):
        for _ in range(number):
            stuck(cast["lan"]), stuck(cast["admin"])
        with CaptureQueriesContext(connection) as queries:
            text(client.get(where))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= limit, queries.captured_queries
