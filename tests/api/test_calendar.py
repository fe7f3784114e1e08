"""Deadlines as a calendar: for each reader their own, stable events, a token as the password and nowhere else."""

import base64
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from accounts.services import create_token
from tests.builders import START, make_body, make_cell, make_task, noon
from tracker.api import calendar
from tracker.choices import Role
from tracker.clock import now
from tracker.models import Task
from tracker.services import extensions, tasks

ADDRESS = "/api/v1/calendar.ics"
DUE, LATER = date(2026, 6, 30), date(2026, 9, 30)


def events(client, **query):
    response = client.get(ADDRESS, query)
    assert response.status_code == 200, response.content.decode()
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(event["UID"]): event for event in Calendar.from_ical(response.content).walk("VEVENT")}


def event_of(client, task, **query):
    return events(client, **query)[f"task-{task.pk}@localhost"]


def basic(name, password):
    credentials = base64.b64encode(f"{name}:{password}".encode()).decode()
    return Client(headers={"Authorization": f"Basic {credentials}"})


def token_of(user, scopes=("read",), **options):
    return create_token(user=user, name="calendar", scopes=scopes, days=30, at=now(), **options)[1]


@pytest.fixture
def task(cast):
    return make_task(code="2.5", title_vi="Quy chế, dân chủ", title_en="Democracy; rules", due_on=DUE)


@pytest.fixture
def lan(as_user):
    return as_user("lan")


def test_a_deadline_is_an_event_of_a_whole_day(lan, task):
    event = event_of(lan, task)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (DUE, DUE + timedelta(days=1))
    assert event["DTSTART"].params["VALUE"] == "DATE"
    assert event["SUMMARY"] == "2.5 · Democracy; rules"
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CONFIRMED", "TRANSPARENT", task.version)
    assert event["URL"].endswith(f"/tasks/{task.pk}/")
    assert "Accountable: " in event["DESCRIPTION"]


def test_the_same_tasks_give_the_same_bytes_and_lines_are_folded(lan, task):
    Task.objects.filter(pk=task.pk).update(detail_vi="", due_text="Ế" * 80)
    sent = lan.get(ADDRESS, {"lang": "vi"}).content
    assert sent == lan.get(ADDRESS, {"lang": "vi"}).content
    assert all(len(line) <= 75 for line in sent.split(b"\r\n")) and b"\n" not in sent.replace(b"\r\n", b"")
    assert "Ế" * 80 in event_of(lan, task, lang="vi")["DESCRIPTION"]


def test_an_extended_deadline_moves_the_event_and_tells_the_first_one(lan, task, cast):
    before = event_of(lan, task)
    letter = {"letter_number": "1/CV", "letter_on": START, "signer": "Trần Văn An", "reason": "Dự án luật bị lùi"}
    wanted = {"body": make_body("BO-A"), "wanted_on": LATER, **letter}
    extension = extensions.ask(task, **wanted, by=cast["lan"], at=noon(START))
    extensions.grant(extension, due_on=LATER, decision_number="5/QĐ", by=cast["hoa"], at=noon(START))
    after = event_of(lan, task)
    assert after["DTSTART"].dt == LATER
    assert after["SEQUENCE"] > before["SEQUENCE"] and after["LAST-MODIFIED"].dt >= before["LAST-MODIFIED"].dt
    assert "Times extended: 1; the first deadline was 30/06/2026" in after["DESCRIPTION"]


def test_a_withdrawn_task_is_cancelled(lan, task, cast):
    tasks.withdraw(task, reason="Không còn phù hợp", document="6/QĐ", by=cast["quang"], at=noon(START))
    assert event_of(lan, task)["STATUS"] == "CANCELLED"


def test_a_task_without_a_deadline_is_no_event(lan, task):
    Task.objects.update(effective_due_on=None, due_on=None)
    assert events(lan) == {}


def test_the_language_is_the_one_asked_for(lan, task):
    assert event_of(lan, task, lang="vi")["SUMMARY"] == "2.5 · Quy chế, dân chủ"
    vietnamese = lan.get(ADDRESS, headers={"Accept-Language": "vi"}).content.decode()
    assert "Quy chế\\, dân chủ" in vietnamese


def test_without_a_body_it_is_the_calendar_of_ones_own(as_user, task, cast):
    other = make_task(code="9", accountable=make_body("BO-B"), due_on=DUE)
    make_cell(other, make_body("BDV"), Role.INFORMED)
    assert list(events(as_user("lan"))) == [f"task-{task.pk}@localhost"]
    hoa = as_user("hoa")
    assert list(events(hoa)) == [f"task-{other.pk}@localhost"]
    assert events(hoa, role="A") == {}
    assert len(events(hoa, below="HTCT")) == 2
    assert list(events(hoa, body="BO-B")) == [f"task-{other.pk}@localhost"]


def test_nobody_gets_the_deadlines_of_others(as_user, task):
    assert events(as_user("minh")) == {}
    assert as_user("minh").get(ADDRESS, {"body": "NOWHERE"}).status_code == 400


@pytest.mark.parametrize("query", [{"due_from": "2026-07-01"}, {"code": "x"}, {"q": "nothing"}, {"stage": "drafting"}])
def test_what_narrows_the_list_narrows_the_calendar(lan, task, query):
    assert events(lan, **query) == {}


@pytest.mark.parametrize("name", [*sorted(calendar.NOT_HERE), "nothing", "lang"])
def test_what_cannot_be_used_is_refused_by_name(lan, name):
    answer = lan.get(ADDRESS, {name: "x"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


def test_too_many_deadlines_are_refused_with_a_way_out(lan, task, monkeypatch):
    monkeypatch.setattr(calendar, "MOST", 0)
    answer = lan.get(ADDRESS)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["due_from"])


def test_a_token_is_the_password_under_any_name(task, cast):
    token = token_of(cast["lan"])
    for name in ("", "lan", "anything:else"[:8]):
        assert list(events(basic(name, token))) == [f"task-{task.pk}@localhost"]


def test_a_token_for_one_body_gives_the_calendar_of_that_body(task, cast):
    other = make_task(accountable=make_body("BO-B"), due_on=DUE)
    client = basic("x", token_of(cast["hoa"], body=make_body("BO-B")))
    assert list(events(client)) == list(events(client, below="HTCT")) == [f"task-{other.pk}@localhost"]
    assert events(client, below="BO-A") == {}


@pytest.mark.parametrize("password", ["", "rmt_x.y", "a password of the suite", "rmt_0123456789ab." + "x" * 43])
def test_what_is_no_token_is_asked_again(db, password):
    answer = basic("lan", password).get(ADDRESS)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Basic realm="calendar", charset="UTF-8"')


@pytest.mark.parametrize("credentials", ["Basic", "Basic %%%", "Basic ế", "Basic YQ"])
def test_broken_credentials_are_refused(db, credentials):
    answer = Client(headers={"Authorization": credentials.encode().decode("latin-1")}).get(ADDRESS)
    assert answer.status_code == 401


def test_only_a_reading_token_and_only_here(task, cast):
    assert basic("x", token_of(cast["lan"], scopes=["report"])).get(ADDRESS).status_code == 403
    assert basic("x", token_of(cast["lan"])).get("/api/v1/tasks/").status_code == 401


def test_the_queries_stay_the_same(lan, task):
    def count():
        with CaptureQueriesContext(connection) as queries:
            events(lan)
        return len(queries)

    events(lan)
    assert count() == 3  # token, scope, tasks
    for _ in range(6):
        make_task(due_on=DUE)
    assert count() == 3 and len(events(lan)) == 7
