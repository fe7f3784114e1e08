"""What the pages of calendars show: which version counts, the named days of a year, what a draft would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Prefetch

from tracker.boards.workdays import days_of_base, exceptions_of
from tracker.models import Calendar, CalendarDay, CalendarVersion, DayOff
from tracker.rules.workdays import SATURDAY, Exceptions, Names


@dataclass(frozen=True)
class Row:
    """A calendar in the list, with the version in force on the day of the page, the next one and the draft."""

    calendar: Calendar
    current: CalendarVersion | None
    next: CalendarVersion | None
    draft: CalendarVersion | None


@dataclass(frozen=True)
class NamedDay:
    """A day that is not what its weekday says. `edit` is the row that says so: of this calendar or, with `is_of_base`,
    of the one that it adds to; without one it is a public holiday or a swapped day that the package knows."""

    day: date
    is_working: bool
    names: Names
    edit: DayOff | None = None
    is_of_base: bool = False

    @property
    def is_weekend(self) -> bool:
        """Whether it falls on a Saturday or Sunday and is off: nothing is lost by it."""
        return not self.is_working and self.day.weekday() >= SATURDAY


@dataclass(frozen=True)
class Month:
    first: date
    working_days: int
    named: tuple[NamedDay, ...]


@dataclass(frozen=True)
class Year:
    number: int
    months: tuple[Month, ...]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def working_days(self) -> int:
        return sum(month.working_days for month in self.months)

    @property
    def lost_days(self) -> int:
        """The days off that would be worked but for them."""
        return sum(not row.is_working and not row.is_weekend for row in self._named())

    @property
    def make_up_days(self) -> int:
        return sum(row.is_working for row in self._named())

    @property
    def unchecked(self) -> int:
        """The edits that somebody has yet to check."""
        return sum(row.edit is not None and bool(row.edit.to_be_checked) for row in self._named())

    def _named(self) -> Iterator[NamedDay]:
        return (row for month in self.months for row in month.named)


@dataclass(frozen=True)
class Side:
    """What one version says of a day."""

    is_working: bool
    names: Names
    document: str = ""


@dataclass(frozen=True)
class Change:
    """A day of which a draft says something else than the version before."""

    day: date
    before: Side
    after: Side

    @property
    def is_moving(self) -> bool:
        """Whether the day is worked in one of the two only, so that deadlines move."""
        return self.before.is_working != self.after.is_working


def rows_on(calendars: Iterable[Calendar], day: date) -> list[Row]:
    """Return calendars with what counts on `day`: national ones first, each before its local ones. Two queries."""
    rows: Any = calendars
    held = Prefetch("versions", CalendarVersion.objects.order_by("valid_from", "number"))
    found = [_row(row, day) for row in rows.select_related("base", "body").prefetch_related(held)]
    return sorted(found, key=lambda row: _place(row.calendar))


def _place(calendar: Calendar) -> tuple[str, bool, str]:
    base = calendar.base
    return base.code if base else calendar.code, base is not None, calendar.code


def _row(calendar: Calendar, day: date) -> Row:
    applied: list[Any] = [row for row in calendar.versions.all() if row.applied_at]
    begun = [row for row in applied if row.valid_from <= day]
    coming = [row for row in applied if row.valid_from > day]
    draft = next((row for row in calendar.versions.all() if not row.applied_at), None)
    return Row(calendar, begun[-1] if begun else None, coming[0] if coming else None, draft)


def year_of(version: CalendarVersion, year: int, *, on: date) -> Year:
    """Return a year of a version: of one that was applied as it is stored, of a draft as it would be written.

    Two queries (days, edits), two more for a local calendar, whose draft takes over what its base says on the day `on`.
    """
    edits = {row.day: row for row in version.days_off.filter(day__year=year)}
    day = version.valid_from or on
    of_base = {row.day: row for row in days_of_base(version, on=day)}
    said = _stored(version, year) if version.applied_at else _to_write(version, year, of_base, edits)
    named = [_named(day, *words, edits, of_base) for day, words in said.items() if any(words[1])]
    counts = {month: sum(words[0] for _day, words in days) for month, days in groupby(said.items(), _month)}
    return Year(year, tuple(_months(year, named, counts)))


Said = dict[date, tuple[bool, Names]]


def _month(item: tuple[date, Any]) -> int:
    return item[0].month


def _stored(version: CalendarVersion, year: int) -> Said:
    rows = CalendarDay.objects.filter(calendar=version, day__year=year).order_by("day")
    return {row.day: (row.is_working, (row.name_en, row.name_vi)) for row in rows}


def _to_write(version: CalendarVersion, year: int, of_base: dict[date, DayOff], edits: dict[date, DayOff]) -> Said:
    found = exceptions_of(version, years=(year, year), base=of_base.values(), edits=edits.values())
    return {day: (found.is_working(day), found.names(day)) for day in _days(date(year, 1, 1), date(year, 12, 31))}


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _named(
    day: date, is_working: bool, names: Names, edits: dict[date, DayOff], of_base: dict[date, DayOff]
) -> NamedDay:
    own = edits.get(day)
    return NamedDay(day, is_working, names, own or of_base.get(day), own is None and day in of_base)


def _months(year: int, named: list[NamedDay], counts: dict[int, int]) -> Iterator[Month]:
    for number in range(1, 13):
        days = tuple(row for row in named if row.day.month == number)
        yield Month(date(year, number, 1), counts.get(number, 0), days)


def changes_of(draft: CalendarVersion, before: CalendarVersion | None, *, on: date) -> list[Change]:
    """Return the days of which a draft says something else than `before`, in order: worked or not, name, document.

    Without `before`, the first version of a local calendar is held against its base. Three queries, two more for a
    local calendar.
    """
    own = list(draft.days_off.all())
    planned = exceptions_of(draft, base=days_of_base(draft, on=on), edits=own)
    held = before or _base_on(draft, on)
    stored = _all_stored(held) if held else {}
    papers = _papers(before.days_off.all() if before else []), _papers(own)
    days = _days(date(draft.first_year, 1, 1), date(draft.last_year, 12, 31))
    changes = (Change(day, *_sides(day, stored, planned, papers)) for day in days)
    return [change for change in changes if change.before != change.after]


def _base_on(draft: CalendarVersion, day: date) -> CalendarVersion | None:
    base = draft.calendar.base
    found: CalendarVersion | None = base.versions.in_force_on(day).order_by("-number").first() if base else None
    return found


def _all_stored(version: CalendarVersion) -> Said:
    rows = CalendarDay.objects.filter(calendar=version).order_by("day")
    values = rows.values_list("day", "is_working", "name_en", "name_vi")
    return {day: (is_working, (name_en, name_vi)) for day, is_working, name_en, name_vi in values}


def _papers(edits: Iterable[DayOff]) -> dict[date, str]:
    return {row.day: row.document for row in edits}


def _sides(
    day: date, stored: Said, planned: Exceptions, papers: tuple[dict[date, str], dict[date, str]]
) -> tuple[Side, Side]:
    is_working, names = planned.is_working(day), planned.names(day)
    after = Side(is_working, names, papers[1].get(day, ""))
    return Side(*stored.get(day, (is_working, ("", ""))), papers[0].get(day, "")), after
