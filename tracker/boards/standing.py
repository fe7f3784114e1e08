"""How tasks stood on a day, as an expression over their rows: what the other boards count and show."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Case, CharField, DateField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from tracker.choices import FieldStatus, Role, Stage, TaskKind
from tracker.clock import end_of
from tracker.models import Flag, Responsibility, StageChange, Task


def tasks_on(user: Any, day: date, *, is_now: bool = False) -> Any:
    """Return the tasks that `user` may read and that were known on `day`, annotated as `stood_on` does."""
    return stood_on(Task.objects.visible_to(user).known_on(day), day, is_now=is_now)


def stood_on(tasks: Any, day: date, *, is_now: bool = False) -> Any:
    """Annotate `tasks` with stage_then, since_then, done_then and status_then: how each stood on `day`.

    Only what was recorded by the end of `day` counts, and of that what was recorded last. status_then is the code of
    a FieldStatus, as rules.status.due_status says it; null for objectives and withdrawn tasks. Runs no query.
    `is_now` says that `day` is today or later: then the columns of the task say the same, ten times as fast.
    """
    if is_now:
        now = {"stage_then": F("stage"), "since_then": F("stage_since"), "done_then": F("done_on")}
        return tasks.annotate(**now).annotate(status_then=_status(day))
    latest = changes_known_on(day).filter(task=OuterRef("pk")).order_by("-recorded_at", "-id")
    stage = Coalesce(Subquery(latest.values("to_stage")[:1]), Value(Stage.ASSIGNED.value))
    since = Coalesce(Subquery(latest.values("on")[:1]), F("assigned_on"))
    no_day = Value(None, output_field=DateField())
    rows = tasks.annotate(stage_then=stage, since_then=since)
    done = Case(When(stage_then=Stage.INSTITUTIONALIZED, then=F("since_then")), default=no_day)
    return rows.annotate(done_then=done).annotate(status_then=_status(day))


def changes_known_on(day: date) -> Any:
    """Return the changes of stage that had happened and were recorded by the end of `day`."""
    return StageChange.objects.filter(on__lte=day, recorded_at__lt=end_of(day))


def counted(tasks: Any) -> Any:
    """Return those of `stood_on` that a report counts: no objectives, nothing withdrawn."""
    return tasks.exclude(status_then=None)


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
        When(is_done & Q(effective_due_on__lt=F("since_then")), then=Value(FieldStatus.DONE_LATE.value)),
        When(is_done, then=Value(FieldStatus.DONE_ON_TIME.value)),
        When(effective_due_on__lt=day, then=Value(FieldStatus.OPEN_OVERDUE.value)),
        default=Value(FieldStatus.OPEN_IN_TIME.value),
        output_field=CharField(null=True),
    )
