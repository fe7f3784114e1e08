"""Tasks: created, moved from stage to stage, suspended, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tracker.boards.governing import Rules
from tracker.choices import Rank, Stage, TaskKind
from tracker.clock import local_day
from tracker.errors import refuse
from tracker.models import CalendarDay, Responsibility, StageChange, Task, TaskLevel, TaskLink
from tracker.policies import require
from tracker.rules.stages import can_move
from tracker.services import clocks, history, matrix


@transaction.atomic
def create(
    task: Task,
    *,
    levels: Iterable[tuple[str, list[str]]] = (),
    cells: Iterable[Responsibility] = (),
    by: Any,
    at: datetime,
) -> Task:
    """Record a new task with the levels that it must reach and its first cells, and start its clocks.

    `levels` are (level, accepted ranks); no rank accepts any. Raises ValidationError that names the field.
    """
    require(by, "register.edit")
    task.recorded_at = at
    task.stage, task.stage_since, task.original_due_on = Stage.ASSIGNED, task.assigned_on, task.due_on
    task.running_since = task.assigned_on
    _check_days(task)
    task.full_clean(validate_unique=True)
    task.save(force_insert=True)
    TaskLevel.objects.bulk_create([_level(task, level, ranks) for level, ranks in levels])
    StageChange.objects.create(task=task, to_stage=Stage.ASSIGNED, on=task.assigned_on, recorded_at=at, by=by)
    after = history.values_of(task, "code", "kind", "resolution", "provision", "parent", "assigned_on", "due_on")
    history.record("task.created", task, by=by, at=at, on=task.assigned_on, task=task, after=after)
    matrix.lay(task, cells, by=by, at=at)
    clocks.wind([task.pk], at=at, since=task.assigned_on)
    task.refresh_from_db()
    return task


def _level(task: Task, level: str, ranks: list[str]) -> TaskLevel:
    unknown = sorted(set(ranks) - set(Rank.values))
    if unknown:
        raise refuse(levels=_("Rank %(rank)s is not known: use the codes of the glossary.") % {"rank": unknown[0]})
    return TaskLevel(task=task, level=level, accepted_ranks=ranks)


def _check_days(task: Task) -> None:
    """A day outside the calendar would leave a clock standing still, so it is refused."""
    if task.kind == TaskKind.OBJECTIVE:
        return
    rules = Rules.on(task.assigned_on)
    days = CalendarDay.objects.filter(calendar=rules.days(rules.default.calendar_id).version_id)
    for name in ("assigned_on", "due_on"):
        day: date | None = getattr(task, name)
        if day and not days.filter(day=day).exists():
            raise refuse(**{name: _("The calendar does not reach this day: extend it or give another day.")})


def link(task: Task, other: Task, *, kind: str, by: Any, at: datetime, **texts: str) -> TaskLink:
    """Relate two tasks; both are kept."""
    require(by, "register.edit")
    row = TaskLink(task=task, other=other, kind=kind, **texts)
    row.full_clean()
    with transaction.atomic():
        row.save()
        after = {"other": other.code, "kind": kind}
        history.record("task.linked", task, by=by, at=at, task=task, after=after)
    return row


def move_to_stage(
    task: Task, stage: Stage, *, on: date, by: Any, at: datetime, reason: str = "", **fields: Any
) -> None:
    """Write the stage of a task that `clocks.changing` has locked, with its change and its event."""
    before = task.stage
    if before == stage:
        return
    StageChange.objects.create(
        task=task, from_stage=before, to_stage=stage, on=on, recorded_at=at, reason=reason, by=by
    )
    task.stage, task.stage_since, task.stage_paused_days = stage, on, 0
    for name, value in fields.items():
        setattr(task, name, value)
    task.save(update_fields=["stage", "stage_since", "stage_paused_days", *fields])
    history.record(
        "task.stage", task, by=by, at=at, on=on, task=task, before={"stage": before}, after={"stage": stage}, why=reason
    )


def record_stage(
    task: Task, stage: Stage, *, on: date, by: Any, at: datetime, reason: str = "", version: int | None = None
) -> Task:
    """Move an open task to a stage that a report could claim, as the commission or the editor records it."""
    require(by, "task.stage", task)
    with clocks.changing(task, at=at, version=version):
        if not can_move(task.stage, stage):
            raise refuse(stage=_("The task cannot move to this stage: choose a later one or the one before."))
        move_to_stage(task, stage, on=on, by=by, at=at, reason=reason)
    return task


def suspend(task: Task, *, until: date, reason: str, by: Any, at: datetime, version: int | None = None) -> Task:
    """Stop the clocks of an open task; it goes on in its stage from `until` on (exclusive end)."""
    require(by, "task.suspend", task)
    _need_reason(reason)
    if until <= local_day(at):
        raise refuse(until=_("The suspension must end later than today: give a later day."))
    with clocks.changing(task, at=at, version=version):
        _need_open(task)
        pause = {"suspended_on": local_day(at), "suspended_until": until, "stage_paused_days": task.stage_paused_days}
        move_to_stage(task, Stage.SUSPENDED, on=local_day(at), by=by, at=at, reason=reason, **pause)
    return task


def withdraw(task: Task, *, reason: str, by: Any, at: datetime, version: int | None = None) -> Task:
    """End an open task that is no longer owed, with the reason. Its history stays."""
    require(by, "task.withdraw", task)
    _need_reason(reason)
    with clocks.changing(task, at=at, version=version):
        _need_open(task)
        move_to_stage(task, Stage.WITHDRAWN, on=local_day(at), by=by, at=at, reason=reason)
    return task


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise refuse(reason=_("A reason is needed: write it in a sentence."))


def _need_open(task: Task) -> None:
    if not task.is_open:
        raise refuse(stage=_("This task is no longer open: it is %(stage)s.") % {"stage": task.get_stage_display()})
