"""The filters that the pages have, one by one."""

from datetime import date

import pytest

from tests.api.conftest import codes, rows
from tests.api.world import FOREIGN, SEEN
from tests.builders import make_body, make_cell, make_task, noon
from tracker.choices import Role, Stage
from tracker.models import Flag, Task

BOTH = [SEEN, FOREIGN]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"code": SEEN}, [SEEN]),
        ({"code": "nothing"}, []),
        ({"resolution": "R1"}, BOTH),
        ({"resolution": "R2"}, []),
        ({"stage": "assigned"}, BOTH),
        ({"stage": ["drafting", "planned"]}, []),
        ({"kind": "duty"}, BOTH),
        ({"kind": "objective"}, []),
        ({"level": "central"}, [SEEN]),
        ({"level": ["central", "commune"]}, BOTH),
        ({"body": "BO-A"}, [SEEN]),
        ({"body": "QH"}, [SEEN]),
        ({"body": "QH", "role": "S"}, [SEEN]),
        ({"body": "QH", "role": "A"}, []),
        ({"body": "QH", "role": ["A", "S"]}, [SEEN]),
        ({"role": "S"}, [SEEN]),
        ({"role": "A"}, BOTH),
        ({"below": "HTCT"}, BOTH),
        ({"below": "HTCT", "role": "S"}, [SEEN]),
        ({"is_late": "true"}, BOTH),
        ({"is_late": "false"}, []),
        ({"clock": "silence"}, BOTH),
        ({"clock": "due"}, []),
        ({"due_to": "2026-05-29"}, [SEEN]),
        ({"due_from": "2026-05-30"}, [FOREIGN]),
        ({"q": "tiep DAN"}, [FOREIGN]),
        ({"status": "open_overdue", "as_of": "2026-06-30"}, [SEEN]),
        ({"status": "open_in_time", "as_of": "2026-05-29"}, BOTH),
        ({"status": ["done_late", "done_on_time"]}, []),
    ],
    ids=str,
)
def test_tasks_are_narrowed(hoa, world, query, wanted):
    assert codes(hoa, **query) == wanted


def test_the_parts_of_a_task_are_found_by_its_code(hoa, world):
    part = make_task(code="2.5.a", parent=world.seen, resolution=world.seen.resolution)
    assert codes(hoa, parent=SEEN) == [part.code]
    assert rows(hoa, "tasks", parent=SEEN)[0]["parent_id"] == world.seen.pk


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"clock": "silence"}, 2),
        ({"clock": ["due", "stage"]}, 0),
        ({"open": "true"}, 2),
        ({"open": "false"}, 0),
        ({"acknowledged": "false"}, 2),
        ({"acknowledged": "true"}, 0),
        ({"body": "BO-A"}, 1),
        ({"task": SEEN}, 1),
        ({"resolution": "R2"}, 0),
        ({"since_from": "2026-06-01", "since_to": "2026-06-01"}, 2),
        ({"since_from": "2026-06-02"}, 0),
        ({"ordering": "-since"}, 2),
    ],
    ids=str,
)
def test_flags_are_narrowed(hoa, world, query, count):
    assert len(rows(hoa, "flags", **query)) == count


@pytest.mark.parametrize(
    ("path", "query", "count"),
    [
        ("resolutions", {"issuer": "BCHTW"}, 2),
        ("resolutions", {"signed_to": "2015-01-01"}, 1),
        ("resolutions", {"q": "dan van"}, 2),
        ("provisions", {"resolution": "R1"}, 2),
        ("provisions", {"label": "XV.2.3"}, 1),
        ("bodies", {"kind": "party"}, 3),
        ("bodies", {"parent": "HTCT", "kind": "state"}, 3),
        ("bodies", {"below": "BO-A"}, 1),
        ("bodies", {"is_mobilization": "true"}, 1),
        ("bodies", {"as_of": "1930-01-01"}, 0),
        ("posts", {"body": "BO-A", "is_head": "true"}, 1),
        ("cadres", {"body": "BO-A"}, 1),
        ("cadres", {"q": "nguyen thi bo-b"}, 1),
        ("responsibilities", {"body": "QH"}, 1),
        ("responsibilities", {"task": SEEN, "role": ["A", "S"]}, 2),
        ("responsibilities", {"resolution": "R1", "role": "A"}, 2),
        ("instruments", {"status": "in_force"}, 4),
        ("instruments", {"status": "issued", "as_of": "2026-02-10"}, 4),
        ("instruments", {"number": f"10/2022/{SEEN}"}, 1),
        ("instruments", {"consulted": "held"}, 2),
        ("instruments", {"consulted": ["unknown", "unasked"]}, 2),
        ("instruments", {"consulted": "unknown", "as_of": "2026-01-05"}, 0),
        ("instruments", {"drafted_by": "QH"}, 0),
        ("institutionalizations", {"instrument": f"10/2022/{SEEN}", "state": "verified"}, 1),
        ("institutionalizations", {"level": "commune"}, 0),
        ("progress-reports", {"state": "accepted", "body": "BO-A"}, 1),
        ("progress-reports", {"submitted_from": "2026-05-05"}, 0),
        ("progress-reports", {"q": "du thao"}, 2),
        ("changes", {"task": SEEN, "kind": "task.created"}, 1),
        ("changes", {"object_kind": "nothing"}, 0),
    ],
    ids=str,
)
def test_other_collections_are_narrowed(hoa, world, path, query, count):
    assert len(rows(hoa, path, **query)) == count


@pytest.mark.parametrize(
    ("stage", "done_on", "wanted"),
    [
        (Stage.DRAFTING, None, "open_overdue"),
        (Stage.INSTITUTIONALIZED, date(2026, 5, 29), "done_on_time"),
        (Stage.INSTITUTIONALIZED, date(2026, 5, 30), "done_late"),
        (Stage.WITHDRAWN, None, None),
    ],
)
def test_the_status_is_told_as_it_is_filtered(hoa, world, stage, done_on, wanted):
    Task.objects.filter(pk=world.seen.pk).update(stage=stage, done_on=done_on)
    assert rows(hoa, "tasks", code=SEEN)[0]["status"] == wanted
    found = [
        status
        for status in ("open_overdue", "open_in_time", "done_on_time", "done_late")
        if SEEN in codes(hoa, status=status)
    ]
    assert found == ([wanted] if wanted else [])


def test_an_objective_has_no_status(hoa, world):
    make_task(code="7.1", kind="objective", resolution=world.seen.resolution)
    assert rows(hoa, "tasks", code="7.1")[0]["status"] is None


def test_the_tables_count_what_the_reader_sees(hoa, as_user, world):
    body = hoa.get("/api/v1/boards/four-cells/", {"by": "body", "as_of": "2026-06-30"}).json()
    cells = {"done_on_time": 0, "done_late": 0, "open_in_time": 0, "open_overdue": 1}
    extended = {"done_on_time_extended": 0, "open_overdue_extended": 0}
    ranked = {"total": 1, "rank": None, "peers_median": 1.0}
    assert body["results"][0] == {"key": "BO-A", **cells, **extended, **ranked}
    lan = as_user("lan").get("/api/v1/boards/coverage/").json()["results"]
    assert {row["level"]: row["tasks"] for row in lan} == {"central": 1, "province": 0, "commune": 0}


def test_a_cell_that_has_ended_is_found_no_more(hoa, world):
    cell = make_cell(world.foreign, make_body("BO-C"), Role.CONSULTED)
    type(cell).objects.filter(pk=cell.pk).update(valid_to=date(2026, 3, 1), end_recorded_at=noon(date(2026, 3, 1)))
    assert codes(hoa, body="BO-C") == []
    assert codes(hoa, body="BO-C", as_of="2026-02-28") == [FOREIGN]


def test_an_acknowledged_flag_is_told_apart(hoa, world, cast):
    late = Flag.objects.filter(task=world.seen)
    late.update(acknowledged_by=cast["hoa"], acknowledged_at=noon(date(2026, 6, 5)), acknowledged_note="Đã rõ")
    assert [row["acknowledged_note"] for row in rows(hoa, "flags", acknowledged="true")] == ["Đã rõ"]
