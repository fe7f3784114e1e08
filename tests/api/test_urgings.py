"""Urging letters by REST: what they say, to whom, as of a day, and what a task tells of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.conftest import rows, token_client
from tests.builders import make_body
from tests.urging import flag, issue, make_late
from tests.working import TODAY, frozen, submitted
from tracker.choices import Clock
from tracker.models import UrgingItem

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
BEFORE = TODAY - timedelta(days=5)


def test_a_letter_with_its_tasks_and_answers(cast, hoa):
    late = make_late()
    silence = flag(late.task, clock=Clock.SILENCE, limit=BEFORE)
    (letter,) = issue(cast["hoa"], late, silence)
    (row,) = rows(hoa, "urgings")
    assert (row["symbol"], row["number"], row["year"], row["body"], row["sender"]) == (
        "1-CV/BDV",
        1,
        2026,
        "BO-A",
        "BDV",
    )
    assert row["document"] == f"/urgings/{letter.pk}/document/" and row["sha256"] == letter.sha256
    assert [(item["task"], item["flag_id"], item["answered_on"]) for item in row["items"]] == [
        (late.task.code, late.pk, None),
        (late.task.code, silence.pk, None),
    ]
    assert row["is_answered"] is False
    report = submitted(late.task, cast["lan"])
    (row,) = rows(hoa, "urgings")
    assert {(item["answered_on"], item["report_id"]) for item in row["items"]} == {("2026-06-15", report.pk)}
    assert row["is_answered"] is True


def test_no_person_is_named(cast, hoa):
    issue(cast["hoa"], make_late())
    assert "signer_name" not in rows(hoa, "urgings")[0] and "Trần Thị Thử" not in str(rows(hoa, "urgings"))


def test_filters(cast, hoa):
    late, other = make_late(), make_late(make_body("BO-B"))
    issue(cast["hoa"], late, other)
    submitted(late.task, cast["lan"])

    def bodies(**query):
        return [row["body"] for row in rows(hoa, "urgings", **query)]

    assert bodies(body="BO-A") == ["BO-A"] and bodies(below="HTCT") == ["BO-A", "BO-B"]
    assert bodies(task=other.task.code) == ["BO-B"] and bodies(sender="BO-A") == []
    assert bodies(answered="true") == ["BO-A"] and bodies(answered="false") == ["BO-B"]
    assert bodies(issued_from="2026-06-16") == [] and bodies(year=2026) == ["BO-A", "BO-B"]


def test_others_see_nothing_of_it(cast, as_user):
    (letter,) = issue(cast["hoa"], make_late())
    assert rows(as_user("minh"), "urgings") == []
    assert token_client(cast["minh"]).get(f"/api/v1/urgings/{letter.pk}/").status_code == 404
    assert [row["body"] for row in rows(as_user("lan"), "urgings")] == ["BO-A"]


def test_as_of_a_day_what_was_known_then(cast, hoa):
    late = make_late()
    issue(cast["hoa"], late, day=BEFORE)
    submitted(late.task, cast["lan"])
    assert rows(hoa, "urgings", as_of=f"{BEFORE - timedelta(days=1)}") == []
    then, now = (rows(hoa, "urgings", as_of=f"{day}")[0] for day in (BEFORE, TODAY))
    assert (then["is_answered"], then["items"][0]["answered_on"]) == (False, None)
    assert (now["is_answered"], now["items"][0]["answered_on"]) == (True, "2026-06-15")


def test_a_task_tells_how_often_it_was_urged(cast, hoa):
    late, calm = make_late(), make_late()
    silence = flag(late.task, clock=Clock.SILENCE, limit=BEFORE - timedelta(days=3))
    issue(cast["hoa"], late, silence, day=BEFORE)
    submitted(late.task, cast["lan"], on=TODAY - timedelta(days=1))
    issue(cast["hoa"], late)

    def told(code, **query):
        (row,) = rows(hoa, "tasks", code=code, **query)
        return row["urged"], row["urged_last_on"], row["urging_answered_on"]

    assert told(calm.task.code) == (0, None, None)
    assert told(late.task.code) == (2, "2026-06-15", None)
    assert told(late.task.code, as_of="2026-06-14") == (1, "2026-06-10", "2026-06-14")
    assert told(late.task.code, as_of="2026-06-12") == (1, "2026-06-10", None)
    UrgingItem.objects.all().delete()
