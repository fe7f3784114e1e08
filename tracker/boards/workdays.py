"""The stored calendar as the rules read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from itertools import groupby

from tracker.choices import DayKind
from tracker.models import CalendarDay, CalendarVersion, DayOff
from tracker.rules.workdays import Exceptions, Workdays


def workdays_of(versions: Collection[int]) -> dict[int, Workdays]:
    """Return, by their ids, whole versions of calendars as they are stored, with the names of days off. One query."""
    rows = CalendarDay.objects.filter(calendar__in=versions).order_by("calendar", "day")
    values = rows.values_list("calendar", "day", "is_working", "name_en", "name_vi")
    found = {}
    for calendar, group in groupby(values, key=lambda row: row[0]):
        days = list(group)
        names = {day: (english, vietnamese) for _, day, works, english, vietnamese in days if english and not works}
        found[calendar] = Workdays.from_rows(((row[1], row[2]) for row in days), off=names)
    return found


def workdays_between(versions: Collection[int], starts: Iterable[date], last: date) -> dict[int, Workdays]:
    """Return, by their ids, versions of calendars from the earliest of `starts` through `last`, names left out.

    One query; none where no version is asked for.
    """
    if not versions:
        return {}
    rows = CalendarDay.objects.filter(calendar__in=versions, day__range=(min(starts), last))
    values = rows.order_by("calendar", "day").values_list("calendar", "day", "is_working")
    return {
        calendar: Workdays.from_rows(((day, is_working) for _calendar, day, is_working in days), off={})
        for calendar, days in groupby(values, key=lambda row: row[0])
    }


def exceptions_of(
    version: CalendarVersion, *, base: Iterable[DayOff], edits: Iterable[DayOff], years: tuple[int, int] | None = None
) -> Exceptions:
    """Return the days of a version that are not what their weekday says: public holidays, and above them edits.

    Those of its `base` come first, for a local calendar, its own `edits` stand above all; of `years`, or of all its
    years. No query.
    """
    known = Exceptions.known(*(years or (version.first_year, version.last_year)))
    return known.edited(_edit(row) for row in [*base, *edits])


def days_of_base(version: CalendarVersion, *, on: date) -> list[DayOff]:
    """Return the edits that a local calendar takes over from its base as it is in force `on` that day; else none.

    Two queries for a local calendar, none for a national one.
    """
    if version.calendar.base is None:
        return []
    held = version.calendar.base.versions.in_force_on(on).order_by("-number").first()
    return list(held.days_off.all()) if held else []


def _edit(row: DayOff) -> tuple[date, bool, tuple[str, str]]:
    return row.day, row.kind == DayKind.WORK, (row.name_en, row.name_vi)
