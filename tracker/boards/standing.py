"""How tasks stood on a day, as an expression over their rows: what the other boards count and show."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    F,
    FilteredRelation,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from tracker.choices import ExtensionState, FieldStatus, Role, Stage, TaskKind
from tracker.clock import end_of
from tracker.models import DeadlineMove, Extension, Flag, Responsibility, StageChange, Task
from tracker.models.expressions import Rows


def tasks_on(user: Any, day: date, *, is_now: bool = False) -> Any:
    """Return the tasks that `user` may read and that were known on `day`, annotated as `stood_on` does."""
    return stood_on(Task.objects.visible_to(user).known_on(day), day, is_now=is_now)


def stood_on(tasks: Any, day: date, *, is_now: bool = False) -> Any:
    """Annotate `tasks` with stage_then, since_then, done_then, due_then and status_then: how each stood on `day`.

    Only what was recorded by the end of `day` counts, and of that what was recorded last; due_then is the deadline
    that was in effect and known then. status_then is the code of a FieldStatus, as rules.status.due_status says it;
    null for objectives and withdrawn tasks. Runs no query. `is_now` says that `day` is today or later: then the
    columns of the task say the same, ten times as fast. For rows one by one; `all_stood_on` is for counting all.
    """
    if is_now:
        return _as_now(tasks, day)
    latest = changes_known_on(day).filter(task=OuterRef("pk")).order_by("-recorded_at", "-id")
    stage = Coalesce(Subquery(latest.values("to_stage")[:1]), Value(Stage.ASSIGNED.value))
    since = Coalesce(Subquery(latest.values("on")[:1]), F("assigned_on"))
    no_day = Value(None, output_field=DateField())
    moves = DeadlineMove.objects.filter(not_known_on(day), task=OuterRef("pk")).order_by("id")
    due = Case(When(Exists(moves), then=Subquery(moves.values("due_before")[:1])), default=F("effective_due_on"))
    rows = tasks.annotate(stage_then=stage, since_then=since, due_then=due)
    done = Case(When(stage_then=Stage.INSTITUTIONALIZED, then=F("since_then")), default=no_day)
    return rows.annotate(done_then=done).annotate(status_then=_status(day))


def all_stood_on(tasks: Any, day: date, *, is_now: bool = False) -> Any:
    """Annotate `tasks` as `stood_on` does, and extended_then, whether more time had been granted; for counting them.

    What did not change after `day` still is as the columns say; only what did is looked up, all of it at once and
    joined.
    """
    if is_now:
        return _as_now(tasks, day).annotate(extended_then=Q(extension_count__gt=0))
    rows = tasks.annotate(
        change=FilteredRelation("stage_changes", condition=Q(stage_changes__pk__in=Rows(_last_of_changed(day)))),
        move=FilteredRelation("deadline_moves", condition=Q(deadline_moves__pk__in=Rows(_first_moves_after(day)))),
    )
    stage = Case(When(change=None, then=F("stage")), default=F("change__to_stage"))
    since = Case(When(change=None, then=F("stage_since")), default=F("change__on"))
    due = Case(When(move=None, then=F("effective_due_on")), default=F("move__due_before"))
    done = Case(When(stage_then=Stage.INSTITUTIONALIZED, then=F("since_then")), output_field=DateField(null=True))
    rows = rows.annotate(stage_then=stage, since_then=since, due_then=due, extended_then=_was_extended(day))
    return rows.annotate(done_then=done).annotate(status_then=_status(day))


def not_known_on(day: date) -> Q:
    """Return the condition on a dated row that it had not happened, or was not recorded, by the end of `day`."""
    return Q(on__gt=day) | Q(recorded_at__gte=end_of(day))


def _as_now(tasks: Any, day: date) -> Any:
    now = {"stage_then": F("stage"), "since_then": F("stage_since"), "done_then": F("done_on")}
    return tasks.annotate(**now, due_then=F("effective_due_on")).annotate(status_then=_status(day))


def _last_of_changed(day: date) -> Any:
    """Of each task that changed its stage after `day`: the key of the last change that was known then.

    A task that was known has one: its first stage is recorded with it.
    """
    later = StageChange.objects.filter(not_known_on(day)).order_by().values("task")
    rows = changes_known_on(day).filter(task__in=later).order_by()
    order = [F("recorded_at").desc(), F("id").desc()]
    return rows.annotate(place=Window(RowNumber(), partition_by="task", order_by=order)).filter(place=1).values("pk")


def _first_moves_after(day: date) -> Any:
    """Of each task whose deadline moved after `day`: the key of the first such move."""
    later = DeadlineMove.objects.filter(not_known_on(day)).order_by()
    return later.values("task").annotate(first=Min("pk")).values("first")


def _was_extended(day: date) -> Any:
    granted = Extension.objects.filter(
        task=OuterRef("pk"), state=ExtensionState.GRANTED, decided_on__lte=day, decided_at__lt=end_of(day)
    )
    return Case(
        When(extension_count=0, then=Value(False)), When(Exists(granted), then=Value(True)), default=Value(False)
    )


def changes_known_on(day: date) -> Any:
    """Return the changes of stage that had happened and were recorded by the end of `day`."""
    return StageChange.objects.filter(on__lte=day, recorded_at__lt=end_of(day))


def counted(tasks: Any) -> Any:
    """Return those of `stood_on` that a report counts: no objectives, nothing withdrawn."""
    return tasks.filter(~Q(stage_then=Stage.WITHDRAWN), ~Q(kind=TaskKind.OBJECTIVE))


def still_open(tasks: Any) -> Any:
    """Return those of `stood_on` that were waiting on that day: not done, suspended or withdrawn."""
    return counted(tasks).filter(done_then=None).exclude(stage_then=Stage.SUSPENDED)


def accountable_on(day: date) -> Any:
    """Return, as an expression over tasks, the id of the body that was accountable on `day`; null where none was."""
    cells = Responsibility.objects.as_of(day).filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)
    return Subquery(cells.order_by("-id").values("body")[:1])


def flagged_on(day: date) -> Any:
    """Return, as an expression over tasks, whether a flag stood open on `day` and was known by the end of it."""
    flags = Flag.objects.filter(task=OuterRef("pk"), since__lte=day, opened_at__lt=end_of(day))
    return Exists(flags.exclude(closed_on__lte=day, closed_at__lt=end_of(day)))


def _status(day: date) -> Any:
    is_counted = ~Q(stage_then=Stage.WITHDRAWN) & ~Q(kind=TaskKind.OBJECTIVE)
    is_done = Q(stage_then=Stage.INSTITUTIONALIZED)
    return Case(
        When(~is_counted, then=Value(None)),
        When(is_done & Q(due_then__lt=F("since_then")), then=Value(FieldStatus.DONE_LATE.value)),
        When(is_done, then=Value(FieldStatus.DONE_ON_TIME.value)),
        When(due_then__lt=day, then=Value(FieldStatus.OPEN_OVERDUE.value)),
        default=Value(FieldStatus.OPEN_IN_TIME.value),
        output_field=CharField(null=True),
    )
