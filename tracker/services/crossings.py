"""One day of the clocks, set-based: what changes by date alone, flags that close and open, steps, the next check.

The functions with `tasks, day, at` describe statements that tracker.models.statements compiles once and runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, DateField, Exists, F, Max, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, JSONObject

from tracker.boards.governing import Rules
from tracker.choices import COMMISSION_CLOCKS, Clock, EvidenceState, Role, Stage, TaskKind
from tracker.models import (
    CalendarDay,
    DeadlineMove,
    Event,
    Flag,
    Institutionalization,
    Responsibility,
    StageChange,
    Task,
)
from tracker.models.expressions import (
    NEVER,
    DaysLater,
    earliest,
    nth_working_day,
    working_days_after,
    working_days_between,
)
from tracker.models.statements import Batch, Insert, Select, Update, execute, run
from tracker.models.tasks import CLOSED_STAGES
from tracker.services import ladder
from tracker.services.evidence import settle_evidence, tasks_touched_on
from tracker.services.limits import (
    COLUMNS,
    RUNNING,
    WRITTEN,
    by_calendar,
    calendar_of,
    counted,
    floors,
    limit_columns,
    policy_of,
    unowned_since,
    waiting_columns,
)

Causes = Mapping[int, str]
NO_CAUSES: Causes = {}
ONE_OPEN_FLAG = "(task_id, clock) WHERE closed_on IS NULL"


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
    """Settle `batch` for `day` and move its next checks forward. Idempotent; runs in the caller's transaction.

    Rules that hold from this very day on have calculated the limits anew before anything closes or opens by them.
    """
    why = "rules" if rules.starts_on(day) else "met"
    apply_dated_facts(batch, day=day, at=at, rules=rules)
    closed = close_flags(batch, day=day, at=at, why=why)
    opened = run(_record_turned_late, batch, day=day, at=at)
    taken = ladder.climb(batch, day=day, at=at)
    if flags := open_flags(batch, day=day, at=at, rules=rules):
        opened += run(_record_late, batch, day=day, at=at, keys=flags)
        run(_record_reminders, batch, day=day, at=at, keys=flags)
        taken += ladder.begin(batch, flags, day=day, at=at)
    if taken:
        ladder.tell(batch, taken, day=day, at=at)
    run(_set_next_check, batch, day=day, at=at, is_settled=True, rules=rules)
    return Count(opened=opened, closed=closed, stepped=len(taken))


def rewind(batch: Batch, *, day: date, at: datetime, rules: Rules, causes: Causes = NO_CAUSES) -> None:
    """Recalculate the clocks of `batch` after a change, close what no longer holds, and set the next check.

    `causes` names, by the key of the task, what was changed (`extension:12`), for the flags that it closes.
    """
    run(_set_waiting, batch, day=day, at=at)
    _wind_limits(batch, day=day, at=at, rules=rules)
    _wind_unowned(batch, day=day, at=at, rules=rules, only_changes=False)
    close_flags(batch, day=day, at=at, causes=causes)
    run(_set_next_check, batch, day=day, at=at, is_settled=False, rules=rules)


def apply_dated_facts(batch: Batch, *, day: date, at: datetime, rules: Rules) -> None:
    """Apply what holds from `day` on by its date alone: ended suspensions, evidence, rules, holders."""
    moved = _resume(run(_suspension_over, batch, day=day, at=at), at=at, rules=rules)
    for touched in tasks_touched_on(day):
        if touched.exists():
            moved += settle_evidence(batch.tasks(day).filter(pk__in=touched), day=day, at=at)
    changes = bool(moved) or rules.starts_on(day)
    if changes:
        _wind_limits(batch, day=day, at=at, rules=rules)
    _wind_unowned(batch, day=day, at=at, rules=rules, only_changes=not changes)


def _set_waiting(tasks: Any, day: date, at: datetime) -> Update:
    return Update(tasks, waiting_columns())


def _wind_limits(batch: Batch, *, day: date, at: datetime, rules: Rules) -> None:
    """Write the last days in time; a deadline in effect that becomes another one stays known as it was."""
    run(_note_moves, batch, day=day, at=at, rules=rules)
    run(_set_limits, batch, day=day, at=at, rules=rules)


def _note_moves(tasks: Any, day: date, at: datetime, rules: Rules) -> Insert:
    """A row for each deadline that is about to move; the first one of a task that is entered just now is no move."""
    due, never = limit_columns(rules, Clock.DUE)[COLUMNS[Clock.DUE]], Value(NEVER, output_field=DateField())
    rows = tasks.filter(recorded_at__lt=at).alias(
        before=Coalesce("effective_due_on", never), after=Coalesce(due, never)
    )
    columns = {
        "task": F("pk"),
        "due_before": F("effective_due_on"),
        "due_after": due,
        "on": Value(day, output_field=DateField()),
        "recorded_at": Value(at),
    }
    return Insert(DeadlineMove, columns, rows.filter(~Q(before=F("after"))))


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
    return Update(rows, limit_columns(rules, Clock.UNOWNED))


def _owner_changes_on(day: date) -> Q:
    cells = Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)
    boundary = Q(valid_from=day) | Q(valid_to=day) | Q(post__tenures__valid_from=day) | Q(post__tenures__valid_to=day)
    return Q(Exists(cells.filter(boundary)))


def _suspension_over(tasks: Any, day: date, at: datetime) -> Select:
    return Select(tasks.filter(stage=Stage.SUSPENDED, suspended_until__lte=day))


def _resume(ids: list[int], *, at: datetime, rules: Rules) -> int:
    """Return tasks whose suspension has ended to the stage that they had before it.

    The clocks of age and stage pass over the working days at rest, unless their limit had passed before: touching a
    task resets nothing. Source: rulings.md, "A suspension pauses working-day clocks".
    """
    if not ids:
        return 0
    rows = Task.objects.filter(pk__in=ids)
    before = StageChange.objects.filter(task=OuterRef("pk"), to_stage=Stage.SUSPENDED).order_by("-id")
    stage = Coalesce(Subquery(before.values("from_stage")[:1]), Value(Stage.ASSIGNED.value))
    entered = (
        StageChange.objects.filter(task=OuterRef("pk"))
        .exclude(to_stage=Stage.SUSPENDED)
        .exclude(from_stage=Stage.SUSPENDED)
    )
    since = Coalesce(Subquery(entered.order_by("-id").values("on")[:1]), F("stage_since"))
    change = {"task": F("pk"), "from_stage": F("stage"), "to_stage": stage, "on": F("suspended_until")}
    change |= {"recorded_at": Value(at), "reason": Value(""), "document": Value(""), "is_lapse": Value(False)}
    execute(Insert(StageChange, change, rows))
    rows.update(stage=stage, stage_since=since)
    rows.update(**_paused(rules))
    rows.update(running_since=F("suspended_until"), suspended_on=None, suspended_until=None)
    return len(ids)


def _paused(rules: Rules) -> dict[str, Any]:
    """The working days at rest, added where the limit had not passed when the rest began.

    The day from which a clock counts is not one of its days, so a rest that begins on it counts from the next.
    """
    return {
        "paused_days": F("paused_days") + _rested(rules, Clock.DUE, "assigned_on"),
        "stage_paused_days": F("stage_paused_days") + _rested(rules, Clock.STAGE, "stage_since"),
    }


def _rested(rules: Rules, clock: Clock, since: str) -> Case:
    days = by_calendar(
        rules,
        rules.default,
        lambda local: working_days_between("suspended_on", "suspended_until", calendar=local.version_id, after=since),
    )
    in_time = Coalesce(counted(rules, clock), F("suspended_on"))
    return Case(When(suspended_on__lte=in_time, then=Coalesce(days, 0)), default=Value(0))


def open_flags(batch: Batch, *, day: date, at: datetime, rules: Rules) -> list[int]:
    """Open a flag for each running clock that is late on `day`, or whose ladder begins to remind on it; return them.

    On a day on which rules begin or end they make nothing late before it.
    """
    turns = rules.starts_on(day)
    limits = _limits(batch, day=day, at=at, rules=rules)
    opened: list[int] = []
    for clock, (first, _last) in limits.items():
        if first < day:
            opened += run(_open, batch, day=day, at=at, clock=clock, rules=rules, turns=turns)
    for clock, policy, calendar, span in _reminders(rules, day, limits):
        opened += run(
            _remind, batch, day=day, at=at, span=span, clock=clock, rules=rules, policy=policy, calendar=calendar
        )
    return opened


def _limits(batch: Batch, *, day: date, at: datetime, rules: Rules) -> dict[Clock, tuple[date, date]]:
    """The first and the last of the last days in time of each clock that runs in the batch. One query.

    Most clocks are far from their limit on a given day; so they cost nothing more.
    """
    clocks = tuple(_clocks(rules))
    days = iter(_as_day(found) for found in run(_select_limits, batch, day=day, at=at, clocks=clocks)[0])
    ends = zip(clocks, days, days, strict=True)
    return {clock: (first, last) for clock, first, last in ends if first is not None and last is not None}


def _as_day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _select_limits(tasks: Any, day: date, at: datetime, clocks: tuple[Clock, ...]) -> Select:
    ends = [end(COLUMNS[clock]) for clock in clocks for end in (Min, Max)]
    return Select(tasks.filter(RUNNING).values(one=Value(1)), tuple(ends))


def _clocks(rules: Rules) -> list[Clock]:
    """The clocks that can run: those with a limit in some policy, and those that somebody may have written down."""
    limited = {row[0] for terms in rules.policies for row in terms.limits}
    return [clock for clock in COLUMNS if clock in limited or clock in WRITTEN]


def _leads(rules: Rules, clock: Clock) -> list[tuple[int, int, int]]:
    """(policy, calendar version, working days before the first late day) of each reminder of the clock."""
    return [
        (terms.policy_id, version, lead)
        for terms in rules.policies
        for lead in terms.leads(clock)
        for version in rules.versions(terms.calendar_id)
    ]


def _reminders(
    rules: Rules, day: date, limits: dict[Clock, tuple[date, date]]
) -> Iterator[tuple[Clock, int, int, tuple[date, date]]]:
    """Give (clock, policy, calendar version, first and last limit) whose reminder falls on `day`. One query a calendar.

    The `lead`-th working day before the first late day is `day` for a range of limits, so that the scan compares a
    column with two constants instead of counting for each task. On a day off nobody is reminded. `limits` are those
    between which the limits of the clocks lie.
    """
    leads = [(clock, *lead) for clock, (_, last) in limits.items() if last >= day for lead in _leads(rules, clock)]
    for version in {version for _, _, version, _ in leads}:
        ahead = _working_days_from(day, version, max(lead for *_, of, lead in leads if of == version))
        for clock, policy, of, lead in leads:
            if of != version or len(ahead) <= lead:
                continue
            span = (ahead[lead - 1], ahead[lead] - timedelta(days=1))
            if limits[clock][0] <= span[1] and span[0] <= limits[clock][1]:
                yield clock, policy, version, span


def _working_days_from(day: date, version: int, count: int) -> list[date]:
    """Return `day` and the `count` working days after it; nothing where `day` is off."""
    days = CalendarDay.objects.filter(calendar=version, is_working=True, day__gte=day).order_by("day")
    found = list(days.values_list("day", flat=True)[: count + 1])
    return found if found and found[0] == day else []


def _flag_columns(clock: Clock, at: datetime, rules: Rules, turned_on: date | None = None) -> dict[str, Any]:
    column = COLUMNS[clock]
    return {
        "task": F("pk"),
        "clock": Value(clock.value),
        "policy": policy_of(rules, clock),
        "calendar_version": calendar_of(rules, clock),
        "limit_on": F(column),
        "since": Greatest(DaysLater(F(column), 1), F("running_since"), *floors(rules, clock, turned_on)),
        "opened_at": Value(at),
        "acknowledged_note": Value(""),
        "snoozed_reason": Value(""),
        "closed_why": Value(""),
        "closed_by": Value(""),
        "version": Value(1),
    }


def _open(tasks: Any, day: date, at: datetime, clock: Clock, rules: Rules, turns: bool) -> Insert:
    """A flag for each running clock whose last day in time lies before `day`; not late while the task was at rest."""
    rows = tasks.filter(RUNNING, **{f"{COLUMNS[clock]}__lt": day})
    return _insert(_flag_columns(clock, at, rules, day if turns else None), rows)


def _insert(columns: dict[str, Any], rows: Any) -> Insert:
    return Insert(Flag, columns, rows, ONE_OPEN_FLAG, returning=("id",))


def _remind(
    tasks: Any,
    day: date,
    at: datetime,
    clock: Clock,
    rules: Rules,
    policy: int,
    calendar: int,
    span: tuple[date, date],
) -> Insert:
    """A flag that is not late yet, for each clock whose first reminder falls on this day."""
    rows = tasks.filter(RUNNING, **{f"{COLUMNS[clock]}__range": span}).alias(governs=policy_of(rules, clock))
    rows = rows.filter(governs=policy)
    if rules.locals:
        rows = rows.alias(counts=calendar_of(rules, clock)).filter(counts=calendar)
    return _insert(_flag_columns(clock, at, rules), rows)


def _record_turned_late(tasks: Any, day: date, at: datetime) -> Insert:
    """One event for each flag that has reminded so far and is late from this day, unless it is told already."""
    told = Event.objects.filter(
        object_kind="flag", object_id=Cast(OuterRef("pk"), CharField()), kind="flag.opened", task=OuterRef("task")
    )
    flags = Flag.objects.open().filter(since=day, task__in=tasks.values("pk")).filter(~Exists(told))
    return Insert(Event, _flag_event("flag.opened", at, F("since")), flags)


def _record_late(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    """One event for each flag that opened just now and is late."""
    return Insert(Event, _flag_event("flag.opened", at, F("since")), Flag.objects.filter(pk__in=keys, since__lte=day))


def _record_reminders(tasks: Any, day: date, at: datetime, keys: Any) -> Insert:
    """One event for each flag that opened just now and only reminds."""
    columns = _flag_event("flag.reminded", at, Value(day, output_field=DateField()))
    return Insert(Event, columns, Flag.objects.filter(pk__in=keys, since__gt=day))


def close_flags(batch: Batch, *, day: date, at: datetime, why: str = "met", causes: Causes = NO_CAUSES) -> int:
    """Close the open flags of `batch` whose condition no longer holds, dated on the day on which it ended.

    A task that is done ends what its body owed on the day on which it was done, however late that was verified; what
    the commission owed ends today. A reminder ends, too, when its limit moves: closed before it is late, it says
    nothing of lateness.
    """
    ids = run(_no_longer_held, batch, day=day, at=at)
    if not ids:
        return 0
    rows = Flag.objects.filter(pk__in=ids)
    task = Task.objects.filter(pk=OuterRef("task"))
    today, done = Value(day, output_field=DateField()), task.filter(stage=Stage.INSTITUTIONALIZED)
    of_bodies = Coalesce(Subquery(done.values("done_on")), today)
    stage = Subquery(task.filter(stage__in=CLOSED_STAGES).values("stage"))
    moved = Case(When(since__gt=day, then=Value("moved")), default=Value(why))
    rows.update(
        closed_on=Case(When(clock__in=COMMISSION_CLOCKS, then=today), default=of_bodies),
        closed_at=at,
        closed_why=Coalesce(stage, moved),
        closed_by=_cause_of(rows, causes),
        version=F("version") + 1,
    )
    execute(Insert(Event, _flag_event("flag.closed", at, F("closed_on")), rows))
    return len(ids)


def _cause_of(flags: Any, causes: Causes) -> Any:
    """What closes each of `flags`, as an expression. One query where the tasks changed by different causes."""
    if len(set(causes.values())) <= 1:
        return Value(next(iter(causes.values()), ""))
    tasks: defaultdict[str, list[int]] = defaultdict(list)
    for task in sorted(set(flags.values_list("task", flat=True))):
        tasks[causes.get(task, "")].append(task)
    return Case(*(When(task__in=ids, then=Value(cause)) for cause, ids in tasks.items()), default=Value(""))


def _no_longer_held(tasks: Any, day: date, at: datetime) -> Select:
    """Late flags hold while the last day in time lies behind, reminders while it is the one they remind of.

    A day in the past says nothing of flags that opened for a later one.
    """
    late, reminds = Q(), Q()
    for clock, column in COLUMNS.items():
        late |= Q(clock=clock, **{f"task__{column}__lt": day})
        reminds |= Q(clock=clock, **{f"task__{column}": F("limit_on")})
    holds = (Q(since__lte=day) & late | Q(since__gt=day) & reminds) & ~Q(task__stage__in=CLOSED_STAGES)
    # A day that is not there holds nothing: spelt out, because SQL's "not" would leave such a flag out.
    flags = Flag.objects.open().filter(task__in=tasks.values("pk"))
    still = Case(When(holds, then=True), default=False)
    return Select(flags.alias(still=still).filter(still=False))


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


def _set_next_check(tasks: Any, day: date, at: datetime, is_settled: bool, rules: Rules) -> Update:
    return Update(tasks, {"next_check_on": next_check(day, is_settled=is_settled, rules=rules)})


def next_check(day: date, *, is_settled: bool, rules: Rules) -> Any:
    """Return the first day after `day` on which a clock, a step or a dated fact could change anything; null: none can.

    Where `day` is not settled yet, a clock that has passed without a flag gives its crossing, even one before `day`:
    back-dated entries are settled on the day on which they should have been.
    """
    days = [Case(When(RUNNING, then=_next_of_clocks(day, is_settled, rules))), ladder.next_step(day)]
    days += [F("suspended_until"), _next_owner_change(day), _next_evidence(day)]
    if rules.changes_on:
        # What is over was judged by the rules of its time.
        is_over = Q(stage__in=(Stage.INSTITUTIONALIZED, Stage.WITHDRAWN))
        days.append(Case(When(~is_over, then=Value(rules.changes_on, output_field=DateField()))))
    known = earliest(*days)
    return Case(When(kind=TaskKind.OBJECTIVE, then=None), default=known)


def _next_of_clocks(day: date, is_settled: bool, rules: Rules) -> Any:
    """The first crossing or reminder of a running task."""
    limits = [Case(When(_will_cross(clock, day, is_settled), then=F(COLUMNS[clock]))) for clock in COLUMNS]
    reminders = [reminder for clock in COLUMNS for reminder in _next_reminders(clock, day, is_settled, rules)]
    return earliest(DaysLater(earliest(*limits), 1), *reminders)


def _will_cross(clock: Clock, day: date, is_settled: bool) -> Any:
    ahead = Q(**{f"{COLUMNS[clock]}__gte": day})
    if is_settled:
        return ahead
    return ahead | ~Exists(Flag.objects.open().filter(task=OuterRef("pk"), clock=clock))


def _next_reminders(clock: Clock, day: date, is_settled: bool, rules: Rules) -> list[Any]:
    """The days of the reminders to come; on a day not settled yet, its own reminder too."""
    found, column = [], COLUMNS[clock]
    for _policy, calendar, lead in _leads(rules, clock):
        # The reminder of this limit is the first one to come: those of earlier limits have gone out, or never will.
        first = nth_working_day(day, days=lead, calendar=calendar, back=0 if is_settled else 1)
        on = working_days_after(column, days=1 - lead, calendar=calendar)
        found.append(Case(When(**{f"{column}__gte": first}, then=on)))
    return found


def _next_owner_change(day: date) -> Any:
    """The next day on which an accountable cell, or a tenure of its post, begins or ends."""
    cells = Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE)
    tenure = "post__tenures__"
    return _first_after(cells, day, "valid_from", "valid_to", f"{tenure}valid_from", f"{tenure}valid_to")


def _next_evidence(day: date) -> Any:
    """The next day on which an instrument of verified evidence comes into force or ends, or the evidence ends."""
    evidence = Institutionalization.objects.filter(task=OuterRef("pk"), state=EvidenceState.VERIFIED)
    return _first_after(evidence, day, "instrument__in_force_on", "instrument__ends_on", "ends_on")


def _first_after(rows: Any, day: date, *names: str) -> Any:
    days = [Case(When(**{f"{name}__gt": day}, then=F(name))) for name in names]
    return Subquery(rows.order_by().values("task").annotate(first=Min(earliest(*days))).values("first"))
