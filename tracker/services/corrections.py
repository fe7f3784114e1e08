"""What was entered in error: corrected by an act that says so. The wrong entry stays, and so do the figures of then.

Only where that is clean: the latest change of stage, a role that holds, a written deadline that never moved, a
suspension that runs. What is not, and why, is in docs/howto/correct-an-error.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import Clock, Role, Stage, TaskKind
from tracker.clock import local_day
from tracker.errors import refuse
from tracker.models import Body, CalendarDay, Dispute, Event, Flag, Post, Responsibility, StageChange, Task
from tracker.models.expressions import DaysLater
from tracker.models.flags import TAKEN_BACK
from tracker.policies import require
from tracker.rules.stages import OPEN, can_move
from tracker.services import clocks, history, matrix
from tracker.services.limits import COLUMNS


@dataclass(frozen=True, slots=True)
class LatestStage:
    """The change of stage that may be corrected, from which stage it led, and the first day that it can have been."""

    change: StageChange
    before: Stage
    first_on: date
    entered_on: date | None
    """Since when the task had been in the stage before; None where it rested there: then that is not taken up again."""


def latest_stage(task: Task) -> LatestStage | None:
    """Return the latest change of stage, where it led from one open stage to another. Two queries."""
    changes = list(task.stage_changes.order_by("id"))
    change = changes[-1] if changes else None
    if change is None or change.is_lapse or not {change.from_stage, change.to_stage} <= OPEN:
        return None
    first = change
    while first.corrects_id is not None:
        first = next(row for row in changes if row.pk == first.corrects_id)
    earlier = [row for row in changes if row.pk < first.pk]
    if first.from_stage not in OPEN or not earlier:
        return None
    rested = earlier[-1].from_stage == Stage.SUSPENDED
    return LatestStage(change, Stage(first.from_stage), earlier[-1].on, None if rested else earlier[-1].on)


def correct_stage(
    task: Task, *, stage: Stage, on: date, why: str, by: Any, at: datetime, version: int | None = None
) -> Task:
    """Correct the stage to which the task moved last, or the day on which it did; or that it moved at all.

    Raises ValidationError that names the field; Stale where `version` of the task is an older one.
    """
    with _correcting(task, why=why, by=by, at=at, version=version) as act:
        wrong = latest_stage(task)
        if wrong is None:
            raise refuse(stage=_("The latest change of this task is no move from stage to stage: nothing to correct."))
        act.holds_from = on = _checked_day(task, wrong, stage, on, today=local_day(at))
        before = {"stage": task.stage, "on": wrong.change.on}
        fields = {"from_stage": task.stage, "to_stage": stage, "corrects": wrong.change}
        StageChange.objects.create(task=task, on=on, recorded_at=at, reason=why.strip(), by=by, **fields)
        task.stage, task.stage_since = stage, on
        task.save(update_fields=["stage", "stage_since"])
        told: dict[str, Any] = {"before": before, "after": {"stage": stage, "on": on}, "why": why.strip()}
        history.record("stage.corrected", task, by=by, at=at, on=on, task=task, **told)
    return task


def _checked_day(task: Task, wrong: LatestStage, stage: Stage, on: date, *, today: date) -> date:
    if stage == wrong.before:
        if wrong.entered_on is None:
            raise refuse(
                stage=_("The task rested in that stage: its days cannot be counted again. Choose another one.")
            )
        return wrong.entered_on
    if not can_move(wrong.before, stage):
        raise refuse(stage=_("The task cannot move to this stage: choose a later one or the one before."))
    if not wrong.first_on <= on <= today:
        raise refuse(on=_("Give a day from %(day)s to today.") % {"day": wrong.first_on.strftime("%d/%m/%Y")})
    if (stage, on) == (task.stage, task.stage_since):
        raise refuse(on=_("This is what is entered already."))
    return on


def has_moved(task: Task) -> bool:
    """Tell whether a decision or a document has moved the deadline: then it is not what was entered. One query."""
    return bool(task.extension_count or Event.objects.filter(task=task, kind="task.deadline").exists())


def correct_deadline(
    task: Task, *, due_on: date | None, why: str, by: Any, at: datetime, version: int | None = None
) -> Task:
    """Correct the written deadline of an open duty; None: none was ever written down, so the age rule holds.

    What the wrong deadline alone made late was never late, as far as is known from now on.
    """
    with _correcting(task, why=why, by=by, at=at, version=version):
        _check_deadline(task, due_on)
        before = history.values_of(task, "due_on", "original_due_on")
        task.due_on = task.original_due_on = due_on
        task.save(update_fields=["due_on", "original_due_on"])
        told: dict[str, Any] = {
            "before": before,
            "after": history.values_of(task, "due_on", "original_due_on"),
            "why": why.strip(),
        }
        history.record("task.corrected", task, by=by, at=at, task=task, **told)
    return task


def _check_deadline(task: Task, due_on: date | None) -> None:
    if task.kind != TaskKind.DUTY or not task.is_open:
        raise refuse(due_on=_("Only an open duty has a deadline to correct."))
    if has_moved(task):
        raise refuse(due_on=_("A decision moved this deadline: it is not what was entered, and only another moves it."))
    if due_on == task.due_on:
        raise refuse(due_on=_("This is what is entered already."))
    if due_on is not None and due_on < task.assigned_on:
        raise refuse(due_on=_("The deadline lies before the day of assignment: give a later day."))
    if due_on is not None and not CalendarDay.objects.filter(day=due_on).exists():
        raise refuse(due_on=_("The calendar does not reach this day: extend it or give another day."))


def correct_suspension(
    task: Task, *, until: date | None, why: str, by: Any, at: datetime, version: int | None = None
) -> Task:
    """Correct until when the task is suspended; None: it was not suspended at all, and its clocks have gone on."""
    with _correcting(task, why=why, by=by, at=at, version=version):
        if task.stage != Stage.SUSPENDED:
            raise refuse(until=_("This task is not suspended."))
        before = history.values_of(task, "suspended_on", "suspended_until")
        if until is None:
            _take_suspension_back(task, why=why, by=by, at=at)
        else:
            if until <= local_day(at):
                raise refuse(until=_("The suspension must end later than today: give a later day."))
            task.suspended_until = until
            task.save(update_fields=["suspended_until"])
        told: dict[str, Any] = {"before": before, "after": history.values_of(task, "suspended_on", "suspended_until")}
        history.record("suspension.corrected", task, by=by, at=at, task=task, why=why.strip(), **told)
    return task


def _take_suspension_back(task: Task, *, why: str, by: Any, at: datetime) -> None:
    """The task is in the stage that it left, since the day on which it entered it; nothing has paused."""
    changes = task.stage_changes.order_by("-id")
    wrong = changes.filter(to_stage=Stage.SUSPENDED)[0]
    if Event.objects.filter(task=task, kind="task.deadline", at=wrong.recorded_at).exists():
        raise refuse(until=_("Its document moved the deadline: take the task up again instead."))
    closed = Flag.objects.filter(task=task, closed_why=Stage.SUSPENDED, closed_on=wrong.on, since__lte=F("closed_on"))
    if closed.exists():
        raise refuse(until=_("It ended what was late by then: take the task up again instead."))
    entered = changes.exclude(to_stage=Stage.SUSPENDED).exclude(from_stage=Stage.SUSPENDED)[0]
    fields = {"from_stage": Stage.SUSPENDED, "to_stage": wrong.from_stage, "on": entered.on, "corrects": wrong}
    StageChange.objects.create(task=task, recorded_at=at, reason=why.strip(), by=by, **fields)
    task.stage, task.stage_since = wrong.from_stage, entered.on
    task.suspended_on = task.suspended_until = None
    task.save(update_fields=["stage", "stage_since", "suspended_on", "suspended_until"])


def correct_cell(
    cell: Responsibility,
    *,
    why: str,
    body: Body | None,
    role: str = "",
    valid_from: date | None = None,
    post: Post | None = None,
    legal_basis: str = "",
    by: Any,
    at: datetime,
    version: int | None = None,
) -> Responsibility | None:
    """Correct a role that holds: as far as is known from now on, the wrong one never did, and this one does.

    `body=None`: nobody ever had it; returns None then. Raises ValidationError that names the field.
    """
    task = cell.task
    with _correcting(task, why=why, by=by, at=at, version=version) as act:
        cell.refresh_from_db()
        _check_cell(cell, body)
        before = history.values_of(cell, *matrix.CELL_FIELDS)
        cell.valid_to, cell.end_recorded_at = cell.valid_from, at
        cell.save(update_fields=["valid_to", "end_recorded_at"])
        right, after = None, {}
        if body is not None:
            act.holds_from = on = valid_from or cell.valid_from
            right = Responsibility(task=task, body=body, post=post, role=Role(role or cell.role), valid_from=on)
            right.legal_basis = legal_basis
            matrix.place(right, by=by, at=at)
            after = history.values_of(right, *matrix.CELL_FIELDS)
            if after == before:
                raise refuse(body=_("This is what is entered already."))
        told: dict[str, Any] = {"before": before, "after": after, "why": why.strip()}
        history.record("responsibility.corrected", cell, by=by, at=at, task=task, **told)
    return right


def _check_cell(cell: Responsibility, body: Body | None) -> None:
    if cell.valid_to is not None:
        raise refuse(body=_("This role has ended: its end is part of the history, and a correction would rewrite it."))
    if body is None and cell.role == Role.ACCOUNTABLE:
        raise refuse(body=_("A task needs one accountable body: name the right one."))
    if Dispute.objects.open().filter(cell=cell).exists():
        raise refuse(body=_("This role is disputed: decide on the dispute first."))


@dataclass
class _Act:
    """A correction under way. What was late before `holds_from` was so in truth."""

    cause: str
    holds_from: date = date.min


@contextmanager
def _correcting(task: Task, *, why: str, by: Any, at: datetime, version: int | None) -> Iterator[_Act]:
    """Change `task` within the block; afterwards take back what its wrong entry alone had made late."""
    require(by, "correction.make", task)
    if not why.strip():
        raise refuse(why=_("Say what was wrong: a correction without a reason is none."))
    act = _Act(f"correction:{at:%Y%m%dT%H%M%S%f}")
    with transaction.atomic():
        with clocks.changing(task, at=at, version=version, cause=act.cause):
            before = _limits(task)
            yield act
        changed = {clock: day for clock, day in _limits(task).items() if day != before[clock]}
        if _take_flags_back(task, changed, act, at=at):
            clocks.wind([task.pk], at=at, cause=act.cause)
            task.refresh_from_db()


def _limits(task: Task) -> dict[Clock, date | None]:
    return {clock: getattr(task, column) for clock, column in COLUMNS.items()}


def _take_flags_back(task: Task, changed: dict[Clock, date | None], act: _Act, *, at: datetime) -> int:
    """Flags that the correction closed, or that stand by a limit that was wrong, were never late. Returns how many.

    They stay as rows, and a past day still shows them: they are over before they began, known from now on.
    """
    wrong = Q(closed_by=act.cause, since__gte=act.holds_from)
    for clock, limit_on in changed.items():
        wrong |= Q(clock=clock, closed_on__isnull=True) & ~Q(limit_on=limit_on)
    found = list(Flag.objects.filter(wrong, task=task, since__lte=local_day(at)))
    ended = {"closed_on": DaysLater(F("since"), -1), "closed_at": at, "closed_why": TAKEN_BACK}
    rows = Flag.objects.filter(pk__in=[row.pk for row in found])
    rows.update(version=F("version") + 1, closed_by=act.cause, **ended)
    for row in found:
        after = {"clock": row.clock, "since": row.since}
        history.record("flag.taken_back", row, by=None, at=at, on=row.since, task=task, after=after)
    return len(found)
