"""As of D: what is valid on D and was recorded by its end; entries made later change no old answer."""

from datetime import date, timedelta

import pytest

from tests.api.conftest import codes, rows
from tests.api.world import FOREIGN, LATE_SINCE, SEEN
from tests.builders import make_body, make_task, noon
from tracker.choices import Role, Stage
from tracker.clock import local_today
from tracker.models import Flag, Institutionalization, ProgressReport, Responsibility, StageChange, Task

APRIL, MAY, JUNE = date(2026, 4, 15), date(2026, 5, 15), date(2026, 6, 15)


def stage_on(client, day):
    row = rows(client, "tasks", code=SEEN, as_of=day)[0]
    return row["stage"], row["stage_since"], row["done_on"], row["status"]


def change(task, stage, on, recorded_on):
    StageChange.objects.create(task=task, to_stage=stage, on=on, recorded_at=noon(recorded_on))


def test_the_stage_is_that_of_the_day(hoa, world):
    change(world.seen, Stage.DRAFTING, MAY, MAY)
    assert stage_on(hoa, APRIL)[:2] == ("assigned", "2026-01-05")
    assert stage_on(hoa, MAY)[:2] == ("drafting", "2026-05-15")


def test_a_stage_recorded_later_changes_no_old_answer(hoa, world):
    change(world.seen, Stage.DRAFTING, APRIL, JUNE)
    assert stage_on(hoa, MAY)[0] == "assigned"
    assert stage_on(hoa, JUNE)[:2] == ("drafting", "2026-04-15")


def test_done_and_lapsed_are_told_as_they_were(hoa, world):
    change(world.seen, Stage.INSTITUTIONALIZED, APRIL, APRIL)
    change(world.seen, Stage.ASSIGNED, JUNE, JUNE)
    assert stage_on(hoa, MAY) == ("institutionalized", "2026-04-15", "2026-04-15", "done_on_time")
    assert stage_on(hoa, JUNE) == ("assigned", "2026-06-15", None, "open_overdue")


def test_the_stage_filter_asks_for_the_stage_of_the_day(hoa, world):
    change(world.seen, Stage.DRAFTING, MAY, MAY)
    assert codes(hoa, stage="drafting", as_of=MAY) == [SEEN]
    assert codes(hoa, stage="drafting", as_of=APRIL) == []


def test_a_task_is_not_told_before_it_was_recorded(hoa, world):
    Task.objects.filter(pk=world.foreign.pk).update(recorded_at=noon(JUNE))
    assert codes(hoa, as_of=MAY) == [SEEN]
    assert codes(hoa, as_of=JUNE) == [SEEN, FOREIGN]
    assert hoa.get(f"/api/v1/tasks/{world.foreign.pk}/", {"as_of": MAY}).status_code == 404


def test_the_last_report_is_the_last_accepted_by_then(hoa, world):
    before, after = (
        rows(hoa, "tasks", code=SEEN, as_of=day)[0]["last_report_on"] for day in ("2026-05-05", "2026-05-06")
    )
    assert (before, after) == (None, "2026-05-04")
    assert ProgressReport.objects.filter(task=world.seen, decided_at=noon(date(2026, 5, 6))).exists()


def cells(client, day):
    return {
        (cell["role"], cell["body"], cell["valid_to"])
        for cell in rows(client, "tasks", code=SEEN, as_of=day)[0]["responsibilities"]
    }


def test_cells_are_those_of_the_day_with_the_end_known_then(hoa, world):
    old = Responsibility.objects.get(task=world.seen, role=Role.ACCOUNTABLE)
    Responsibility.objects.filter(pk=old.pk).update(valid_to=MAY, end_recorded_at=noon(JUNE))
    new = {"body": make_body("BO-C"), "role": Role.ACCOUNTABLE, "valid_from": MAY, "recorded_at": noon(JUNE)}
    Responsibility.objects.create(task=world.seen, **new)
    assert ("A", "BO-A", None) in cells(hoa, MAY)
    assert {("A", "BO-C", None), ("S", "QH", None)} == cells(hoa, JUNE)
    known = rows(hoa, "responsibilities", task=SEEN, role="A", as_of=MAY)
    assert [(row["body"], row["valid_to"]) for row in known] == [("BO-A", None)]
    everything = rows(hoa, "responsibilities", task=SEEN, role="A")
    assert [(row["body"], row["valid_to"]) for row in everything] == [("BO-A", "2026-05-15"), ("BO-C", None)]


def test_lateness_is_that_of_the_day(hoa, world):
    Flag.objects.filter(task=world.seen).update(closed_on=JUNE, closed_at=noon(JUNE), closed_why="report")
    on_day = [
        rows(hoa, "tasks", code=SEEN, as_of=day)[0]["late"] for day in (LATE_SINCE - timedelta(1), LATE_SINCE, JUNE)
    ]
    assert on_day == [[], [{"clock": "silence", "since": "2026-06-01"}], []]


def test_a_flag_closed_or_acknowledged_later_stands_open(hoa, world, cast):
    later = {"closed_on": JUNE, "closed_at": noon(JUNE), "closed_why": "report"}
    Flag.objects.filter(task=world.seen).update(
        **later, acknowledged_by=cast["hoa"], acknowledged_at=noon(JUNE), acknowledged_note="Đã rõ"
    )
    row = rows(hoa, "flags", task=SEEN, as_of=LATE_SINCE)[0]
    told = [
        row[name]
        for name in ("is_open", "closed_on", "closed_at", "closed_why", "acknowledged_at", "acknowledged_note")
    ]
    assert told == [True, None, None, None, None, None]
    assert rows(hoa, "flags", task=SEEN, as_of=JUNE) == []
    assert rows(hoa, "flags", task=SEEN)[0]["closed_why"] == "report"


def test_what_was_verified_later_was_only_declared(hoa, world):
    states = [
        rows(hoa, "institutionalizations", task=SEEN, as_of=day) for day in ("2026-03-01", "2026-03-31", "2026-04-01")
    ]
    assert [[row["state"] for row in found] for found in states] == [[], ["declared"], ["verified"]]
    assert states[1][0]["verified_on"] is None
    Institutionalization.objects.update(recorded_at=noon(JUNE))
    assert rows(hoa, "institutionalizations", as_of=MAY) == []


def test_tenures_are_those_of_the_day(hoa, world):
    assert [row["tenures"] for row in rows(hoa, "cadres", as_of="2026-01-04")] == [[], []]
    assert len(rows(hoa, "cadres", as_of="2026-01-05")[0]["tenures"]) == 1


def test_today_is_a_day_like_any_other(hoa, world):
    make_task(code="9.9", resolution=world.seen.resolution)
    assert rows(hoa, "tasks", as_of=local_today(), code="9.9") == rows(hoa, "tasks", code="9.9")


@pytest.mark.parametrize("path", ["tasks/", "flags/", "responsibilities/", "boards/four-cells/", "boards/coverage/"])
def test_a_day_that_has_not_come_is_refused(hoa, path):
    tomorrow = local_today() + timedelta(days=1)
    response = hoa.get(f"/api/v1/{path}", {"as_of": tomorrow})
    assert response.status_code == 400
    assert response.json()["errors"]["as_of"][0].startswith("This day has not come")


def test_the_first_day_of_all_is_no_fault(hoa, world):
    assert codes(hoa, as_of="0001-01-01") == []


def life_on(client, day):
    row = rows(client, "instruments", number=f"10/2022/{SEEN}", as_of=day)[0]
    files = [(file["revision"], file["is_current"]) for file in row["files"]]
    return [phase["phase"] for phase in row["phases"]], files, [asked["people"] for asked in row["consultations"]]


def test_the_life_of_an_instrument_is_told_as_it_was_recorded_by_then(hoa, world):
    assert life_on(hoa, date(2026, 1, 5)) == ([], [], [])
    assert life_on(hoa, date(2026, 1, 7)) == (["drafting"], [(1, True)], [1840])
    assert life_on(hoa, date(2026, 2, 10)) == (["planned"], [(1, False), (2, True)], [1840])
