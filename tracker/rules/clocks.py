"""The clocks of one task, in plain words: what the set-based statements of the scan must agree with.

Also what the explanation of a flag is made of. A limit is the last day in time; the day after it is late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tracker.choices import Clock, DayUnit, TaskKind
from tracker.rules.stages import OPEN
from tracker.rules.workdays import DAY, Names, Workdays

Pause = tuple[date, date]
"""A suspension that is over: [first day, day on which the task went on)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """What the clocks need to know of a task. `pauses` are the suspensions that are over, in order.

    `running_since`: since when they run without a break, after a suspension or a lapse; None: since the assignment.
    """

    stage: str
    stage_since: date
    assigned_on: date
    kind: str = TaskKind.DUTY
    due_on: date | None = None
    last_report_on: date | None = None
    unowned_since: date | None = None
    running_since: date | None = None
    suspended: bool = False
    done_on: date | None = None
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """How many days a clock may run; `days=None`: the policy sets no limit. The stage clock's is that of the stage."""

    clock: str
    days: int | None = None
    unit: str = DayUnit.WORKING


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the ladder: `offset_days` working days after the first late day, to whom."""

    number: int
    offset_days: int
    addressee: str


@dataclass(frozen=True, slots=True)
class StepDue:
    number: int
    due_on: date
    addressee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a clock stands as it does. Days waited are in `unit`, days late always working days.

    `start_reason_code`: deadline (written down), assigned, stage, report or unowned. `limit_days` is None for a
    deadline that was written down. `days_off` are the holidays that the count passed over, weekends apart.
    `counted_through` is the day asked for, or the day on which the task was done.
    """

    clock: str
    is_running: bool
    starts_on: date
    start_reason_code: str
    limit_days: int | None
    unit: str
    limit_on: date
    late_since: date
    days_off: tuple[tuple[date, Names], ...]
    pauses: tuple[Pause, ...]
    days_waited: int
    days_late: int
    steps: tuple[StepDue, ...]
    counted_through: date

    @property
    def is_late(self) -> bool:
        return self.counted_through > self.limit_on

    @property
    def next_step(self) -> StepDue | None:
        """The first step after that day, if any."""
        return next((step for step in self.steps if step.due_on > self.counted_through), None)


def running(facts: ClockFacts, clock: str) -> bool:
    """Tell whether `clock` can make the task late now.

    Only open tasks run: not done, suspended or withdrawn. Objectives have no clock, standing duties none for `due`.
    """
    if facts.suspended or facts.stage not in OPEN or facts.kind == TaskKind.OBJECTIVE:
        return False
    if clock == Clock.DUE:
        return facts.kind == TaskKind.DUTY
    return clock != Clock.UNOWNED or facts.unowned_since is not None


def limit_on(facts: ClockFacts, limit: Limit, workdays: Workdays) -> date | None:
    """Return the last day in time of the clock that `limit` is for, or None where it does not run.

    That of `due` stays known when the task is done or suspended: the four cells need it. An explicit deadline wins
    over the limit and is not moved by a suspension; limits counted in days are.
    """
    if not _is_defined(facts, limit.clock):
        return None
    if limit.clock == Clock.DUE and facts.due_on is not None:
        return facts.due_on
    if limit.days is None:
        return None
    start, _ = starts_on(facts, limit.clock)
    return _after(start, limit.days, limit.unit, facts.pauses, workdays)


def late_since(last_day: date, running_since: date | None = None) -> date:
    """Return the first late day: the deadline day itself is not late. It may be a day off.

    A limit that passed while the task was at rest makes it late from the day on which its clocks run again.
    """
    return max(last_day + DAY, running_since or date.min)


def starts_on(facts: ClockFacts, clock: str) -> tuple[date, str]:
    """Return from which day the clock counts (that day not included) and the code of the reason.

    Silence counts from the day of submission of the last accepted report; drafts and returned ones do not count.
    """
    if clock == Clock.STAGE:
        return facts.stage_since, "stage"
    if clock == Clock.SILENCE:
        return _silent_since(facts)
    if clock == Clock.UNOWNED and facts.unowned_since is not None:
        return facts.unowned_since, "unowned"
    if clock == Clock.DUE and facts.due_on is not None:
        return facts.assigned_on, "deadline"
    return facts.assigned_on, "assigned"


def _silent_since(facts: ClockFacts) -> tuple[date, str]:
    """Nobody is silent about a task at rest: after a suspension or a lapse the count begins anew."""
    begun = facts.running_since or facts.assigned_on
    if facts.last_report_on is not None and facts.last_report_on >= begun:
        return facts.last_report_on, "report"
    return begun, "assigned" if begun == facts.assigned_on else "resumed"


def steps_due(since: date, steps: Iterable[Step], workdays: Workdays) -> tuple[StepDue, ...]:
    """Return the day of each step, counted in working days from the first late day `since`, in order."""
    return tuple(StepDue(step.number, workdays.add(since, step.offset_days), step.addressee) for step in steps)


def explain(
    facts: ClockFacts, clock: str, limit: Limit, workdays: Workdays, today: date, *, steps: Iterable[Step] = ()
) -> Explanation | None:
    """Return how the limit of `clock` came about and how it stands on `today`; None where the clock does not run.

    A done task is explained through the day on which it was done. Raises ValueError for another clock's limit, or
    for days outside the calendar.
    """
    if limit.clock != clock:
        raise ValueError(f"The limit is for {limit.clock}, not for {clock}.")
    last_day = limit_on(facts, limit, workdays)
    if last_day is None:
        return None
    start, reason = starts_on(facts, clock)
    is_written = reason == "deadline"
    is_counted = limit.unit == DayUnit.WORKING and not is_written
    since = late_since(last_day, facts.running_since)
    through = min(today, facts.done_on) if facts.done_on else today
    return Explanation(
        clock=clock,
        is_running=running(facts, clock),
        starts_on=start,
        start_reason_code=reason,
        limit_days=None if is_written else limit.days,
        unit=limit.unit,
        limit_on=last_day,
        late_since=since,
        days_off=workdays.days_off(start, last_day) if is_counted else (),
        pauses=() if is_written else facts.pauses,
        days_waited=_waited(start, through, limit.unit, workdays),
        days_late=max(workdays.count(since - DAY, through), 0),
        steps=steps_due(since, steps, workdays),
        counted_through=through,
    )


def _is_defined(facts: ClockFacts, clock: str) -> bool:
    return facts.kind == TaskKind.DUTY if clock == Clock.DUE else running(facts, clock)


def _after(start: date, days: int, unit: str, pauses: Iterable[Pause], workdays: Workdays) -> date:
    """Count `days` after `start`; days of a suspension are passed over."""
    last_day = _add(start, days, unit, workdays)
    for first, resumed in pauses:
        begins = max(first, start + DAY)
        if begins <= last_day and begins < resumed:
            last_day = _add(last_day, _waited(begins - DAY, resumed - DAY, unit, workdays), unit, workdays)
    return last_day


def _add(day: date, days: int, unit: str, workdays: Workdays) -> date:
    return workdays.add(day, days) if unit == DayUnit.WORKING else day + DAY * days


def _waited(start: date, end: date, unit: str, workdays: Workdays) -> int:
    if end <= start:
        return 0
    return workdays.count(start, end) if unit == DayUnit.WORKING else (end - start).days
