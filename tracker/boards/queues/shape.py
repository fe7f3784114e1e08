"""The one shape of all queues: narrowed, ordered, paged and counted, and what comes after a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from tracker.boards.queues.counting import MOST, Length, lengths
from tracker.boards.words import matching
from tracker.choices import QueueCode, Role
from tracker.models import Body, Obstacle, Resolution, Responsibility, Task, TaskLevel
from tracker.policies import may, may_cover_at

SIZES = (50, 100, 200)
FIELDS = ("body", "resolution", "level", "age", "q", "order", "rows")
LOOK = 20
"""Rows that are looked at for the next one that the reader may decide on: all others are left out in the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the reader asked for; every field empty asks for everything. `body` takes those below it too.

    `age` is the least number of calendar days. The last four are asked of flags only.
    """

    body: Body | None = None
    resolution: Resolution | None = None
    level: str = ""
    age: int | None = None
    q: str = ""
    order: str = "since"
    rows: int = SIZES[0]
    page: int = 1
    clock: str = ""
    step: int | None = None
    acknowledged: str = ""
    snoozed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that waits since `since`, for `days` calendar days, and why it stands here.

    `is_ours`: the commission duty of the reader covers the task; `more` is what this queue alone knows of the row.
    """

    item: Any
    task: Task
    since: date
    days: int
    why: str
    body: Body | None
    may_decide: bool = False
    is_ours: bool = False
    more: Any = None
    obstacles: Sequence[Obstacle] = ()


Facts = dict[int, Any]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One list of what waits. `rows` are all that a user may read of it on a day, without order.

    `since` is the column with the day since when, `task` the way from a row to its task, `sender` the column of whoever
    never decides on their own. `describe` makes rows of items that are loaded. `waiting` leaves those that still wait
    for a decision; None where none is taken here. `parts` splits the count.
    """

    code: QueueCode
    action: str
    model: Any
    rows: Callable[[Any, date], Any]
    since: str
    describe: Callable[[Queue, Sequence[Any], Any, date], list[Row]]
    joined: tuple[str, ...] = ("task__resolution__issuer",)
    task: str = "task__"
    sender: str = ""
    waiting: Q | None = None
    narrow: Callable[[Any, date, Wanted], Any] = field(default=lambda rows, day, wanted: rows)
    annotated: Callable[[Any, date], Any] = field(default=lambda rows, day: rows)
    more_orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    more_fields: tuple[str, ...] = ()
    parts: str = ""

    @property
    def orders(self) -> dict[str, tuple[str, ...]]:
        """The orders by their names; each is total, so that a page and the next row are well defined."""
        by_task = (f"{self.task}resolution__code", f"{self.task}position", "id")
        return {
            "since": (self.since, "id"),
            "-since": (f"-{self.since}", "-id"),
            "task": by_task,
            **self.more_orders,
        }

    @property
    def fields(self) -> tuple[str, ...]:
        """What can be asked of it in the address, the number of the page left out."""
        return FIELDS + self.more_fields

    def task_of(self, item: Any) -> Task:
        task: Task = item.task if self.task else item
        return task


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows, of `length` that the filter leaves. `is_cut`: only a narrower filter shows what follows."""

    rows: list[Row]
    length: Length
    number: int
    has_next: bool
    is_cut: bool

    @property
    def previous_number(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next_number(self) -> int | None:
        return self.number + 1 if self.has_next else None


def page_of(queue: Queue, user: Any, day: date, wanted: Wanted) -> Page:
    """Return one page of `queue` as asked for. Two queries, and those of its `describe`."""
    keys, length = _keys(queue, found(queue, user, day, wanted), wanted.order)
    last = MOST // wanted.rows
    number = min(wanted.page, last)
    start, end = (number - 1) * wanted.rows, number * wanted.rows
    rows = queue.describe(queue, _items(queue, keys[start:end], day, wanted.order), user, day)
    has_more = len(keys) > end
    return Page(rows, length, number, has_more and number < last, has_more and number == last)


def found(queue: Queue, user: Any, day: date, wanted: Wanted) -> Any:
    """Return what the filter leaves of `queue`, without order. Runs no query."""
    rows, task = queue.rows(user, day), queue.task
    if wanted.resolution:
        rows = rows.filter(**{f"{task}resolution": wanted.resolution})
    if wanted.level:
        rows = rows.filter(Exists(TaskLevel.objects.filter(task=_of(queue), level=wanted.level)))
    if wanted.body:
        cells = Responsibility.objects.valid_on(day).filter(task=_of(queue), role=Role.ACCOUNTABLE)
        rows = rows.filter(Exists(cells.filter(body__path__startswith=wanted.body.path)))
    if wanted.age:
        rows = rows.filter(**{f"{queue.since}__lte": day - timedelta(days=wanted.age)})
    return queue.narrow(matching(rows, wanted.q, f"{task}folded"), day, wanted)


def _of(queue: Queue) -> OuterRef:
    return OuterRef("task" if queue.task else "pk")


def _keys(queue: Queue, rows: Any, order: str) -> tuple[list[int], Length]:
    """Return the keys of `rows` in order, as far as a queue is counted, and how many they are. One query.

    All keys are asked for, not those of a page: a database that looks for few rows walks the order until it has found
    them, and where a reader may see few of many, that is through the whole queue.
    """
    found = list(rows.order_by(*queue.orders[order]).values_list("pk", queue.parts or "pk")[: MOST + 1])
    parts = Counter(part for _pk, part in found) if queue.parts else {"": len(found)}
    return [pk for pk, _part in found], Length(len(found), parts)


def _items(queue: Queue, keys: Sequence[int], day: date, order: str) -> list[Any]:
    """Return the rows of these keys with all that is said of them, which is costly and asked of those alone."""
    shown = queue.annotated(queue.model.objects.filter(pk__in=keys), day)
    return list(shown.select_related(*queue.joined).order_by(*queue.orders[order]))


def length_of(queue: Queue, user: Any, day: date) -> Length:
    """Return how much waits in `queue` for whoever may read it. One query."""
    return lengths([queue.rows(user, day)])[0]


def counts(user: Any, day: date, queues: Sequence[Queue]) -> list[Length]:
    """Return how long each of `queues` is without a filter. One query."""
    return lengths([queue.rows(user, day) for queue in queues])


def place_of(queue: Queue, pk: int, day: date, wanted: Wanted) -> tuple[Any, ...]:
    """Return where a row stands in the order, whether it still waits or not; () where there is none. One query."""
    rows = queue.annotated(queue.model.objects.filter(pk=pk), day)
    columns = [name.removeprefix("-") for name in queue.orders[wanted.order]]
    return tuple(rows.values_list(*columns).first() or ())


def next_of(queue: Queue, user: Any, day: date, wanted: Wanted, place: tuple[Any, ...]) -> Any:
    """Return the item after `place` that waits for a decision of `user`, from the front after the last; else None.

    Twice as many queries as a page at most.
    """
    rows = found(queue, user, day, wanted).filter(queue.waiting or Q())
    rows = rows.exclude(**{queue.sender: user}) if queue.sender else rows
    for condition in [_after(queue.orders[wanted.order], place), Q()]:
        keys, _length = _keys(queue, rows.filter(condition), wanted.order)
        items = _items(queue, keys[:LOOK], day, wanted.order)
        if item := next((row.item for row in queue.describe(queue, items, user, day) if row.may_decide), None):
            return item
    return None


def _after(order: tuple[str, ...], place: tuple[Any, ...]) -> Q:
    later, same = Q(), Q()
    for name, value in zip(order, place, strict=False):
        column = name.removeprefix("-")
        later |= same & Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
        same &= Q(**{column: value})
    return later


def readable(queues: Sequence[Queue], user: Any) -> list[Queue]:
    """Return the queues that `user` may read. No query."""
    return [queue for queue in queues if may(user, queue.action)]


def covers(user: Any, task: Task, body: Body | None) -> bool:
    """Tell whether the commission duty of `user` covers a task that `body` answers for. No query."""
    return may_cover_at(user, body.path if body else task.resolution.issuer.path)
