"""One day of the clocks, set-based: what changes by date alone, flags that close and open, steps, the next check.

The functions with `tasks, day, at` describe statements that tracker.models.statements compiles once and runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, DateField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, JSONObject

from tracker.choices import Addressee, Clock, EvidenceState, Role, Stage, TaskKind
from tracker.models import Event, Flag, FlagStep, Institutionalization, Responsibility, StageChange, Task
from tracker.models.expressions import DaysBetween, DaysLater, earliest, working_days_after
from tracker.models.statements import Batch, Insert, SelectIds, Update, execute, run
from tracker.models.tasks import CLOSED_STAGES
from tracker.services.evidence import settle_evidence, tasks_touched_on
from tracker.services.limits import COLUMNS, RUNNING, Rules, limit_columns, unowned_limit, unowned_since

ONE_OPEN_FLAG = "(task_id, clock) WHERE closed_on IS NULL"
STEP_ONCE = "(flag_id, number, due_on, addressee)"
STEP_ON = Case(
    When(policy__steps__offset_days=0, then=F("since")),
    default=working_days_after("since", days="policy__steps__offset_days", calendar="policy__calendar"),
)


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


def settle_batch(batch: Batch, *, day: date, at: datetime, rules: Rules) -> Count:
    """Settle `batch` for `day` and move its next checks forward. Idempotent; runs in the caller's transaction."""
    apply_dated_facts(batch, day=day, at=at, rules=rules)
    closed = close_flags(batch, day=day, at=at)
    opened = sum(run(_open, batch, day=day, at=at, clock=clock, policy=rules.policy_id) for clock in COLUMNS)
    if opened:
        run(_record_opened, batch, day=day, at=at)
    stepped = run(_take_steps, batch, day=day, at=at)
    run(_set_next_check, batch, day=day, at=at, is_settled=True)
    return Count(opened=opened, closed=closed, stepped=stepped)


def rewind(batch: Batch, *, day: date, at: datetime, rules: Rules) -> None:
    """Recalculate the clocks of `batch` after a change, close what no longer holds, and set the next check."""
    run(_set_limits, batch, day=day, at=at, rules=rules)
    _wind_unowned(batch, day=day, at=at, rules=rules, only_changes=False)
    close_flags(batch, day=day, at=at)
    run(_set_next_check, batch, day=day, at=at, is_settled=False)


def apply_dated_facts(batch: Batch, *, day: date, at: datetime, rules: Rules) -> None:
    """Apply what holds from `day` on by its date alone: ended suspensions, evidence, holders."""
    moved = _resume(run(_suspension_over, batch, day=day, at=at), at=at)
    touched = tasks_touched_on(day)
    if touched.exists():
        moved += settle_evidence(batch.tasks(day).filter(pk__in=touched), day=day, at=at)
    if moved:
        run(_set_limits, batch, day=day, at=at, rules=rules)
    _wind_unowned(batch, day=day, at=at, rules=rules, only_changes=not moved)


def _set_limits(tasks: Any, day: date, at: datetime, rules: Rules) -> Update:
    return Update(tasks, limit_columns(rules))


def _wind_unowned(batch: Batch, *, day: date, at: datetime, rules: Rules, only_changes: bool) -> None:
    """Write since when nobody answers for the tasks, and until when that is in time."""
    if run(_set_unowned_since, batch, day=day, at=at, only_changes=only_changes):
        run(_set_unowned_limit, batch, day=day, at=at, only_changes=only_changes, rules=rules)


def _set_unowned_since(tasks: Any, day: date, at: datetime, only_changes: bool) -> Update:
    rows = tasks.filter(_owner_changes_on(day)) if only_changes else tasks
    return Update(rows, {"unowned_since": unowned_since(day)})


def _set_unowned_limit(tasks: Any, day: date, at: datetime, only_changes: bool, rules: Rules) -> Update:
    rows = tasks.filter(_owner_changes_on(day)) if only_changes else tasks
    return Update(rows, {"unowned_limit_on": unowned_limit(rules)})


def _owner_changes_on(day: date) -> Q:
    cells = Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)
    boundary = Q(valid_from=day) | Q(valid_to=day) | Q(post__tenures__valid_from=day) | Q(post__tenures__valid_to=day)
    return Q(Exists(cells.filter(boundary)))


def _suspension_over(tasks: Any, day: date, at: datetime) -> SelectIds:
    return SelectIds(tasks.filter(stage=Stage.SUSPENDED, suspended_until__lte=day))


def _resume(ids: list[int], *, at: datetime) -> int:
    """Return tasks whose suspension has ended to the stage that they had before it."""
    if not ids:
        return 0
    rows = Task.objects.filter(pk__in=ids)
    before = StageChange.objects.filter(task=OuterRef("pk"), to_stage=Stage.SUSPENDED).order_by("-on", "-id")
    stage = Coalesce(Subquery(before.values("from_stage")[:1]), Value(Stage.ASSIGNED.value))
    change = {"task": F("pk"), "from_stage": F("stage"), "to_stage": stage, "on": F("suspended_until")}
    change |= {"recorded_at": Value(at), "reason": Value(""), "is_lapse": Value(False)}
    execute(Insert(StageChange, change, rows))
    resumed_on = F("suspended_until")
    rows.update(stage=stage, stage_since=resumed_on, running_since=resumed_on, suspended_until=None)
    return len(ids)


def _open(tasks: Any, day: date, at: datetime, clock: Clock, policy: int) -> Insert:
    """A flag for each running clock whose last day in time lies before `day`; not late while the task was at rest."""
    column = COLUMNS[clock]
    columns = {
        "task": F("pk"),
        "clock": Value(clock.value),
        "policy": Value(policy),
        "limit_on": F(column),
        "since": Greatest(DaysLater(F(column), 1), F("running_since")),
        "opened_at": Value(at),
        "acknowledged_note": Value(""),
        "closed_why": Value(""),
        "version": Value(1),
    }
    return Insert(Flag, columns, tasks.filter(RUNNING, **{f"{column}__lt": day}), ONE_OPEN_FLAG)


def _record_opened(tasks: Any, day: date, at: datetime) -> Insert:
    """One event for each flag that this run has opened and that has none yet."""
    told = Event.objects.filter(
        object_kind="flag", object_id=Cast(OuterRef("pk"), CharField()), kind="flag.opened", task=OuterRef("task")
    )
    flags = Flag.objects.filter(~Exists(told), task__in=tasks.values("pk"), opened_at=at)
    return Insert(Event, _flag_event("flag.opened", at, F("since")), flags)


def close_flags(batch: Batch, *, day: date, at: datetime) -> int:
    """Close the open flags of `batch` whose condition no longer holds, dated on the day on which it ended.

    A day in the past says nothing of flags that are late only since a later day.
    """
    ids = run(_no_longer_late, batch, day=day, at=at)
    if not ids:
        return 0
    rows = Flag.objects.filter(pk__in=ids)
    task = Task.objects.filter(pk=OuterRef("task"))
    done_on = Subquery(task.filter(stage=Stage.INSTITUTIONALIZED).values("done_on"))
    stage = Subquery(task.filter(stage__in=CLOSED_STAGES).values("stage"))
    rows.update(
        closed_on=Greatest(F("since"), Coalesce(done_on, Value(day, output_field=DateField()))),
        closed_at=at,
        closed_why=Coalesce(stage, Value("met")),
        version=F("version") + 1,
    )
    execute(Insert(Event, _flag_event("flag.closed", at, F("closed_on")), rows))
    return len(ids)


def _no_longer_late(tasks: Any, day: date, at: datetime) -> SelectIds:
    holds = Q()
    for clock, column in COLUMNS.items():
        holds |= Q(clock=clock, **{f"task__{column}__lt": day})
    holds &= ~Q(task__stage__in=CLOSED_STAGES)
    still_late = Flag.objects.filter(holds, pk=OuterRef("pk"))
    flags = Flag.objects.open().filter(task__in=tasks.values("pk"), since__lte=day)
    return SelectIds(flags.filter(~Exists(still_late)))


def _flag_event(kind: str, at: datetime, on: Any) -> dict[str, Any]:
    return {
        "at": Value(at),
        "on": on,
        "duty": Value(""),
        "kind": Value(kind),
        "object_kind": Value("flag"),
        "object_id": Cast(F("pk"), CharField()),
        "task": F("task"),
        "before": JSONObject(),
        "after": JSONObject(clock=F("clock"), since=F("since"), closed_on=F("closed_on"), why=F("closed_why")),
        "why": Value(""),
        "request_id": Value(""),
    }


def _take_steps(tasks: Any, day: date, at: datetime) -> Insert:
    """Every step of the open flags of `tasks` whose day has come; each once."""
    flags = (
        Flag.objects.open()
        .filter(
            task__in=tasks.values("pk"),
            policy__steps__clock=F("clock"),
            # n working days take at least n days: a cheap test before the calendar is asked.
            policy__steps__offset_days__lte=DaysBetween(F("since"), Value(day, output_field=DateField())),
        )
        .annotate(step_on=STEP_ON)
        .filter(step_on__lte=day)
    )
    columns = {
        "flag": F("pk"),
        "number": F("policy__steps__number"),
        "due_on": F("step_on"),
        "addressee": F("policy__steps__addressee"),
        "body": _addressed_body(),
    }
    return Insert(FlagStep, columns, flags, STEP_ONCE)


def _addressed_body() -> Any:
    """The body that the step goes to on its day: the accountable one, or one that supervises beside it."""
    cells = Responsibility.objects.filter(task=OuterRef("task"), valid_from__lte=OuterRef("step_on")).exclude(
        valid_to__lte=OuterRef("step_on")
    )
    accountable = cells.filter(role=Role.ACCOUNTABLE).order_by("pk").values("body")[:1]
    supervisor = cells.filter(role=Role.SUPERVISES).order_by("pk").values("body")[:1]
    return Case(
        When(policy__steps__addressee=Addressee.HOLDER, then=Subquery(accountable)),
        When(policy__steps__addressee=Addressee.SUPERVISOR, then=Subquery(supervisor)),
        default=None,
    )


def _set_next_check(tasks: Any, day: date, at: datetime, is_settled: bool) -> Update:
    return Update(tasks, {"next_check_on": next_check(day, is_settled=is_settled)})


def next_check(day: date, *, is_settled: bool) -> Any:
    """Return the first day after `day` on which a clock, a step or a dated fact could change anything; null: none can.

    Where `day` is not settled yet, a clock that has passed without a flag gives its crossing, even one before `day`:
    back-dated entries are settled on the day on which they should have been.
    """
    crossings = [
        Case(When(_will_cross(clock, day, is_settled), then=DaysLater(F(COLUMNS[clock]), 1))) for clock in COLUMNS
    ]
    known = earliest(
        *crossings, _next_step(day, is_settled), F("suspended_until"), _next_owner_change(day), _next_evidence(day)
    )
    return Case(When(kind=TaskKind.OBJECTIVE, then=None), default=known)


def _will_cross(clock: Clock, day: date, is_settled: bool) -> Any:
    if is_settled:  # then whatever lies before has its flag
        return RUNNING & Q(**{f"{COLUMNS[clock]}__gte": day})
    return RUNNING & ~Exists(Flag.objects.open().filter(task=OuterRef("pk"), clock=clock))


def _next_step(day: date, is_settled: bool) -> Any:
    """The day of the next step of any open flag; where `day` is settled, whatever lies before it has been taken."""
    flags = Flag.objects.open().filter(task=OuterRef("pk"), policy__steps__clock=F("clock")).annotate(step_on=STEP_ON)
    taken = FlagStep.objects.filter(flag=OuterRef("pk"), number=OuterRef("policy__steps__number"))
    to_come = flags.filter(step_on__gt=day) if is_settled else flags.filter(~Exists(taken))
    return Subquery(to_come.order_by("step_on").values("step_on")[:1])


def _next_owner_change(day: date) -> Any:
    """The next day on which an accountable cell, or a tenure of its post, begins or ends."""
    cells = Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)
    tenure = "post__tenures__"
    return _first_after(cells, day, "valid_from", "valid_to", f"{tenure}valid_from", f"{tenure}valid_to")


def _next_evidence(day: date) -> Any:
    """The next day on which an instrument of verified evidence comes into force or ends."""
    evidence = Institutionalization.objects.filter(task=OuterRef("pk"), state=EvidenceState.VERIFIED)
    return _first_after(evidence, day, "instrument__in_force_on", "instrument__ends_on")


def _first_after(rows: Any, day: date, *names: str) -> Any:
    days = [Case(When(**{f"{name}__gt": day}, then=F(name))) for name in names]
    dated = rows.annotate(next_on=earliest(*days)).filter(next_on__isnull=False)
    return Subquery(dated.order_by("next_on").values("next_on")[:1])
