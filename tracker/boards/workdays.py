"""The stored calendar as the rules read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from itertools import groupby

from tracker.models import CalendarDay, CalendarVersion
from tracker.rules.workdays import Workdays


def workdays_of(calendar: CalendarVersion) -> Workdays:
    """Return a version of a calendar as it is stored, for explanations and single sums. One query."""
    days = list(CalendarDay.objects.filter(calendar=calendar).order_by("day"))
    names = {row.day: (row.name_en, row.name_vi) for row in days if row.name_en and not row.is_working}
    return Workdays.from_rows(((row.day, row.is_working) for row in days), off=names)


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
