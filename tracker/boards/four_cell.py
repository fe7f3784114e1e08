"""The four cells of the field's reports (done on time or late, open in time or overdue), by what a line stands for.

Which tasks are counted on a day is said once, here: the figures, the list behind each number, the files and the
frozen reports all ask `counted_tasks`.
"""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, Value
from django.db.models.functions import TruncMonth, TruncQuarter, TruncYear
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tracker.boards.standing import all_stood_on, counted
from tracker.choices import FieldStatus, Grouping, Level, Role, Stage
from tracker.clock import end_of
from tracker.models import Body, Resolution, Task, TaskLevel
from tracker.rules.deadlines import Deadline, Precision, format_deadline
from tracker.rules.status import FourCells, due_status

NOBODY = "none"
"""What the address says for tasks that nobody is accountable for, and for those that name no level."""

PERIODS: dict[Grouping, tuple[Any, int, Precision]] = {
    Grouping.MONTH: (TruncMonth, 1, "month"),
    Grouping.QUARTER: (TruncQuarter, 3, "quarter"),
    Grouping.YEAR: (TruncYear, 12, "year"),
}
"""By grouping: the first day of a period in SQL, how many months it has, and how its name is written."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which tasks are asked for, on `day`. Empty fields ask for all.

    `below`: accountable is that body or one below it, as bodies hang together now. `accountable`: exactly that body;
    `unowned`: nobody. `due_from` and `due_to` are days of the deadline in effect on the day; `undated`: without one.
    """

    day: date
    resolution: Resolution | None = None
    below: Body | None = None
    level: str = ""
    due_from: date | None = None
    due_to: date | None = None
    undated: bool = False
    accountable: Body | None = None
    unowned: bool = False
    status: str = ""
    extended: bool = False

    def query(self) -> dict[str, str]:
        """Return it as the address of the pages and of the API says it, without the day."""
        values = {
            "resolution": self.resolution and self.resolution.code,
            "below": self.below and self.below.code,
            "level": self.level,
            "due_from": self.due_from and self.due_from.isoformat(),
            "due_to": self.due_to and self.due_to.isoformat(),
            "undated": "1" if self.undated else "",
            "accountable": NOBODY if self.unowned else self.accountable and self.accountable.code,
            "status": self.status,
            "extended": "1" if self.extended else "",
        }
        return {name: value for name, value in values.items() if value}

    @property
    def asks_who(self) -> bool:
        """Whether it asks who was accountable."""
        return bool(self.below or self.accountable or self.unowned)


@dataclass(frozen=True, slots=True)
class CellRow:
    """One line of the table. `key` is the code of what it stands for; empty for tasks without such a thing.

    `extended` are those of `cells` that had been granted more time; `query` narrows the list of tasks to the line;
    `group` is what `grouped` calls it.
    """

    key: str
    label: str
    cells: FourCells
    extended: FourCells = field(default_factory=FourCells)
    query: dict[str, str] = field(default_factory=dict)
    body: Body | None = None
    group: Any = None

    @property
    def numbers(self) -> list[tuple[str, int]]:
        """The four statuses with their numbers, in the order of the reports."""
        return [(status.value, getattr(self.cells, status.value)) for status in FieldStatus]


def counted_tasks(user: Any, wanted: Wanted, *, is_now: bool = False, with_body: bool = False) -> Any:
    """Return the tasks that reports count on the day, as `all_stood_on` annotates them. Runs no query.

    `with_body`: `holder` is the accountable cell of the day, too.
    """
    tasks = Task.objects.visible_to(user)
    # What is recorded is recorded by now: not asked, an index alone answers.
    tasks = tasks.filter(assigned_on__lte=wanted.day) if is_now else tasks.known_on(wanted.day)
    rows = counted(all_stood_on(tasks, wanted.day, is_now=is_now))
    if with_body or wanted.asks_who:
        rows = rows.annotate(holder=_accountable_on(wanted.day))
    return rows.filter(*_conditions(wanted))


def _conditions(wanted: Wanted) -> Iterable[Any]:
    if wanted.resolution:
        yield Q(resolution=wanted.resolution)
    if wanted.level:
        levels = TaskLevel.objects.filter(task=OuterRef("pk"))
        yield ~Exists(levels) if wanted.level == NOBODY else Exists(levels.filter(level=wanted.level))
    if wanted.below:
        yield Q(holder__body__path__startswith=wanted.below.path)
    if wanted.accountable or wanted.unowned:
        yield Q(holder__body=wanted.accountable) if wanted.accountable else Q(holder=None)
    if wanted.due_from:
        yield Q(due_then__gte=wanted.due_from)
    if wanted.due_to:
        yield Q(due_then__lte=wanted.due_to)
    if wanted.undated:
        yield Q(due_then=None)
    if wanted.status:
        yield Q(status_then=wanted.status)
    if wanted.extended:
        yield Q(extended_then=True)


def _accountable_on(day: date) -> FilteredRelation:
    """The accountable cell as Responsibility.as_of says it, joined. At most one: services refuse a second one unless
    the first has ended and its end is recorded."""
    known, cell = end_of(day), "responsibilities__"
    stands = Q(**{f"{cell}valid_to__isnull": True}) | Q(**{f"{cell}valid_to__gt": day})
    end_unknown = Q(**{f"{cell}end_recorded_at__isnull": False, f"{cell}end_recorded_at__gte": known})
    held = Q(**{f"{cell}role": Role.ACCOUNTABLE, f"{cell}valid_from__lte": day, f"{cell}recorded_at__lt": known})
    return FilteredRelation("responsibilities", condition=held & (stands | end_unknown))


# The table


def figures(user: Any, wanted: Wanted, by: str, *, is_now: bool = False) -> list[CellRow]:
    """Return a line for each group that has counted tasks. Two queries at most.

    Documents in the order of the register, levels from the centre down, periods as they come, bodies most overdue
    first. Tasks without such a thing come last, with an empty key. A task that must reach two levels stands in both.
    """
    tasks = counted_tasks(user, wanted, is_now=is_now, with_body=by == Grouping.BODY)
    if is_now and by == Grouping.RESOLUTION:
        return labelled(by, _counts_now(tasks, wanted.day), wanted)
    return labelled(by, _counts(grouped(tasks, by, wanted)), wanted)


def grouped(tasks: Any, by: str, wanted: Wanted) -> Any:
    """Return (group, status, is extended) of each task and group, as a queryset of tuples to count or to list."""
    if by == Grouping.LEVEL and wanted.level not in ("", NOBODY):
        tasks = tasks.filter(levels__level=wanted.level)
    key: Any = {
        Grouping.RESOLUTION: F("resolution"),
        Grouping.BODY: F("holder__body"),
        Grouping.LEVEL: F("levels__level"),
    }
    group = PERIODS[Grouping(by)][0]("due_then") if Grouping(by) in PERIODS else key[by]
    return tasks.order_by().annotate(group=group).values_list("group", "status_then", "extended_then")


def _counts_now(tasks: Any, day: date) -> dict[Any, tuple[FourCells, FourCells]]:
    """Count by document, stage and deadline, which is the order of an index: PostgreSQL neither sorts nor reads rows.

    The rule says in which cell each of these groups stands: a task counts as late by the day on which it was done.
    """
    one = Value(1)  # Django counts no star under a condition
    is_late, is_extended = Q(due_then__lt=F("since_then")), Q(extended_then=True)
    numbers = {"late": Count(one, filter=is_late), "late_extended": Count(one, filter=is_late & is_extended)}
    numbers |= {"every": Count(one), "every_extended": Count(one, filter=is_extended)}
    rows = tasks.order_by().values("resolution", "stage_then", "due_then").annotate(**numbers)
    found: dict[Any, tuple[Counter[str], Counter[str]]] = {}
    for row in rows:
        cells = found.setdefault(row["resolution"], (Counter(), Counter()))
        for counted_as, suffix in zip(cells, ("", "_extended"), strict=True):
            every, late = row[f"every{suffix}"], row[f"late{suffix}"]
            if row["stage_then"] == Stage.INSTITUTIONALIZED:
                counted_as[FieldStatus.DONE_LATE.value] += late
                counted_as[FieldStatus.DONE_ON_TIME.value] += every - late
            else:
                counted_as[due_status(due_on=row["due_then"], done_on=None, today=day).value] += every
    return {group: (FourCells(**every), FourCells(**extended)) for group, (every, extended) in found.items()}


def _counts(rows: Any) -> dict[Any, tuple[FourCells, FourCells]]:
    every: defaultdict[Hashable, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    extended: defaultdict[Hashable, dict[str, int]] = defaultdict(dict)
    for group, status, is_extended, number in rows.annotate(number=Count("*")):
        every[group][status] += number
        if is_extended:
            extended[group][status] = number
    make: Callable[..., FourCells] = FourCells
    return {group: (make(**numbers), make(**extended[group])) for group, numbers in every.items()}


def labelled(by: str, counts: dict[Any, tuple[FourCells, FourCells]], wanted: Wanted) -> list[CellRow]:
    """Return the lines of `counts`, named and in their order. One query for documents and bodies, else none."""
    if by == Grouping.RESOLUTION:
        documents = Resolution.objects.filter(pk__in=counts)
        return [
            CellRow(row.code, row.title, *counts[row.pk], {"resolution": row.code}, group=row.pk) for row in documents
        ]
    if by == Grouping.LEVEL:
        return _by_level(counts)
    return _by_body(counts) if by == Grouping.BODY else _by_period(Grouping(by), counts, wanted)


def _by_level(counts: dict[Any, tuple[FourCells, FourCells]]) -> list[CellRow]:
    rows = [
        CellRow(row.value, str(row.label), *counts[row.value], {"level": row.value}, group=row.value)
        for row in Level
        if row.value in counts
    ]
    if None in counts:
        rows.append(CellRow("", _("No level named"), *counts[None], {"level": NOBODY}))
    return rows


def _by_body(counts: dict[Any, tuple[FourCells, FourCells]]) -> list[CellRow]:
    bodies = Body.objects.filter(pk__in=[key for key in counts if key])
    rows = [CellRow(row.code, row.label, *counts[row.pk], {"accountable": row.code}, row, row.pk) for row in bodies]
    rows.sort(key=lambda row: (-row.cells.open_overdue, -row.cells.total, row.key))
    if None in counts:
        rows.append(CellRow("", _("Nobody is accountable"), *counts[None], {"accountable": NOBODY}))
    return rows


def _by_period(by: Grouping, counts: dict[Any, tuple[FourCells, FourCells]], wanted: Wanted) -> list[CellRow]:
    _trunc, months, precision = PERIODS[by]
    rows = []
    for first in sorted(key for key in counts if key):
        last = _last_day(first, months)
        label = format_deadline(Deadline("", "dated", last, precision=precision), get_language() or "vi")
        low, high = max(first, wanted.due_from or first), min(last, wanted.due_to or last)
        query = {"due_from": low.isoformat(), "due_to": high.isoformat()}
        rows.append(CellRow(first.isoformat(), label, *counts[first], query, group=first))
    if None in counts:
        rows.append(CellRow("", _("Without a deadline"), *counts[None], {"undated": "1"}))
    return rows


def _last_day(first: date, months: int) -> date:
    month = first.month + months - 1
    return date(first.year, month, calendar.monthrange(first.year, month)[1])


def total(rows: Iterable[CellRow]) -> FourCells:
    """Return the sum of rows that share no task, as those of documents, bodies and periods do."""
    return _sum(row.cells for row in rows)


def total_extended(rows: Iterable[CellRow]) -> FourCells:
    """Return how many of `total` had been granted more time."""
    return _sum(row.extended for row in rows)


def _sum(cells: Iterable[FourCells]) -> FourCells:
    every = list(cells)
    return FourCells(**{status.value: sum(getattr(row, status.value) for row in every) for status in FieldStatus})


def in_all(user: Any, wanted: Wanted, rows: list[CellRow], by: str, *, is_now: bool = False) -> CellRow:
    """Return the line of all counted tasks. No query, but one by level, where a task may stand in two lines."""
    if by != Grouping.LEVEL:
        return CellRow("", _("All tasks"), total(rows), total_extended(rows))
    tasks = counted_tasks(user, wanted, is_now=is_now).order_by().annotate(group=F("kind"))
    found = _counts(tasks.values_list("group", "status_then", "extended_then")).values()
    return CellRow("", _("All tasks"), _sum(cells for cells, _more in found), _sum(more for _cells, more in found))


# What the overview shows


def by_resolution(user: Any, day: date, *, is_now: bool = False) -> list[CellRow]:
    """Return the cells of each document with counted tasks, in the order of the register. Two queries."""
    return figures(user, Wanted(day=day), Grouping.RESOLUTION, is_now=is_now)


def by_body(user: Any, day: date, *, is_now: bool = False) -> list[CellRow]:
    """Return the cells of each body that was accountable on `day`, most overdue first. Two queries."""
    return figures(user, Wanted(day=day), Grouping.BODY, is_now=is_now)


def by_level(user: Any, day: date, *, is_now: bool = False) -> list[CellRow]:
    """Return the cells of each level that tasks must reach, from the centre down. One query."""
    return figures(user, Wanted(day=day), Grouping.LEVEL, is_now=is_now)
