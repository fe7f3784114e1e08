"""The history of an object, a body or a person, page by page, and what an object's fields were on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Max, Q, Window
from django.db.models.functions import Lag

from tracker.choices import Role
from tracker.clock import local_day
from tracker.models import Body, Cadre, ChainHead, Event, Responsibility
from tracker.models.history import PERSONAL_KINDS

PAGE_SIZE = 50
# They tell the fields of what hangs on the object: a link, a phase, a file. Its own are not changed by them.
HANGING = (
    *("task.linked", "instrument.linked", "instrument.ended_in_part", "flag.remarked"),
    *("instrument.phase", "instrument.phase_corrected", "instrument.file_added", "instrument.file_revised"),
    *("consultation.recorded", "consultation.changed"),
)


@dataclass(frozen=True)
class Change:
    """One field of an event. None is a value that the event does not tell."""

    name: str
    before: Any
    after: Any

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands for nothing: an empty text where there was no value."""
        return all(value is None or value in ("", [], {}) for value in (self.before, self.after))


@dataclass(frozen=True)
class TrailPage:
    """Events, newest first, each with its changes; `older` is the id before which the next page begins."""

    rows: list[tuple[Event, list[Change]]]
    older: int | None


def of_object(user: Any, kind: str, key: str) -> Any:
    """Return the events of one object that `user` may read; of a task, all that happened on it. Runs no query."""
    rows = Event.objects.visible_to(user)
    return rows.filter(task=int(key)) if kind == "task" else rows.filter(object_kind=kind, object_id=key)


def of_body(user: Any, body: Body) -> Any:
    """Return the events of the body and of the tasks for which it is or was accountable. Runs no query."""
    cells = Responsibility.objects.filter(body=body, role=Role.ACCOUNTABLE)
    its_own = Q(object_kind="body", object_id=str(body.pk))
    return Event.objects.visible_to(user).filter(its_own | Q(task__in=cells.values("task")))


def of_cadre(user: Any, cadre: Cadre) -> Any:
    """Return what the cadre did through their account, as far as `user` may read it. Runs no query."""
    return Event.objects.visible_to(user).filter(actor__cadre=cadre)


def page(rows: Any, *, before: int | None = None, size: int = PAGE_SIZE) -> TrailPage:
    """Return the events of `rows` that are older than the id `before`, newest first. One query."""
    rows = rows.filter(pk__lt=before) if before else rows
    found = list(rows.select_related("actor__cadre", "task").order_by("-id")[: size + 1])
    shown = found[:size]
    return TrailPage([(event, changes(event)) for event in shown], shown[-1].pk if len(found) > size else None)


def changes(event: Event) -> list[Change]:
    """Return the fields of an event that differ; none where they are about a person."""
    if event.object_kind in PERSONAL_KINDS:
        return []
    names = [*event.before, *(name for name in event.after if name not in event.before)]
    found = [Change(name, event.before.get(name), event.after.get(name)) for name in names]
    return [change for change in found if change.before != change.after and not change.is_empty]


@dataclass(frozen=True)
class Moment:
    """The end of a day, or right after the event with this number in the sealed history."""

    day: date | None = None
    number: int | None = None

    def includes(self, event: Event) -> bool:
        """Whether the event counts by then: what holds from a later day, or is not sealed yet, does not."""
        if self.day is not None:
            return _counts_from(event) <= self.day
        return event.number is not None and self.number is not None and event.number <= self.number


@dataclass(frozen=True)
class Known:
    """Field by field: the value at the earlier moment and at the later one. `began_on`: the day of the first event."""

    began_on: date | None
    rows: list[Change]


def known(user: Any, kind: str, key: str, *, later: Moment, earlier: Moment | None) -> Known:
    """Return what the events tell of the object's own fields at both moments. One query.

    Without `earlier` every field of `later` is a row; with it, those that differ between the two.
    """
    told = Event.objects.visible_to(user).filter(object_kind=kind, object_id=key)
    rows = told.exclude(kind__in=HANGING).order_by("id")
    events = [] if kind in PERSONAL_KINDS else list(rows.only("at", "on", "number", "before", "after"))
    then = values_at(events, earlier) if earlier else {}
    now = values_at(events, later)
    names = [*now, *(name for name in then if name not in now)]
    found = [Change(name, then.get(name), now.get(name)) for name in names]
    differing = [change for change in found if change.before != change.after]
    return Known(_counts_from(events[0]) if events else None, differing if earlier else found)


def values_at(events: Sequence[Event], moment: Moment) -> dict[str, Any]:
    """Return the values that held and were recorded at `moment`, from `events`, the oldest first.

    Before the first event only what that one says to have been before is known. Afterwards a field that no event had
    named yet is known from the first later event that tells what it was.
    """
    passed = [event for event in events if moment.includes(event)]
    to_come = [event for event in events if not moment.includes(event)]
    if not passed:
        return dict(events[0].before) if events else {}
    values: dict[str, Any] = {}
    for event in reversed(to_come):
        values |= event.before
    for event in passed:
        gone = set(event.before) - set(event.after)
        values = {name: value for name, value in values.items() if name not in gone} | event.after
    return values


def _counts_from(event: Event) -> date:
    return max(event.on, local_day(event.at))


def last_number() -> int:
    """Return the number of the last sealed event, 0 before the first. One query."""
    return Event.objects.sealed().aggregate(last=Max("number"))["last"] or 0


def heads() -> Any:
    """Return the published heads, newest first, each with `added`: how many events came since the one before."""
    earlier = Window(Lag("number", default=0), order_by="day")
    return ChainHead.objects.annotate(added=F("number") - earlier).order_by("-day")
