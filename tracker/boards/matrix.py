"""The matrix: tasks × bodies, one cell of letters each, as of any day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from tracker.boards.standing import flagged_on, tasks_on
from tracker.choices import BodyKind, FieldStatus, Level, Role, Stage, TaskKind
from tracker.models import Body, Provision, Responsibility, Task

PAGE = 100
WIDEST = 60
"""So many bodies stand side by side at most: what the reader does not see is counted and said."""

LETTERS = "".join(Role.values)


class State(StrEnum):
    """How a task stands in the matrix: the four cells, and what stands beside them."""

    DONE_ON_TIME = "done_on_time"
    DONE_LATE = "done_late"
    OPEN_IN_TIME = "open_in_time"
    FLAGGED = "flagged"
    OPEN_OVERDUE = "open_overdue"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> Any:
        return _LABELS[self]

    @property
    def glyph(self) -> str:
        return _GLYPHS[self]

    @property
    def short(self) -> str:
        """The class name in the table, where every byte counts."""
        return _SHORT[self]


_LABELS = {
    **{State(status.value): status.label for status in FieldStatus},
    State.FLAGGED: _("In time, but flagged"),
    State.SUSPENDED: Stage.SUSPENDED.label,
    State.WITHDRAWN: Stage.WITHDRAWN.label,
}
_GLYPHS = dict(zip(State, ("✓", "◆", "●", "!", "▲", "‖", "×"), strict=True))
_SHORT = dict(zip(State, "dlpfosw", strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixFilter:
    """What the reader asked for; every field empty asks for everything. Level, kind and role narrow the columns."""

    resolution: str = ""
    level: str = ""
    kind: str = ""
    role: str = ""
    state: str = ""
    page: int = 1

    @property
    def narrows_bodies(self) -> bool:
        return bool(self.level or self.kind or self.role)


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One task. `cells` has the letters of each body of the matrix, in its order; "" where it has no role."""

    task: Task
    state: State | None
    cells: list[str]


@dataclass(frozen=True, slots=True)
class MatrixGroup:
    """The rows below one heading of a document. `provision` is None for tasks without one."""

    provision: Provision | None
    rows: list[MatrixRow]


@dataclass(frozen=True, slots=True)
class Matrix:
    """One page. Objectives stand apart, outside the rule of one A. `hidden_bodies` did not fit beside the others."""

    bodies: list[Body]
    groups: list[MatrixGroup]
    objectives: list[MatrixRow]
    page: int
    has_next: bool
    hidden_bodies: int

    @property
    def rows(self) -> int:
        return sum(len(group.rows) for group in self.groups)


def matrix(user: Any, day: date, wanted: MatrixFilter) -> Matrix:
    """Return one page of the matrix as it was on `day` and was known by the end of it. Four queries.

    Rows are ordered as the documents are, columns by level, kind and name of the body. Where bodies are asked for, a
    task without any of them is left out.
    """
    start = (wanted.page - 1) * PAGE
    tasks = list(_tasks(user, day, wanted)[start : start + PAGE + 1])
    shown = tasks[:PAGE]
    letters, body_ids = _letters([task.pk for task in shown], day, wanted)
    columns = _columns(body_ids)
    bodies = columns[:WIDEST]
    rows = [MatrixRow(task, _state(task), [letters.get((task.pk, body.pk), "") for body in bodies]) for task in shown]
    objectives = [row for row in rows if row.task.kind == TaskKind.OBJECTIVE]
    groups = list(_groups(row for row in rows if row.task.kind != TaskKind.OBJECTIVE))
    return Matrix(bodies, groups, objectives, wanted.page, len(tasks) > PAGE, len(columns) - len(bodies))


def _tasks(user: Any, day: date, wanted: MatrixFilter) -> Any:
    rows = tasks_on(user, day).annotate(is_flagged=flagged_on(day)).defer("detail_vi", "detail_en", "folded")
    if wanted.resolution:
        rows = rows.filter(resolution__code=wanted.resolution)
    if wanted.state:
        rows = rows.filter(_in_state(State(wanted.state)))
    if wanted.narrows_bodies:
        rows = rows.filter(Exists(_cells(day, wanted).filter(task=OuterRef("pk"))))
    return rows.order_by("resolution", "position", "id")


def _cells(day: date, wanted: MatrixFilter) -> Any:
    """The cells that hold on the day, narrowed to the bodies and the role that are asked for."""
    names = {"level": "body__level", "kind": "body__kind", "role": "role"}
    asked = {path: getattr(wanted, name) for name, path in names.items() if getattr(wanted, name)}
    return Responsibility.objects.as_of(day).filter(**asked)


def _letters(ids: list[int], day: date, wanted: MatrixFilter) -> tuple[dict[tuple[int, int], str], set[int]]:
    """Return the letters of each (task, body), in the order L A R C S I, and the bodies that have any."""
    found: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for task, body, role in _cells(day, wanted).filter(task__in=ids).order_by().values_list("task", "body", "role"):
        found[task, body].add(role)
    cells = {place: "".join(sorted(roles, key=LETTERS.index)) for place, roles in found.items()}
    return cells, {body for _task, body in cells}


def _columns(ids: Iterable[int]) -> list[Body]:
    levels, kinds = list(Level.values), list(BodyKind.values)
    bodies: list[Body] = list(Body.objects.filter(pk__in=list(ids)))
    return sorted(bodies, key=lambda body: (levels.index(body.level), kinds.index(body.kind)))


def _state(task: Any) -> State | None:
    if task.kind == TaskKind.OBJECTIVE:
        return None
    if task.stage_then in (Stage.SUSPENDED, Stage.WITHDRAWN):
        return State(task.stage_then)
    if task.status_then == FieldStatus.OPEN_IN_TIME and task.is_flagged:
        return State.FLAGGED
    return State(task.status_then)


def _in_state(state: State) -> Q:
    """The same, as a condition."""
    if state in (State.SUSPENDED, State.WITHDRAWN):
        return Q(stage_then=state.value)
    if state == State.FLAGGED:
        return Q(status_then=FieldStatus.OPEN_IN_TIME, is_flagged=True) & ~Q(stage_then=Stage.SUSPENDED)
    status = Q(status_then=state.value) & ~Q(stage_then=Stage.SUSPENDED)
    return status & Q(is_flagged=False) if state == State.OPEN_IN_TIME else status


def _groups(rows: Iterator[MatrixRow]) -> Iterator[MatrixGroup]:
    """Group by the provision one step below the root of its document: as the document itself is divided."""
    listed = list(rows)
    provisions = _tree({row.task.resolution_id for row in listed})
    for heading, members in groupby(listed, key=lambda row: _heading(row.task.provision_id, provisions)):
        yield MatrixGroup(provisions.get(heading) if heading else None, list(members))


def _tree(resolutions: Iterable[int]) -> dict[int, Provision]:
    rows = Provision.objects.filter(resolution__in=list(resolutions)).select_related("resolution")
    return {row.pk: row for row in rows.defer("text_vi", "text_en", "folded")}


def _heading(provision: int | None, provisions: dict[int, Provision]) -> int | None:
    """Climb to the second level from the top; a provision at the top is its own heading."""
    chain = []
    while provision is not None:
        chain.append(provision)
        provision = provisions[provision].parent_id
    return chain[-2] if len(chain) > 1 else (chain[0] if chain else None)
