"""Tasks: created, moved from stage to stage, suspended, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
from tracker.rules.stages import OPEN, can_decide, can_move
from tracker.services import clocks, deadlines, history, matrix, rules_lock

CREATED_FIELDS = ("code", "kind", "resolution", "provision", "parent", "assigned_on", "due_on")


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
    rules_lock.read()
    task.recorded_at = at
    task.stage, task.stage_since, task.original_due_on = Stage.ASSIGNED, task.assigned_on, task.due_on
    task.running_since = task.assigned_on
    _check_days(task)
    task.full_clean(validate_unique=True)
    task.save(force_insert=True)
    TaskLevel.objects.bulk_create([_level(task, level, ranks) for level, ranks in levels])
    StageChange.objects.create(task=task, to_stage=Stage.ASSIGNED, on=task.assigned_on, recorded_at=at, by=by)
    after = history.values_of(task, *CREATED_FIELDS)
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


def reword(task: Task, words: Mapping[str, str], *, why: str, by: Any, at: datetime) -> Task:
    """Change what the document says of a task: title_vi, detail_vi, due_text. Its English title follows where it was
    the same. The history keeps what it said before.
    """
    require(by, "register.edit")
    changes = dict(words)
    if "title_vi" in changes and task.title_en == task.title_vi:
        changes["title_en"] = changes["title_vi"]
    with clocks.changing(task, at=at):
        before = history.values_of(task, *changes)
        for name, value in changes.items():
            setattr(task, name, value)
        task.full_clean(validate_unique=False, validate_constraints=False)
        task.save(update_fields=list(changes))
        history.record("task.reworded", task, by=by, at=at, task=task, before=before, after=changes, why=why)
    return task


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


@dataclass(frozen=True, kw_only=True)
class Move:
    """The stage that a task takes from a day on, by what, and what else is written with it."""

    stage: Stage
    on: date
    reason: str = ""
    document: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    def change_of(self, task: Task, *, by: Any, at: datetime) -> StageChange:
        """Return the row that says how `task`, as it is now, moves; not saved."""
        texts = {"reason": self.reason, "document": self.document}
        return StageChange(
            task=task, from_stage=task.stage, to_stage=self.stage, on=self.on, recorded_at=at, by=by, **texts
        )

    def told_of(self, task: Task) -> history.Told:
        """Return what the history says of it; `task` is as it is now."""
        after = {"stage": self.stage} | ({"document": self.document} if self.document else {})
        return history.Told(obj=task, task=task, on=self.on, before={"stage": task.stage}, after=after, why=self.reason)

    def values_of(self) -> dict[str, Any]:
        """Return the columns of the task that it writes."""
        return {"stage": self.stage, "stage_since": self.on, "stage_paused_days": 0, **self.fields}


def move_to_stage(task: Task, stage: Stage, *, on: date, by: Any, at: datetime, **more: Any) -> None:
    """Write the stage of a task that `clocks.changing` has locked, with its change and its event.

    `more`: reason, document, and fields of the task that change with it.
    """
    texts = {name: more.pop(name) for name in ("reason", "document") if name in more}
    move_task(task, Move(stage=stage, on=on, fields=more, **texts), by=by, at=at)


def move_task(task: Task, move: Move, *, by: Any, at: datetime) -> None:
    """As `move_to_stage`. A task that is in the stage already stays as it is."""
    if task.stage == move.stage:
        return
    told = move.told_of(task)
    move.change_of(task, by=by, at=at).save(force_insert=True)
    for name, value in move.values_of().items():
        setattr(task, name, value)
    task.save(update_fields=list(move.values_of()))
    facts: dict[str, Any] = {"before": told.before, "after": told.after, "why": told.why}
    history.record("task.stage", task, by=by, at=at, on=told.on, task=task, **facts)


def stage_recorded(task: Task, stage: Stage, *, on: date, today: date, reason: str = "") -> Move:
    """Return the move of an open task to a stage that a report could claim. ValidationError where it cannot be."""
    if not task.assigned_on <= on <= today:
        raise refuse(on=_("Give a day from %(day)s to today.") % {"day": task.assigned_on.strftime("%d/%m/%Y")})
    if not can_move(task.stage, stage):
        raise refuse(stage=_("The task cannot move to this stage: choose a later one or the one before."))
    return Move(stage=stage, on=on, reason=reason)


def withdrawn(task: Task, *, today: date, reason: str, document: str = "") -> Move:
    """Return the move by which a task is no longer owed. ValidationError where it cannot be."""
    _need_reason(reason)
    _need_move(task, Stage.WITHDRAWN)
    rest = {"suspended_on": None, "suspended_until": None}
    return Move(stage=Stage.WITHDRAWN, on=today, reason=reason, document=document, fields=rest)


def suspended(task: Task, *, today: date, until: date, reason: str, document: str = "") -> Move:
    """Return the move by which a task rests until a day (exclusive). ValidationError where it cannot be."""
    _need_reason(reason)
    if until <= today:
        raise refuse(until=_("The suspension must end later than today: give a later day."))
    _need_move(task, Stage.SUSPENDED)
    rest = {"suspended_on": today, "suspended_until": until, "stage_paused_days": task.stage_paused_days}
    return Move(stage=Stage.SUSPENDED, on=today, reason=reason, document=document, fields=rest)


def record_stage(
    task: Task, stage: Stage, *, on: date, by: Any, at: datetime, reason: str = "", version: int | None = None
) -> Task:
    """Move an open task to a stage that a report could claim, as the commission or the editor records it.

    `on` lies between its assignment and today. Raises ValidationError that names the field.
    """
    require(by, "task.stage", task)
    with clocks.changing(task, at=at, version=version):
        move = stage_recorded(task, stage, on=on, today=local_day(at), reason=reason)
        move_task(task, move, by=by, at=at)
    return task


def suspend(
    task: Task,
    *,
    until: date,
    reason: str,
    document: str = "",
    new_due_on: date | None = None,
    by: Any,
    at: datetime,
    version: int | None = None,
) -> Task:
    """Stop the clocks of an open task by a document; it goes on in its stage from `until` on (exclusive end).

    A written deadline stays, unless the document names a new one (`new_due_on`); the first one stays known.
    """
    require(by, "task.suspend", task)
    with clocks.changing(task, at=at, version=version):
        move = suspended(task, today=local_day(at), until=until, reason=reason, document=document)
        if new_due_on is not None:
            _move_deadline(task, new_due_on, document=document, by=by, at=at)
        move_task(task, move, by=by, at=at)
    return task


def _move_deadline(task: Task, new_due_on: date, *, document: str, by: Any, at: datetime) -> None:
    if task.kind != TaskKind.DUTY:
        raise refuse(new_due_on=_("A standing duty has no deadline: leave it empty."))
    if not document.strip():
        raise refuse(document=_("Only a document moves a deadline: give its number and date."))
    deadlines.check_later(task, new_due_on, today=local_day(at), field="new_due_on")
    deadlines.move(task, new_due_on, original=task.effective_due_on, by=by, at=at, why=document)


def withdraw(task: Task, *, reason: str, document: str = "", by: Any, at: datetime, version: int | None = None) -> Task:
    """End a task that is no longer owed, open or suspended, with the reason and the document. Its history stays."""
    require(by, "task.withdraw", task)
    with clocks.changing(task, at=at, version=version):
        move = withdrawn(task, today=local_day(at), reason=reason, document=document)
        move_task(task, move, by=by, at=at)
    return task


def resume(task: Task, *, reason: str, document: str = "", by: Any, at: datetime, version: int | None = None) -> Task:
    """Take up a suspended or withdrawn task again today, in the open stage in which it was left.

    A suspension ends as if today had been its day, so that its clocks pass over the same days either way.
    """
    require(by, "task.resume", task)
    _need_reason(reason)
    with clocks.changing(task, at=at, version=version):
        stage, day = _stage_left(task), local_day(at)
        _need_move(task, stage)
        after = {"stage": stage} | ({"document": document} if document else {})
        if task.stage == Stage.SUSPENDED:
            task.suspended_until = day
            task.save(update_fields=["suspended_until"])
        else:
            move_to_stage(task, stage, on=day, by=by, at=at, reason=reason, document=document, running_since=day)
        history.record("task.resumed", task, by=by, at=at, task=task, after=after, why=reason)
    return task


def _stage_left(task: Task) -> Stage:
    """The open stage in which the task was before it was suspended or withdrawn."""
    left = task.stage_changes.filter(from_stage__in=OPEN).order_by("-id").values_list("from_stage", flat=True)
    return Stage(left.first() or Stage.ASSIGNED)


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise refuse(reason=_("A reason is needed: write it in a sentence."))


def _need_move(task: Task, stage: Stage) -> None:
    if not can_decide(task.stage, stage) or task.kind == TaskKind.OBJECTIVE:
        now = {"stage": task.get_stage_display()}
        raise refuse(stage=_("This cannot be decided now: the task is %(stage)s.") % now)
