"""The four cells of the field's reports (done on time, done late, in time, overdue) by document, body and level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count

from tracker.boards.standing import accountable_on, counted, tasks_on
from tracker.choices import FieldStatus, Level
from tracker.models import Body, Resolution
from tracker.rules.status import FourCells


@dataclass(frozen=True, slots=True)
class CellRow:
    """One line of the table. `key` is what the task list's filter takes; empty for tasks without such a thing."""

    key: str
    label: str
    cells: FourCells

    @property
    def numbers(self) -> list[tuple[str, int]]:
        """The four statuses with their numbers, in the order of the reports."""
        return [(status.value, getattr(self.cells, status.value)) for status in FieldStatus]


def by_resolution(user: Any, day: date, *, is_now: bool = False) -> list[CellRow]:
    """Return the cells of each document with counted tasks, in the order of the register. Two queries."""
    counts = _grouped(counted(tasks_on(user, day, is_now=is_now)), "resolution")
    documents = Resolution.objects.filter(pk__in=counts)
    return [CellRow(row.code, row.title, counts[row.pk]) for row in documents]


def by_body(user: Any, day: date, *, is_now: bool = False) -> list[CellRow]:
    """Return the cells of each body that was accountable on `day`, most overdue first. Two queries.

    Tasks that nobody was accountable for come as a last row with an empty key and label.
    """
    rows = counted(tasks_on(user, day, is_now=is_now)).annotate(body_then=accountable_on(day))
    counts = _grouped(rows, "body_then")
    bodies = Body.objects.filter(pk__in=[key for key in counts if key])
    table = [CellRow(body.code, body.label, counts[body.pk]) for body in bodies]
    table.sort(key=lambda row: (-row.cells.open_overdue, -row.cells.total))
    return [*table, CellRow("", "", counts[None])] if None in counts else table


def by_level(user: Any, day: date, *, is_now: bool = False) -> list[CellRow]:
    """Return the cells of each level that tasks must reach, from the centre down. One query.

    A task that must reach two levels stands in both lines.
    """
    counts = _grouped(counted(tasks_on(user, day, is_now=is_now)).exclude(levels=None), "levels__level")
    return [CellRow(level.value, str(level.label), counts[level.value]) for level in Level if level.value in counts]


def total(rows: list[CellRow]) -> FourCells:
    """Return the sum of rows that share no task, as those of `by_resolution` do."""
    return FourCells(
        done_on_time=sum(row.cells.done_on_time for row in rows),
        done_late=sum(row.cells.done_late for row in rows),
        open_in_time=sum(row.cells.open_in_time for row in rows),
        open_overdue=sum(row.cells.open_overdue for row in rows),
    )


def _grouped(tasks: Any, key: str) -> dict[Any, FourCells]:
    found: defaultdict[Hashable, dict[str, int]] = defaultdict(dict)
    for group, status, number in tasks.order_by().values_list(key, "status_then").annotate(number=Count("pk")):
        found[group][status] = number
    make: Callable[..., FourCells] = FourCells
    return {group: make(**numbers) for group, numbers in found.items()}
