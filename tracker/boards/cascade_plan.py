"""What a cascade would give: each unit with who answers there, in which cells and by when, and who is left out."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import OuterRef, Q, Subquery, Value
from django.utils.translation import gettext_lazy as _

from tracker.boards.cascades import Parts, code_of, units_on, wanted_of
from tracker.boards.governing import Rules
from tracker.choices import DueRule, Role
from tracker.errors import refuse
from tracker.models import CalendarDay, Cascade, Post, Responsibility, Task, Tenure
from tracker.models.expressions import KeysOf
from tracker.rules.cascades import Place, Reached, Units, cells_of


@dataclass(frozen=True, slots=True)
class Part:
    """What one unit would get. `changes` are the days to come on which another holds the post, or nobody."""

    unit: Place
    answers: Place
    code: str
    due_on: date | None
    cells: tuple[tuple[str, int], ...]
    post: int | None = None
    is_held: bool = False
    changes: tuple[date, ...] = ()

    @property
    def has_head(self) -> bool:
        return self.post is not None and self.is_held


@dataclass(frozen=True)
class Plan:
    """`present` have a part already, in `unanswered` nobody or more than one could answer, `taken` are codes that
    another task has, `lacking` is how many units have nobody for a role that was asked for, by role."""

    parts: list[Part]
    present: list[Place]
    unanswered: list[Reached]
    taken: list[str]
    lacking: dict[str, int]

    @property
    def headless(self) -> list[Part]:
        return [part for part in self.parts if not part.has_head]

    @property
    def deadlines(self) -> list[tuple[date | None, int]]:
        """How many parts have which deadline, the earliest first."""
        found: dict[date | None, int] = defaultdict(int)
        for part in self.parts:
            found[part.due_on] += 1
        return sorted(found.items(), key=lambda row: (row[0] is None, row[0] or date.max))

    @property
    def cell_count(self) -> int:
        return sum(1 + len(part.cells) for part in self.parts)

    @property
    def seal(self) -> str:
        """What binds an act to the preview that its maker has seen."""
        seen = [[part.code, part.answers.pk, part.post, part.due_on, part.cells] for part in self.parts]
        return hashlib.sha256(json.dumps(seen, default=str).encode()).hexdigest()[:32]


def plan(cascade: Cascade, *, listed: Iterable[int] = (), left_out: Iterable[int] = (), day: date) -> Plan:
    """Return what `cascade` (saved or not) gives to units without a part when it is assigned on `day`.

    Twelve queries at most. Raises ValidationError where a deadline cannot be counted or lies before the assignment.
    """
    task = cascade.task
    units, parts = units_on(day, with_words=bool(cascade.words)), Parts([task], day)
    reached = units.reached(wanted_of(cascade, listed, left_out))
    present = [one.unit for one in reached if parts.has(task, one.unit)]
    known = {place.pk for place in present}
    lacking = [one for one in reached if one.unit.pk not in known]
    found = [one for one in lacking if one.answers]
    taken = _taken(task, found)
    free = [one for one in found if code_of(task, one.unit) not in taken]
    given, missing = _given(cascade, free, units, day=day)
    return Plan(given, present, [one for one in lacking if not one.answers], sorted(taken), missing)


def _taken(task: Task, reached: Sequence[Reached]) -> set[str]:
    codes = [code_of(task, one.unit) for one in reached]
    return set(Task.objects.filter(code__in=codes).values_list("code", flat=True)) if codes else set()


def _given(
    cascade: Cascade, reached: Sequence[Reached], units: Units, *, day: date
) -> tuple[list[Part], dict[str, int]]:
    givers = _givers(cascade.task, day)
    answering = [one.answers for one in reached if one.answers]
    deadlines, heads = _Deadlines(cascade, answering, day), _heads(answering, day)
    parts, lacking = [], dict.fromkeys(cascade.roles, 0)
    for one, answers in zip(reached, answering, strict=True):
        cells: dict[tuple[str, int], None] = {}
        for role in cascade.roles:
            of_role = cells_of(one.unit, answers, role, units, givers)
            lacking[role] += not of_role
            cells.update(dict.fromkeys(of_role))
        post, is_held, changes = heads.get(answers.pk, (None, False, ()))
        code, due_on = code_of(cascade.task, one.unit), deadlines.of(answers)
        parts.append(Part(one.unit, answers, code, due_on, tuple(cells), post, is_held, changes))
    return parts, {role: count for role, count in lacking.items() if count}


def _givers(task: Task, day: date) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    cells = Responsibility.objects.valid_on(day).filter(task=task, role__in=(Role.LEADS, Role.ACCOUNTABLE))
    for role, body in cells.order_by("pk").values_list("role", "body"):
        found[role].append(body)
    return found


def _heads(bodies: Collection[Place], day: date) -> dict[int, tuple[int, bool, tuple[date, ...]]]:
    """Return, by body, its head post, whether it is held on `day`, and when that changes. Two queries."""
    posts = Post.objects.valid_on(day).filter(is_head=True, body__in=_keys(place.pk for place in bodies))
    found = dict(posts.order_by("-pk").values_list("body", "pk"))
    open_then = Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    tenures = Tenure.objects.filter(open_then, post__in=_keys(found.values()))
    held: set[int] = set()
    changes: dict[int, set[date]] = defaultdict(set)
    for post, first, last in tenures.values_list("post", "valid_from", "valid_to"):
        if first <= day:
            held.add(post)
        changes[post] |= {on for on in (first, last) if on is not None and on > day}
    return {body: (post, post in held, tuple(sorted(changes.get(post, ())))) for body, post in found.items()}


def _keys(keys: Iterable[int]) -> KeysOf:
    return KeysOf(Value(json.dumps(sorted(keys))))


class _Deadlines:
    """The deadline of each part by the rule of its cascade, in the calendar that counts where its body lies."""

    def __init__(self, cascade: Cascade, bodies: Collection[Place], day: date):
        """Five queries for working days, else none."""
        self.rule = cascade.due_rule
        self.by_version: dict[int, date] = {}
        fixed = {
            DueRule.SAME: cascade.task.due_on,
            DueRule.FIXED: cascade.due_on,
            DueRule.CALENDAR: day + timedelta(days=cascade.due_days or 0),
        }
        self.day = fixed.get(DueRule(self.rule))
        if self.day is not None and self.day < day:
            raise refuse(due_rule=_("The deadline would lie before the assignment: choose another rule or day."))
        if self.rule == DueRule.WORKING and bodies:
            self._count(cascade.due_days or 0, bodies, day)

    def _count(self, days: int, bodies: Collection[Place], day: date) -> None:
        self.rules = Rules.on(day)
        self.calendar = self.rules.default.calendar_id
        versions = set(self.rules.versions(self.calendar))
        start = CalendarDay.objects.filter(calendar=OuterRef("calendar"), day=day).values("ordinal")
        rows = CalendarDay.objects.filter(calendar__in=versions, is_working=True, ordinal=Subquery(start) + days)
        self.by_version = dict(rows.values_list("calendar", "day"))
        if self.by_version.keys() != versions:
            raise refuse(due_days=_("The calendar does not reach this day: extend it or give another day."))

    def of(self, body: Place) -> date | None:
        if self.rule != DueRule.WORKING:
            return self.day
        return self.by_version[self.rules.days(self.calendar, body.path).version_id]
