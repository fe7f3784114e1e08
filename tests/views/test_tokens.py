"""The page of the tokens: made by their owner, shown once, revoked at once."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken
from tests.builders import make_body, make_cast, make_task
from tests.working import client_of, get, text
from tracker.models import Event

TOKEN = re.compile(r"rmt_[a-z0-9]{12}\.[A-Za-z0-9_-]{43}")
FACTS = {"name": "data hub", "scopes": ["read"], "days": 30}


@pytest.fixture
def cast(db):
    return make_cast()


def post(user, language="en", **facts):
    return client_of(user, language).post(reverse("token_list"), {**FACTS, **facts})


def test_a_token_is_shown_once_and_works(cast):
    make_task(code="2.5")
    response = post(cast["lan"], scopes=["read", "report"])
    token = TOKEN.search(text(response, 201))[0]
    assert "no-store" in response["Cache-Control"]
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert [row["code"] for row in client.get("/api/v1/tasks/").json()["results"]] == ["2.5"]
    page = text(get(cast["lan"], "token_list"))
    assert not TOKEN.search(page)
    assert "data hub" in page
    assert "data hub" not in text(get(cast["minh"], "token_list"))


def test_the_history_knows_of_it_and_not_of_its_secret(cast):
    token = TOKEN.search(text(post(cast["lan"]), 201))[0]
    row = ApiToken.objects.get()
    client_of(cast["lan"]).post(reverse("token_revoke", args=[row.pk]))
    made, revoked = Event.objects.filter(object_kind="apitoken").order_by("id")
    assert (made.kind, revoked.kind, made.actor) == ("token.made", "token.revoked", cast["lan"])
    assert made.after["scopes"] == ["read"]
    secret = token.partition(".")[2]
    assert not [event for event in (made, revoked) if secret in f"{event.before}{event.after}{event.why}"]


def test_a_revoked_token_is_refused_from_then_on(cast):
    token = TOKEN.search(text(post(cast["lan"]), 201))[0]
    client, row = Client(headers={"Authorization": f"Bearer {token}"}), ApiToken.objects.get()
    assert client.get("/api/v1/").status_code == 200
    again = reverse("token_revoke", args=[row.pk])
    assert client_of(cast["minh"]).post(again).status_code == 404
    for said in ("Revoked. It is refused from now on.", "This token is revoked already."):
        assert said in text(client_of(cast["lan"]).post(again, follow=True))
    assert client.get("/api/v1/").status_code == 401


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": " "}, "This field is required"),
        ({"scopes": []}, "This field is required"),
        ({"scopes": ["write"]}, "not one of the available choices"),
        ({"days": 366}, "less than or equal to 365"),
        ({"networks": "10.0.0.1/8"}, "is no network"),
        ({"body": "NOSUCH"}, "No body is called so"),
        ({"body": "BO-B"}, "The owner sees nothing there"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_makes_nothing(cast, facts, said):
    make_body("BO-B")
    page = text(post(cast["lan"], **facts))
    assert said in page
    assert 'value="data hub"' in page or "name" in facts
    assert not ApiToken.objects.exists()


def test_a_token_for_a_body_and_some_networks(cast):
    text(post(cast["lan"], body="BO-A", networks="203.0.113.0/24\n2001:db8::/32"), 201)
    row = ApiToken.objects.get()
    assert (row.body.code, row.networks) == ("BO-A", ["203.0.113.0/24", "2001:db8::/32"])


def test_the_page_reads_in_vietnamese(cast):
    page = text(client_of(cast["lan"], "vi").get(reverse("token_list")))
    assert "Khóa truy cập API của bạn" in page
    assert "Your API tokens" not in page


def test_it_takes_the_same_queries_however_many_tokens(cast, django_assert_num_queries):
    client = client_of(cast["lan"])
    post(cast["lan"])
    with django_assert_num_queries(5):
        client.get(reverse("token_list"))
    for _ in range(3):
        post(cast["lan"], body="BO-A")
    with django_assert_num_queries(5):
        client.get(reverse("token_list"))


def test_each_answer_says_how_many_requests_are_left(cast, settings):
    cache.clear()
    settings.API_RATE = 3
    token = TOKEN.search(text(post(cast["lan"]), 201))[0]
    client = Client(headers={"Authorization": f"Bearer {token}"})
    answers = [client.get("/api/v1/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"minute";q=3;w=60'}
    left = [re.fullmatch(r'"minute";r=(\d+);t=(\d+)', answer["RateLimit"]) for answer in answers]
    assert [int(match[1]) for match in left] == [2, 1, 0, 0]
    assert 1 <= int(answers[3]["Retry-After"]) <= 60
    assert answers[3].json()["type"] == "/problems/too-many-requests"
    other = Client(headers={"Authorization": f"Bearer {TOKEN.search(text(post(cast['minh']), 201))[0]}"})
    assert other.get("/api/v1/").status_code == 200
    cache.clear()


@pytest.mark.parametrize(("language", "said"), [("en", "Deadlines in your calendar"), ("vi", "Thời hạn trong lịch")])
def test_the_page_says_how_to_follow_the_deadlines(cast, language, said):
    page = text(client_of(cast["lan"], language).get(reverse("token_list")))
    assert said in page and "http://localhost:8000/api/v1/calendar.ics" in page
    assert f'href="{reverse("api-calendar.ics")}"' in page
