"""Working days of Viet Nam: Saturday and Sunday off, public holidays off, make-up Saturdays worked."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from holidays import country_holidays

DAY = timedelta(days=1)
SATURDAY = 5

Names = tuple[str, str]
"""The name of a day in English and in Vietnamese."""

MAKE_UP_NAMES: Names = ("Make-up working day", "Ngày làm bù")


def public_holidays(first_year: int, last_year: int) -> dict[date, Names]:
    """Return the public holidays of both years and those between, with their names in English and Vietnamese.

    Tet and the Hung Kings' day follow the lunar calendar; days in lieu and swapped days are in as far as the package
    `holidays` knows them. The Government decides each year's: an editable table stands above this one.
    """
    english, vietnamese = (
        country_holidays("VN", years=range(first_year, last_year + 1), language=code) for code in ("en_US", "vi")
    )
    return {day: (english[day], vietnamese[day]) for day in sorted(english) if first_year <= day.year <= last_year}


def make_up_days(first_year: int, last_year: int) -> dict[date, Names]:
    """Return the Saturdays that were swapped for a day off and so are worked, as far as `holidays` knows them."""
    # A swap may reach over New Year (27 December 2014 for 2 January 2015), so the next year is asked too.
    known = country_holidays("VN", years=range(first_year, last_year + 2)).weekend_workdays
    return {day: MAKE_UP_NAMES for day in sorted(known) if first_year <= day.year <= last_year}


@dataclass(frozen=True)
class Exceptions:
    """The days that are not what their weekday says, with their names; a day in `work` is worked, whatever else."""

    off: dict[date, Names]
    work: dict[date, Names]

    @classmethod
    def known(cls, first_year: int, last_year: int) -> Exceptions:
        """Return what the package `holidays` knows of both years and those between."""
        return cls(public_holidays(first_year, last_year), make_up_days(first_year, last_year))

    def edited(self, edits: Iterable[tuple[date, bool, Names]]) -> Exceptions:
        """Return the exceptions after edits (day, is_working, names) that stand above them; the last one counts."""
        off, work = dict(self.off), dict(self.work)
        for day, is_working, names in edits:
            chosen, other = (work, off) if is_working else (off, work)
            chosen[day] = names
            other.pop(day, None)
        return Exceptions(off, work)

    def is_working(self, day: date) -> bool:
        """Tell whether `day` is worked."""
        return day in self.work or (day.weekday() < SATURDAY and day not in self.off)

    def names(self, day: date) -> Names:
        """Return how `day` is called; empty names where it is what its weekday says."""
        return self.work.get(day) or self.off.get(day) or ("", "")


@dataclass(frozen=True, slots=True)
class Workdays:
    """Every day from `first` to `last`, its running ordinal and why it is off; all lookups are O(1).

    The ordinal of a day is the number of working days from `first` up to and including it, so "n working days after"
    is a sum of ordinals, here as in SQL. Days outside raise ValueError that names the range.
    """

    first: date
    last: date
    off: Mapping[date, Names] = field(repr=False)
    _ordinals: tuple[int, ...] = field(repr=False)
    _working: tuple[date, ...] = field(repr=False)

    @classmethod
    def between(cls, first: date, last: date, *, off: Mapping[date, Names], work: Collection[date] = ()) -> Workdays:
        """Build the calendar: weekends and `off` are not worked, days in `work` are, whatever else is said of them."""
        every = (first + DAY * number for number in range((last - first).days + 1))
        rows = ((day, day in work or (day.weekday() < SATURDAY and day not in off)) for day in every)
        return cls.from_rows(rows, off=off)

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[date, bool]], *, off: Mapping[date, Names]) -> Workdays:
        """Build the calendar from (day, is_working) of consecutive days, as a table of days keeps them."""
        days = list(rows)
        if not days or any(after[0] - before[0] != DAY for before, after in itertools.pairwise(days)):
            raise ValueError("A calendar holds consecutive days, at least one.")
        working = tuple(day for day, is_working in days if is_working)
        return cls(days[0][0], days[-1][0], dict(off), tuple(_running_sum(days)), working)

    def ordinal(self, day: date) -> int:
        """Return the number of working days from the first day of the calendar through `day`."""
        return self._ordinals[self._position(day)]

    def is_working(self, day: date) -> bool:
        """Tell whether `day` is worked."""
        position = self._position(day)
        return self._ordinals[position] > (self._ordinals[position - 1] if position else 0)

    def add(self, day: date, days: int) -> date:
        """Return the `days`-th working day after `day` (before it, if negative); with 0 the day itself."""
        if days == 0:
            self._position(day)
            return day
        before = self.ordinal(day) - (days < 0 and self.is_working(day))
        index = before + days - (days > 0)
        if not 0 <= index < len(self._working):
            raise ValueError(f"{abs(days)} working days from {day} lie {self._outside()}")
        return self._working[index]

    def count(self, start: date, end: date) -> int:
        """Return the number of working days in (start, end]; negative when `end` lies before `start`."""
        return self.ordinal(end) - self.ordinal(start)

    def days_off(self, start: date, end: date) -> tuple[tuple[date, Names], ...]:
        """Return the named days in (start, end] that would be worked but for the holiday, in order."""
        every = (start + DAY * number for number in range(1, (end - start).days + 1))
        lost = (day for day in every if day.weekday() < SATURDAY and not self.is_working(day))
        return tuple((day, self.off[day]) for day in lost if day in self.off)

    def rows(self) -> Iterator[tuple[date, bool, int]]:
        """Yield (day, is_working, ordinal) of every day, in order: the rows of the table of days."""
        previous = 0
        for position, ordinal in enumerate(self._ordinals):
            yield self.first + DAY * position, ordinal > previous, ordinal
            previous = ordinal

    def _position(self, day: date) -> int:
        if not self.first <= day <= self.last:
            raise ValueError(f"{day} lies {self._outside()}")
        return (day - self.first).days

    def _outside(self) -> str:
        return f"outside the calendar, which holds {self.first} to {self.last}."


def _running_sum(days: Iterable[tuple[date, bool]]) -> Iterator[int]:
    total = 0
    for _, is_working in days:
        total += is_working
        yield total
