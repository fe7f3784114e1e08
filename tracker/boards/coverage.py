"""Coverage: at each level, how many of the tasks that must reach it are covered by a verified rule in force."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from tracker.boards.standing import counted, tasks_on
from tracker.choices import Level
from tracker.models import Provision, Resolution, TaskLevel
from tracker.models.evidence import level_is_covered


@dataclass(frozen=True, slots=True)
class LevelCoverage:
    """How far one level is. `percent` is rounded down, so that 100 means all."""

    level: str
    label: str
    tasks: int
    covered: int

    @property
    def percent(self) -> int:
        return self.covered * 100 // self.tasks if self.tasks else 0

    @property
    def missing(self) -> int:
        return self.tasks - self.covered


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """The levels of one document or provision; `key` is empty for tasks that name no provision."""

    key: str
    label: str
    levels: list[LevelCoverage]


def coverage(user: Any, day: date, *, is_now: bool = False) -> list[LevelCoverage]:
    """Return central, province and commune with their shares, also where no task must reach the level. One query.

    Counted is what was verified by `day` and in force on it, as it is known now. The district level has ended and is
    left out.
    """
    numbers = _grouped(levels_on(user, day, is_now=is_now))
    return _told(numbers[()], every=True)


def by_resolution(user: Any, day: date, *, is_now: bool = False) -> list[CoverageRow]:
    """Return the shares of each document with tasks that must reach a level, by code. Two queries."""
    numbers = _grouped(levels_on(user, day, is_now=is_now), "task__resolution")
    documents = Resolution.objects.filter(pk__in=[key for (key,) in numbers]).order_by("code")
    return [CoverageRow(row.code, row.number or row.title, _told(numbers[row.pk,])) for row in documents]


def by_provision(user: Any, resolution: Resolution, day: date, *, is_now: bool = False) -> list[CoverageRow]:
    """Return the shares of each provision of `resolution`, in its order. Two queries."""
    rows = levels_on(user, day, is_now=is_now).filter(task__resolution=resolution)
    numbers = _grouped(rows, "task__provision")
    provisions = Provision.objects.filter(pk__in=[key for (key,) in numbers if key]).order_by("position", "pk")
    found = [CoverageRow(str(row.pk), row.label, _told(numbers[row.pk,])) for row in provisions]
    return [*found, CoverageRow("", "", _told(numbers[None,]))] if (None,) in numbers else found


def missing(
    user: Any,
    day: date,
    *,
    level: str,
    resolution: Resolution | None = None,
    provision: Provision | None = None,
    is_now: bool = False,
) -> Any:
    """Return the levels of tasks that nothing covers on `day`, in the order of the registers. Runs no query."""
    rows = levels_on(user, day, is_now=is_now).filter(level=level, is_covered=False)
    rows = rows.filter(task__resolution=resolution) if resolution else rows
    rows = rows.filter(task__provision=provision) if provision else rows
    joined = rows.select_related("task__resolution", "task__parent")
    return joined.order_by("task__resolution__code", "task__resolution_id", "task__position", "task_id")


def levels_on(user: Any, day: date, *, is_now: bool) -> Any:
    """Return the levels that the tasks which count on `day` must reach, with is_covered. Runs no query."""
    tasks = counted(tasks_on(user, day, is_now=is_now)).values("pk")
    return TaskLevel.objects.filter(task__in=tasks).annotate(is_covered=level_is_covered(day))


Numbers = defaultdict[tuple[Any, ...], dict[str, tuple[int, int]]]


def _grouped(rows: Any, *keys: str) -> Numbers:
    """By the keys: by level, how many there are and how many are covered. One query."""
    found: Numbers = defaultdict(dict)
    groups = rows.order_by().values_list(*keys, "level")
    for *key, level, tasks, covered in groups.annotate(
        tasks=Count("pk"), covered=Count("pk", filter=Q(is_covered=True))
    ):
        found[tuple(key)][level] = tasks, covered
    return found


def _told(numbers: dict[str, tuple[int, int]], *, every: bool = False) -> list[LevelCoverage]:
    shown = [level for level in Level if level.value in numbers or (every and level != Level.DISTRICT)]
    return [LevelCoverage(level.value, str(level.label), *numbers.get(level.value, (0, 0))) for level in shown]
