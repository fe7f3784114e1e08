"""The rules in force on a day: policies in the order in which they govern, calendars, and when they change next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Q

from tracker.models import CalendarVersion, Policy, Task
from tracker.models.policies import DEFAULT
from tracker.rules.governing import Place, Terms, governing, in_order, reaches

EVERY = Q()


@dataclass(frozen=True)
class Days:
    """A calendar version in force. `path`: that of a province, for the tasks whose accountable body lies below it."""

    calendar_id: int
    version_id: int
    floor: date
    path: str = ""


@dataclass(frozen=True)
class Rules:
    """What decides on one day. Hashable: it names compiled statements.

    `policies` are the most specific first, the default last. `calendars` has one row a national calendar, `locals`
    one a province, under the calendar that it adds to. `changes_on` is the next day on which any of this changes.
    """

    policies: tuple[Terms, ...]
    calendars: tuple[Days, ...]
    locals: tuple[Days, ...] = ()
    changes_on: date | None = None
    turns: frozenset[date] = field(default=frozenset(), compare=False)
    """Days on which some of the rules of then began or ended; an end on the day that was asked for is among them."""

    @classmethod
    def on(cls, day: date) -> Rules:
        """Return the rules in force on `day`; before the first policy those of its first day. Four queries.

        Raises Policy.DoesNotExist when there is no default policy at all.
        """
        read = _read.get()
        if read is None:
            return cls._on(day)
        held = (rules for first, rules in read.items() if first <= day and rules.hold_on(day))
        rules = next(held, None) or cls._on(day)
        return read.setdefault(day, rules)

    @classmethod
    def _on(cls, day: date) -> Rules:
        # What ended on this very day says that the rules turned on it.
        return Book.read(Q(valid_to__isnull=True) | Q(valid_to__gte=day)).on(day)

    @property
    def default(self) -> Terms:
        return self.policies[-1]

    def starts_on(self, day: date) -> bool:
        """Tell whether other rules held on the day before `day`."""
        return day in self.turns

    def with_draft(self, draft: Terms, day: date) -> Rules:
        """Return these rules as if `draft` held from `day`, in the place of the version that holds now."""
        others = [terms for terms in self.policies if terms.code != draft.code]
        return replace(self, policies=in_order([*others, replace(draft, floor=day)]))

    def hold_on(self, day: date) -> bool:
        """Tell whether rules that were asked for an earlier day still hold on `day`."""
        return self.changes_on is None or day < self.changes_on

    def governing(self, place: Place, clock: str, stage: str = "") -> Terms:
        """Return the policy that governs a clock of the task at `place`."""
        return governing(self.policies, place, clock, stage)

    def reaching(self, place: Place) -> list[Terms]:
        """Return every policy whose scope holds the task, the most specific first."""
        return [terms for terms in self.policies if reaches(terms, place)]

    def days(self, calendar_id: int, path: str = "") -> Days:
        """Return the version of a calendar for a body at `path`; raises StopIteration where none is in force."""
        local = (row for row in self.locals if row.calendar_id == calendar_id and path.startswith(row.path))
        return next(local, None) or next(row for row in self.calendars if row.calendar_id == calendar_id)

    def versions(self, calendar_id: int) -> list[int]:
        """Return the versions in which days of a calendar are counted: the national one and those of the provinces."""
        local = [row.version_id for row in self.locals if row.calendar_id == calendar_id]
        return [self.days(calendar_id).version_id, *local]


@dataclass(frozen=True)
class Book:
    """Versions of policies and calendars that were applied: the rules of any day without another query."""

    policies: tuple[Policy, ...]
    versions: tuple[CalendarVersion, ...]

    @classmethod
    def read(cls, of: Q = EVERY) -> Book:
        """Return every version, or those of a condition on its period. Four queries."""
        policies = Policy.objects.applied().filter(of).prefetch_related("limits", "steps")
        versions = CalendarVersion.objects.applied().filter(of).select_related("calendar__body")
        return cls(tuple(policies), tuple(versions))

    def on(self, day: date) -> Rules:
        """Return the rules in force on `day`, as `Rules.on` does."""
        policies, versions = _from(self.policies, day), _from(self.versions, day)
        terms = [_terms(policy) for policy in policies if policy.valid_from <= day]
        if not any(row.code == DEFAULT for row in terms):
            return self.on(_first_day(policies, day))
        national, local = _days(versions, day)
        turns = frozenset(_days_of([*self.policies, *self.versions]))
        return Rules(in_order(terms), national, local, min((on for on in turns if on > day), default=None), turns)


# The rules read in a block of `read_once()`, by a day on which they hold.
_read: ContextVar[dict[date, Rules] | None] = ContextVar("read", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Read the rules of a time once for the whole block, in which nobody changes them."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def place_of(task: Task) -> Place:
    """Return what decides which policies reach `task`. One query."""
    levels = tuple((row.level, tuple(row.accepted_ranks)) for row in task.levels.all())
    return Place(task.pk, task.resolution_id, levels)


def terms_of(policy: Policy) -> Terms:
    """Return a policy, draft or in force, as the rules read it. A draft without a day starts at the end of time."""
    return _terms(policy)


def _from(rows: Iterable[Any], day: date) -> list[Any]:
    """Those that are in force on `day` or come later."""
    return [row for row in rows if row.valid_to is None or row.valid_to > day]


def _days_of(rows: Iterable[Any]) -> Iterator[date]:
    """The days on which rules begin and end."""
    return (on for row in rows for on in (row.valid_from, row.valid_to) if on is not None)


def _first_day(policies: Iterable[Any], day: date) -> date:
    first: date | None = min((row.valid_from for row in policies if row.code == DEFAULT), default=None)
    if first is None:
        raise Policy.DoesNotExist(f"No default policy is in force on {day}: load the shipped one or enter one.")
    return first


def _terms(policy: Policy) -> Terms:
    limits = sorted((row.clock, row.stage, row.days, row.unit) for row in policy.limits.all())
    steps = [(row.clock, row.number, row.offset_days, row.addressee, row.repeat_days) for row in policy.steps.all()]
    return Terms(
        policy_id=policy.pk,
        code=policy.code,
        version=policy.version,
        calendar_id=policy.calendar_id,
        floor=policy.valid_from or date.max,
        task_id=policy.task_id,
        resolution_id=policy.resolution_id,
        level=policy.level,
        rank=policy.rank,
        limits=tuple(limits),
        steps=tuple(sorted(steps, key=lambda row: row[:2])),
    )


def _first_day_of(version: CalendarVersion) -> date:
    """The day from which an applied version holds; a constraint says that it has one."""
    return version.valid_from or date.max


def _days(versions: Iterable[CalendarVersion], day: date) -> tuple[tuple[Days, ...], tuple[Days, ...]]:
    """National calendars, and local ones with the deepest body first: a commune's own stands above its province's.

    Before its first version a calendar is that one.
    """
    held: dict[int, CalendarVersion] = {}
    for version in sorted(versions, key=_first_day_of):
        if _first_day_of(version) <= day or version.calendar_id not in held:
            held[version.calendar_id] = version
    national, local = [], []
    for version in held.values():
        calendar, floor = version.calendar, _first_day_of(version)
        if calendar.base_id is None:
            national.append(Days(calendar.pk, version.pk, floor))
        elif calendar.body is not None and floor <= day:
            local.append(Days(calendar.base_id, version.pk, floor, calendar.body.path))
    return tuple(national), tuple(sorted(local, key=lambda row: (-len(row.path), row.version_id)))
