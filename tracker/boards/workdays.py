"""The stored calendar as the rules read it."""

from __future__ import annotations

from tracker.models import CalendarDay, CalendarVersion
from tracker.rules.workdays import Workdays


def workdays_of(calendar: CalendarVersion) -> Workdays:
    """Return a version of a calendar as it is stored, for explanations and single sums. One query."""
    days = list(CalendarDay.objects.filter(calendar=calendar).order_by("day"))
    names = {row.day: (row.name_en, row.name_vi) for row in days if row.name_en and not row.is_working}
    return Workdays.from_rows(((row.day, row.is_working) for row in days), off=names)
