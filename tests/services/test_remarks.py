"""A body's own remark stands beside its flag; a later one stands in its place, and the earlier one stays known."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from tests.builders import make_cast, make_task, noon
from tests.working import TODAY, flag_of, frozen, get, scan_today, text
from tracker.boards import figures
from tracker.boards.four_cell import Wanted
from tracker.errors import Conflict, Stale
from tracker.models import Event, Flag, FlagRemark
from tracker.services import flags, tasks

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def flag(cast) -> Flag:
    task = make_task(due_on=date(2026, 5, 20))
    scan_today()
    return flag_of(task)


def remark(flag: Flag, cast, words: str, **more) -> FlagRemark:
    return flags.remark(flag, text=words, by=cast["lan"], at=noon(TODAY), **more)


def test_the_body_remarks_and_remarks_again(cast, flag):
    remark(flag, cast, "The draft is with the Government Office.")
    second = remark(flag, cast, "It came back.", version=1)
    assert list(FlagRemark.objects.standing()) == [second]
    assert [row.number for row in flag.remarks.all()] == [2, 1]
    assert Event.objects.filter(kind="flag.remarked", task=flag.task).count() == 2


def test_who_has_not_read_the_last_remark_replaces_none(cast, flag):
    remark(flag, cast, "First")
    with pytest.raises(Stale):
        remark(flag, cast, "Second")


def test_only_the_accountable_body_speaks(cast, flag):
    for who in ("minh", "hoa", "quang", "vinh"):
        with pytest.raises(PermissionDenied):
            flags.remark(flag, text="Ours", by=cast[who], at=noon(TODAY))


@pytest.mark.parametrize("words", ["  ", "x" * 1001])
def test_an_empty_and_a_long_remark_are_refused(cast, flag, words):
    with pytest.raises(ValidationError):
        remark(flag, cast, words)


def test_a_closed_flag_takes_no_remark(cast, flag):
    tasks.withdraw(flag.task, reason="Replaced", by=cast["hoa"], at=noon(TODAY))
    with pytest.raises(Conflict):
        remark(flag, cast, "Too late")


def test_it_stands_on_the_task_in_the_queue_and_in_the_figures(cast, flag):
    remark(flag, cast, "With the Government Office")
    pages = [
        get(cast["hoa"], "task", flag.task_id),
        get(cast["hoa"], "overdue"),
        get(cast["hoa"], "figures", by="body"),
    ]
    assert all("With the Government Office" in text(page) for page in pages)
    report = figures.report(cast["hoa"], Wanted(day=TODAY), "body", at=noon(TODAY))
    assert [said.text for said in report.lines[0].remarks] == ["With the Government Office"]
    earlier = figures.report(cast["hoa"], Wanted(day=date(2026, 6, 14)), "body", at=noon(TODAY))
    assert earlier.lines[0].remarks == []


def test_it_is_written_on_a_page(cast, flag):
    from django.urls import reverse

    from tests.working import client_of

    client, url = client_of(cast["lan"]), reverse("flag_remark", args=[flag.pk])
    assert "Remark on a flag" in text(client.get(url))
    assert client.post(url, {"text": "Waiting", "version": 0}).status_code == 302
    assert "What stands there" in text(client.get(url))
    assert "Waiting" in text(client.post(url, {"text": "Again", "version": 0}), 409)
    assert FlagRemark.objects.get().text == "Waiting"
