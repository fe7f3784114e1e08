"""`/health/…` and the banner: what is told of the parts, to whom, and at what cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.builders import make_cast, make_task, noon
from tests.working import TODAY, client_of, frozen, text
from tracker import wake
from tracker.choices import JobPart, MessageKind
from tracker.models import Message
from tracker.services import heartbeats, scan

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
TOKEN = "a-token-of-the-operator-" + "0123456789abcdef"


@pytest.fixture
def broker_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "_is_answering", lambda url: False)


def ask(client: Client, name: str = "health", **headers: str) -> tuple[int, dict[str, Any]]:
    response = client.get(reverse(name), headers=headers)
    assert "no-store" in response.headers["Cache-Control"]
    return response.status_code, response.json()


@pytest.mark.parametrize(("age", "status", "word"), [(0, 200, "ok"), (150, 200, "ok"), (151, 503, "silent")])
@pytest.mark.parametrize("part", JobPart)
def test_a_part_that_is_not_heard_turns_health_red(
    client: Client, part: JobPart, age: int, status: int, word: str
) -> None:
    heartbeats.beat(at=noon(TODAY))
    heartbeats.beat(part, at=noon(TODAY) - timedelta(seconds=age))
    got, body = ask(client)
    assert (got, body[part]) == (status, word)
    assert [body[other] for other in JobPart if other != part] == ["ok", "ok"]


def test_without_any_heartbeat_health_is_red(client: Client) -> None:
    status, body = ask(client)
    assert (status, body["status"], body["beat"], body["scan_age_days"]) == (503, "error", "silent", None)


def test_a_heartbeat_from_the_future_tells_nothing(client: Client) -> None:
    heartbeats.beat(at=noon(TODAY) + timedelta(days=30))
    assert ask(client)[0] == 503


def test_a_broker_that_does_not_answer_is_told(client: Client, broker_is_gone: None) -> None:
    heartbeats.beat(at=noon(TODAY))
    status, body = ask(client)
    assert (status, body["broker"], body["worker"]) == (503, "silent", "ok")


@pytest.mark.parametrize(("days", "status", "word"), [(0, 200, "ok"), (1, 200, "ok"), (2, 503, "behind")])
def test_a_scan_that_is_days_behind_is_told(client: Client, days: int, status: int, word: str) -> None:
    scan.run(TODAY - timedelta(days=days), at=noon(TODAY))
    heartbeats.beat(at=noon(TODAY))
    got, body = ask(client)
    assert (got, body["scan"], body["scan_age_days"]) == (status, word, days)


def test_days_to_come_that_are_settled_already_are_told(client: Client) -> None:
    scan.run(TODAY + timedelta(days=9), at=noon(TODAY), force=True)
    heartbeats.beat(at=noon(TODAY))
    got, body = ask(client)
    assert (got, body["scan"], body["scan_age_days"]) == (200, "ahead", -9)


def make_message(**overrides: Any) -> Message:
    values = {"key": "k", "kind": MessageKind.DIGEST, "user": make_cast()["lan"], "address": "lan@bo-a.example.vn"}
    moments = {"created_at": noon(TODAY), "next_attempt_at": noon(TODAY) - timedelta(minutes=11)}
    return Message.objects.create(**values, message_id="<1@x>", language="vi", **{**moments, **overrides})


def test_what_waits_is_one_word_for_strangers_and_figures_for_the_operator(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    make_message()
    heartbeats.beat(at=noon(TODAY))
    status, body = ask(client)
    assert (status, body["backlog"], "figures" in body) == (200, "behind", False)
    figures = ask(client, Authorization=f"Bearer {TOKEN}")[1]["figures"]
    assert (figures["messages_queued"], figures["messages_late"], figures["tasks_due"]) == (1, 1, 0)
    assert figures["heartbeat_age_seconds"] == dict.fromkeys(JobPart.values, 0)


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer é"])
@pytest.mark.parametrize("token", ["", TOKEN])
def test_nobody_else_gets_figures(client: Client, settings: Any, token: str, header: str) -> None:
    settings.METRICS_TOKEN = token
    heartbeats.beat(at=noon(TODAY))
    assert "figures" not in ask(client, Authorization=header)[1]
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_health_asks_as_often_as_it_says(client: Client, django_assert_num_queries: Any) -> None:
    for _times in (1, 3):
        make_task(due_on=TODAY - timedelta(days=1))
        with django_assert_num_queries(7):
            ask(client)


def test_a_database_that_does_not_answer_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("tracker.views.health.read_health", gone)
    monkeypatch.setattr("tracker.views.health._is_migrated", gone)
    assert ask(client)[1] == {"status": "error", "database": "silent", "broker": "ok"}
    response = client.get(reverse("health_ready"))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_a_living_process_says_so_without_a_query(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get(reverse("health_live")).content == b"ok\n"


def test_it_is_ready_once_the_database_is_migrated(client: Client, django_assert_num_queries: Any) -> None:
    assert client.get(reverse("health_ready")).status_code == 200
    with django_assert_num_queries(1):
        client.get(reverse("health_ready"))


def test_it_is_not_ready_while_a_migration_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.views.health._migrated", set())
    with connection.cursor() as cursor:
        newest = "SELECT max(name) FROM django_migrations WHERE app = 'tracker'"
        cursor.execute(f"DELETE FROM django_migrations WHERE app = 'tracker' AND name = ({newest})")
    assert client.get(reverse("health_ready")).status_code == 503


@pytest.fixture
def fresh(banner: Any) -> Any:
    """The banner of a process that has not asked yet."""
    banner._told.asked_at = None
    return banner


def body_of(client: Client, **headers: str) -> str:
    return text(client.get(reverse("body_list"), headers=headers))


def test_the_banner_says_since_when_jobs_are_silent(fresh: Any) -> None:
    heartbeats.beat(at=noon(TODAY))
    heartbeats.beat(JobPart.BEAT, at=noon(TODAY) - timedelta(minutes=90))
    page = body_of(client_of(make_cast()["lan"]))
    assert "Jobs have not run since 15 Jun 2026, 10:30: mails and flags wait." in page


def test_the_banner_says_when_jobs_have_never_run(fresh: Any) -> None:
    assert "Jobs have not run yet: mails and flags wait." in body_of(client_of(make_cast()["lan"]))


def test_there_is_no_banner_while_all_is_well(fresh: Any) -> None:
    heartbeats.beat(at=noon(TODAY))
    assert 'class="banner' not in body_of(client_of(make_cast()["lan"]))


def test_strangers_see_no_banner(fresh: Any, client: Client) -> None:
    assert 'class="banner' not in text(client.get(reverse("account_login")))
    assert fresh._told.asked_at is None


def test_fragments_do_not_ask(fresh: Any) -> None:
    client = client_of(make_cast()["lan"])
    body_of(client, **{"HX-Request": "true"})
    assert fresh._told.asked_at is None
    assert 'class="banner' in body_of(client, **{"HX-Request": "true", "HX-Boosted": "true"})


def test_the_banner_costs_one_query_in_some_seconds_and_no_page_more(fresh: Any) -> None:
    heartbeats.beat(at=noon(TODAY))
    client, counts = client_of(make_cast()["lan"]), []
    for _again in range(3):
        with CaptureQueriesContext(connection) as captured:
            body_of(client)
        counts.append(len(captured))
    assert counts[0] - 1 == counts[1] == counts[2]
