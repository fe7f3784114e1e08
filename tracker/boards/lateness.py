"""How late tasks were and on whom it lay: facts for rules.lateness, and its classes as conditions over rows."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, IntegerField, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from tracker.boards.workdays import workdays_between
from tracker.choices import Clock, ExtensionState, Lateness, Role, Stage
from tracker.models import (
    Body,
    CalendarDay,
    Event,
    Extension,
    Flag,
    Obstacle,
    Responsibility,
    Task,
)
from tracker.rules.lateness import Hold, Late, Outcome, Party, Share, outcome, split

TO_DECIDE = (
    "report.submitted",
    "report.answered",
    "report.corrected",
    "evidence.declared",
    "evidence.stale",
)
DECIDED = (
    "report.asked",
    "report.accepted",
    "report.returned",
    "evidence.verified",
    "evidence.returned",
    "evidence.as_verified",
)
"""What gives the ball to the commission, and what takes it from it."""


# On whom it lay


@dataclass(frozen=True, slots=True)
class NamedShare:
    """So many of the working days late lay with `party`; `body` is the one that it names."""

    party: Party
    body: Body | None
    days: int

    @property
    def label(self) -> str:
        """Who, in the reader's language."""
        if self.body is not None:
            return self.body.label
        return _("the commission") if self.party == Party.COMMISSION else _("nobody")


def shares_of(flags: Iterable[Flag], day: date) -> dict[int, list[NamedShare]]:
    """Return, by the id of the flag, on whom its working days late lay, through `day` or until it closed.

    A flag that only reminds has none. Six queries whatever the number of flags, none for no flag; the caller has
    checked who may read them.
    """
    late = [flag for flag in flags if period_of(flag).was_on(day)]
    if not late:
        return {}
    holds = _holds({flag.task_id for flag in late})
    calendars = workdays_between({flag.calendar_version_id for flag in late}, [flag.since for flag in late], day)
    found = {
        flag.pk: split(
            since=flag.since,
            through=period_of(flag).through(day),
            holds=holds[flag.task_id],
            workdays=calendars[flag.calendar_version_id],
        )
        for flag in late
    }
    return _named(found)


def together(shares: Iterable[Iterable[NamedShare]]) -> list[NamedShare]:
    """Return the shares of several flags of one clock as one list, most days first."""
    found: dict[tuple[Party, Body | None], int] = {}
    for share in itertools.chain.from_iterable(shares):
        key = share.party, share.body
        found[key] = found.get(key, 0) + share.days
    rows = [NamedShare(party, body, days) for (party, body), days in found.items()]
    return sorted(rows, key=lambda share: -share.days)


def _named(found: dict[int, tuple[Share, ...]]) -> dict[int, list[NamedShare]]:
    ids = {share.body for shares in found.values() for share in shares if share.body is not None}
    bodies = Body.objects.in_bulk(ids or {0})
    return {
        key: [NamedShare(share.party, bodies.get(share.body or 0), share.days) for share in shares]
        for key, shares in found.items()
    }


def _holds(tasks: set[int]) -> dict[int, list[Hold]]:
    """Return who held the ball of each task, and when. Four queries."""
    found: defaultdict[int, list[Hold]] = defaultdict(list)
    for task, hold in [*_reviews(tasks), *_requests(tasks), *_obstacles(tasks), *_owners(tasks)]:
        found[task].append(hold)
    return found


Held = list[tuple[int, Hold]]


def _reviews(tasks: set[int]) -> Held:
    """Reports and evidence, by the history: one report waits more than once when it is asked about or corrected."""
    rows = Event.objects.filter(task__in=tasks, kind__in=(*TO_DECIDE, *DECIDED)).order_by("id")
    found: Held = []
    since: dict[tuple[str, str], tuple[int, date]] = {}
    for task, obj, row, kind, on in rows.values_list("task", "object_kind", "object_id", "kind", "on"):
        if kind in TO_DECIDE:
            since.setdefault((obj, row), (task, on))
        elif (obj, row) in since:
            waiting, start = since.pop((obj, row))
            found.append((waiting, Hold(Party.COMMISSION, start, on)))
    return [*found, *((task, Hold(Party.COMMISSION, start)) for task, start in since.values())]


def _requests(tasks: set[int]) -> Held:
    rows = Extension.objects.filter(task__in=tasks).values_list("task", "asked_on", "decided_on")
    return [(task, Hold(Party.COMMISSION, start, end)) for task, start, end in rows]


def _obstacles(tasks: set[int]) -> Held:
    rows = Obstacle.objects.filter(task__in=tasks).values_list("task", "since", "ended_on", "body")
    return [(task, Hold(Party.OTHER, start, end, body)) for task, start, end, body in rows]


def _owners(tasks: set[int]) -> Held:
    """The accountable cells; where one names a post, only while somebody held it."""
    cells = Responsibility.objects.filter(task__in=tasks, role=Role.ACCOUNTABLE)
    held = cells.annotate(first=F("post__tenures__valid_from"), last=F("post__tenures__valid_to"))
    found = []
    for row in held.values("task", "body", "post", "valid_from", "valid_to", "first", "last"):
        if row["post"] and row["first"] is None:
            continue
        start = max(filter(None, (row["valid_from"], row["first"])))
        ends = [day for day in (row["valid_to"], row["last"]) if day is not None]
        found.append((row["task"], Hold(Party.ACCOUNTABLE, start, min(ends, default=None), row["body"])))
    return found


# What stays known


def period_of(flag: Flag) -> Late:
    """Return the late days of a flag; that on which the task was done counts, too."""
    return Late(flag.since, flag.closed_on, is_done=flag.closed_why == Stage.INSTITUTIONALIZED)


def outcome_of(task: Task, flags: Iterable[Flag], day: date) -> Outcome:
    """Return the lasting class of `task` from its flags, of any clock. One query, none where it was never late."""
    due = [flag for flag in flags if flag.clock == Clock.DUE and flag.since <= day]
    calendars = workdays_between({flag.calendar_version_id for flag in due}, [flag.since for flag in due], day)
    return outcome(
        due_on=task.effective_due_on,
        original_due_on=task.original_due_on,
        extension_count=task.extension_count,
        stage=task.stage,
        late=[(period_of(flag), calendars[flag.calendar_version_id]) for flag in due],
        today=day,
    )


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of lateness on `day`: as it stands, or as it was recorded before a moment.

    `stage` names the column, or the alias, that has the stage of the tasks then.
    """

    day: date
    recorded_before: datetime | None = None
    stage: str = "stage"

    @property
    def flags(self) -> Any:
        """The flags of the due clock that were late by the day."""
        known = {"opened_at__lt": self.recorded_before} if self.recorded_before else {}
        rows = Flag.objects.filter(clock=Clock.DUE, since__lte=self.day, **known)
        return rows.exclude(self._closed(closed_on__lt=F("since")))

    @property
    def ended(self) -> Q:
        """The condition that such a flag had ended by the day."""
        return self._closed(closed_on__isnull=False, closed_on__lte=self.day)

    def _closed(self, **condition: Any) -> Q:
        known = Q(closed_at__lt=self.recorded_before) if self.recorded_before else Q()
        return Q(**condition) & known

    @property
    def extensions(self) -> Any:
        """How many extensions a task had been granted, as an expression."""
        if self.recorded_before is None:
            return F("extension_count")
        granted = Extension.objects.filter(
            task=OuterRef("pk"), state=ExtensionState.GRANTED, decided_at__lt=self.recorded_before
        )
        numbers = granted.order_by().values("task").annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(numbers), 0)


def with_lateness(tasks: Any, known: Known) -> Any:
    """Add was_late, late_now and extensions_then to `tasks`, as aliases. Runs no query."""
    due = known.flags.filter(task=OuterRef("pk"))
    stands = Exists(due.exclude(known.ended))
    return tasks.alias(was_late=Exists(due), late_now=stands, extensions_then=known.extensions)


def lateness_code(known: Known) -> Any:
    """Return the code of the lasting class of the rows of `with_lateness`, as rules.lateness.outcome says it."""
    whens = [When(condition, then=Value(code.value)) for code, condition in _conditions(known.stage).items()]
    return Case(*whens, default=None, output_field=CharField(null=True))


def in_lateness(codes: Iterable[str], known: Known) -> Q:
    """Return the condition that a row of `with_lateness` is of one of these classes."""
    conditions = _conditions(known.stage)
    return reduce(or_, (conditions[Lateness(code)] for code in codes))


def _conditions(stage: str) -> dict[Lateness, Q]:
    is_done = Q(**{stage: Stage.INSTITUTIONALIZED})
    is_over = is_done | Q(**{stage: Stage.WITHDRAWN})
    was_late, late_now, is_extended = Q(was_late=True), Q(late_now=True), Q(extensions_then__gt=0)
    never = ~was_late & Q(effective_due_on__isnull=False)
    return {
        Lateness.ON_TIME: is_done & never & ~is_extended,
        Lateness.ON_TIME_EXTENDED: is_done & never & is_extended,
        Lateness.LATE: is_over & was_late & ~is_extended,
        Lateness.LATE_EXTENDED: is_over & was_late & is_extended,
        Lateness.OPEN: ~is_over & never,
        Lateness.OPEN_LATE: ~is_over & late_now,
        Lateness.OPEN_WAS_LATE: ~is_over & was_late & ~late_now,
    }


def days_late_of(known: Known) -> Any:
    """Return, as an expression over tasks, their working days late by the day; 0 where they never were."""
    rows = known.flags.filter(task=OuterRef("pk")).order_by().values("task")
    days = rows.annotate(total=Sum(flag_days(known.day, ended=known.ended), output_field=IntegerField()))
    return Coalesce(Subquery(days.values("total")), 0)


def flag_days(day: date, *, ended: Q | None = None) -> Any:
    """Return, as an expression over flags, the working days late through `day`, as rules.lateness.Late counts them."""
    ended = Known(day=day).ended if ended is None else ended
    through = Case(
        When(ended & Q(closed_why=Stage.INSTITUTIONALIZED), then=_ordinal(OuterRef("closed_on"))),
        When(ended, then=_ordinal_before(OuterRef("closed_on"))),
        default=_ordinal(day),
    )
    return Greatest(through - _ordinal_before(OuterRef("since")), 0)


def _days(day: Any) -> Any:
    return CalendarDay.objects.filter(calendar=OuterRef("calendar_version"), day=day).order_by()


def _ordinal(day: Any) -> Any:
    return Subquery(_days(day).values("ordinal"))


def _ordinal_before(day: Any) -> Any:
    """The ordinal of the day before, by the day itself: one that is worked counts from it."""
    before = F("ordinal") - Case(When(is_working=True, then=1), default=0)
    return Subquery(_days(day).annotate(before=before).values("before"))
