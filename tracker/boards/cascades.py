"""Which units a cascade is for, and which of them have no part of the task: read set-based for any number of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tracker.choices import Role
from tracker.models import Body, Cascade, CascadeBody, Responsibility, Task
from tracker.rules.cascades import Place, Reached, Units, Wanted
from tracker.rules.text import fold

CODE = "{task}/{unit}"
COLUMNS = ("pk", "code", "kind", "level", "path", "parent_id")


@dataclass(frozen=True)
class Missing:
    """The units that a cascade is for and that have no part of its task; `joined` are those that came later."""

    never: list[Reached] = field(default_factory=list)
    joined: list[Reached] = field(default_factory=list)

    @property
    def every(self) -> list[Reached]:
        return [*self.never, *self.joined]

    @property
    def names(self) -> list[str]:
        return [label_of(one.unit) for one in self.every]


def label_of(place: Place) -> str:
    """Return the short name of a body in the language of the reader."""
    return place.en if (get_language() or "vi").startswith("en") else place.vi


def units_on(day: date, *, with_words: bool) -> Units:
    """Return the bodies that exist on `day`, in the order of the register. One query."""
    rows = Body.objects.valid_on(day).order_by("name_sort", "id")
    searched = "folded" if with_words else Value("")
    values = rows.values_list(*COLUMNS, _short("vi"), _short("en"), searched, "valid_from")
    return Units(map(Place._make, values))


def _short(language: str) -> Coalesce:
    """The short name where there is one, as Body.label."""
    return Coalesce(NullIf(f"short_{language}", Value("")), f"name_{language}")


def wanted_of(cascade: Cascade, listed: Iterable[int], left_out: Iterable[int]) -> Wanted:
    """Return for whom a cascade is, as the rules read it. Reads the path of `below`."""
    return Wanted(
        whom=cascade.whom,
        level=cascade.level,
        kind=cascade.kind,
        words=fold(cascade.words),
        below=cascade.below.path if cascade.below else "",
        listed=frozenset(listed),
        left_out=frozenset(left_out),
    )


def named_in(cascades: Sequence[Cascade]) -> dict[int, tuple[list[int], list[int]]]:
    """Return, by cascade, the keys of the bodies that it lists and of those that it leaves out. One query."""
    found: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    rows = CascadeBody.objects.filter(cascade__in=[cascade.pk for cascade in cascades])
    for cascade, body, is_left_out in rows.values_list("cascade", "body", "is_left_out"):
        found[cascade][is_left_out].append(body)
    return found


class Parts:
    """Who has a part of a task: by the body that answers for one on the day, and by the codes of the parts."""

    def __init__(self, tasks: Iterable[Task], day: date):
        """Two queries."""
        keys = [task.pk for task in tasks]
        self.bodies: dict[int, set[int]] = defaultdict(set)
        cells = Responsibility.objects.valid_on(day).filter(task__parent__in=keys, role=Role.ACCOUNTABLE)
        for parent, body, unit in cells.values_list("task__parent", "body", "body__parent"):
            self.bodies[parent] |= {body, unit}
        rows = Task.objects.filter(parent__in=keys).values_list("parent", "code")
        self.codes = set(rows)

    def has(self, task: Task, unit: Place) -> bool:
        """Tell whether the unit, or a body directly in it, has a part of the task, whatever became of that."""
        return unit.pk in self.bodies[task.pk] or (task.pk, code_of(task, unit)) in self.codes


def code_of(task: Task, unit: Place) -> str:
    """Return the code of the part that a unit gets."""
    return CODE.format(task=task.code, unit=unit.code)


def missing(cascades: Sequence[Cascade], day: date) -> dict[int, Missing]:
    """Return, by cascade, the units without a part on `day`. Four queries, whatever the number; none for no cascade.

    The cascades come with their task and the body that they lie below.
    """
    if not cascades:
        return {}
    units = units_on(day, with_words=any(cascade.words for cascade in cascades))
    named, parts = named_in(cascades), Parts([cascade.task for cascade in cascades], day)
    return {cascade.pk: _missing(cascade, named[cascade.pk], units, parts) for cascade in cascades}


def _missing(cascade: Cascade, named: tuple[list[int], list[int]], units: Units, parts: Parts) -> Missing:
    reached = units.reached(wanted_of(cascade, *named))
    lacking = [one for one in reached if not parts.has(cascade.task, one.unit)]
    later = {one.unit.pk for one in lacking if one.unit.since > cascade.on}
    return Missing(
        [one for one in lacking if one.unit.pk not in later], [one for one in lacking if one.unit.pk in later]
    )


def standing(tasks: Any) -> list[Cascade]:
    """Return the cascades whose units are expected to have a part, of a queryset of tasks. One query."""
    return list(Cascade.objects.standing().filter(task__in=tasks).select_related("task", "below"))


def of_task(task: Task) -> list[tuple[Cascade, Missing | None]]:
    """Return the cascades of a task, without a word on missing units. One query."""
    return [(row, None) for row in Cascade.objects.filter(task=task).select_related("below")]


def with_missing(task: Task, day: date) -> list[tuple[Cascade, Missing | None]]:
    """Return the cascades of a task, each with its missing units while the task is open. One query, five with some."""
    rows = [row for row, _none in of_task(task)]
    for row in rows:
        row.task = task
    found = missing(rows if task.is_open else [], day)
    return [(row, found.get(row.pk)) for row in rows]


def bodies_called(text: str) -> tuple[list[Body], list[str]]:
    """Return the bodies whose codes `text` names, in its order, and the codes that no body has. One query."""
    codes = dict.fromkeys(code for code in re.split(r"[\s,;]+", text) if code)
    found = {body.code: body for body in Body.objects.filter(code__in=codes)} if codes else {}
    return [found[code] for code in codes if code in found], [code for code in codes if code not in found]


def unknown_codes(codes: Sequence[str]) -> str:
    """Say which codes are of no body."""
    return _("No body has the code: %(codes)s.") % {"codes": ", ".join([*codes[:5], "…"] if codes[5:] else codes)}
