"""The pages of requests, obstacles, suspensions and snoozes: they lead on, keep what was typed, name what is wrong."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from tests.asking import asked, obstructed
from tests.builders import make_body, make_cast, make_cell, make_task, noon
from tests.working import TODAY, client_of, flag_of, frozen, get, scan_today, text
from tracker.choices import Role, Stage
from tracker.models import Extension, Obstacle
from tracker.services import extensions, flags, obstacles, tasks

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
LATER = date(2026, 9, 30)
LETTER = {
    "letter_number": "12/BC-BOA",
    "letter_on": "2026-06-15",
    "signer": "Trần Văn An, Head",
    "wanted_on": "2026-09-30",
    "reason": "The draft law was sent back",
}


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def task():
    made = make_task(due_on=TODAY - timedelta(days=20))
    scan_today()
    return made


def post(user, name, pk, status=302, **values):
    response = client_of(user).post(reverse(name, args=[pk]), values)
    assert response.status_code == status, response.status_code
    return response


def errors(response):
    return set(response.context["form"].errors)


def test_an_official_asks_from_the_task_and_the_desk(cast, task):
    url = reverse("extension_new", args=[task.pk])
    assert url in text(get(cast["lan"], "task", task.pk)) and url in text(get(cast["lan"], "desk"))
    post(cast["lan"], "extension_new", task.pk, **LETTER)
    extension = Extension.objects.get(task=task)
    assert (extension.body.code, extension.wanted_on, extension.signer) == ("BO-A", LATER, "Trần Văn An, Head")
    page = text(get(cast["lan"], "task", task.pk))
    assert url not in page and "12/BC-BOA" in page and "Awaiting decision" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"wanted_on": "2026-05-01"}, "wanted_on"),
        ({"wanted_on": "1.1.26"}, "wanted_on"),
        ({"wanted_on": "9999-12-31"}, "wanted_on"),
        ({"letter_on": "2026-06-16"}, "letter_on"),
        ({"letter_number": ""}, "letter_number"),
        ({"signer": "\x00"}, "signer"),
        ({"reason": "x" * 5001}, "reason"),
    ],
)
def test_a_wrong_request_keeps_what_was_typed_and_names_the_field(cast, task, wrong, field):
    response = post(cast["lan"], "extension_new", task.pk, 200, **{**LETTER, **wrong})
    assert errors(response) == {field}
    assert "Trần Văn An" in text(response) or field == "signer"
    assert not Extension.objects.exists()


def test_a_second_request_is_refused_with_the_first_one_named(cast, task):
    first = asked(task, cast["lan"], on=TODAY, wanted_on=LATER)
    response = post(cast["lan"], "extension_new", task.pk, 409, **LETTER)
    page = text(response, 409)
    assert reverse("extension", args=[first.pk]) in page and "The draft law was sent back" in page


def test_the_commission_grants_from_the_queue(cast, task):
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=LATER)
    assert reverse("extension", args=[extension.pk]) in text(get(cast["hoa"], "review_extensions"))
    assert "2026-09-30" in text(get(cast["hoa"], "extension", extension.pk))
    values = {"due_on": "2026-08-31", "decision_number": "7/QĐ-BDV", "version": 1, "decision": "grant"}
    post(cast["hoa"], "extension_decide", extension.pk, **values)
    task.refresh_from_db()
    assert task.due_on == date(2026, 8, 31)
    page = text(get(cast["lan"], "desk"))
    assert "Granted" in page and "31 Aug 2026" in page


def test_the_commission_refuses_with_the_reason(cast, task):
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=LATER)
    values = {"due_on": "", "decision_number": "", "version": 1, "decision": "refuse"}
    assert errors(post(cast["hoa"], "extension_decide", extension.pk, 200, **values)) == {"note"}
    post(cast["hoa"], "extension_decide", extension.pk, **values, note="Others kept theirs")
    assert "Others kept theirs" in text(get(cast["lan"], "desk"))


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"decision": "grant", "due_on": "", "decision_number": " "}, {"due_on", "decision_number"}),
        ({"decision": "grant", "due_on": "2026-05-01", "decision_number": "7"}, {"due_on"}),
        ({"decision": "nonsense", "due_on": "2026-09-30", "decision_number": "7"}, {"decision"}),
    ],
)
def test_a_wrong_grant_decides_nothing(cast, task, values, fields):
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=LATER)
    response = post(cast["hoa"], "extension_decide", extension.pk, 200, version=1, note="My own note", **values)
    assert errors(response) == fields and "My own note" in text(response)
    assert response.context["may_decide"] and response.context["extension"].state == "asked"


def test_a_decision_that_came_second_keeps_its_note_and_shows_the_first(cast, task):
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=LATER)
    extensions.refuse_(extension, note="Others kept theirs", by=cast["hoa"], at=noon(TODAY))
    values = {"due_on": "2026-09-30", "decision_number": "7", "version": 1, "decision": "grant", "note": "My own note"}
    page = text(post(cast["hoa"], "extension_decide", extension.pk, 409, **values), 409)
    assert "My own note" in page and "Others kept theirs" in page and 'value="grant"' not in page


def test_the_body_that_is_waited_on_finds_it_on_its_desk_and_ends_it(cast, task):
    values = {"body": "Body BO-B (BO-B)", "since": "2026-06-01", "reason": "Its opinion is missing"}
    post(cast["lan"], "obstacle_new", task.pk, **values)
    obstacle = Obstacle.objects.get(task=task)
    page = text(get(cast["minh"], "desk"))
    assert task.code in page and task.title_en in page and "Its opinion is missing" in page and "Body BO-A" in page
    assert reverse("task", args=[task.pk]) not in page
    assert get(cast["minh"], "task", task.pk).status_code == 404
    page = text(get(cast["minh"], "obstacle_end", obstacle.pk))
    assert task.title_en in page and reverse("task", args=[task.pk]) not in page
    response = post(cast["minh"], "obstacle_end", obstacle.pk, note="Sent on Monday", version=1)
    assert response.url == reverse("desk")
    assert "Sent on Monday" in text(get(cast["lan"], "task", task.pk))


@pytest.mark.parametrize("typed", ["BO-B", "body bo-b", "Cơ quan BO-B", "co quan bo-b", "Whatever (BO-B)"])
def test_a_body_is_found_by_what_people_type(cast, task, typed):
    values = {"body": typed, "since": "2026-06-01", "reason": "Its opinion is missing"}
    post(cast["lan"], "obstacle_new", task.pk, **values)
    assert Obstacle.objects.get().body.code == "BO-B"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"body": "no such body"}, "body"),
        ({"body": "BO-A"}, "body"),
        ({"body": "\x00"}, "body"),
        ({"since": "2026-06-16"}, "since"),
        ({"since": ""}, "since"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_wrong_obstacle_keeps_what_was_typed(cast, task, wrong, field):
    values = {"body": "BO-B", "since": "2026-06-01", "reason": "Its opinion is missing", **wrong}
    response = post(cast["lan"], "obstacle_new", task.pk, 200, **values)
    assert errors(response) == {field} and not Obstacle.objects.exists()


def test_an_end_that_came_second_says_so(cast, task):
    obstacle = obstructed(task, cast["lan"], on=TODAY)
    obstacles.end(obstacle, note="Sent", by=cast["minh"], at=noon(TODAY))
    page = text(post(cast["lan"], "obstacle_end", obstacle.pk, 409, note="My own note", version=1), 409)
    assert "My own note" in page and "Sent" in page


def test_the_pages_say_on_whom_a_task_waits_and_waited(cast, task):
    obstructed(task, cast["lan"], on=TODAY, since=date(2026, 6, 11))
    page = text(get(cast["hoa"], "task", task.pk))
    assert "In progress, late by 14 working days so far" in page and "11 Body BO-A, 3 Body BO-B" in page
    assert "Its opinion is missing" in page
    overdue = text(get(cast["hoa"], "overdue", clock="due"))
    assert "11 Body BO-A, 3 Body BO-B" in overdue and "Its opinion is missing" in overdue
    detail = text(get(cast["hoa"], "flag_snooze", flag_of(task).pk))
    assert "11 Body BO-A, 3 Body BO-B" in detail


def test_a_moved_deadline_is_shown_with_the_first_everywhere(cast, task):
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=date(2026, 6, 30))
    extensions.grant(extension, due_on=date(2026, 6, 30), decision_number="7", by=cast["hoa"], at=noon(TODAY))
    make_cell(task, make_body("BO-C"), Role.SUPERVISES)
    shown = {
        "task": get(cast["hoa"], "task", task.pk),
        "task_list": get(cast["hoa"], "task_list"),
        "desk": get(cast["lan"], "desk"),
        "overdue": get(cast["hoa"], "overdue", clock="silence"),
        "matrix": get(cast["hoa"], "matrix"),
        "body": get(cast["hoa"], "body", "BO-A"),
        "report_new": get(cast["lan"], "report_new", task.pk),
        "extension": get(cast["hoa"], "extension", extension.pk),
        "task_suspend": get(cast["hoa"], "task_suspend", task.pk),
    }
    missing = [name for name, page in shown.items() if "originally 26 May 2026" not in text(page)]
    assert missing == []


def test_the_list_filters_by_the_lasting_class(cast, task):
    other = make_task(due_on=LATER)
    page = text(get(cast["hoa"], "task_list", lateness="open_late"))
    assert task.title_en in page and other.title_en not in page


PAPER = {"document": "45-QĐ/TU, 4/5/2026", "reason": "The law is being rewritten"}


@pytest.mark.parametrize("name", ["hoa", "quang"])
def test_a_task_is_suspended_taken_up_and_withdrawn_by_hand(cast, task, name):
    user = cast[name]
    page = text(get(user, "task", task.pk))
    assert reverse("task_suspend", args=[task.pk]) in page and reverse("task_resume", args=[task.pk]) not in page
    task.refresh_from_db()
    values = {**PAPER, "until": "2026-09-01", "new_due_on": "2026-12-31", "version": task.version}
    post(user, "task_suspend", task.pk, **values)
    task.refresh_from_db()
    assert (task.stage, task.due_on) == (Stage.SUSPENDED, date(2026, 12, 31))
    page = text(get(user, "task", task.pk))
    assert "45-QĐ/TU" in page and reverse("task_resume", args=[task.pk]) in page
    post(user, "task_resume", task.pk, **PAPER, version=task.version)
    task.refresh_from_db()
    assert task.stage == Stage.ASSIGNED
    post(user, "task_withdraw", task.pk, **PAPER, version=task.version)
    task.refresh_from_db()
    assert task.stage == Stage.WITHDRAWN


@pytest.mark.parametrize(
    ("name", "wrong", "field"),
    [
        ("task_suspend", {"document": ""}, "document"),
        ("task_suspend", {"until": "2026-06-15"}, "until"),
        ("task_suspend", {"new_due_on": "2026-05-01"}, "new_due_on"),
        ("task_suspend", {"reason": " "}, "reason"),
        ("task_withdraw", {"document": ""}, "document"),
        ("task_withdraw", {"reason": ""}, "reason"),
        ("task_resume", {"document": ""}, "document"),
        ("task_resume", {}, "__all__"),
    ],
)
def test_a_wrong_decision_keeps_what_was_typed(cast, task, name, wrong, field):
    task.refresh_from_db()
    values = {**PAPER, "until": "2026-09-01", "version": task.version, **wrong}
    response = post(cast["hoa"], name, task.pk, 200, **values)
    assert errors(response) == {field}
    task.refresh_from_db()
    assert task.stage == Stage.ASSIGNED


def test_a_decision_on_an_older_task_is_stale_and_may_be_sent_again(cast, task):
    task.refresh_from_db()
    seen = task.version
    tasks.record_stage(task, Stage.PLANNED, on=TODAY, by=cast["quang"], at=noon(TODAY))
    response = post(cast["hoa"], "task_withdraw", task.pk, 409, **PAPER, version=seen)
    assert "The law is being rewritten" in text(response, 409)
    task.refresh_from_db()
    assert response.context["form"]["version"].value() == str(task.version)


def test_the_commission_snoozes_a_flag_and_lets_it_go_on(cast, task):
    flag = flag_of(task)
    assert reverse("flag_snooze", args=[flag.pk]) in text(get(cast["hoa"], "overdue"))
    assert reverse("flag_snooze", args=[flag.pk]) not in text(get(cast["vinh"], "overdue"))
    values = {"until": "2026-06-22", "reason": "The Politburo meets on it", "version": flag.version}
    response = post(cast["hoa"], "flag_snooze", flag.pk, **values, next="/overdue/?clock=due")
    assert response.url == "/overdue/?clock=due"
    page = text(get(cast["hoa"], "overdue"))
    assert "Snoozed until 22 Jun 2026" in page and "The Politburo meets on it" in page
    assert "Snoozed until 22 Jun 2026" in text(get(cast["lan"], "task", task.pk))
    post(cast["hoa"], "flag_unsnooze", flag.pk)
    assert "Snoozed until 22 Jun 2026" not in text(get(cast["hoa"], "overdue"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"until": "2026-06-15"}, "until"), ({"until": "2026-12-31"}, "until"), ({"reason": ""}, "reason")],
)
def test_a_wrong_snooze_keeps_what_was_typed(cast, task, wrong, field):
    flag = flag_of(task)
    values = {"until": "2026-06-22", "reason": "Wait", "version": flag.version, **wrong}
    assert errors(post(cast["hoa"], "flag_snooze", flag.pk, 200, **values)) == {field}


def test_a_snooze_that_came_second_says_so(cast, task):
    flag = flag_of(task)
    flags.acknowledge(flag, note="Seen", by=cast["hoa"], at=noon(TODAY))
    values = {"until": "2026-06-22", "reason": "My own reason", "version": flag.version - 1}
    assert "My own reason" in text(post(cast["hoa"], "flag_snooze", flag.pk, 409, **values), 409)


def test_stored_text_is_escaped(cast, task):
    evil = "<script>alert(1)</script>"
    obstacle = obstructed(task, cast["lan"], on=TODAY, reason=evil)
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=LATER, reason=evil, signer=evil)
    pages = [("task", task.pk), ("extension", extension.pk), ("obstacle_end", obstacle.pk), ("overdue",), ("review",)]
    for name, *args in pages:
        page = text(get(cast["hoa"], name, *args))
        assert "<script>alert" not in page and " style=" not in page, name


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_pages_of_a_request_take_a_constant_number_of_queries(cast, task, language, django_assert_num_queries):
    obstacle = obstructed(task, cast["lan"], on=TODAY)
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=LATER)
    client = client_of(cast["hoa"], language)
    for _times in range(2):
        for name, pk, queries in (("extension", extension.pk, 10), ("obstacle_end", obstacle.pk, 6)):
            with django_assert_num_queries(queries):
                text(client.get(reverse(name, args=[pk])))
        for number in range(3):
            obstructed(task, cast["lan"], on=TODAY, body=make_body(f"B{_times}{number}"))
