"""What the evidence says of a task's stage: covered at every level it must reach, or lapsed. Set-based."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Greatest, JSONObject

from tracker.choices import Stage, TaskKind
from tracker.models import Event, Institutionalization, Instrument, StageChange, Task, TaskLevel
from tracker.models.evidence import level_covered_since, level_is_covered
from tracker.models.statements import Insert, execute
from tracker.models.tasks import CLOSED_STAGES


def complete_on(day: date) -> Any:
    """Return the condition that a task is covered in force on `day` at every level it must reach."""
    levels = TaskLevel.objects.filter(task=OuterRef("pk"))
    return Exists(levels) & ~Exists(levels.filter(~level_is_covered(day)))


def settle_evidence(tasks: Any, *, day: date, at: datetime) -> int:
    """Move `tasks` to institutionalized or back to assigned as their evidence stands on `day`.

    A lapse returns the task to `assigned` from that day; done_on is the day on which coverage became complete and in
    force, whenever it was verified. Returns how many moved.
    """
    complete = complete_on(day)
    lapsed = tasks.filter(~complete, stage=Stage.INSTITUTIONALIZED)
    covered = tasks.filter(complete).exclude(stage__in=CLOSED_STAGES).exclude(kind=TaskKind.OBJECTIVE)
    moved = _move(lapsed, to=Stage.ASSIGNED, on=Value(day), at=at, is_lapse=True)
    done_on = _covered_since(day)
    return moved + _move(covered, to=Stage.INSTITUTIONALIZED, on=done_on, at=at, is_lapse=False)


def tasks_touched_on(day: date) -> tuple[Any, Any]:
    """Return the ids of tasks with evidence whose instrument comes into force or ends on `day`, or that itself ends."""
    instruments = Instrument.objects.filter(Q(in_force_on=day) | Q(ends_on=day)).values("pk")
    evidence = Institutionalization.objects.order_by().values("task")
    return evidence.filter(instrument__in=instruments), evidence.filter(ends_on=day)


def _covered_since(day: date) -> Any:
    """The last of the days on which the levels became covered, each by its earliest evidence; not before assignment."""
    levels = TaskLevel.objects.filter(task=OuterRef("pk")).annotate(covered_on=level_covered_since(day))
    return Greatest(Subquery(levels.order_by("-covered_on").values("covered_on")[:1]), F("assigned_on"))


def _move(tasks: Any, *, to: Stage, on: Any, at: datetime, is_lapse: bool) -> int:
    """Record the change of stage and its event, then write the stage: three statements, none where nothing moves."""
    ids = list(tasks.values_list("pk", flat=True))
    if not ids:
        return 0
    rows = Task.objects.filter(pk__in=ids)
    change = {"from_stage": F("stage"), "to_stage": Value(to.value), "on": on, "recorded_at": Value(at)}
    change |= {"task": F("pk"), "reason": Value(""), "document": Value(""), "is_lapse": Value(is_lapse)}
    execute(Insert(StageChange, change, rows))
    execute(Insert(Event, _event_columns(to, on, at, is_lapse), rows))
    lapsed = {"done_on": None, "running_since": on, "lapsed_since": on, "stage_paused_days": 0}
    fields = lapsed if is_lapse else {"done_on": on, "lapsed_since": None}
    rows.update(stage=to, stage_since=on, **fields)
    return len(ids)


def _event_columns(to: Stage, on: Any, at: datetime, is_lapse: bool) -> dict[str, Any]:
    return {
        "at": Value(at),
        "on": on,
        "duty": Value(""),
        "kind": Value("task.lapsed" if is_lapse else "task.institutionalized"),
        "object_kind": Value("task"),
        "object_id": Cast(F("pk"), CharField()),
        "task": F("pk"),
        "before": JSONObject(stage=F("stage")),
        "after": JSONObject(stage=Value(to.value)),
        "why": Value(""),
        "request_id": Value(""),
    }
