"""Whole lists as files: the rows of the list, for each reader their own, complete or refused."""

import csv
import io
import json
import threading
import tracemalloc

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import rows
from tests.builders import make_task
from tracker.api import exports
from tracker.api.exports import EXPORTED, MEDIA_TYPES


def sent(client, name, **query):
    response = client.get(f"/api/v1/exports/{name}", query)
    assert response.status_code == 200, response.content.decode()
    return b"".join(response.streaming_content)


def lines(client, name="tasks", **query):
    return [json.loads(line) for line in sent(client, f"{name}.ndjson", **query).splitlines()]


def table(client, name="tasks", **query):
    return list(csv.DictReader(io.StringIO(sent(client, f"{name}.csv", **query).decode("utf-8-sig"))))


@pytest.mark.parametrize("name", [resource.name for resource in EXPORTED])
@pytest.mark.parametrize("reader", ["hoa", "lan", "minh"])
def test_the_file_has_the_rows_of_the_list(as_user, world, name, reader):
    client = as_user(reader)
    assert lines(client, name) == rows(client, name)


@pytest.mark.parametrize("name", [resource.name for resource in EXPORTED])
def test_the_table_has_the_same_rows(hoa, world, name):
    listed = rows(hoa, name)
    assert listed
    assert [list(row) for row in table(hoa, name)] == [list(row) for row in listed]
    assert [row["id"] for row in table(hoa, name)] == [str(row["id"]) for row in listed]


def test_arrays_are_json_in_a_cell(hoa, world):
    cells, row = table(hoa)[0], rows(hoa, "tasks")[0]
    assert json.loads(cells["responsibilities"]) == row["responsibilities"]
    assert (cells["is_demo"], cells["done_on"]) == ("false", "")


@pytest.mark.parametrize(
    "query", [{"code": "2.5"}, {"q": "dân chủ"}, {"ordering": "-id"}, {"as_of": "2020-01-01"}, {"below": "BO-A"}]
)
def test_what_narrows_the_list_narrows_the_file(hoa, world, query):
    assert lines(hoa, **query) == rows(hoa, "tasks", **query)


@pytest.mark.parametrize("name", ["limit", "cursor", "count", "nothing"])
def test_what_is_not_of_files_is_refused_by_name(hoa, name):
    answer = hoa.get("/api/v1/exports/tasks.csv", {name: "1"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


def test_a_file_of_changes_does_not_wait(hoa):
    assert hoa.get("/api/v1/exports/changes.ndjson", {"wait": "5"}).status_code == 400


def test_a_value_that_cannot_be_used_is_refused(hoa):
    answer = hoa.get("/api/v1/exports/tasks.ndjson", {"as_of": "yesterday"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["as_of"])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_what_looks_like_a_formula_is_text(hoa, start):
    make_task(code="F-1", title_vi=f"{start}1+1")
    assert table(hoa)[0]["title_vi"] == f"'{start}1+1"
    assert lines(hoa)[0]["title_vi"] == f"{start}1+1"


def test_a_file_says_its_type_name_and_length(hoa, world):
    for form, media_type in MEDIA_TYPES.items():
        answer = hoa.get(f"/api/v1/exports/tasks.{form}?as_of=2026-01-31", headers={"Accept": media_type})
        assert answer["Content-Type"] == f"{media_type}; charset=utf-8"
        assert answer["Content-Disposition"] == f'attachment; filename="tasks-2026-01-31.{form}"'
        assert int(answer["Content-Length"]) == len(b"".join(answer.streaming_content))
        assert answer["Cache-Control"] == "private, no-store"


def test_other_forms_and_lists_are_not_there(hoa):
    for name in ("tasks.pdf", "bodies.csv"):
        assert hoa.get(f"/api/v1/exports/{name}", follow=True).status_code == 404


def test_a_failure_in_the_middle_sends_no_part_of_a_file(hoa, world, monkeypatch):
    def broken(resource, query):
        yield "{}"
        raise OperationalError("gone")

    monkeypatch.setattr(exports, "_texts", broken)
    answer = hoa.get("/api/v1/exports/tasks.ndjson")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    monkeypatch.undo()
    assert lines(hoa)


def test_more_files_at_once_than_there_are_places_are_told_to_wait(hoa, world, monkeypatch):
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(exports, "_writers", places)
    with places:
        answer = hoa.get("/api/v1/exports/tasks.ndjson")
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    assert lines(hoa)


def test_a_broken_file_gives_its_place_back(hoa, monkeypatch):
    monkeypatch.setattr(exports, "_writers", threading.BoundedSemaphore(1))
    monkeypatch.setattr(exports, "written", lambda *_: 1 / 0)
    hoa.raise_request_exception = False
    assert [hoa.get("/api/v1/exports/tasks.csv").status_code for _ in range(2)] == [500, 500]


def test_the_rows_come_in_parts(hoa, world, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 1)
    assert lines(hoa) == rows(hoa, "tasks")


def test_the_queries_stay_the_same(hoa, world):
    def count():
        with CaptureQueriesContext(connection) as queries:
            lines(hoa)
        return len(queries)

    lines(hoa)
    before = count()
    for number in range(6):
        make_task(code=f"M-{number}")
    assert count() == before


@pytest.mark.parametrize("form", list(MEDIA_TYPES))
def test_memory_does_not_grow_with_the_rows(db, monkeypatch, form):
    text = json.dumps({"title": "x" * 1000})
    monkeypatch.setattr(exports, "_texts", lambda *_: (text for _ in range(10_000)))
    tracemalloc.start()
    try:
        with exports.written(EXPORTED[0], None, form) as file:
            size = file.seek(0, 2)
        assert size > 10_000_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
