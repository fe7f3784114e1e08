"""Calendars: in versions, each written out as days with a running ordinal; a province adds its own days off.

A version begins as a draft, whose days services.days_off changes, and is applied from today or a later day on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from tracker.boards.workdays import days_of_base, exceptions_of
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Calendar, CalendarDay, CalendarVersion, DayOff
from tracker.policies import require
from tracker.rules.workdays import Exceptions, Workdays
from tracker.services import history, recalculations, rules_lock
from tracker.services.registers import enter

FIRST_YEAR, LAST_YEAR = 2010, 2035
FIELDS = ("code", "base", "body")
COPIED = ("day", "kind", "name_vi", "name_en", "document", "to_be_checked_vi", "to_be_checked_en", "source")
"""What a new version takes over of each day off or make-up day."""


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
    enter(calendar, by=by, at=at, kind="calendar.created", fields=FIELDS, action="policy.edit")
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
def enter_local(calendar: Calendar, *, by: Any, at: datetime) -> CalendarVersion:
    """Record the calendar of a province, which adds days to a national one, and return its first draft.

    It counts for nobody until the draft is applied. Raises ValidationError that names the field.
    """
    require(by, "policy.edit", calendar)
    _check_local(calendar)
    enter(calendar, by=by, at=at, kind="calendar.created", fields=FIELDS, action="policy.edit")
    return draft(calendar, by=by, at=at)


def _check_local(calendar: Calendar) -> None:
    if calendar.base is None or calendar.body is None:
        raise refuse(base=_("A local calendar names the calendar it adds to, and its body."))
    if calendar.base.base_id is not None:
        raise refuse(base=_("A local calendar adds to a national one: choose that."))
    other = Calendar.objects.filter(base=calendar.base, body=calendar.body).first()
    if other is not None:
        raise refuse(body=_("This body has a calendar of its own already: %(code)s.") % {"code": other.code})


@transaction.atomic
def draft(calendar: Calendar, *, by: Any, at: datetime) -> CalendarVersion:
    """Begin the next version of a calendar: a draft with the years and the days of the one that was applied last.

    It counts nothing before it is applied. Raises Conflict where the calendar has a draft already.
    """
    require(by, "policy.edit", calendar)
    _lock(calendar)
    before = last_applied(calendar)
    model = before or last_applied(calendar.base)
    years = (model.first_year, model.last_year) if model else (FIRST_YEAR, LAST_YEAR)
    made = _begin(calendar, years, by=by)
    _copy_days(before, made)
    after = history.values_of(made, "calendar", "number", "first_year", "last_year")
    history.record("calendar.drafted", made, by=by, at=at, after=after)
    return made


def last_applied(calendar: Calendar | None) -> CalendarVersion | None:
    """Return the version that begins last, which a new one takes over from; None where none was applied."""
    rows = CalendarVersion.objects.applied().filter(calendar=calendar)
    found: CalendarVersion | None = rows.order_by("-valid_from", "-number").first()
    return found


def _begin(calendar: Calendar, years: tuple[int, int], *, by: Any) -> CalendarVersion:
    try:
        with transaction.atomic():
            made: CalendarVersion = CalendarVersion.objects.create(
                calendar=calendar, number=_next_number(calendar), first_year=years[0], last_year=years[1], author=by
            )
    except IntegrityError:
        raise Conflict(_("This calendar has a draft already: go on with that one.")) from None
    return made


def _next_number(calendar: Calendar) -> int:
    return (calendar.versions.aggregate(last=Max("number"))["last"] or 0) + 1


def _copy_days(source: CalendarVersion | None, target: CalendarVersion) -> None:
    rows = source.days_off.values(*COPIED) if source else []
    DayOff.objects.bulk_create(DayOff(calendar=target, **row) for row in rows)


def claim(draft: CalendarVersion, version: int | None) -> None:
    """Claim a draft for one change: of two at once the second one waits, and sees what the first one wrote.

    Raises Stale where `version` is no longer its row version, Conflict where it is no draft any more.
    """
    rows = CalendarVersion.objects.drafts().filter(pk=draft.pk)
    rows = rows if version is None else rows.filter(version=version)
    if not rows.update(version=F("version") + 1):
        raise _too_late(draft)
    draft.refresh_from_db(fields=["version", "number"])


def _too_late(draft: CalendarVersion) -> Conflict:
    current = CalendarVersion.objects.filter(pk=draft.pk).first()
    if current is None:
        return Conflict(_("This draft has been discarded by now."))
    if current.applied_at is not None:
        return Conflict(_("This draft has been applied by now."))
    return Stale(current.version)


@transaction.atomic
def discard(draft: CalendarVersion, *, by: Any, at: datetime, version: int | None = None) -> None:
    """Delete a draft with its days; that it was there stays in the history."""
    require(by, "policy.edit", draft.calendar)
    claim(draft, version)
    days = [f"{row.day:%Y-%m-%d} {row.kind}" for row in draft.days_off.all()]
    before = {**history.values_of(draft, "calendar", "number"), "days": days}
    history.record("calendar.discarded", draft, by=by, at=at, before=before)
    draft.delete()


@transaction.atomic
def apply(
    draft: CalendarVersion,
    *,
    valid_from: date | None,
    document_vi: str,
    document_en: str = "",
    by: Any,
    at: datetime,
    version: int | None = None,
) -> CalendarVersion:
    """Put a draft in force from a day on, by its deciding document; the version before holds until the day before it.

    Its days are written out, the local calendars that add to it follow from the same day, and the tasks that it
    changes look again. What was late stays known as late. Raises ValidationError that names the field; Conflict and
    Stale as claim.
    """
    require(by, "policy.edit", draft.calendar)
    rules_lock.change()
    _lock(draft.calendar)
    claim(draft, version)
    before = last_applied(draft.calendar)
    day = _start_of(draft, before, valid_from, by=by, at=at)
    if not document_vi.strip():
        raise refuse(document_vi=_("Name the document that decides it."))
    if _edits(draft) == _edits(before):
        raise refuse(days=_("This draft changes nothing: add or remove a day first, or discard it."))
    if before is not None:
        _end(before, day)
    draft.valid_from, draft.author, draft.applied_at = day, by, at
    draft.document_vi, draft.document_en = document_vi.strip(), document_en.strip()
    draft.full_clean(exclude=["author"])
    draft.save(update_fields=["valid_from", "author", "applied_at", "document_vi", "document_en"])
    write_days(draft)
    after = history.values_of(draft, "calendar", "number", "valid_from", "document_vi")
    history.record("calendar.applied", draft, by=by, at=at, on=day, after=after)
    for local in draft.calendar.locals.order_by("pk"):
        _carry(local, draft, by=by, at=at)
    recalculations.start(calendar_version=draft, on=day, by=by, at=at)
    return draft


def _lock(calendar: Calendar) -> None:
    """A national calendar and those that add to it are applied one after the other."""
    root = calendar.base_id or calendar.pk
    list(Calendar.objects.select_for_update(no_key=True).filter(pk=root).values_list("pk"))


def _start_of(
    version: CalendarVersion, before: CalendarVersion | None, day: date | None, *, by: Any, at: datetime
) -> date:
    if day is None:
        raise refuse(valid_from=_("Say from which day on this version holds."))
    if by is not None and day < local_day(at):
        raise refuse(valid_from=_("Rules do not reach back: give today or a later day."))
    if not version.holds(day):
        years = {"first": version.first_year, "last": version.last_year}
        raise refuse(valid_from=_("This calendar holds the years %(first)d to %(last)d: give a day in them.") % years)
    if before is not None and before.valid_from is not None and day <= before.valid_from:
        raise refuse(valid_from=_("The version before begins on that day or later: give a later day."))
    return day


def _edits(version: CalendarVersion | None) -> list[tuple[Any, ...]]:
    return list(version.days_off.order_by("day").values_list(*COPIED)) if version else []


def _end(version: CalendarVersion, day: date | None) -> None:
    CalendarVersion.objects.filter(pk=version.pk).update(valid_to=day, version=F("version") + 1)


def _carry(local: Calendar, base: CalendarVersion, *, by: Any, at: datetime) -> None:
    """A local calendar follows its base: from the same day on it has a version with the new days of the base.

    Versions of its own that begin later are written out anew; nobody has counted by them yet.
    """
    day: Any = base.valid_from
    held = local.versions.in_force_on(day).filter(valid_from__lt=day).first()
    if held is not None:
        local.versions.drafts().update(number=F("number") + 1)
        made = CalendarVersion.objects.create(
            calendar=local,
            number=_next_number_applied(local),
            first_year=held.first_year,
            last_year=held.last_year,
            valid_from=day,
            valid_to=held.valid_to,
            document_vi=base.document_vi,
            document_en=base.document_en,
            author=by,
            applied_at=at,
        )
        _end(held, day)
        _copy_days(held, made)
        after = history.values_of(made, "calendar", "number", "valid_from", "document_vi")
        history.record("calendar.followed", made, by=by, at=at, on=day, after=after)
    for version in local.versions.applied().filter(valid_from__gte=day).select_related("calendar__base"):
        write_days(version)


def _next_number_applied(calendar: Calendar) -> int:
    return (calendar.versions.applied().aggregate(last=Max("number"))["last"] or 0) + 1


@transaction.atomic
def write_days(version: CalendarVersion) -> int:
    """Write every day of `version` from the public holidays and its edits; return the number of days.

    The ordinal counts working days, so that "n working days after" is a join. One delete, then bulk inserts.
    """
    first, last = date(version.first_year, 1, 1), date(version.last_year, 12, 31)
    base = days_of_base(version, on=version.valid_from or first)
    known = exceptions_of(version, base=base, edits=version.days_off.all())
    workdays = Workdays.between(first, last, off=known.off, work=known.work)
    CalendarDay.objects.filter(calendar=version).delete()
    rows = [_day(version, *row, known=known) for row in workdays.rows()]
    CalendarDay.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


def _day(version: CalendarVersion, day: date, is_working: bool, ordinal: int, *, known: Exceptions) -> CalendarDay:
    name_en, name_vi = known.names(day)
    return CalendarDay(
        calendar=version, day=day, is_working=is_working, ordinal=ordinal, name_vi=name_vi, name_en=name_en
    )
