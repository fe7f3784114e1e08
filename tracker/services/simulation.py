"""What a draft would do: how many flags it would open and close, by clock, body, level and resolution. Writes nothing.

Whether a clock is late on a day is asked of its start: all tasks that began by one day, the same for all that one
policy governs, are late. So a million tasks are compared with constants instead of counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, DateField, F, FilteredRelation, IntegerField, Q, Value, When

from tracker.boards.governing import Rules, terms_of
from tracker.choices import Clock, DayUnit, Level, Role
from tracker.models import Body, CalendarDay, Policy, Resolution, Task
from tracker.models.expressions import latest
from tracker.models.tasks import RESTED
from tracker.rules.governing import Terms
from tracker.services.limits import (
    COLUMNS,
    DAYS_BACK,
    PAUSES,
    RUNNING,
    STARTS,
    WRITTEN,
    by_calendar,
    by_policy,
    counted,
)
from tracker.services.reach import NOBODY, by_clock

NO_DAY = date(1, 1, 1)
STAYS, OPENS, CLOSES = 0, 1, 2
MOST_BODIES = 30


@dataclass(frozen=True)
class Line:
    """How many flags would open and close for one clock, body, level or resolution."""

    what: Any
    opens: int
    closes: int

    @property
    def moved(self) -> int:
        return self.opens + self.closes


@dataclass(frozen=True)
class Simulation:
    """A draft seen on its first day, by the tasks as they stand now.

    A task counts at each of its levels, and at the bodies that answer for it on that day; `bodies` holds those with the
    most changes, `more_bodies` the number of the others.
    """

    on: date
    clocks: list[Line]
    bodies: list[Line]
    levels: list[Line]
    resolutions: list[Line]
    more_bodies: int = 0

    @property
    def opens(self) -> int:
        return sum(line.opens for line in self.clocks)

    @property
    def closes(self) -> int:
        return sum(line.closes for line in self.clocks)


def simulate(policy: Policy, *, on: date) -> Simulation:
    """Return what `policy`, a draft, would open and close on the day `on`, were it in force from then.

    Ten queries at most, and one for each limit in working days that differs; none of them grows with the number of
    tasks more than one look at each of them.
    """
    before = Rules.on(on)
    after = before.with_draft(terms_of(policy), on)
    changes = [_Change(clock, before, after, on) for clock in COLUMNS]
    changes = [change for change in changes if change.reached != NOBODY]
    if not changes:
        return Simulation(on, [], [], [], [])
    return _counted(changes, on)


class _Change:
    """One clock that the draft changes: what it reaches, and when it is late under the draft."""

    def __init__(self, clock: Clock, before: Rules, after: Rules, on: date):
        self.clock, self.on, self.rules = clock, on, after
        self.reached = by_clock(before, after, clock)
        self.days: dict[tuple[int, int], date] = {}

    @property
    def name(self) -> str:
        return f"move_{self.clock}"

    def names(self) -> tuple[str, str, str]:
        return f"start_{self.clock}", f"last_{self.clock}", f"exact_{self.clock}"

    def aliases(self, *, rested: bool) -> dict[str, Any]:
        """The day from which the clock counts, and the last one on which it began that is late."""
        start, last, exact = self.names()
        found = {start: latest(*(F(name) for name in STARTS[self.clock])), last: self._last_start()}
        return found | ({exact: counted(self.rules, self.clock)} if rested and self.clock in PAUSES else {})

    def move(self, *, rested: bool) -> Case:
        """What the draft does to the flag of a task: `OPENS`, `CLOSES` or `STAYS`."""
        late, will_be = self._is_late(), self._will_be_late(rested)
        return Case(
            When(self.reached & ~late & will_be, then=OPENS),
            When(self.reached & late & ~will_be, then=CLOSES),
            default=STAYS,
            output_field=IntegerField(),
        )

    def _is_late(self) -> Q:
        # Null: the clock does not run yet, or had no limit so far. Spelt out, so that "not late" holds of it.
        column = COLUMNS[self.clock]
        return Q(**{f"{column}__isnull": False, f"{column}__lt": self.on})

    def _will_be_late(self, rested: bool) -> Q:
        """Of those that are reached: the clock runs for each of them."""
        start, last, exact = self.names()
        began = Q(**{f"{start}__isnull": False, f"{start}__lte": F(last)})
        if rested and self.clock in PAUSES:
            paused = PAUSES[self.clock]
            late = Q(**{f"{exact}__isnull": False, f"{exact}__lt": self.on})
            began = Q(**{paused: 0}) & began | Q(**{f"{paused}__gt": 0}) & late
        if self.clock in WRITTEN:
            written = WRITTEN[self.clock]
            began = Q(**{f"{written}__isnull": True}) & began | Q(**{f"{written}__lt": self.on})
        return began

    def _last_start(self) -> Any:
        def value(terms: Terms, stage: str) -> Any:
            limit = terms.limit(self.clock, stage)
            if limit is None:
                return Value(NO_DAY, output_field=DateField())
            return by_calendar(self.rules, terms, lambda days: self._constant(days.version_id, *limit))

        return by_policy(self.rules, self.clock, value)

    def _constant(self, version: int, days: int, unit: str) -> Value:
        back = timedelta(days=DAYS_BACK.get(self.clock, 0))
        if unit == DayUnit.CALENDAR or days == 0:
            last = self.on - timedelta(days=1 + days)
        else:
            last = self._before_working_day(version, days)
        return Value(last + back if last != NO_DAY else last, output_field=DateField())

    def _before_working_day(self, version: int, days: int) -> date:
        """The last day from which `days` working days end before `on`."""
        if (version, days) not in self.days:
            rows = CalendarDay.objects.filter(calendar=version)
            through = rows.values_list("ordinal", flat=True).get(day=self.on - timedelta(days=1))
            in_time = rows.filter(is_working=True, ordinal=through - days + 1).values_list("day", flat=True).first()
            self.days[version, days] = in_time - timedelta(days=1) if in_time else NO_DAY
        return self.days[version, days]


def _counted(changes: list[_Change], on: date) -> Simulation:
    found = [_Counts.of(changes, on, rested=rested) for rested in (False, True)]
    by_cell = [row for counts in found for row in counts.by_cell]
    by_level = [row for counts in found for row in counts.by_level]
    moves = [change.name for change in changes]
    bodies = _by(by_cell, "held__body", moves, Body.objects.in_bulk)
    return Simulation(
        on,
        [Line(change.clock, *_moved(by_cell, [change.name])) for change in changes],
        bodies[:MOST_BODIES],
        _by(by_level, "levels__level", moves, lambda codes: {code: Level(code) for code in codes}),
        _by(by_cell, "resolution", moves, Resolution.objects.in_bulk),
        more_bodies=max(0, len(bodies) - MOST_BODIES),
    )


@dataclass(frozen=True)
class _Counts:
    """What moves, by body and resolution, and by level: a task has several, so that is another look at the tasks."""

    by_cell: list[dict[str, Any]]
    by_level: list[dict[str, Any]]

    @classmethod
    def of(cls, changes: list[_Change], on: date, *, rested: bool) -> _Counts:
        """Count the tasks that were at rest, whose days are counted one by one, or all the others.

        Apart, because a plan for the few would be taken for the many.
        """
        aliases = {name: value for change in changes for name, value in change.aliases(rested=rested).items()}
        moves = {change.name: change.move(rested=rested) for change in changes}
        moved = reduce(or_, (Q(**{f"{name}__gt": STAYS}) for name in moves))
        rows = Task.objects.alias(**aliases).annotate(**moves).filter(RESTED if rested else ~RESTED, RUNNING, moved)
        held = FilteredRelation("responsibilities", condition=_answering(on))
        by_cell = rows.alias(held=held).order_by().values("held__body", "resolution", *moves)
        by_level = rows.order_by().values("levels__level", *moves)
        return cls(*([dict(row) for row in asked.annotate(tasks=Count("pk"))] for asked in (by_cell, by_level)))


def _answering(on: date) -> Q:
    cell = "responsibilities__"
    ended = Q(**{f"{cell}valid_to__isnull": True}) | Q(**{f"{cell}valid_to__gt": on})
    return Q(**{f"{cell}role": Role.ACCOUNTABLE, f"{cell}valid_from__lte": on}) & ended


def _by(
    found: list[dict[str, Any]], name: str, moves: list[str], named: Callable[[Iterable[Any]], dict[Any, Any]]
) -> list[Line]:
    """The changes by what `name` leads to, the most first."""
    groups: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        if row[name] is not None:
            groups[row[name]].append(row)
    names = named(list(groups))
    lines = [Line(names[key], *_moved(rows, moves)) for key, rows in groups.items()]
    return sorted(lines, key=lambda line: (-line.moved, str(line.what)))


def _moved(found: list[dict[str, Any]], moves: list[str]) -> tuple[int, int]:
    """How many flags open, and how many close, by the clocks of `moves`."""
    opens, closes = (
        sum(row["tasks"] for row in found for move in moves if row[move] == kind) for kind in (OPENS, CLOSES)
    )
    return opens, closes
