"""The report upward: the four cells as a table with what makes it fair; page, files and API show the same one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.boards.four_cell import NOBODY, CellRow, Wanted, figures, in_all
from tracker.choices import FieldStatus, Grouping, Level
from tracker.clock import end_of
from tracker.models import FlagRemark
from tracker.rules.fairness import late_share, medians, ranks

MOST_REMARKS = 500
REMARKS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A number of each line: of the tasks in one cell, or of all; `extended` are those that were granted more time."""

    name: str
    head: Any
    status: str = ""
    extended: bool = False

    def of(self, line: Line | CellRow) -> int:
        if not self.status:
            return line.cells.total
        number: int = getattr(line.extended if self.extended else line.cells, self.status)
        return number

    @property
    def query(self) -> dict[str, str]:
        """What narrows the list of tasks to the number."""
        return ({"status": self.status} if self.status else {}) | ({"extended": "1"} if self.extended else {})


_AFTER = gettext_lazy("of which after an extension")
COLUMNS = (
    Column("total", gettext_lazy("All tasks")),
    Column("done_on_time", FieldStatus.DONE_ON_TIME.label, FieldStatus.DONE_ON_TIME),
    Column("done_on_time_extended", _AFTER, FieldStatus.DONE_ON_TIME, extended=True),
    Column("done_late", FieldStatus.DONE_LATE.label, FieldStatus.DONE_LATE),
    Column("open_in_time", FieldStatus.OPEN_IN_TIME.label, FieldStatus.OPEN_IN_TIME),
    Column("open_overdue", FieldStatus.OPEN_OVERDUE.label, FieldStatus.OPEN_OVERDUE),
    Column("open_overdue_extended", _AFTER, FieldStatus.OPEN_OVERDUE, extended=True),
)


@dataclass(frozen=True, slots=True)
class Remark:
    """What the body itself says beside a flag of one of its tasks."""

    task: str
    text: str
    on: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. Only a body has a rank (none with few tasks), a load, its peers' median and remarks."""

    key: str
    label: str
    cells: Any
    extended: Any
    query: dict[str, str] = field(default_factory=dict)
    rank: int | None = None
    median: float | None = None
    remarks: list[Remark] = field(default_factory=list)
    remark_count: int = 0

    @property
    def load(self) -> int:
        """The open tasks."""
        open_tasks: int = self.cells.open
        return open_tasks

    @property
    def late_share(self) -> float:
        return late_share(self.cells)

    @property
    def late_percent(self) -> int:
        return round(100 * self.late_share)

    @property
    def more_remarks(self) -> int:
        return self.remark_count - len(self.remarks)


@dataclass(frozen=True, kw_only=True)
class Report:
    """A table of figures of `day`, made `made_at`. A frozen one has its number, hash and remark."""

    day: date
    by: str
    filters: list[tuple[str, str]]
    lines: list[Line]
    total: Line
    made_at: datetime
    symbol: str = ""
    sha256: str = ""
    remark: str = ""

    @property
    def is_by_body(self) -> bool:
        return self.by == Grouping.BODY

    @property
    def head(self) -> str:
        return str(Grouping(self.by).label)


def report(user: Any, wanted: Wanted, by: str, *, at: datetime, is_now: bool = False) -> Report:
    """Return the table for what `user` may read. Two queries; three by level and by body, whatever the numbers."""
    rows = figures(user, wanted, by, is_now=is_now)
    whole = in_all(user, wanted, rows, by, is_now=is_now)
    lines = lines_of(user, rows, by, wanted.day)
    return Report(day=wanted.day, by=by, filters=said(wanted), lines=lines, total=_line(whole), made_at=at)


def lines_of(user: Any, rows: list[CellRow], by: str, day: date) -> list[Line]:
    """Return the lines of `rows` as they are shown. One query by body, else none."""
    return by_body(rows, _remarks(user, rows, day)) if by == Grouping.BODY else [_line(row) for row in rows]


def said(wanted: Wanted) -> list[tuple[str, str]]:
    """Return the filters in words: what was narrowed, and to what."""
    names: list[tuple[str, Any]] = [
        (_("Document"), wanted.resolution and f"{wanted.resolution.code} · {wanted.resolution.title}"),
        (_("Accountable body, with those below it"), wanted.below and wanted.below.label),
        (_("Level to reach"), _level(wanted.level)),
        (_("Deadline from"), wanted.due_from and f"{wanted.due_from:%d/%m/%Y}"),
        (_("Deadline to"), wanted.due_to and f"{wanted.due_to:%d/%m/%Y}"),
        (_("Deadline"), wanted.undated and _("Without a deadline")),
    ]
    return [(name, str(value)) for name, value in names if value]


def _level(code: str) -> str:
    return _("No level named") if code == NOBODY else str(Level(code).label) if code else ""


def _line(row: CellRow, **more: Any) -> Line:
    return Line(row.key, row.label, row.cells, row.extended, row.query, **more)


def by_body(rows: Iterable[CellRow], remarks: dict[int, list[Remark]]) -> list[Line]:
    """Return the lines of bodies, the largest late share first; those with few tasks below, without a rank.

    Peers are the bodies of the same level in the table; their median of open tasks stands beside a body's own.
    """
    found = list(rows)
    held = [(row, row.body) for row in found if row.body is not None]
    places = ranks({row.key: row.cells for row, _body in held})
    peers = medians((body.level, row.cells.open) for row, body in held)
    lines = [
        _line(
            row,
            rank=places.get(row.key),
            median=peers[body.level],
            remarks=remarks.get(body.pk, [])[:REMARKS_SHOWN],
            remark_count=len(remarks.get(body.pk, [])),
        )
        for row, body in held
    ]
    lines.sort(key=lambda line: (line.rank is None, line.rank or 0, -line.cells.total, line.key))
    return [*lines, *(_line(row) for row in found if row.body is None)]


def _remarks(user: Any, rows: Iterable[CellRow], day: date) -> dict[int, list[Remark]]:
    """Return by body what it says beside its flags that were late on `day`, as known then. One query."""
    bodies = [row.body.pk for row in rows if row.body is not None]
    known = end_of(day)
    ended = Q(flag__closed_on__lte=day, flag__closed_at__lt=known)
    stands = FlagRemark.objects.visible_to(user).standing(known_before=known).filter(body__in=bodies)
    late = stands.filter(flag__since__lte=day, flag__opened_at__lt=known).exclude(ended)
    found: defaultdict[int, list[Remark]] = defaultdict(list)
    values = late.order_by("-recorded_at", "-pk").values_list("body", "flag__task__code", "text", "recorded_at")
    for body, task, text, at in values[:MOST_REMARKS]:
        found[body].append(Remark(task, text, f"{at:%d/%m/%Y}"))
    return found
