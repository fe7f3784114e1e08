"""The clocks of one task, in plain words: what the set-based statements of the scan must agree with.

Also what the explanation of a flag is made of. A limit is the last day in time; the day after it is late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tracker.choices import Clock, DayUnit, Stage, TaskKind
from tracker.rules.stages import OPEN
from tracker.rules.workdays import DAY, Names, Workdays

Stint = tuple[date, date | None]
"""A time in which somebody answered for the task: [first day, day on which it ended), None while it lasts."""

BEFORE_APPRAISAL = (Stage.ASSIGNED, Stage.PLANNED, Stage.DRAFTING, Stage.CONSULTATION)
"""The stages in which the draft has not been submitted yet."""

WAITS_SINCE = {
    Clock.UNOWNED: "unowned_since",
    Clock.LAPSED: "lapsed_since",
    Clock.UNVERIFIED: "declared_since",
    Clock.REVIEW: "reported_since",
    Clock.REQUEST: "requested_since",
}
"""The clocks that run only while something waits, and the fact that says since when."""

REASONS = {
    Clock.UNOWNED: "unowned",
    Clock.LAPSED: "lapsed",
    Clock.UNVERIFIED: "declared",
    Clock.REVIEW: "submitted",
    Clock.REQUEST: "asked",
    Clock.STAGE: "stage",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """What the clocks need to know of a task.

    `running_since`: since when they run without a break, after a suspension or a lapse; None: since the assignment.
    `paused_days`, `stage_paused_days`: working days at rest that the age and the present stage pass over.
    """

    stage: str
    stage_since: date
    assigned_on: date
    kind: str = TaskKind.DUTY
    due_on: date | None = None
    submit_by: date | None = None
    last_report_on: date | None = None
    unowned_since: date | None = None
    lapsed_since: date | None = None
    declared_since: date | None = None
    reported_since: date | None = None
    requested_since: date | None = None
    running_since: date | None = None
    suspended: bool = False
    done_on: date | None = None
    paused_days: int = 0
    stage_paused_days: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """How many days a clock may run; `days=None`: no policy sets a limit. The stage clock's is that of the stage.

    `floor`: the day from which the rule holds; what it makes late is late no earlier than that day.
    """

    clock: str
    days: int | None = None
    unit: str = DayUnit.WORKING
    floor: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the ladder: `offset_days` working days from the first late day (before it, if negative), to whom."""

    number: int
    offset_days: int
    addressee: str
    repeat_days: int | None = None


@dataclass(frozen=True, slots=True)
class StepDue:
    number: int
    due_on: date
    addressee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a clock stands as it does. Days waited are in `unit`, days late always working days.

    `start_reason_code`: deadline (written down), assigned, resumed, stage, report, unowned, lapsed, declared,
    submitted or asked. `limit_days` is None for a deadline that was written down. `paused_days` are working days at
    rest that the limit passes over. `days_off` are the holidays that the count passed over, weekends apart.
    `counted_through` is the day asked for, or the day on which the task was done. `floor`: late no earlier, because
    the rule holds only from then on. `steps` are those of the ladder that are not taken yet.
    """

    clock: str
    is_running: bool
    starts_on: date
    start_reason_code: str
    limit_days: int | None
    unit: str
    limit_on: date
    late_since: date
    floor: date | None
    days_off: tuple[tuple[date, Names], ...]
    paused_days: int
    days_waited: int
    days_late: int
    steps: tuple[StepDue, ...]
    counted_through: date

    @property
    def is_late(self) -> bool:
        return self.counted_through >= self.late_since

    @property
    def next_step(self) -> StepDue | None:
        """The first step after that day, if any."""
        return next((step for step in self.steps if step.due_on > self.counted_through), None)


def running(facts: ClockFacts, clock: str) -> bool:
    """Tell whether `clock` can make the task late now.

    Only open tasks run: not done, suspended or withdrawn. Objectives have no clock; standing duties neither `due`
    nor `submit`, which ends with the appraisal of the draft.
    """
    if facts.suspended or facts.stage not in OPEN or facts.kind == TaskKind.OBJECTIVE:
        return False
    if clock == Clock.DUE:
        return facts.kind == TaskKind.DUTY
    if clock == Clock.SUBMIT:
        return facts.kind == TaskKind.DUTY and facts.stage in BEFORE_APPRAISAL
    waits_since = WAITS_SINCE.get(Clock(clock))
    return waits_since is None or getattr(facts, waits_since) is not None


def limit_on(facts: ClockFacts, limit: Limit, workdays: Workdays) -> date | None:
    """Return the last day in time of the clock that `limit` is for, or None where it does not run.

    That of `due` stays known when the task is done or suspended: the four cells need it. A deadline that was written
    down wins over the limit and is not moved by a suspension; limits counted in working days are.
    """
    if not _is_defined(facts, limit.clock):
        return None
    if written := _written(facts, limit.clock):
        return written
    if limit.days is None:
        return None
    start, _ = starts_on(facts, limit.clock)
    if limit.unit == DayUnit.CALENDAR or limit.days == 0:
        return start + DAY * limit.days
    return workdays.add(start, limit.days + _paused(facts, limit.clock))


def late_since(last_day: date, *floors: date | None) -> date:
    """Return the first late day: the deadline day itself is not late. It may be a day off.

    `floors`: a limit that passed while the task was at rest makes it late from the day on which its clocks run again,
    and a stricter rule from the day on which it holds.
    """
    return max(last_day + DAY, *(floor or date.min for floor in floors), date.min)


def starts_on(facts: ClockFacts, clock: str) -> tuple[date, str]:
    """Return from which day the clock counts (that day not included) and the code of the reason.

    Silence counts from the day of submission of the last accepted report; drafts and returned ones do not count. A
    lapse counts from the last day on which the rule was in force.
    """
    if clock == Clock.SILENCE:
        return _silent_since(facts)
    if _written(facts, clock):
        return facts.assigned_on, "deadline"
    if clock == Clock.STAGE:
        return facts.stage_since, "stage"
    since = getattr(facts, WAITS_SINCE[Clock(clock)]) if clock in WAITS_SINCE else None
    if since is None:
        return facts.assigned_on, "assigned"
    return since - DAY if clock == Clock.LAPSED else since, REASONS[Clock(clock)]


def _written(facts: ClockFacts, clock: str) -> date | None:
    return {Clock.DUE: facts.due_on, Clock.SUBMIT: facts.submit_by}.get(Clock(clock))


def _paused(facts: ClockFacts, clock: str) -> int:
    if clock in (Clock.DUE, Clock.SUBMIT):
        return facts.paused_days
    return facts.stage_paused_days if clock == Clock.STAGE else 0


def _silent_since(facts: ClockFacts) -> tuple[date, str]:
    """Nobody is silent about a task at rest: after a suspension or a lapse the count begins anew."""
    begun = facts.running_since or facts.assigned_on
    if facts.last_report_on is not None and facts.last_report_on >= begun:
        return facts.last_report_on, "report"
    return begun, "assigned" if begun == facts.assigned_on else "resumed"


def unowned_since(stints: Iterable[Stint], *, day: date, begun: date) -> date | None:
    """Return since when, seen on `day`, nobody answers for the task: the last end of a stint; None: somebody does.

    `begun`: since when the clocks run, the earliest answer.
    """
    started = [(start, end) for start, end in stints if start <= day]
    if any(end is None or end > day for _, end in started):
        return None
    return max([begun, *(end for start, end in started if end is not None and end >= start)])


def steps_due(
    last_day: date,
    since: date,
    steps: Iterable[Step],
    workdays: Workdays,
    *,
    through: date,
    taken: Mapping[int, date] | None = None,
    snoozed_until: date | None = None,
) -> tuple[StepDue, ...]:
    """Return the day of each step that is not taken yet, in order, in working days from the first late day `since`.

    Those before it remind of `last_day`, the last one in time, and count from the day after; one whose day has passed
    says nothing any more. The step that comes again is listed until the first time after `through`. `taken` has, by
    the number of a step, the last day on which it was; a snooze puts steps off to the day on which it ends, but for
    the reminders that fall into it, which it silences.
    """
    found, done, earliest = [], taken or {}, snoozed_until or date.min
    for step in steps:
        if step.number in done:
            on = done[step.number]
        else:
            reminds = step.offset_days < 0
            on = workdays.add(last_day + DAY if reminds else since, step.offset_days)
            if reminds and (on <= through or on < earliest):
                continue
            on = max(on, earliest)
            found.append(StepDue(step.number, on, step.addressee))
        while step.repeat_days and on <= through:
            on = max(workdays.add(on, step.repeat_days), earliest)
            found.append(StepDue(step.number, on, step.addressee))
    return tuple(sorted(found, key=lambda step: (step.due_on, step.number)))


def explain(
    facts: ClockFacts,
    clock: str,
    limit: Limit,
    workdays: Workdays,
    today: date,
    *,
    steps: Iterable[Step] = (),
    taken: Mapping[int, date] | None = None,
    snoozed_until: date | None = None,
) -> Explanation | None:
    """Return how the limit of `clock` came about and how it stands on `today`; None where the clock does not run.

    A done task is explained through the day on which it was done. `taken` and `snoozed_until` are those of its open
    flag, see `steps_due`; a clock at rest takes no steps. Raises ValueError for another clock's limit, or for days
    outside the calendar.
    """
    if limit.clock != clock:
        raise ValueError(f"The limit is for {limit.clock}, not for {clock}.")
    last_day = limit_on(facts, limit, workdays)
    if last_day is None:
        return None
    start, reason = starts_on(facts, clock)
    is_written = reason == "deadline"
    floor = None if is_written else limit.floor
    since = late_since(last_day, facts.running_since, floor)
    through = min(today, facts.done_on) if facts.done_on else today
    is_running = running(facts, clock)
    to_come = (
        steps_due(last_day, since, steps, workdays, through=through, taken=taken, snoozed_until=snoozed_until)
        if is_running
        else ()
    )
    return Explanation(
        clock=clock,
        is_running=is_running,
        starts_on=start,
        start_reason_code=reason,
        limit_days=None if is_written else limit.days,
        unit=limit.unit,
        limit_on=last_day,
        late_since=since,
        floor=floor if floor == since != last_day + DAY else None,
        days_off=workdays.days_off(start, last_day) if limit.unit == DayUnit.WORKING and not is_written else (),
        paused_days=_paused(facts, clock) if limit.unit == DayUnit.WORKING and not is_written else 0,
        days_waited=_waited(start, through, limit.unit, workdays),
        days_late=max(workdays.count(since - DAY, through), 0),
        steps=to_come,
        counted_through=through,
    )


def _is_defined(facts: ClockFacts, clock: str) -> bool:
    return facts.kind == TaskKind.DUTY if clock == Clock.DUE else running(facts, clock)


def _waited(start: date, end: date, unit: str, workdays: Workdays) -> int:
    if end <= start:
        return 0
    return workdays.count(start, end) if unit == DayUnit.WORKING else (end - start).days
