"""Why a clock says what it says, for machines: what is stored, named and counted; bad questions are told by name."""

from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from tests.asking import asked
from tests.builders import make_body, make_cast, make_policy, make_post, make_task, noon
from tests.working import client_of
from tracker.boards.explain import explain
from tracker.choices import Clock, Role
from tracker.services import extensions, flags, matrix, scan, tasks

pytestmark = pytest.mark.django_db
TODAY = date(2026, 2, 23)


@pytest.fixture
def task(db):
    with time_machine.travel(noon(TODAY), tick=False):
        yield make_task(due_on=date(2026, 3, 2), on=date(2026, 2, 11))


def eventful(task):
    """Late in March, a request refused and one granted, a snooze let go; suspended in April and May by a document."""
    cast = make_cast()
    hoa, lan = cast["hoa"], cast["lan"]
    post = make_post(make_body("BO-A"), holder="Trần Văn An")
    with time_machine.travel(noon(date(2026, 3, 1)), tick=False) as now:

        def on(month, day):
            now.move_to(noon(date(2026, month, day)))
            return noon(date(2026, month, day))

        cell = task.responsibilities.get(role=Role.ACCOUNTABLE)
        matrix.end(cell, on=date(2026, 3, 1), by=None, at=on(3, 1))
        matrix.assign(task, body=post.body, post=post, role=Role.ACCOUNTABLE, on=date(2026, 3, 1), by=None, at=on(3, 1))
        scan.run(date(2026, 3, 3), at=on(3, 3))
        flag = task.flags.get(clock=Clock.DUE)
        flags.snooze(flag, until=date(2026, 3, 11), reason="The letter is on its way", by=hoa, at=on(3, 4))
        flags.unsnooze(flag, by=hoa, at=on(3, 5))
        first = asked(task, lan, on=date(2026, 3, 6), wanted_on=date(2026, 6, 1))
        extensions.refuse_(first, note="Too long", by=hoa, at=on(3, 9))
        on(3, 11)
        second = asked(task, lan, on=date(2026, 3, 11), wanted_on=date(2026, 5, 4))
        extensions.grant(second, due_on=date(2026, 5, 4), decision_number="7/QĐ", by=hoa, at=on(3, 16))
        at, paper = on(4, 1), {"document": "45-QĐ/TU", "new_due_on": date(2026, 9, 30)}
        tasks.suspend(task, until=date(2026, 6, 1), reason="The law is being rewritten", by=hoa, at=at, **paper)
        scan.run(date(2026, 8, 3), at=on(8, 3))
    return cast


@pytest.fixture
def ask(task):
    client = client_of(make_cast()["hoa"])
    return lambda **query: client.get(reverse("api-tasks-explain", args=[task.pk]), query)


def test_all_nine_clocks_are_told_and_agree_with_what_is_stored(ask, task):
    told = ask().json()
    assert (told["task"], told["on"]) == (task.code, TODAY.isoformat())
    assert [row["clock"] for row in told["results"]] == Clock.values
    stage = told["results"][2]
    assert (stage["policy"], stage["policy_version"], stage["calendar"]) == ("default", 1, "VN")
    assert stage["explanation"]["limit_on"] == task.stage_limit_on.isoformat()
    assert [off["day"] for off in stage["explanation"]["days_off"]][:2] == ["2026-02-16", "2026-02-17"]


def test_one_clock_on_another_day(ask):
    (row,) = ask(clock="due", on="2026-03-09").json()["results"]
    assert (row["explanation"]["days_late"], row["explanation"]["limit_days"]) == (5, None)
    to_come = {"is_taken": False, "reached": None, "recipients": []}
    assert row["steps"][0] == {"number": 1, "due_on": "2026-03-03", "addressee": "holder", **to_come}


def test_a_clock_that_does_not_run_is_null(ask):
    (row,) = ask(clock="lapsed").json()["results"]
    assert (row["explanation"], row["pauses"], row["steps"]) == (None, [], [])


@pytest.mark.parametrize(
    "query", [{"clock": "noon"}, {"on": "31/12/2026"}, {"on": "1999-01-01"}, {"on": "2077-01-01"}, {"day": "x"}]
)
def test_a_bad_question_is_refused_by_name(ask, query):
    answer = ask(**query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == list(query)


def test_a_stranger_learns_nothing(task):
    minh = client_of(make_cast()["minh"])
    assert minh.get(reverse("api-tasks-explain", args=[task.pk])).status_code == 404
    assert minh.get(reverse("task_explain", args=[task.pk])).status_code == 404


def test_the_number_of_queries_does_not_grow(ask, task, django_assert_max_num_queries):
    make_policy(code="special", limits=[("stage", 3, "working", "assigned")], task=task)
    with django_assert_max_num_queries(19):
        assert ask().status_code == 200


def test_the_number_of_queries_does_not_grow_with_what_happened(task, django_assert_max_num_queries):
    eventful(task)
    for day in (date(2026, 3, 4), date(2026, 8, 3)):
        with time_machine.travel(noon(date(2026, 8, 3)), tick=False), django_assert_max_num_queries(16):
            explain(task, on=day, today=date(2026, 8, 3))


@pytest.fixture
def story(task):
    """What `eventful` did to the task, as asked for on 3 August."""
    cast = eventful(task)
    with time_machine.travel(noon(date(2026, 8, 3)), tick=False):
        client = client_of(cast["hoa"])
        yield lambda **query: client.get(reverse("api-tasks-explain", args=[task.pk]), query).json()["results"][0]


def test_steps_are_told_with_posts_and_bodies_and_no_person(story):
    step = story(clock="due")["steps"][0]
    assert (step["number"], step["due_on"], step["addressee"], step["reached"]) == (1, "2026-03-03", "holder", "holder")
    assert step["recipients"] == [{"body": "BO-A", "post": "head"}, {"body": "BO-A", "post": None}]
    assert "Trần Văn An" not in str(story(clock="due"))


def test_requests_and_moved_deadlines_are_told_with_the_first_deadline(story):
    row = story(clock="due")
    assert [(told["state"], told["granted_on"], told["decision_number"]) for told in row["extensions"]] == [
        ("refused", None, ""),
        ("granted", "2026-05-04", "7/QĐ"),
    ]
    assert row["original_due_on"] == "2026-03-02"
    assert [(move["before"], move["after"], move["document"]) for move in row["moved_deadlines"]] == [
        ("2026-03-02", "2026-05-04", "7/QĐ"),
        ("2026-05-04", "2026-09-30", "45-QĐ/TU"),
    ]


def test_a_suspension_is_an_interval_with_its_document_and_its_working_days(story):
    (pause,) = story(clock="due")["pauses"]
    assert (pause["from"], pause["until"], pause["is_over"], pause["working_days"]) == (
        "2026-04-01",
        "2026-06-01",
        True,
        40,
    )
    assert (pause["document"], pause["is_counted"]) == ("45-QĐ/TU", True)


def test_a_snooze_is_told_with_its_end(story):
    assert story(clock="due")["snoozes"] == [
        {"on": "2026-03-04", "until": "2026-03-11", "ended_on": "2026-03-05", "reason": "The letter is on its way"}
    ]


@pytest.mark.parametrize(
    ("on", "limit_on", "is_running", "states", "moves", "pauses"),
    [
        ("2026-03-04", "2026-03-02", True, [], 0, []),
        ("2026-03-06", "2026-03-02", True, ["asked"], 0, []),
        ("2026-03-12", "2026-03-02", True, ["refused", "asked"], 0, []),
        ("2026-03-20", "2026-05-04", True, ["refused", "granted"], 1, []),
        ("2026-04-10", "2026-09-30", False, ["refused", "granted"], 2, [None]),
        ("2026-06-01", "2026-09-30", True, ["refused", "granted"], 2, ["2026-06-01"]),
    ],
)
def test_a_past_day_tells_what_held_then(story, on, limit_on, is_running, states, moves, pauses):
    row = story(clock="due", on=on)
    assert (row["explanation"]["limit_on"], row["explanation"]["is_running"]) == (limit_on, is_running)
    assert [told["state"] for told in row["extensions"]] == states
    assert len(row["moved_deadlines"]) == moves
    assert [pause["until"] for pause in row["pauses"]] == pauses


def test_a_flag_that_has_closed_since_stood_on_its_days(story):
    assert story(clock="due", on="2026-03-04")["flagged_since"] == "2026-03-03"
    assert story(clock="due")["flagged_since"] is None


def test_page_and_command_tell_the_same(task):
    cast = eventful(task)
    with time_machine.travel(noon(date(2026, 8, 3)), tick=False):
        page = client_of(cast["hoa"]).get(reverse("task_explain", args=[task.pk])).content.decode()
        said = StringIO()
        call_command("explain", task.code, stdout=said)
    for words in ("45-QĐ/TU", "7/QĐ", "Head · Body BO-A", "The letter is on its way", "40 working days"):
        assert (words in page, words in said.getvalue()) == (True, True), words
    assert "original deadline 02/03/2026" in said.getvalue()


@pytest.mark.parametrize(("language", "words"), [("en", "Last day in time"), ("vi", "Ngày cuối còn trong hạn")])
def test_the_page_says_the_same_in_words(task, language, words):
    client = client_of(make_cast()["hoa"], language)
    page = client.get(reverse("task_explain", args=[task.pk]), {"on": "2026-03-09"}).content.decode()
    assert words in page
    assert ("Lunar New Year" if language == "en" else "Tết Nguyên Đán") in page


def test_the_page_keeps_to_the_calendar(task):
    page = client_of(make_cast()["hoa"]).get(reverse("task_explain", args=[task.pk]), {"on": "2035-01-01"})
    assert (page.status_code, b"The calendar does not reach this day" in page.content) == (200, True)
