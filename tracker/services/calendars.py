"""Calendars: in versions, each written out as days with a running ordinal; a province adds its own days off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from tracker.choices import DayKind
from tracker.models import Calendar, CalendarDay, CalendarVersion, DayOff
from tracker.rules.workdays import Names, Workdays, make_up_days, public_holidays
from tracker.services.registers import enter

FIRST_YEAR, LAST_YEAR = 2010, 2035


@transaction.atomic
def create(
    calendar: Calendar,
    *,
    by: Any,
    at: datetime,
    days_off: Iterable[DayOff] = (),
    first_year: int = FIRST_YEAR,
    last_year: int = LAST_YEAR,
) -> Calendar:
    """Record a calendar with its first version, in force from its first day, and write out its days."""
    enter(calendar, by=by, at=at, kind="calendar.created", fields=("code", "base", "body"), action="policy.edit")
    version = CalendarVersion.objects.create(
        calendar=calendar,
        first_year=first_year,
        last_year=last_year,
        valid_from=date(first_year, 1, 1),
        author=by,
        applied_at=at,
    )
    for edit in days_off:
        edit.calendar = version
        edit.full_clean()
        edit.save()
    write_days(version)
    return calendar


@transaction.atomic
def write_days(version: CalendarVersion) -> int:
    """Write every day of `version` from the public holidays and its edits; return the number of days.

    The ordinal counts working days, so that "n working days after" is a join. One delete, then bulk inserts.
    """
    off, work = _exceptions(version)
    first, last = date(version.first_year, 1, 1), date(version.last_year, 12, 31)
    workdays = Workdays.between(first, last, off=off, work=work)
    names = {**off, **work}
    CalendarDay.objects.filter(calendar=version).delete()
    rows = [_day(version, *row, names=names) for row in workdays.rows()]
    CalendarDay.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


def _exceptions(version: CalendarVersion) -> tuple[dict[date, Names], dict[date, Names]]:
    """Return the days off and the make-up days with their names; an edit stands above the package.

    A local calendar begins with what its base says in the version that holds when it begins.
    """
    off = public_holidays(version.first_year, version.last_year)
    work = make_up_days(version.first_year, version.last_year)
    for edit in [*_of_base(version), *version.days_off.all()]:
        chosen, other = (work, off) if edit.kind == DayKind.WORK else (off, work)
        chosen[edit.day] = (edit.name_en, edit.name_vi)
        other.pop(edit.day, None)
    return off, work


def _of_base(version: CalendarVersion) -> list[DayOff]:
    if version.calendar.base is None:
        return []
    held = version.calendar.base.versions.in_force_on(version.valid_from).order_by("-number").first()
    return list(held.days_off.all()) if held else []


def _day(
    version: CalendarVersion, day: date, is_working: bool, ordinal: int, *, names: dict[date, Names]
) -> CalendarDay:
    name_en, name_vi = names.get(day, ("", ""))
    return CalendarDay(
        calendar=version, day=day, is_working=is_working, ordinal=ordinal, name_vi=name_vi, name_en=name_en
    )
