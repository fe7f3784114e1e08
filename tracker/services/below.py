"""What happens to the parts of a task when it is withdrawn, suspended or given more time: nothing, or the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import ngettext_lazy

from tracker.choices import Below, Stage, TaskKind
from tracker.errors import refuse
from tracker.models import Extension, Task
from tracker.models.tasks import CLOSED_STAGES
from tracker.services import extensions, many, tasks
from tracker.services.many import Wanted

DEEPEST = 10


def owed(task: Task) -> list[Task]:
    """Return the tasks below `task`, at any depth, that are still owed, also those at rest. One query a depth."""
    found: list[Task] = []
    above: Iterable[int] = [task.pk]
    for _depth in range(DEEPEST):
        rows = Task.objects.filter(parent__in=many.keys_of(list(above))).select_related("resolution__issuer")
        parts = list(rows.exclude(kind=TaskKind.OBJECTIVE).order_by("pk"))
        if not parts:
            break
        found += [part for part in parts if part.stage not in (Stage.INSTITUTIONALIZED, Stage.WITHDRAWN)]
        above = [part.pk for part in parts]
    return found


def has_owed(task: Task) -> bool:
    """Tell whether some task directly below is still owed. One query."""
    rows = Task.objects.filter(parent=task).exclude(stage__in=(Stage.INSTITUTIONALIZED, Stage.WITHDRAWN))
    return bool(rows.exclude(kind=TaskKind.OBJECTIVE).exists())


@transaction.atomic
def withdraw(task: Task, *, below: str = Below.LEAVE, by: Any, at: datetime, **decision: Any) -> Task:
    """As tasks.withdraw(); with Below.SAME every part that is still owed is withdrawn by the same decision."""
    tasks.withdraw(task, **decision, by=by, at=at)
    if below == Below.SAME:
        _do(many.withdraw, owed(task), _paper(decision), by=by, at=at)
    return task


@transaction.atomic
def suspend(
    task: Task, *, below: str = Below.LEAVE, new_due_on: date | None = None, by: Any, at: datetime, **decision: Any
) -> Task:
    """As tasks.suspend(); with Below.SAME every open part rests until the same day, and those that have the deadline
    of the task get its new one, too."""
    parts = owed(task) if below == Below.SAME else []
    shared = _sharing(task, parts)
    tasks.suspend(task, new_due_on=new_due_on, **decision, by=by, at=at)
    if new_due_on is not None:
        _move(shared, new_due_on, decision.get("document", ""), by=by, at=at)
    keys = {part.pk for part in parts if part.stage not in CLOSED_STAGES}
    rows = Task.objects.filter(pk__in=many.keys_of(sorted(keys))).select_related("resolution__issuer")
    _do(many.suspend, rows, {**_paper(decision), "until": decision["until"]}, by=by, at=at)
    return task


@transaction.atomic
def grant(
    extension: Extension, *, due_on: date, below: str = Below.LEAVE, by: Any, at: datetime, **decision: Any
) -> None:
    """As extensions.grant(); with Below.SAME the open parts that have the deadline of the task get its new one."""
    task = extension.task
    shared = _sharing(task, owed(task)) if below == Below.SAME else []
    extensions.grant(extension, due_on=due_on, **decision, by=by, at=at)
    _move(shared, due_on, decision.get("decision_number", ""), by=by, at=at)


def _sharing(task: Task, parts: Iterable[Task]) -> list[Task]:
    """The open parts whose written deadline is that of the task: others have one of their own."""
    wanted = (task.due_on, TaskKind.DUTY)
    return [
        part for part in parts if task.due_on and (part.due_on, part.kind) == wanted and part.stage not in CLOSED_STAGES
    ]


def _move(parts: list[Task], due_on: date, document: str, *, by: Any, at: datetime) -> None:
    _do(many.move_deadlines, parts, {"due_on": due_on, "document": document}, by=by, at=at)


def _paper(decision: dict[str, Any]) -> dict[str, Any]:
    return {name: decision[name] for name in ("reason", "document") if name in decision}


def _do(
    act: Callable[..., many.Refused], parts: Iterable[Task], values: dict[str, Any], *, by: Any, at: datetime
) -> None:
    """Do one act on all of `parts`, or nothing at all: ValidationError that says how many stand against it."""
    wanted = [Wanted(part, part.version, values) for part in parts]
    refused = act(wanted, by=by, at=at) if wanted else {}
    if refused:
        raise refuse(
            below=ngettext_lazy(
                "%(count)d part below is not yours to decide on: leave the parts as they are.",
                "%(count)d parts below are not yours to decide on: leave the parts as they are.",
                len(refused),
            )
            % {"count": len(refused)}
        )
