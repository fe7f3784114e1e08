"""What an object was on a day, by its events."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.builders import noon
from tracker.boards.trail import Change, Moment, changes, values_at
from tracker.models import Event


def event(day: int, before: dict[str, Any], after: dict[str, Any], *, on: int = 0, kind: str = "task") -> Event:
    facts = {"at": noon(date(2026, 3, day)), "on": date(2026, 3, on or day)}
    return Event(object_kind=kind, before=before, after=after, **facts)


EVENTS = [
    event(5, {"title": "Old"}, {"title": "New"}),
    event(10, {"stage": "assigned"}, {"stage": "planned"}),
    event(12, {"stage": "planned", "note": "x"}, {"stage": "drafting"}),
]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (4, {"title": "Old"}),
        (5, {"title": "New", "stage": "assigned", "note": "x"}),
        (11, {"title": "New", "stage": "planned", "note": "x"}),
        (12, {"title": "New", "stage": "drafting"}),
    ],
)
def test_the_values_of_a_day_follow_from_the_events(day: int, expected: dict[str, Any]) -> None:
    assert values_at(EVENTS, Moment(day=date(2026, 3, day))) == expected


def test_what_was_recorded_later_was_not_known_then() -> None:
    rows = [event(1, {}, {"stage": "assigned"}), event(20, {"stage": "assigned"}, {"stage": "planned"}, on=2)]
    assert values_at(rows, Moment(day=date(2026, 3, 10))) == {"stage": "assigned"}
    assert values_at(rows, Moment(day=date(2026, 3, 20))) == {"stage": "planned"}


def test_what_holds_from_a_later_day_does_not_hold_before() -> None:
    rows = [event(1, {}, {"stage": "assigned"}), event(2, {"stage": "assigned"}, {"stage": "planned"}, on=9)]
    assert values_at(rows, Moment(day=date(2026, 3, 8))) == {"stage": "assigned"}


def test_the_values_after_an_event_follow_from_the_numbers() -> None:
    rows = [event(5, {"title": "Old"}, {"title": "New"}), event(10, {"stage": "assigned"}, {"stage": "planned"})]
    rows[0].number = 7
    assert values_at(rows, Moment(number=6)) == {"title": "Old"}
    assert values_at(rows, Moment(number=7)) == {"title": "New", "stage": "assigned"}
    assert values_at(rows, Moment(number=8)) == {"title": "New", "stage": "assigned"}  # the second is not sealed
    rows[1].number = 8
    assert values_at(rows, Moment(number=8)) == {"title": "New", "stage": "planned"}


def test_an_object_was_nothing_before_it_was_entered() -> None:
    assert values_at([event(5, {}, {"stage": "assigned"})], Moment(day=date(2026, 3, 4))) == {}
    assert values_at([], Moment(day=date(2026, 3, 4))) == {}


def test_changes_are_the_fields_that_differ() -> None:
    row = event(1, {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 4, "d": 5})
    assert changes(row) == [Change("b", 2, 4), Change("c", 3, None), Change("d", None, 5)]


@pytest.mark.parametrize("kind", ["cadre", "user", "membership", "apitoken"])
def test_values_about_persons_are_not_told(kind: str) -> None:
    assert changes(event(1, {"name": "A"}, {"name": "B"}, kind=kind)) == []


def test_an_empty_text_in_the_place_of_nothing_is_no_change_and_a_no_is() -> None:
    told = changes(event(5, {"a": ""}, {"a": None, "b": "", "c": False, "d": 0}, kind="flag"))
    assert [(change.name, change.after) for change in told] == [("c", False), ("d", 0)]
