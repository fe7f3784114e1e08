"""The change feed: contiguous, resumable, held back on demand, and only what its reader may see."""

import threading
import time

import pytest
from django.db import connection

from tests.api.conftest import token_client
from tests.api.world import FOREIGN, SEEN
from tests.builders import START, make_body, make_cell, make_task, make_user, noon
from tracker.api import feed
from tracker.choices import Duty, Role
from tracker.models import Event, Task
from tracker.services import policies, sealing

URL = "/api/v1/changes/"


def read(client, **query):
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def follow(client, after=0, **query):
    """Every change after `after`, page by page as a client reads them, and where it ended."""
    found = []
    while True:
        page = read(client, after=after, **query)
        found += page["results"]
        after = page["through"]
        if page["next"] is None:
            return found, after


def test_every_event_comes_once_in_its_order_whatever_the_page(hoa, world):
    numbers = list(range(1, Event.objects.count() + 1))
    for limit in (1, 7, 500):
        found, after = follow(hoa, limit=limit)
        shared = [row["number"] for row in found]
        assert shared == sorted(shared) and set(shared) <= set(numbers) and after == numbers[-1]
        assert len(shared) == Event.objects.filter(private_to=None).count()


def test_it_is_resumed_anywhere(hoa, world):
    everything, _through = follow(hoa)
    middle = everything[5]["number"]
    assert follow(hoa, after=middle)[0] == everything[6:]
    page = read(hoa, after=middle, limit=2)
    assert [row["number"] for row in page["results"]] == [row["number"] for row in everything[6:8]]
    assert page["through"] == page["results"][-1]["number"] and page["head"] == sealing.head().number


def test_what_is_not_sealed_is_not_told_and_then_it_is(hoa, world):
    _found, after = follow(hoa)
    make_cell(Task.objects.get(code=SEEN), make_body("BO-C"), Role.CONSULTED)
    assert read(hoa, after=after)["results"] == []
    sealing.seal()
    page = read(hoa, after=after)
    assert page["results"][0]["kind"] == "responsibility.assigned"
    assert page["results"][-1]["hash"] == sealing.head().hash


def test_who_sees_less_gets_less_and_is_told_up_to_where(as_user, world):
    lan = as_user("lan")
    found, through = follow(lan, limit=3)
    assert {row["task"] for row in found} == {SEEN}
    assert through == sealing.head().number
    make_cell(Task.objects.get(code=FOREIGN), make_body("BO-C"), Role.CONSULTED)
    assert sealing.seal()
    page = read(lan, after=through)
    assert (page["results"], page["through"]) == ([], sealing.head().number)


def test_the_other_order_says_no_place_to_go_on_from(hoa, world):
    page = read(hoa, ordering="-number", limit=2)
    assert page["through"] is None
    assert [row["number"] for row in page["results"]] == sorted(
        (row["number"] for row in page["results"]), reverse=True
    )


def test_a_number_beyond_the_end_is_refused(hoa, world):
    answer = hoa.get(URL, {"after": sealing.head().number + 1})
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"after": [f"The history ends at {sealing.head().number}: read it anew from 0."]}


@pytest.mark.parametrize(
    ("name", "value"), [("after", "-1"), ("after", "x"), ("wait", "21"), ("wait", "-1"), ("wait", "")]
)
def test_a_wrong_parameter_is_named(hoa, world, name, value):
    answer = hoa.get(URL, {name: value})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {name})


def test_the_mark_of_what_one_sees_changes_with_it(as_user, cast, world):
    assert read(as_user("lan"))["view"] == read(as_user("lan"))["view"] != read(as_user("minh"))["view"]
    before = read(as_user("lan"))["view"]
    cast["lan"].memberships.update(root=make_body("BO-B"))
    assert read(as_user("lan"))["view"] != before


def test_what_is_gone_says_so(hoa, world):
    before = policies.latest("default")
    fresh, limits, steps = policies.copy_of(before)
    policies.discard(
        policies.draft(fresh, limits=limits, steps=steps, by=None, at=noon(START)), by=None, at=noon(START)
    )
    sealing.seal()
    rows = read(hoa, object_kind="policy")["results"]
    assert [(row["kind"], row["is_gone"]) for row in rows] == [("policy.drafted", False), ("policy.discarded", True)]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [5, 20])
def test_a_page_takes_as_many_queries_whatever_its_size(hoa, world, django_assert_num_queries, size):
    with django_assert_num_queries(5):  # token, its use, scope; head, page
        read(hoa, limit=size)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(feed, "PAUSE", 0.02)


@pytest.mark.django_db(transaction=True)
def test_an_empty_answer_is_held_back_until_something_happens(quick):
    hoa = token_client(make_user("h", Duty.COMMISSION, make_body("BDV"), make_body("HTCT")))
    task = make_task()
    sealing.seal()
    after = read(hoa)["through"]
    said = {}

    def wait():
        begin = time.monotonic()
        try:
            said.update(read(hoa, after=after, wait=20), seconds=time.monotonic() - begin)
        finally:
            connection.close()

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(0.3)
    assert not said
    make_cell(task, make_body("BO-C"), Role.CONSULTED)
    sealing.seal()
    waiter.join(10)
    assert [row["kind"] for row in said["results"]] == ["responsibility.assigned"]
    assert said["through"] == after + 1 and said["seconds"] < 10


def test_a_wait_ends_empty_and_what_is_there_is_not_held_back(hoa, world, quick):
    after = read(hoa)["through"]
    begin = time.monotonic()
    assert read(hoa, after=after, wait=1)["results"] == []
    assert 1 <= time.monotonic() - begin < 5
    begin = time.monotonic()
    assert read(hoa, after=after - 1, wait=20)["results"] != [] or after == 0
    assert time.monotonic() - begin < 5


def test_where_too_many_wait_the_answer_comes_at_once(hoa, world, monkeypatch):
    monkeypatch.setattr(feed, "_waiters", threading.BoundedSemaphore(1))
    after = read(hoa)["through"]
    with feed._waiters:
        begin = time.monotonic()
        assert read(hoa, after=after, wait=20)["results"] == []
        assert time.monotonic() - begin < 5
