"""Whole lists as files: the rows of the list, for each reader their own, complete or refused."""

import csv
import io
import json
import secrets
import threading
import tracemalloc
from concurrent import futures
from datetime import date, datetime

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import User
from tests.api.conftest import rows, token_client
from tests.builders import make_task
from tracker.api import exports
from tracker.api.exports import EXPORTED, MEDIA_TYPES
from tracker.exchange import sheets
from tracker.exchange.sheets import write_table
from tracker.models import Body


def sent(client, name, **query):
    response = client.get(f"/api/v1/exports/{name}", query)
    assert response.status_code == 200, response.content.decode()
    return b"".join(response.streaming_content)


NAMED = ("Content-Type", "Content-Disposition", "Cache-Control")


def book(client, name="tasks", **query):
    return load_workbook(io.BytesIO(sent(client, f"{name}.xlsx", **query)))


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


@pytest.mark.parametrize("name", [resource.name for resource in EXPORTED])
@pytest.mark.parametrize("reader", ["hoa", "minh"])
def test_the_workbook_has_the_same_rows(as_user, world, name, reader):
    client = as_user(reader)
    listed, (heads, *cells) = rows(client, name), book(client, name)[name].iter_rows(values_only=True)
    assert list(heads) == list(listed[0])
    assert [row[0] for row in cells] == [row["id"] for row in listed]


def test_a_workbook_holds_numbers_days_moments_and_truths_as_such(hoa, world):
    sheet, row = book(hoa)["tasks"], rows(hoa, "tasks")[0]
    cells = dict(zip([cell.value for cell in sheet[1]], sheet[2], strict=True))
    assert (cells["position"].data_type, cells["position"].value) == ("n", row["position"])
    assert cells["due_on"].value == datetime(2026, 5, 29) and cells["due_on"].is_date
    assert cells["recorded_at"].value.isoformat() + "Z" == row["recorded_at"]
    assert cells["is_demo"].value is False
    assert json.loads(cells["responsibilities"].value) == row["responsibilities"]
    assert cells["done_on"].value is None
    assert (sheet.freeze_panes, sheet["A1"].font.bold) == ("A2", True)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_workbook_holds_no_formula(hoa, start):
    make_task(code="F-1", title_vi=f"{start}1+1")
    (cell,) = [cell for row in book(hoa)["tasks"] for cell in row if cell.value == f"{start}1+1"]
    assert cell.data_type == "s" and cell.quotePrefix


def test_what_xml_cannot_hold_is_left_out_and_a_long_text_ends_in_dots(tmp_path):
    with (tmp_path / "a.xlsx").open("wb") as file:
        write_table(file, "x", ["a", "b", "c"], [["a\x01b", "x" * 40_000, date(1890, 1, 2)]])
    (row,) = load_workbook(tmp_path / "a.xlsx")["x"].iter_rows(min_row=2, values_only=True)
    assert row == ("ab", "x" * 32_766 + "…", "1890-01-02")


def test_rows_beyond_a_sheet_go_on_in_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    with (tmp_path / "a.xlsx").open("wb") as file:
        write_table(file, "x", ["n"], ([number] for number in range(5)))
    found = load_workbook(tmp_path / "a.xlsx")
    columns = {sheet.title: [cell.value for cell in sheet["A"]] for sheet in found}
    assert columns == {"x": ["n", 0, 1], "x 2": ["n", 2, 3], "x 3": ["n", 4]}


def test_a_workbook_without_rows_has_its_head(hoa):
    assert [cell.value for cell in book(hoa)["tasks"][1]][:2] == ["id", "code"]


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
        assert answer["Content-Type"].removesuffix("; charset=utf-8") == media_type
        assert answer["Content-Disposition"] == f'attachment; filename="tasks-2026-01-31.{form}"'
        assert int(answer["Content-Length"]) == len(b"".join(answer.streaming_content))
        assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("form", list(MEDIA_TYPES))
def test_asking_for_the_head_writes_no_file(hoa, world, monkeypatch, form):
    whole = hoa.get(f"/api/v1/exports/tasks.{form}")
    b"".join(whole)
    monkeypatch.setattr(exports, "written", lambda *_: 1 / 0)
    head = hoa.head(f"/api/v1/exports/tasks.{form}")
    assert head.status_code == 200 and b"".join(head) == b"" and not head.has_header("Content-Length")
    assert [head[name] for name in NAMED] == [whole[name] for name in NAMED]
    assert hoa.head(f"/api/v1/exports/tasks.{form}?as_of=x").status_code == 400


def test_other_forms_and_lists_are_not_there(hoa):
    for name in ("tasks.pdf", "bodies.csv"):
        assert hoa.get(f"/api/v1/exports/{name}", follow=True).status_code == 404


def test_a_failure_in_the_middle_sends_no_part_of_a_file(hoa, world, monkeypatch):
    def broken(resource, query):
        yield "{}"
        raise OperationalError("gone")

    monkeypatch.setattr(exports, "_texts", broken)
    answer = hoa.get("/api/v1/exports/tasks.csv")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    monkeypatch.undo()
    assert lines(hoa)


def test_a_file_that_takes_too_long_is_told_as_a_problem(hoa, world, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no limit of a statement")
    monkeypatch.setattr(exports, "SECONDS", 0.001)
    for form in MEDIA_TYPES:
        answer = hoa.get(f"/api/v1/exports/tasks.{form}")
        assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")


def test_who_reads_nothing_gets_a_file_without_rows(db):
    stranger = token_client(User.objects.create(username="stranger"))
    assert [len(lines(stranger, resource.name)) for resource in EXPORTED] == [0] * len(EXPORTED)


def test_more_files_at_once_than_there_are_places_are_told_to_wait(hoa, world, monkeypatch):
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(exports, "_writers", places)
    with places:
        answer = hoa.get("/api/v1/exports/tasks.ndjson")
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    assert lines(hoa)


@pytest.mark.django_db(transaction=True)
def test_others_write_while_a_file_is_written(hoa, monkeypatch):
    def write(*_):
        with futures.ThreadPoolExecutor(1) as other:
            other.submit(written_by_another).result(timeout=10)

    def written_by_another():
        try:
            Body.objects.filter(code="BO-A").update(note_en="meanwhile")
        finally:
            connection.close()

    monkeypatch.setitem(exports.WRITERS, "csv", write)
    assert sent(hoa, "tasks.csv") == b""
    assert Body.objects.get(code="BO-A").note_en == "meanwhile"


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


class Several:
    """A query of the same text many times, for COPY."""

    def __init__(self, text, times):
        self.query, self.told = self, (f"SELECT %s FROM generate_series(1, {times})", [text])

    def sql_with_params(self):
        return self.told


@pytest.mark.parametrize("form", list(MEDIA_TYPES))
def test_memory_does_not_grow_with_the_rows(db, monkeypatch, form):
    text = json.dumps({"title": secrets.token_hex(500)})
    monkeypatch.setattr(exports, "_texts", lambda *_: (text for _ in range(3_000)))
    monkeypatch.setattr(exports, "_rows", lambda *_: Several(text, 3_000))
    tracemalloc.start()
    try:
        with exports.written(EXPORTED[0], None, form) as file:
            size = file.seek(0, 2)
        assert size > (3_000_000 if form != "xlsx" else 20_000)
        assert tracemalloc.get_traced_memory()[1] < 1_500_000
    finally:
        tracemalloc.stop()
