"""What stands in the way of tasks."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.models import Obstacle


def obstacles_of(task_ids: Iterable[int]) -> dict[int, list[Obstacle]]:
    """Return the open obstacles of tasks that the caller has checked, the oldest first. One query."""
    found: dict[int, list[Obstacle]] = {}
    for row in Obstacle.objects.open().filter(task__in=set(task_ids) or {0}).select_related("body"):
        found.setdefault(row.task_id, []).append(row)
    return found
