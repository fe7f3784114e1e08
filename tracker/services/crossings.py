"""One day of the clocks, set-based: what changes by date alone, flags that close and open, steps, the next check.

Every function takes `tasks`, a queryset narrowed to one batch, and `day`, the local day that is being settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, DateField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, JSONObject

from tracker.choices import Addressee, Clock, Role, Stage
from tracker.models import Event, Flag, FlagStep, Institutionalization, Responsibility, StageChange, Task
from tracker.models.expressions import DaysLater, earliest, insert_select, working_days_after
from tracker.models.tasks import CLOSED_STAGES
from tracker.services.evidence import settle_evidence, tasks_touched_on
from tracker.services.limits import COLUMNS, RUNNING, Rules, limit_columns, unowned_limit, unowned_since

ONE_OPEN_FLAG = "(task_id, clock) WHERE closed_on IS NULL"
STEP_ONCE = "(flag_id, number, due_on, addressee)"


@dataclass
class Count:
    """What one run looked at and did, in rows."""

    looked_at: int = 0
    opened: int = 0
    closed: int = 0
    stepped: int = 0

    def add(self, other: Count) -> None:
        self.looked_at += other.looked_at
        self.opened += other.opened
        self.closed += other.closed
        self.stepped += other.stepped


def settle_batch(tasks: Any, *, day: date, at: datetime, rules: Rules) -> Count:
    """Settle `tasks` for `day` and move their next check forward. Idempotent; runs in the caller's transaction."""
    apply_dated_facts(tasks, day=day, at=at, rules=rules)
    count = Count(closed=close_flags(tasks, day=day, at=at), opened=open_flags(tasks, day=day, at=at, rules=rules))
    count.stepped = take_steps(tasks, day=day)
    set_next_check(tasks, day=day)
    return count


def apply_dated_facts(tasks: Any, *, day: date, at: datetime, rules: Rules) -> None:
    """Apply what holds from `day` on by its date alone: ended suspensions, evidence, holders."""
    resumed = _resume(tasks, day=day, at=at)
    touched = tasks.filter(pk__in=tasks_touched_on(day)) if _has_rows(tasks_touched_on(day)) else None
    if touched is not None:
        resumed += settle_evidence(touched, day=day, at=at)
    if resumed:
        tasks.update(**limit_columns(rules))
    wind_unowned(tasks if resumed else tasks.filter(_owner_changes_on(day)), day=day, rules=rules)


def wind_unowned(tasks: Any, *, day: date, rules: Rules) -> None:
    """Write since when nobody answers for `tasks`, and until when that is in time."""
    if tasks.update(unowned_since=unowned_since(day)):
        tasks.update(unowned_limit_on=unowned_limit(rules))


def _has_rows(rows: Any) -> bool:
    return bool(rows.exists())


def _owner_changes_on(day: date) -> Q:
    cells = Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)
    boundary = (
        Q(valid_from=day) | Q(valid_to=day) | Q(post__tenures__valid_from=day) | Q(post__tenures__valid_to=day)
    )
    return Q(Exists(cells.filter(boundary)))


def _resume(tasks: Any, *, day: date, at: datetime) -> int:
    """Return tasks whose suspension has ended to the stage that they had before it."""
    ids = list(tasks.filter(stage=Stage.SUSPENDED, suspended_until__lte=day).values_list("pk", flat=True))
    if not ids:
        return 0
    rows = Task.objects.filter(pk__in=ids)
    before = StageChange.objects.filter(task=OuterRef("pk"), to_stage=Stage.SUSPENDED).order_by("-on", "-id")
    stage = Coalesce(Subquery(before.values("from_stage")[:1]), Value(Stage.ASSIGNED.value))
    columns = {"task": F("pk"), "from_stage": F("stage"), "to_stage": stage, "on": F("suspended_until")}
    insert_select(
        StageChange,
        {**columns, "recorded_at": Value(at), "reason": Value(""), "is_lapse": Value(False)},
        rows,
    )
    rows.update(stage=stage, stage_since=F("suspended_until"), suspended_until=None)
    return len(ids)


def open_flags(tasks: Any, *, day: date, at: datetime, rules: Rules) -> int:
    """Open a flag for each running clock whose last day in time lies before `day`. One statement a clock."""
    opened = sum(_open_clock(tasks, clock, day=day, at=at, rules=rules) for clock in COLUMNS)
    if opened:
        flags = Flag.objects.filter(task__in=tasks.values("pk"), opened_at=at, since__lte=day).filter(
            ~_recorded("flag.opened")
        )
        insert_select(Event, _flag_event("flag.opened", at, F("since")), flags)
    return opened


def _open_clock(tasks: Any, clock: Clock, *, day: date, at: datetime, rules: Rules) -> int:
    column = COLUMNS[clock]
    late = tasks.filter(RUNNING, **{f"{column}__lt": day})
    columns = {
        "task": F("pk"),
        "clock": Value(clock.value),
        "policy": Value(rules.policy.pk),
        "limit_on": F(column),
        "since": DaysLater(F(column), 1),
        "opened_at": Value(at),
        "acknowledged_note": Value(""),
        "closed_why": Value(""),
        "version": Value(1),
    }
    return insert_select(Flag, columns, late, conflict=ONE_OPEN_FLAG)


def close_flags(tasks: Any, *, day: date, at: datetime) -> int:
    """Close the open flags of `tasks` whose condition no longer holds, dated on the day on which it ended."""
    holds = Q(pk__in=[])
    for clock, column in COLUMNS.items():
        holds |= Q(clock=clock, **{f"task__{column}__lt": day})
    running = ~Q(task__stage__in=CLOSED_STAGES)
    flags = Flag.objects.open().filter(task__in=tasks.values("pk")).filter(~(holds & running))
    ids = list(flags.values_list("pk", flat=True))
    if not ids:
        return 0
    task = Task.objects.filter(pk=OuterRef("task"))
    ended_on = Coalesce(
        Subquery(task.filter(stage=Stage.INSTITUTIONALIZED).values("done_on")), Value(day, output_field=DateField())
    )
    stage = Subquery(task.filter(stage__in=CLOSED_STAGES).values("stage"))
    rows = Flag.objects.filter(pk__in=ids)
    rows.update(
        closed_on=Greatest(F("since"), ended_on),
        closed_at=at,
        closed_why=Coalesce(stage, Value("met")),
        version=F("version") + 1,
    )
    insert_select(Event, _flag_event("flag.closed", at, F("closed_on")), rows)
    return len(ids)


def _recorded(kind: str) -> Any:
    return Exists(
        Event.objects.filter(object_kind="flag", object_id=Cast(OuterRef("pk"), CharField()), kind=kind)
    )


def _flag_event(kind: str, at: datetime, on: Any) -> dict[str, Any]:
    return {
        "at": Value(at),
        "on": on,
        "duty": Value(""),
        "kind": Value(kind),
        "object_kind": Value("flag"),
        "object_id": Cast(F("pk"), CharField()),
        "task": F("task"),
        "before": Value({}, output_field=Event._meta.get_field("before")),
        "after": JSONObject(clock=F("clock"), since=F("since"), closed_on=F("closed_on"), why=F("closed_why")),
        "why": Value(""),
        "request_id": Value(""),
    }


def take_steps(tasks: Any, *, day: date) -> int:
    """Take every step of the open flags of `tasks` whose day has come; each once. One statement."""
    due_on = Case(
        When(policy__steps__offset_days=0, then=F("since")),
        default=working_days_after(
            OuterRef("since"), OuterRef("policy__steps__offset_days"), OuterRef("policy__calendar")
        ),
    )
    flags = (
        Flag.objects.open()
        .filter(task__in=tasks.values("pk"), policy__steps__clock=F("clock"))
        .annotate(step_on=due_on)
        .filter(step_on__lte=day)
    )
    columns = {
        "flag": F("pk"),
        "number": F("policy__steps__number"),
        "due_on": F("step_on"),
        "addressee": F("policy__steps__addressee"),
        "body": _addressed_body(),
    }
    return insert_select(FlagStep, columns, flags, conflict=STEP_ONCE)


def _addressed_body() -> Any:
    """The body that the step goes to on its day: the accountable one, or one that supervises beside it."""
    cells = Responsibility.objects.filter(task=OuterRef("task"), valid_from__lte=OuterRef("step_on")).exclude(
        valid_to__lte=OuterRef("step_on")
    )
    accountable = cells.filter(role=Role.ACCOUNTABLE).order_by("pk").values("body")[:1]
    supervisor = cells.filter(role=Role.SUPERVISES).order_by("pk").values("body")[:1]
    return Case(
        When(policy__steps__addressee=Addressee.ACCOUNTABLE, then=Subquery(accountable)),
        When(policy__steps__addressee=Addressee.SUPERVISOR, then=Subquery(supervisor)),
        default=None,
    )


def set_next_check(tasks: Any, *, day: date) -> None:
    """Write the first day after `day` on which a clock, a step or a dated fact could change anything."""
    tasks.update(next_check_on=next_check(day))


def next_check(day: date) -> Any:
    """Return that day as an expression; null when nothing can change.

    A clock that has passed but is not flagged yet gives its crossing, even one before `day`: back-dated entries are
    settled on the day on which they should have been.
    """
    crossings = [
        Case(When(RUNNING & ~Exists(_open_flag(clock)), then=DaysLater(F(column), 1)), default=None)
        for clock, column in COLUMNS.items()
    ]
    return Case(
        When(kind="objective", then=None),
        default=earliest(*crossings, _next_step(), F("suspended_until"), *_dated_facts(day)),
    )


def _open_flag(clock: Clock) -> Any:
    return Flag.objects.open().filter(task=OuterRef("pk"), clock=clock)


def _next_step() -> Any:
    taken = FlagStep.objects.filter(flag=OuterRef("pk"), number=OuterRef("policy__steps__number"))
    steps = (
        Flag.objects.open()
        .filter(~Exists(taken), task=OuterRef("pk"), policy__steps__clock=F("clock"))
        .annotate(
            step_on=working_days_after(
                OuterRef("since"), OuterRef("policy__steps__offset_days"), OuterRef("policy__calendar")
            )
        )
        .order_by("step_on")
    )
    return Subquery(steps.values("step_on")[:1])


def _dated_facts(day: date) -> list[Any]:
    """The next day on which an accountable cell, a tenure of its post, or an instrument begins or ends."""
    cells = Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)
    evidence = Institutionalization.objects.filter(task=OuterRef("pk"), state="verified")
    facts = [
        (cells, "valid_from"),
        (cells, "valid_to"),
        (cells, "post__tenures__valid_from"),
        (cells, "post__tenures__valid_to"),
        (evidence, "instrument__in_force_on"),
        (evidence, "instrument__ends_on"),
    ]
    return [
        Subquery(rows.filter(**{f"{name}__gt": day}).order_by(name).values(name)[:1]) for rows, name in facts
    ]
