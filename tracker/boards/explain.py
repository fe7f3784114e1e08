"""Why a clock of a task says what it says on a day, for people and machines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from tracker.boards import clock_story as story
from tracker.boards.clock_record import Record, Rest, stored
from tracker.boards.clock_story import ExplainedRequest, ExplainedStep, Move, Pause, Snooze
from tracker.boards.governing import Book, Days, place_of, terms_of
from tracker.boards.workdays import workdays_of
from tracker.choices import Clock
from tracker.models import CalendarVersion, Flag, Policy, Task
from tracker.rules import clocks as rules
from tracker.rules.clocks import ClockFacts, Explanation, Limit, Step, StepDue
from tracker.rules.governing import Terms
from tracker.rules.workdays import DAY, Workdays

PAUSED = (Clock.DUE, Clock.STAGE)
"""The clocks that pass over the days at rest; `submit` passes over those of `due`."""


@dataclass(frozen=True)
class Explained:
    """One clock of one task on one day, with the versions of the policy and of the calendar that decide.

    `flag` is the one that stood, if any; `explanation` is None where the clock does not run. Requests and moves are
    those of the deadline; `original_due_on` is its first day, once it moved.
    """

    clock: Clock
    policy: Policy
    calendar: CalendarVersion
    explanation: Explanation | None
    flag: Flag | None
    steps: tuple[ExplainedStep, ...] = ()
    pauses: tuple[Pause, ...] = ()
    requests: tuple[ExplainedRequest, ...] = ()
    moves: tuple[Move, ...] = ()
    snoozes: tuple[Snooze, ...] = ()
    original_due_on: date | None = None

    @property
    def flagged_since(self) -> date | None:
        return self.flag.since if self.flag else None


def explain(
    task: Task, *, on: date, today: date | None = None, clocks: Iterable[Clock] = tuple(Clock)
) -> list[Explained]:
    """Return `clocks` of `task` as they stood on `on`, in the order given. At most 16 queries.

    A day before `today` (`on`, unless told) is read back from the history: what was valid on it and recorded by its
    end. A flag is explained by the versions of the policy and the calendar that it carries, those in force on its
    crossing day; what has none, by those of `on`, and what is done by those of the day on which it was. Raises
    Policy.DoesNotExist when there is no default policy, ValueError for a day outside the calendar.
    """
    counted = _Sum(task, on, is_past=today is not None and on < today)
    return [counted.explained(clock) for clock in clocks]


@dataclass(frozen=True)
class _Versions:
    """By what one clock is counted."""

    terms: Terms
    days: Days


@dataclass(frozen=True)
class _Rested:
    """A suspension as the clocks see it: its working days, and whether their limit had not passed when it began."""

    rest: Rest
    days: dict[Clock, int]
    in_time: dict[Clock, bool]


class _Sum:
    """All that the clocks of one task are counted from."""

    def __init__(self, task: Task, on: date, *, is_past: bool) -> None:
        self.record, self.book, self.place = Record.of(task, on), Book.read(), place_of(task)
        self.course = self.record.course()
        facts = self.record.facts(self.course) if is_past else stored(task)
        self.rules_on = min(on, facts.done_on or on)
        self.workdays = workdays_of(self._calendars(facts.stage))
        self.pauses = self._pauses()
        self.facts = self._with_pauses(facts) if is_past else facts

    def explained(self, clock: Clock) -> Explained:
        flag = self.record.flag(clock)
        versions, text = self._counted(clock, flag)
        is_due = clock == Clock.DUE
        moves = tuple(story.moves(self.record)) if is_due else ()
        return Explained(
            clock=clock,
            policy=self._policy(versions.terms.policy_id),
            calendar=self._calendar(versions.days.version_id),
            explanation=text,
            flag=flag,
            steps=story.steps(self.record, clock, text),
            pauses=self._pauses_of(clock),
            requests=tuple(story.requests(self.record)) if is_due else (),
            moves=moves,
            snoozes=tuple(story.snoozes(self.record, clock)),
            original_due_on=self.record.task.original_due_on if moves else None,
        )

    def _counted(self, clock: Clock, flag: Flag | None) -> tuple[_Versions, Explanation | None]:
        """By the versions of the flag, unless what it was for has changed since; else by those in force."""
        if flag is not None:
            versions = self._versions_of(flag)
            text = self._explanation(clock, versions, flag)
            if text is not None and text.limit_on == flag.limit_on:
                # Rules that ended before others took over made nothing late before that day.
                is_later = text.late_since < flag.since
                return versions, self._explanation(clock, versions, flag, floor=flag.since) if is_later else text
        versions = self._versions(clock, self.facts.stage, self.rules_on)
        text = self._explanation(clock, versions, flag)
        if text is None or flag is None or not text.is_running:
            return versions, text
        return versions, replace(text, steps=self._ladder_of(flag, through=text.counted_through))

    def _ladder_of(self, flag: Flag, *, through: date) -> tuple[StepDue, ...]:
        """What an open flag climbs: the ladder that it began with, whatever its clock is counted by now."""
        versions = self._versions_of(flag)
        return rules.steps_due(
            flag.limit_on,
            flag.since,
            _ladder(versions, Clock(flag.clock)),
            self.workdays[versions.days.version_id],
            through=through,
            taken=_taken(flag),
            snoozed_until=_snoozed_until(flag, story.snoozes(self.record, flag.clock)),
        )

    def _explanation(
        self, clock: Clock, versions: _Versions, flag: Flag | None, floor: date = date.min
    ) -> Explanation | None:
        return rules.explain(
            self.facts,
            clock,
            _limit(versions, clock, self.facts.stage, floor),
            self.workdays[versions.days.version_id],
            self.record.day,
            steps=_ladder(versions, clock),
            taken=_taken(flag),
            snoozed_until=_snoozed_until(flag, story.snoozes(self.record, clock)),
        )

    def _versions(self, clock: Clock, stage: str, on: date) -> _Versions:
        in_force = self.book.on(on)
        terms = in_force.governing(self.place, clock, stage if clock == Clock.STAGE else "")
        return _Versions(terms, in_force.days(terms.calendar_id, self.record.path(on)))

    def _versions_of(self, flag: Flag) -> _Versions:
        version = self._calendar(flag.calendar_version_id)
        days = Days(version.calendar_id, version.pk, version.valid_from or date.min)
        return _Versions(terms_of(self._policy(flag.policy_id)), days)

    def _calendars(self, stage: str) -> set[int]:
        """Every version of a calendar in which something of this task is counted."""
        asked = {(clock, stage, self.rules_on) for clock in Clock}
        for rest in self.course.rests:
            asked |= {(clock, rest.stage, rest.end or self.record.day) for clock in (Clock.DUE, Clock.STAGE)}
        found = {self._versions(*question).days.version_id for question in asked}
        found |= {self._of_default(on).version_id for _, _, on in asked}
        return found | {flag.calendar_version_id for flag in self.record.flags}

    def _of_default(self, on: date) -> Days:
        in_force = self.book.on(on)
        return in_force.days(in_force.default.calendar_id, self.record.path(on))

    def _policy(self, key: int) -> Policy:
        return next(row for row in self.book.policies if row.pk == key)

    def _calendar(self, key: int) -> CalendarVersion:
        return next(row for row in self.book.versions if row.pk == key)

    def _pauses(self) -> list[_Rested]:
        """Each suspension with the working days that a clock has not counted, and whether its limit had not passed."""
        found: list[_Rested] = []
        for rest in self.course.rests:
            end = rest.end or max(rest.start, self.record.day)
            calendar = self.workdays[self._of_default(end).version_id]
            starts = {Clock.DUE: self.record.task.assigned_on, Clock.STAGE: rest.stage_since}
            days = {clock: _rest_days(max(rest.start, start + DAY), end, calendar) for clock, start in starts.items()}
            facts = ClockFacts(
                stage=rest.stage,
                stage_since=rest.stage_since,
                assigned_on=self.record.task.assigned_on,
                paused_days=_passed_over(found, Clock.DUE),
                stage_paused_days=_passed_over(found, Clock.STAGE, rest.entry),
            )
            in_time = {clock: self._is_in_time(clock, rest, end, facts) for clock in PAUSED}
            found.append(_Rested(rest, days, in_time))
        return found

    def _is_in_time(self, clock: Clock, rest: Rest, end: date, facts: ClockFacts) -> bool:
        """By the rules of the day on which the rest ended, as if no deadline were written down."""
        versions = self._versions(clock, rest.stage, end)
        limit = _limit(versions, clock, rest.stage)
        last_day = rules.limit_on(facts, limit, self.workdays[versions.days.version_id])
        return last_day is None or rest.start <= last_day

    def _with_pauses(self, facts: ClockFacts) -> ClockFacts:
        age, stage = _passed_over(self.pauses, Clock.DUE), _passed_over(self.pauses, Clock.STAGE, self.course.entry)
        return replace(facts, paused_days=age, stage_paused_days=stage)

    def _pauses_of(self, clock: Clock) -> tuple[Pause, ...]:
        if clock not in (*PAUSED, Clock.SUBMIT):
            return ()
        counts_for = Clock.STAGE if clock == Clock.STAGE else Clock.DUE
        return tuple(
            Pause(
                row.rest.start,
                row.rest.end,
                row.rest.until,
                row.rest.document,
                row.rest.reason,
                row.days[counts_for],
                row.in_time[counts_for],
            )
            for row in self.pauses
            if clock != Clock.STAGE or row.rest.entry == self.course.entry
        )


def _rest_days(start: date, end: date, workdays: Workdays) -> int:
    """The working days of [start, end)."""
    return max(workdays.count(start - DAY, end - DAY), 0)


def _passed_over(pauses: Iterable[_Rested], clock: Clock, entry: int | None = None) -> int:
    """The working days at rest that `clock` passes over, of all times or of one time in a stage."""
    rows = (row for row in pauses if row.rest.goes_on and row.in_time[clock])
    return sum(row.days[clock] for row in rows if entry is None or row.rest.entry == entry)


def _limit(versions: _Versions, clock: Clock, stage: str, floor: date = date.min) -> Limit:
    terms = versions.terms
    limit = terms.limit(clock, stage if clock == Clock.STAGE else "")
    return Limit(clock, *limit, floor=max(terms.floor, versions.days.floor, floor)) if limit else Limit(clock)


def _ladder(versions: _Versions, clock: Clock) -> list[Step]:
    return [Step(*row[1:]) for row in versions.terms.steps if row[0] == clock]


def _taken(flag: Flag | None) -> dict[int, date] | None:
    return {step.number: step.due_on for step in flag.steps.all()} if flag else None


def _snoozed_until(flag: Flag | None, snoozes: Iterable[Snooze]) -> date | None:
    if flag is None:
        return None
    *_, last = (None, *snoozes)
    return last.until if last and last.ended_on is None else None
