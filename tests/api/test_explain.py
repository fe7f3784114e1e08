"""Why a clock says what it says, for machines: what is stored, named and counted; bad questions are told by name."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from tests.builders import make_cast, make_policy, make_task, noon
from tests.working import client_of
from tracker.choices import Clock

pytestmark = pytest.mark.django_db
TODAY = date(2026, 2, 23)


@pytest.fixture
def task(db):
    with time_machine.travel(noon(TODAY), tick=False):
        yield make_task(due_on=date(2026, 3, 2), on=date(2026, 2, 11))


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
    assert row["explanation"]["steps"][0] == {"number": 1, "due_on": "2026-03-03", "addressee": "holder"}


def test_a_clock_that_does_not_run_is_null(ask):
    assert ask(clock="lapsed").json()["results"][0]["explanation"] is None


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
    with django_assert_max_num_queries(17):
        assert ask().status_code == 200


@pytest.mark.parametrize(("language", "words"), [("en", "Last day in time"), ("vi", "Ngày cuối còn trong hạn")])
def test_the_page_says_the_same_in_words(task, language, words):
    client = client_of(make_cast()["hoa"], language)
    page = client.get(reverse("task_explain", args=[task.pk]), {"on": "2026-03-09"}).content.decode()
    assert words in page
    assert ("Lunar New Year" if language == "en" else "Tết Nguyên Đán") in page


def test_the_page_keeps_to_the_calendar(task):
    page = client_of(make_cast()["hoa"]).get(reverse("task_explain", args=[task.pk]), {"on": "2035-01-01"})
    assert (page.status_code, b"The calendar does not reach this day" in page.content) == (200, True)
