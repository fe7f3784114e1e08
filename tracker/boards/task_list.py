"""The list of tasks: which of them a filter leaves, and who is accountable for each row that is shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from tracker.boards.four_cell import Wanted, counted_tasks
from tracker.boards.lateness import Known, in_lateness, with_lateness
from tracker.boards.words import matching
from tracker.choices import FieldStatus, Role, Stage, TaskKind
from tracker.models import Body, Institutionalization, Responsibility, Task, TaskLevel
from tracker.rules.status import FourCells

PLAIN = ("resolution", "stage", "kind")


def task_list(user: Any, today: date, *, q: str = "", **filters: Any) -> Any:
    """Return the tasks that `user` may read and the filters leave, in the order of the registers. Runs no query.

    Filters: q, resolution, stage, kind, level (that must be reached), body (with a cell today) and role, status,
    lateness, parent (the code of a task that `user` may read).
    """
    rows = matching(Task.objects.visible_to(user), q)
    rows = rows.filter(**{name: filters[name] for name in PLAIN if filters.get(name)})
    if parent := filters.get("parent"):
        rows = rows.filter(parent__in=Task.objects.visible_to(user).filter(code=parent))
    if level := filters.get("level"):
        rows = rows.filter(Exists(TaskLevel.objects.filter(task=OuterRef("pk"), level=level)))
    if filters.get("body") or filters.get("role"):
        rows = _held_by(rows, filters.get("body"), filters.get("role"), today)
    if status := filters.get("status"):
        rows = rows.filter(in_cell(status, today))
    if lateness := filters.get("lateness"):
        known = Known(day=today)
        rows = with_lateness(rows, known).filter(in_lateness([lateness], known))
    return rows.select_related("resolution").order_by("resolution__code", "resolution_id", "position", "pk")


def counted_list(user: Any, wanted: Wanted, *, is_now: bool) -> Any:
    """Return the tasks behind a number of the figures, in the order of the registers. Runs no query."""
    rows = counted_tasks(user, wanted, is_now=is_now).select_related("resolution")
    return rows.order_by("resolution__code", "resolution_id", "position", "pk")


def show_as_then(tasks: Iterable[Task]) -> None:
    """Let tasks of `counted_list` show how they stood on its day instead of now. They are not to be saved."""
    for task in tasks:
        then: Any = task
        task.stage, task.done_on, task.effective_due_on = then.stage_then, then.done_then, then.due_then


def _held_by(rows: Any, body: Body | None, role: str | None, today: date) -> Any:
    cells = Responsibility.objects.valid_on(today).filter(task=OuterRef("pk"))
    cells = cells.filter(body=body) if body else cells
    return rows.filter(Exists(cells.filter(role=role) if role else cells))


def in_cell(status: str, today: date) -> Q:
    """Return the condition that a task stands in one of the four cells on `today`, as rules.status.due_status says."""
    cells = {
        FieldStatus.DONE_ON_TIME: Q(done_on__lte=today)
        & (Q(effective_due_on=None) | Q(done_on__lte=F("effective_due_on"))),
        FieldStatus.DONE_LATE: Q(done_on__lte=today, done_on__gt=F("effective_due_on")),
        FieldStatus.OPEN_IN_TIME: _open(today) & (Q(effective_due_on=None) | Q(effective_due_on__gte=today)),
        FieldStatus.OPEN_OVERDUE: _open(today) & Q(effective_due_on__lt=today),
    }
    return cells[FieldStatus(status)] & ~Q(kind=TaskKind.OBJECTIVE) & ~Q(stage=Stage.WITHDRAWN)


def four_cells(rows: Any, today: date) -> FourCells:
    """Return how many of `rows` (tasks) stand in each cell on `today`. One query."""
    counts = {status.value: Count("pk", filter=in_cell(status, today)) for status in FieldStatus}
    return FourCells(**rows.order_by().aggregate(**counts))


def _open(today: date) -> Q:
    return Q(done_on=None) | Q(done_on__gt=today)


def accountable_cells(task_ids: Iterable[int], day: date, *, as_known: bool = False) -> dict[int, Responsibility]:
    """Return the accountable cell of each task on `day`, with its body; `as_known` by the end of it. One query."""
    cells = Responsibility.objects.as_of(day) if as_known else Responsibility.objects.valid_on(day)
    cells = cells.filter(task__in=list(task_ids), role=Role.ACCOUNTABLE)
    return {cell.task_id: cell for cell in cells.select_related("body", "post")}


def leaning_on(instrument: Any, user: Any) -> Any:
    """Return the evidence by which tasks lean on `instrument`, as far as `user` may read it. Runs no query."""
    rows = Institutionalization.objects.visible_to(user).filter(instrument=instrument)
    return rows.select_related("task", "task__resolution").order_by("task__code", "level", "pk")
