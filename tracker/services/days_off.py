"""The days of a draft of a calendar: days off and make-up working days, one by one or as a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from tracker.boards.workdays import days_of_base, exceptions_of
from tracker.choices import DayKind
from tracker.clock import local_day
from tracker.errors import Conflict, refuse
from tracker.models import CalendarVersion, DayOff
from tracker.policies import require
from tracker.rules.day_lists import DayList, Line, Trouble, read_list
from tracker.rules.workdays import SATURDAY, Exceptions
from tracker.services import history
from tracker.services.calendars import claim

FIELDS = ("calendar", "day", "kind", "name_vi", "document")


@transaction.atomic
def add(
    draft: CalendarVersion,
    *,
    day: date,
    kind: str,
    name_vi: str,
    name_en: str,
    document: str,
    by: Any,
    at: datetime,
    version: int | None = None,
) -> DayOff:
    """Add a day off or a make-up working day to a draft.

    Raises ValidationError that names the field: outside the years, there already, or changing nothing.
    """
    require(by, "policy.edit", draft.calendar)
    claim(draft, version)
    texts = {"name_vi": name_vi.strip(), "name_en": name_en.strip(), "document": document.strip()}
    edit = DayOff(calendar=draft, day=day, kind=kind, **texts)
    if not edit.document:
        raise refuse(document=_("Name the document that decides it."))
    objection = _Known.of(draft, at=at).objection(day, kind)
    if objection:
        raise refuse(day=objection)
    edit.full_clean()
    edit.save(force_insert=True)
    history.record("calendar.day_added", edit, by=by, at=at, after=history.values_of(edit, *FIELDS))
    return edit


@transaction.atomic
def remove(edit: DayOff, *, by: Any, at: datetime, version: int | None = None) -> None:
    """Take a day out of a draft, so that it is again what its weekday and the public holidays say."""
    draft = edit.calendar
    require(by, "policy.edit", draft.calendar)
    claim(draft, version)
    if not draft.days_off.filter(pk=edit.pk).exists():
        raise Conflict(_("This day has been removed by now."))
    before = history.values_of(edit, *FIELDS)
    history.record("calendar.day_removed", edit, by=by, at=at, before=before)
    edit.delete()


@transaction.atomic
def add_list(
    draft: CalendarVersion, data: bytes | str, *, by: Any, at: datetime, version: int | None = None
) -> list[DayOff]:
    """Add the days of a CSV file to a draft, all of them or none.

    Raises ValidationError on `file` with everything that is wrong at once, each with its line and column.
    """
    require(by, "policy.edit", draft.calendar)
    claim(draft, version)
    found = read_list(data)
    known = _Known.of(draft, at=at)
    objections = [(line, known.objection(line.day, line.kind)) for line in found.lines]
    troubles = [*found.troubles, *(_trouble(found, line, text) for line, text in objections if text)]
    if troubles:
        raise ValidationError({"file": [trouble.told() for trouble in sorted(troubles, key=lambda row: row.line)]})
    edits = [_edit(draft, line) for line in found.lines]
    DayOff.objects.bulk_create(edits)
    history.record_many("calendar.day_added", edits, by=by, at=at, fields=FIELDS)
    return edits


def _edit(draft: CalendarVersion, line: Line) -> DayOff:
    texts = {"name_vi": line.name_vi, "name_en": line.name_en, "document": line.document}
    return DayOff(calendar=draft, day=line.day, kind=line.kind, **texts)


def _trouble(found: DayList, line: Line, text: Any) -> Trouble:
    return Trouble(text, line=line.number, column=found.heads["day"])


@dataclass(frozen=True)
class _Known:
    """What a draft says before the next edit; `without` is what it would say without its own edits."""

    draft: CalendarVersion
    edits: dict[date, DayOff]
    without: Exceptions

    @classmethod
    def of(cls, draft: CalendarVersion, *, at: datetime) -> _Known:
        edits = {row.day: row for row in draft.days_off.all()}
        base = days_of_base(draft, on=local_day(at))
        return cls(draft, edits, exceptions_of(draft, base=base, edits=[]))

    def objection(self, day: date, kind: str) -> Any:
        """Return why this edit is refused, in words; empty where nothing stands against it."""
        if not self.draft.holds(day):
            years = {"first": self.draft.first_year, "last": self.draft.last_year}
            return _("This calendar holds the years %(first)d to %(last)d: give a day in them.") % years
        if day in self.edits:
            named = {"day": _told(day), "name": self.edits[day].name}
            return _("%(day)s is in the draft already, as “%(name)s”: remove that row first.") % named
        return self._idle(day, kind)

    def _idle(self, day: date, kind: str) -> Any:
        """An edit must change something: whether the day is worked, or the name and the paper of one that is known."""
        is_working, named = self.without.is_working(day), {"day": _told(day), "name": self._name(day)}
        if is_working != (kind == DayKind.OFF) and not self._may_be_named(day, kind):
            if kind == DayKind.WORK:
                return _("%(day)s is worked anyway: this row would change nothing. Leave it out.") % named
            if day.weekday() >= SATURDAY:
                return (
                    _("%(day)s is a weekend day and off anyway: this row would change nothing. Leave it out.") % named
                )
            return _("%(day)s is off already, as “%(name)s”: this row would change nothing. Leave it out.") % named
        return ""

    def _may_be_named(self, day: date, kind: str) -> bool:
        """A national calendar names the deciding document of a swapped day that the package knows without one."""
        if self.draft.calendar.base_id is not None:
            return False
        return (
            day in self.without.work if kind == DayKind.WORK else day in self.without.off and day.weekday() < SATURDAY
        )

    def _name(self, day: date) -> str:
        name_en, name_vi = self.without.names(day)
        return str(DayOff(name_en=name_en, name_vi=name_vi).name)


def _told(day: date) -> str:
    return str(date_format(day, "SHORT_DATE_FORMAT"))
