"""Coverage: at each level, how many of the tasks that must reach it are covered by a verified rule in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from tracker.boards.standing import counted, tasks_on
from tracker.choices import Level
from tracker.models import TaskLevel
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


def coverage(user: Any, day: date, *, is_now: bool = False) -> list[LevelCoverage]:
    """Return central, province and commune with their shares, also where no task must reach the level. One query.

    Counted is what was verified by `day` and in force on it, in full. The district level has ended and is left out.
    """
    tasks = counted(tasks_on(user, day, is_now=is_now)).values("pk")
    rows = TaskLevel.objects.filter(task__in=tasks).annotate(is_covered=level_is_covered(day))
    numbers = (
        rows.order_by().values_list("level").annotate(tasks=Count("pk"), covered=Count("pk", filter=Q(is_covered=True)))
    )
    found = {level: (tasks, covered) for level, tasks, covered in numbers}
    shown = [level for level in Level if level != Level.DISTRICT or level.value in found]
    return [LevelCoverage(level.value, str(level.label), *found.get(level.value, (0, 0))) for level in shown]
