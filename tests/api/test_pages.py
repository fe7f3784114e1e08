"""Keyset pages: complete, stable under writes, with a constant number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import rows
from tests.builders import make_body, make_cell, make_task
from tracker.api.resources import RESOURCES
from tracker.choices import Role
from tracker.models import Body, Resolution, Task


@pytest.fixture
def nine(db):
    """Nine tasks, T-0 to T-8, in the order of entry."""
    return [make_task(code=f"T-{number}", position=9 - number) for number in range(9)]


def walk(client, address, step="next"):
    while address:
        page = client.get(address).json()
        yield [row["code"] for row in page["results"]]
        address = page[step]


def test_next_leads_through_every_row_once(hoa, nine):
    pages = list(walk(hoa, "/api/v1/tasks/?limit=4"))
    assert pages == [["T-0", "T-1", "T-2", "T-3"], ["T-4", "T-5", "T-6", "T-7"], ["T-8"]]


def test_previous_leads_back_over_the_same_pages(hoa, nine):
    page = hoa.get("/api/v1/tasks/?limit=4").json()
    while page["next"]:
        page = hoa.get(page["next"]).json()
    back = list(walk(hoa, page["previous"], "previous"))
    assert back == [["T-4", "T-5", "T-6", "T-7"], ["T-0", "T-1", "T-2", "T-3"]]


def test_the_ends_have_no_way_on(hoa, nine):
    page = hoa.get("/api/v1/tasks/?limit=9").json()
    assert (page["next"], page["previous"]) == (None, None)
    second = hoa.get(hoa.get("/api/v1/tasks/?limit=5").json()["next"]).json()
    assert second["next"] is None
    assert hoa.get(second["previous"]).json()["previous"] is None


@pytest.mark.parametrize(("ordering", "wanted"), [("-id", "876543210"), ("position", "876543210"), ("id", "012345678")])
def test_orderings_hold_across_pages(hoa, nine, ordering, wanted):
    pages = walk(hoa, f"/api/v1/tasks/?limit=2&ordering={ordering}")
    assert "".join(code[-1] for page in pages for code in page) == wanted


def test_bodies_come_in_the_order_of_a_dictionary(hoa):
    for name in ("Đoàn", "Dân", "Ân", "An"):
        make_body(f"X{name}", name_vi=name)
    found = [row["name_vi"] for row in rows(hoa, "bodies", ordering="name", q="X")]
    assert found == ["An", "Ân", "Dân", "Đoàn"]


def test_rows_that_come_and_go_between_pages_shift_nothing(hoa, nine):
    first = hoa.get("/api/v1/tasks/?limit=4").json()
    Task.objects.filter(code="T-3").update(stage_since="2026-02-02")
    make_task(code="T-9")
    Task.objects.filter(code="T-5").update(is_demo=True)
    second = hoa.get(first["next"]).json()
    assert [row["code"] for row in second["results"]] == ["T-4", "T-5", "T-6", "T-7"]
    newest = hoa.get("/api/v1/tasks/?limit=3&ordering=-id").json()
    make_task(code="T-10")
    assert [row["code"] for row in hoa.get(newest["next"]).json()["results"]] == ["T-6", "T-5", "T-4"]


def test_a_cursor_keeps_the_filters_of_its_page(hoa, nine):
    address = hoa.get("/api/v1/tasks/", {"limit": 2, "kind": ["duty", "standing"], "q": "nhiem vu"}).json()["next"]
    assert address.startswith("http://testserver/api/v1/tasks/?limit=2&kind=duty&kind=standing&q=nhiem+vu&cursor=")
    assert hoa.get(address).status_code == 200


def test_rows_are_counted_only_when_asked(hoa, nine):
    assert "count" not in hoa.get("/api/v1/tasks/?limit=1").json()
    assert hoa.get("/api/v1/tasks/?limit=1&count=true").json()["count"] == 9
    assert hoa.get("/api/v1/tasks/?count=true&kind=objective").json()["count"] == 0


def _queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(f"/api/v1/{address}").status_code == 200
    return [query["sql"] for query in captured]


# Token, scope of the owner, rows; the use of the token is noted once a minute.
PLAIN = 3


@pytest.mark.parametrize("name", [resource.name for resource in RESOURCES])
def test_a_list_takes_three_queries_whatever_its_length(hoa, world, name):
    hoa.get("/api/v1/")
    before = _queries(hoa, f"{name}/")
    _triple()
    after = _queries(hoa, f"{name}/")
    # The changes also say up to where in the history they were asked for.
    wanted = PLAIN + (name == "changes")
    assert (len(before), len(after)) == (wanted, wanted)
    assert not [sql for sql in after if "COUNT(*)" in sql]


def _triple():
    for number in range(4):
        task = make_task(code=f"M-{number}", resolution=Resolution.objects.get(code="R1"), levels=[("central", [])])
        make_cell(task, make_body(f"M{number}"), Role.CONSULTED)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("tasks/?count=true", 4),
        ("tasks/?body=BO-A&role=A", 4),
        ("tasks/?as_of=2026-06-30", 3),
        ("boards/four-cells/", 4),
        ("boards/four-cells/?by=body", 5),
        ("boards/coverage/", 3),
        ("schema/", 1),
        ("", 1),
    ],
)
def test_other_requests_take_the_stated_number_of_queries(hoa, world, address, wanted):
    hoa.get("/api/v1/schema/")
    assert len(_queries(hoa, address)) == wanted
    _triple()
    assert len(_queries(hoa, address)) == wanted


def test_one_row_takes_three_queries(hoa, world):
    hoa.get("/api/v1/")
    assert len(_queries(hoa, f"tasks/{world.seen.pk}/")) == PLAIN


def test_a_page_far_in_is_read_by_the_index(hoa, nine):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite shows its plan in other words")
    last = Body.objects.latest("id").pk
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM tracker_task WHERE (resolution_id, position, id) > (1, 1, %s)", [last])
        assert "Index" in str(cursor.fetchall())
