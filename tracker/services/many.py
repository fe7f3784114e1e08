"""One act on many rows at once, set-based: what its service does one by one, in a number of queries that does not grow.

Each function takes what is wanted of each row and returns why some of them were refused, by key; the others are done.
Policies, checks, versions, events and clocks are those of the services for one row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Value
from django.utils.translation import gettext as _

from tracker.clock import local_day
from tracker.errors import Conflict, Stale
from tracker.models import Flag, StageChange, Task
from tracker.models.expressions import KeysOf
from tracker.models.many import insert_many, update_many
from tracker.policies import may_each
from tracker.services import clocks, history, tasks
from tracker.services.flags import TOO_LATE

Refused = dict[int, Exception]


@dataclass(frozen=True)
class Wanted:
    """A row as it was found, the version that its writer has read, and the inputs of the act by name.

    No row is wanted twice. Its task comes with the issuer of its resolution.
    """

    row: Any
    version: int
    values: Mapping[str, Any]


def record_stages(wanted: Sequence[Wanted], *, by: Any, at: datetime) -> Refused:
    """As tasks.record_stage() for each: stage, on, reason. At most 30 queries."""
    return _move(wanted, "task.stage", tasks.stage_recorded, by=by, at=at)


def withdraw(wanted: Sequence[Wanted], *, by: Any, at: datetime) -> Refused:
    """As tasks.withdraw() for each: reason, document. At most 30 queries."""
    return _move(wanted, "task.withdraw", tasks.withdrawn, by=by, at=at)


def suspend(wanted: Sequence[Wanted], *, by: Any, at: datetime) -> Refused:
    """As tasks.suspend() for each, without a new deadline: until, reason, document. At most 30 queries."""
    return _move(wanted, "task.suspend", tasks.suspended, by=by, at=at)


@transaction.atomic(savepoint=False)
def move_deadlines(wanted: Sequence[Wanted], *, by: Any, at: datetime) -> Refused:
    """Give each its new written deadline, which the caller has checked: due_on, document. At most 30 queries."""
    open_rows, refused = _locked(Task.objects.all(), wanted, "task.suspend", by=by)
    rows = Task.objects.filter(pk__in=keys_of(open_rows))
    clocks.settle(rows, through=local_day(at), at=at)
    columns, told = {}, []
    for task in rows.order_by("pk"):
        values = open_rows[task.pk].values
        before = history.values_of(task, "due_on", "original_due_on")
        after = {"due_on": values["due_on"], "original_due_on": task.original_due_on or task.effective_due_on}
        told.append(history.Told(obj=task, task=task, before=before, after=after, why=values["document"]))
        columns[task.pk] = {**after, "version": task.version + 1}
    update_many(Task, columns, ["due_on", "original_due_on", "version"])
    history.record_each("task.deadline", told, by=by, at=at)
    clocks.wind(list(columns), at=at)
    return refused


@transaction.atomic(savepoint=False)
def _move(wanted: Sequence[Wanted], action: str, plan: Callable[..., tasks.Move], *, by: Any, at: datetime) -> Refused:
    open_rows, refused = _locked(Task.objects.all(), wanted, action, by=by)
    rows = Task.objects.filter(pk__in=keys_of(open_rows))
    clocks.settle(rows, through=local_day(at), at=at)
    moves: list[tuple[Task, tasks.Move]] = []
    for task in rows.order_by("pk"):
        try:
            moves.append((task, plan(task, today=local_day(at), **open_rows[task.pk].values)))
        except ValidationError as error:
            refused[task.pk] = error
    _write(moves, by=by, at=at)
    clocks.wind([task.pk for task, _move in moves], at=at)
    return refused


def _write(moves: list[tuple[Task, tasks.Move]], *, by: Any, at: datetime) -> None:
    """Write the moves of locked tasks. One that is in its stage already only gets its new version."""
    real = [(task, move) for task, move in moves if task.stage != move.stage]
    changes: list[StageChange] = [move.change_of(task, by=by, at=at) for task, move in real]
    told = [move.told_of(task) for task, move in real]
    insert_many(changes)
    history.record_each("task.stage", told, by=by, at=at)
    names = {name for _task, move in real for name in move.values_of()}
    columns = {
        task.pk: {**{name: getattr(task, name) for name in names}, **_moved(task, move), "version": task.version + 1}
        for task, move in moves
    }
    update_many(Task, columns, [*sorted(names), "version"])


def _moved(task: Task, move: tasks.Move) -> dict[str, Any]:
    return move.values_of() if task.stage != move.stage else {}


@transaction.atomic(savepoint=False)
def acknowledge(wanted: Sequence[Wanted], *, by: Any, at: datetime) -> Refused:
    """As flags.acknowledge() for each: note. Six queries."""
    open_rows, refused = _locked(Flag.objects.all(), wanted, "flag.acknowledge", by=by)
    columns: dict[int, dict[str, Any]] = {}
    told = []
    for flag in Flag.objects.filter(pk__in=keys_of(open_rows)).order_by("pk"):
        if flag.closed_on is not None or flag.acknowledged_by_id is not None:
            refused[flag.pk] = Conflict(TOO_LATE)
            continue
        note = open_rows[flag.pk].values["note"].strip()
        values = {"acknowledged_by": by.pk, "acknowledged_at": at, "acknowledged_note": note}
        columns[flag.pk] = {**values, "version": flag.version + 1}
        told.append(history.Told(obj=flag, task=open_rows[flag.pk].row.task, after={"note": note}))
    update_many(Flag, columns, ["acknowledged_by", "acknowledged_at", "acknowledged_note", "version"])
    history.record_each("flag.acknowledged", told, by=by, at=at)
    return refused


def _locked(model_rows: Any, wanted: Sequence[Wanted], action: str, *, by: Any) -> tuple[dict[int, Wanted], Refused]:
    """Lock, in the order of their keys, the rows that `by` may act on, and leave out those that changed meanwhile.

    Two queries.
    """
    may = may_each(by, action, [one.row for one in wanted])
    refused: Refused = {
        one.row.pk: PermissionDenied(_("Your duty does not allow this.")) for one in wanted if one.row.pk not in may
    }
    allowed = {one.row.pk: one for one in wanted if one.row.pk in may}
    rows = model_rows.filter(pk__in=keys_of(allowed)).order_by("pk")
    locked = rows.select_for_update(of=("self",), no_key=True).values_list("pk", "version")
    for pk, version in locked:
        if version != allowed[pk].version:
            refused[pk] = Stale(version)
            del allowed[pk]
    return allowed, refused


def keys_of(rows: Mapping[int, Any] | Sequence[int]) -> KeysOf:
    """Return the keys as one parameter of a query."""
    return KeysOf(Value(json.dumps(sorted(rows))))
