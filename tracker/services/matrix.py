"""The cells of the matrix: assigned and ended, never rewritten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import Role, TaskKind
from tracker.errors import refuse
from tracker.models import Body, Post, Responsibility, Task
from tracker.policies import require
from tracker.services import clocks, history

CELL_FIELDS = ("body", "post", "role", "valid_from", "legal_basis")


def assign(
    task: Task,
    *,
    body: Body,
    role: Role,
    on: date,
    by: Any,
    at: datetime,
    post: Post | None = None,
    version: int | None = None,
    **texts: str,
) -> Responsibility:
    """Give `body` (and its `post`) a role in `task` from the day `on`.

    `texts` are legal_basis and source. Raises ValidationError: the post belongs to another body, an objective has an
    accountable body, or the time overlaps with another accountable cell.
    """
    require(by, "matrix.edit", task)
    cell = Responsibility(task=task, body=body, role=role, post=post, valid_from=on, recorded_at=at, **texts)
    _check_cell(cell)
    with clocks.changing(task, at=at, version=version):
        place(cell, by=by, at=at)
    return cell


def place(cell: Responsibility, *, by: Any, at: datetime) -> None:
    """Write a cell of a task that `clocks.changing` has locked, with its event. Raises ValidationError as `assign`."""
    cell.recorded_at = at
    _check_cell(cell)
    _check_overlap(cell)
    cell.full_clean()
    cell.save()
    after = history.values_of(cell, *CELL_FIELDS)
    on, task = cell.valid_from, cell.task
    history.record("responsibility.assigned", cell, by=by, at=at, on=on, task=task, after=after)


def lay(task: Task, cells: Iterable[Responsibility], *, by: Any, at: datetime) -> list[Responsibility]:
    """Write the first cells of a task that is being created, with one event each. The caller winds the clocks."""
    require(by, "matrix.edit", task)
    rows = list(cells)
    for cell in rows:
        cell.task, cell.recorded_at = task, at
        _check_cell(cell)
        cell.clean_fields(exclude=["task"])
    if sum(cell.role == Role.ACCOUNTABLE for cell in rows) > 1:
        raise refuse(body=_("A task has exactly one accountable body: leave one A."))
    laid = Responsibility.objects.bulk_create(rows)
    history.record_many("responsibility.assigned", laid, by=by, at=at, task=task, fields=CELL_FIELDS)
    return laid


def end(
    cell: Responsibility, *, on: date, by: Any, at: datetime, why: str = "", version: int | None = None
) -> Responsibility:
    """End a cell: `on` is the first day on which it no longer holds. `version` is that of its task."""
    require(by, "matrix.edit", cell.task)
    if cell.valid_to is not None:
        raise refuse(valid_to=_("This cell has ended already."))
    if on < cell.valid_from:
        raise refuse(valid_to=_("The end lies before the start: give an end on or after the first day."))
    with clocks.changing(cell.task, at=at, version=version):
        cell.valid_to, cell.end_recorded_at = on, at
        cell.save(update_fields=["valid_to", "end_recorded_at"])
        after = {"valid_to": on}
        history.record("responsibility.ended", cell, by=by, at=at, on=on, task=cell.task, after=after, why=why)
    return cell


def _check_cell(cell: Responsibility) -> None:
    if cell.post is not None and cell.post.body_id != cell.body_id:
        raise refuse(post=_("This post belongs to another body: choose a post of the body in the cell."))
    if cell.role == Role.ACCOUNTABLE and cell.task.kind == TaskKind.OBJECTIVE:
        raise refuse(role=_("An objective or principle has no accountable body: choose another role."))


def _check_overlap(cell: Responsibility) -> None:
    """At most one A at any time, future-dated ends too; the index alone holds it for open cells."""
    if cell.role != Role.ACCOUNTABLE:
        return
    others = Responsibility.objects.filter(task=cell.task, role=Role.ACCOUNTABLE)
    others = others.exclude(valid_to__lte=F("valid_from"))  # entered in error, and taken back
    if others.exclude(valid_to__lte=cell.valid_from).exists():
        raise refuse(body=_("Another body is accountable at that time: end that cell first."))
