"""Calendars: the public holidays and the decided exceptions, written out as days with a running ordinal."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from tracker.choices import DayKind
from tracker.models import Calendar, CalendarDay
from tracker.rules.workdays import Names, Workdays, make_up_days, public_holidays


@transaction.atomic
def write_days(calendar: Calendar) -> int:
    """Write every day of `calendar` from the public holidays and its edits; return the number of days.

    The ordinal counts working days, so that "n working days after" is a join. One delete, then bulk inserts.
    """
    off, work = _exceptions(calendar)
    first, last = date(calendar.first_year, 1, 1), date(calendar.last_year, 12, 31)
    workdays = Workdays.between(first, last, off=off, work=work)
    names = {**off, **work}
    CalendarDay.objects.filter(calendar=calendar).delete()
    rows = [_day(calendar, *row, names=names) for row in workdays.rows()]
    CalendarDay.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


def _exceptions(calendar: Calendar) -> tuple[dict[date, Names], dict[date, Names]]:
    """Return the days off and the make-up days with their names; an edit stands above the package."""
    off = public_holidays(calendar.first_year, calendar.last_year)
    work = make_up_days(calendar.first_year, calendar.last_year)
    for edit in calendar.days_off.all():
        chosen, other = (work, off) if edit.kind == DayKind.WORK else (off, work)
        chosen[edit.day] = (edit.name_en, edit.name_vi)
        other.pop(edit.day, None)
    return off, work


def _day(calendar: Calendar, day: date, is_working: bool, ordinal: int, *, names: dict[date, Names]) -> CalendarDay:
    name_en, name_vi = names.get(day, ("", ""))
    return CalendarDay(
        calendar=calendar, day=day, is_working=is_working, ordinal=ordinal, name_vi=name_vi, name_en=name_en
    )
