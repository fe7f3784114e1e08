"""Coverage by level: overall, by document, by provision, and what is missing."""

from datetime import timedelta

import pytest

from tests.api.conftest import token_client
from tests.builders import make_cast, make_instrument, make_provision, make_resolution, make_task, noon
from tests.working import TODAY, client_of, frozen, get, text
from tracker.boards import coverage as board
from tracker.services import institutionalizations

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
LEVELS = [("central", []), ("commune", [])]


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def world(cast):
    """Two documents; the first has two provisions, one task of which is covered at the centre."""
    first, second = make_resolution(code="R-1"), make_resolution(code="R-2")
    places = [make_provision(first, label=label) for label in ("I", "II")]
    tasks = [make_task(resolution=first, provision=place, levels=LEVELS) for place in places]
    tasks += [make_task(resolution=first, levels=LEVELS[:1]), make_task(resolution=second, levels=LEVELS)]
    cover(tasks[0], cast)
    return first, second, places, tasks


def cover(task, cast, level="central", **facts):
    instrument = make_instrument(**facts)
    evidence = institutionalizations.declare(task, instrument, level=level, by=cast["lan"], at=noon(TODAY))
    institutionalizations.verify(evidence, by=cast["hoa"], at=noon(TODAY))


def told(rows):
    return {row.label or "–": {one.level: (one.covered, one.tasks) for one in row.levels} for row in rows}


def test_every_document_and_provision_has_its_shares(world, cast):
    first, second, _places, _tasks = world
    assert told(board.by_resolution(cast["hoa"], TODAY)) == {
        first.number or first.title: {"central": (1, 3), "commune": (0, 2)},
        second.number or second.title: {"central": (0, 1), "commune": (0, 1)},
    }
    assert told(board.by_provision(cast["hoa"], first, TODAY)) == {
        "I": {"central": (1, 1), "commune": (0, 1)},
        "II": {"central": (0, 1), "commune": (0, 1)},
        "–": {"central": (0, 1)},
    }


def test_the_shares_add_up_to_the_whole_and_to_what_is_missing(world, cast):
    first, *_ = world
    for one in board.coverage(cast["hoa"], TODAY):
        rows = board.by_resolution(cast["hoa"], TODAY)
        parts = [part for row in rows for part in row.levels if part.level == one.level]
        assert (sum(p.tasks for p in parts), sum(p.covered for p in parts)) == (one.tasks, one.covered)
        missing = board.missing(cast["hoa"], TODAY, level=one.level)
        assert missing.count() == one.missing
    listed = board.missing(cast["hoa"], TODAY, level="central", resolution=first)
    assert [row.task.code for row in listed] == [task.code for task in world[3][1:3]]


def test_an_instrument_counts_while_it_is_in_force(world, cast):
    _first, _second, _places, tasks = world
    cover(tasks[1], cast, in_force_on=TODAY + timedelta(days=5))
    numbers = [board.coverage(cast["hoa"], TODAY + timedelta(days=days))[0].covered for days in (0, 5)]
    assert numbers == [1, 2]


def test_who_may_not_read_a_task_does_not_count_it(world, cast):
    assert [one.tasks for one in board.coverage(cast["minh"], TODAY)] == [0, 0, 0]


def test_the_page_leads_from_documents_to_what_is_missing(world, cast, django_assert_max_num_queries):
    first, _second, places, tasks = world
    client = client_of(cast["hoa"])
    page = text(get(cast["hoa"], "coverage"))
    assert f"?resolution={first.code}" in page
    with django_assert_max_num_queries(12):
        response = client.get("/coverage/", {"resolution": first.code, "provision": places[1].pk, "level": "commune"})
    page = text(response)
    assert tasks[1].title in page and tasks[0].title not in page
    wrong = client.get("/coverage/", {"resolution": "none", "provision": "x", "level": "z"})
    assert wrong.status_code == 200


def test_machines_read_the_same(world, cast):
    client, first = token_client(cast["hoa"]), world[0]
    address = "/api/v1/boards/coverage/"
    rows = client.get(address, {"by": "provision", "resolution": first.code}).json()["results"]
    assert [(row["label"], row["level"], row["covered"], row["tasks"]) for row in rows] == [
        ("I", "central", 1, 1), ("I", "commune", 0, 1), ("II", "central", 0, 1), ("II", "commune", 0, 1),
        (None, "central", 0, 1),
    ]  # fmt: skip
    assert {row["key"] for row in client.get(address, {"by": "resolution"}).json()["results"]} == {"R-1", "R-2"}
