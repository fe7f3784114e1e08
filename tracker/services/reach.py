"""Which tasks a change of rules reaches: those whose limits or reminders it moves, told without counting a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, OuterRef, Q

from tracker.boards.governing import Days, Rules
from tracker.choices import Clock, DayUnit, Role, Stage
from tracker.models import CalendarDay, Responsibility
from tracker.rules.governing import Terms
from tracker.services.limits import COLUMNS, RUNNING, WRITTEN, defined_while_running, scope_of

NOBODY = Q(pk__in=())


def reached(before: Rules, after: Rules) -> Q:
    """Return the open tasks in which `after` says something else than `before`.

    No task that changes is left out. A few that do not change may be in it: two limits can end on the same day.
    One query for each calendar whose version changed, else none.
    """
    found = NOBODY
    for clock in COLUMNS:
        found |= by_clock(before, after, clock)
    for condition in _by_calendar(before, after):
        found |= condition
    return RUNNING & found


def by_clock(before: Rules, after: Rules, clock: Clock) -> Q:
    """Return the running tasks in which other policies make `clock` another one; `NOBODY` where they do not."""
    found = NOBODY
    for stage in Stage.values if clock == Clock.STAGE else [""]:
        reached_in_stage = _by_policy(before, after, clock, stage)
        if reached_in_stage != NOBODY:
            found |= reached_in_stage
    return found


def _by_policy(before: Rules, after: Rules, clock: Clock, stage: str) -> Q:
    """The tasks in which another policy, or the same with another limit or reminder, governs the clock."""
    found, above = NOBODY, NOBODY
    old = {terms.code: terms for terms in before.policies}
    new = {terms.code: terms for terms in after.policies}
    ended = [terms for code, terms in old.items() if code not in new]
    for terms in (*ended, *after.policies):
        change = _change(old.get(terms.code), new.get(terms.code), clock, stage)
        if change is not None:
            found |= scope_of(terms) & ~above & change
        elif terms.limit(clock, stage):
            # A more specific policy that stays hides what changes below it.
            above |= scope_of(terms) or Q(pk__isnull=False)
    runs = Q(stage=stage) if stage else defined_while_running(clock)
    return found & runs if found != NOBODY else NOBODY


def _change(old: Terms | None, new: Terms | None, clock: Clock, stage: str) -> Q | None:
    """What of the scope is reached when `old` becomes `new`: None where nothing is."""
    limits = {terms.limit(clock, stage) for terms in (old, new) if terms}
    if old is None or new is None:
        return Q() if limits != {None} else None
    if old.leads(clock) != new.leads(clock):
        return Q()
    if len(limits) == 1 and (old.calendar_id == new.calendar_id or not _counts_working_days(new, clock, stage)):
        return None
    return Q(**{f"{WRITTEN[clock]}__isnull": True}) if clock in WRITTEN else Q()


def _counts_working_days(terms: Terms, clock: str, stage: str) -> bool:
    limit = terms.limit(clock, stage)
    return (limit is not None and limit[1] == DayUnit.WORKING) or bool(terms.leads(clock))


def _by_calendar(before: Rules, after: Rules) -> Iterator[Q]:
    """The tasks with a last day in time that is not before the first day that counts differently now."""
    for old, new in _changed_calendars(before, after):
        first = first_difference(old.version_id, new.version_id)
        if first is not None:
            below = Q() if not new.path else _answered_below(new.path)
            yield _from_day(first) & below


def _changed_calendars(before: Rules, after: Rules) -> Iterator[tuple[Days, Days]]:
    for new in after.calendars:
        old = next((row for row in before.calendars if row.calendar_id == new.calendar_id), new)
        if old.version_id != new.version_id:
            yield old, new
    for path, calendar in {(row.path, row.calendar_id) for row in (*before.locals, *after.locals)}:
        old, new = before.days(calendar, path), after.days(calendar, path)
        if old.version_id != new.version_id:
            yield old, Days(calendar, new.version_id, new.floor, path)


def first_difference(old: int, new: int) -> date | None:
    """Return the first day that one version of a calendar counts as a working day and the other does not."""
    others = CalendarDay.objects.filter(calendar=old, day=OuterRef("day"), is_working=OuterRef("is_working"))
    days = CalendarDay.objects.filter(~Exists(others), calendar=new)
    first: date | None = days.order_by("day").values_list("day", flat=True).first()
    return first


def _from_day(first: date) -> Q:
    found = NOBODY
    for column in COLUMNS.values():
        found |= Q(**{f"{column}__gte": first})
    return found


def _answered_below(path: str) -> Q:
    cells = Responsibility.objects.filter(task=OuterRef("pk"), role=Role.ACCOUNTABLE, body__path__startswith=path)
    return Q(Exists(cells.filter(valid_to__isnull=True)))
