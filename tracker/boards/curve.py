"""The curve: tasks assigned, deadlines passed and tasks institutionalized, month by month up to a day."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from tracker.boards.standing import changes_known_on, counted, tasks_on
from tracker.choices import Stage

MONTHS = 24


@dataclass(frozen=True, slots=True)
class Point:
    """The three sums at the end of `day`."""

    day: date
    assigned: int
    planned: int
    done: int


def curve(user: Any, day: date, *, months: int = MONTHS, is_now: bool = False) -> list[Point]:
    """Return the sums at the end of each of the last `months` months and on `day`, as known on `day`. Three queries.

    Planned are the tasks whose deadline lies on or before the point. A lapse takes a task out of the done ones again.
    """
    tasks = counted(tasks_on(user, day, is_now=is_now))
    assigned = _by_day(tasks, "assigned_on")
    planned = _by_day(tasks.filter(due_then__lte=day), "due_then")
    done = _done_by_day(tasks, day)
    return [
        Point(point, _sum(assigned, point), _sum(planned, point), _sum(done, point)) for point in _points(day, months)
    ]


def _by_day(tasks: Any, field: str) -> list[tuple[date, int]]:
    return list(tasks.order_by().values_list(field).annotate(Count("pk")))


def _done_by_day(tasks: Any, day: date) -> list[tuple[date, int]]:
    became, ceased = Q(to_stage=Stage.INSTITUTIONALIZED), Q(from_stage=Stage.INSTITUTIONALIZED)
    changes = changes_known_on(day).filter(became | ceased, task__in=tasks.values("pk"))
    sums = {"gained": Count("pk", filter=became), "lost": Count("pk", filter=ceased)}
    return [(on, gained - lost) for on, gained, lost in changes.order_by().values_list("on").annotate(**sums)]


def _sum(numbers: Iterable[tuple[date, int]], day: date) -> int:
    return sum(number for on, number in numbers if on <= day)


def _points(day: date, months: int) -> list[date]:
    ends = []
    for back in range(months, 0, -1):
        year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
        ends.append(date(year, month + 1, calendar.monthrange(year, month + 1)[1]))
    return [*ends, day]
