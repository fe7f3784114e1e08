"""The clocks of tasks: settle them through a day, and keep them right around every change.

`changing()` is how a service changes a task: it locks the row, settles through today, lets the change happen,
and winds the clocks again, all in one transaction. Source: rulings.md, Time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any

from django.db import DataError, IntegrityError, InternalError, transaction
from django.db.models import F, Value

from tracker.boards.governing import Rules
from tracker.clock import local_day
from tracker.errors import Stale
from tracker.models import Task
from tracker.models.expressions import KeysOf, Unindexed
from tracker.models.statements import Batch, within
from tracker.services import set_aside
from tracker.services.crossings import Count, rewind, settle_batch

# What one row can do to a statement: a value out of range, a broken rule, a trigger that raises. Not: a lost server.
BREAKS = (DataError, IntegrityError, InternalError)
# Since when, and by what, the tasks have changed that `together()` is to wind.
_waiting: ContextVar[dict[int, tuple[date, str]] | None] = ContextVar("waiting", default=None)
BATCH = 20_000  # tasks a transaction: about a second of writes, and ids that fit in a few megabytes


def settle(tasks: Any, *, through: date, at: datetime, isolate: bool = False, rules: Rules | None = None) -> Count:
    """Settle the queryset `tasks` day by day through `through`, each day that has something to do.

    Five missed days and one run therefore write the same rows as five daily runs. Batches of key ranges, each in a
    transaction of its own unless the caller has one; a run that is killed goes on where it stopped.
    `isolate`: a task that the database refuses is noted and left out, and the others are settled; a service that
    changes one task lets the error end its change instead. `rules`: those of an earlier day, where they are at hand.
    """
    total, broken = Count(), set[int]()
    breaks = BREAKS if isolate else ()
    while (day := _first_due(tasks.exclude(pk__in=broken), through)) is not None:
        if rules is None or not rules.hold_on(day):
            rules = Rules.on(day)
        ids = _ids_to_check(tasks.exclude(pk__in=broken), day)
        total.add(_settle_ids(tasks, ids, day=day, at=at, rules=rules, broken=broken, breaks=breaks))
    return total


def _ids_to_check(tasks: Any, day: date) -> list[int]:
    return list(tasks.to_check(day).order_by(Unindexed("pk")).values_list("pk", flat=True)[:BATCH])


def _settle_ids(
    tasks: Any,
    ids: list[int],
    *,
    day: date,
    at: datetime,
    rules: Rules,
    broken: set[int],
    breaks: tuple[type[Exception], ...],
) -> Count:
    """Settle the batch; where the database refuses it, halve it until the one task is found that broke it.

    That task joins `broken` and is noted; all others are settled.
    """
    if not ids:
        return Count()
    try:
        with transaction.atomic():
            return _settle_batch(tasks, Batch(ids[0], ids[-1], is_due=True), day=day, at=at, rules=rules)
    except breaks as error:
        if len(ids) == 1:
            set_aside.note(ids[0], error, at=at)
            broken.add(ids[0])
            return Count()
    half, total = len(ids) // 2, Count()
    for part in (ids[:half], ids[half:]):
        total.add(_settle_ids(tasks, part, day=day, at=at, rules=rules, broken=broken, breaks=breaks))
    return total


def _settle_batch(tasks: Any, batch: Batch, *, day: date, at: datetime, rules: Rules) -> Count:
    rows = within(tasks.to_check(day), batch.first, batch.last).order_by(Unindexed("pk"))
    ids = list(rows.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    if not ids:
        return Count()
    count = settle_batch(batch, day=day, at=at, rules=rules)
    count.looked_at = len(ids)
    return count


def _first_due(tasks: Any, through: date) -> date | None:
    days = tasks.to_check(through).order_by("next_check_on").values_list("next_check_on", flat=True)
    first: date | None = days.first()
    return first


def wind(ids: Iterable[int], *, at: datetime, since: date | None = None, cause: str = "") -> None:
    """Recalculate the clocks of the tasks `ids` after a change, close what no longer holds, open what now is late.

    `since`: the day from which the change holds, where it is entered later; the rules of that day come first, and each
    later version takes over on its own day. `cause` names the change for the flags that it closes.
    Inside `together()` the clocks are wound at its end.
    """
    day = local_day(at)
    change = (min(since or day, day), cause)
    waiting = _waiting.get()
    if waiting is None:
        _wind_batch({pk: cause for pk in ids}, day=change[0], at=at)
    else:
        waiting.update({pk: min(change, waiting.get(pk, change)) for pk in ids})


def _wind_batch(causes: dict[int, str], *, day: date, at: datetime) -> None:
    if not causes:
        return
    rules, ids = Rules.on(day), sorted(causes)
    for start in range(0, len(ids), BATCH):
        batch = Batch.of(ids[start : start + BATCH])
        rewind(batch, day=day, at=at, rules=rules, causes=causes)
        settle(batch.tasks(day), through=local_day(at), at=at, rules=rules)


def wind_now(ids: Collection[int], *, at: datetime, since: date) -> None:
    """As `wind()`, but at once in `together()`, too: for new tasks whose clocks the caller reads."""
    _wind_batch(dict.fromkeys(ids, ""), day=min(since, local_day(at)), at=at)


@contextmanager
def together(*, at: datetime) -> Iterator[None]:
    """Wind the clocks of all tasks that change in the block once, set-based, when it ends; all of it or nothing.

    An act on many tasks costs a few statements instead of as many for each. Meanwhile their clocks show the state
    before. A block in a block ends with the outer one.
    """
    if _waiting.get() is not None:
        yield
        return
    waiting: dict[int, tuple[date, str]] = {}
    with transaction.atomic():
        token = _waiting.set(waiting)
        try:
            yield
        finally:
            _waiting.reset(token)
        for day in sorted({day for day, _cause in waiting.values()}):
            _wind_batch({pk: cause for pk, (since, cause) in sorted(waiting.items()) if since == day}, day=day, at=at)


@contextmanager
def changing(task: Task, *, at: datetime, version: int | None = None, cause: str = "") -> Iterator[Task]:
    """Lock `task`, settle its clocks through the day of `at`, and wind them again after the block.

    `cause` names what changes (`extension:12`), for the flags that it closes. Raises Stale when `version` is given and
    is no longer the current one.
    """
    with transaction.atomic():
        rows = Task.objects.filter(pk=task.pk)
        expected = rows if version is None else rows.filter(version=version)
        if not expected.update(version=F("version") + 1):
            raise Stale(rows.values_list("version", flat=True).get())
        settle(rows, through=local_day(at), at=at)
        task.refresh_from_db()
        yield task
        wind([task.pk], at=at, cause=cause)
        task.refresh_from_db()


@contextmanager
def changing_many(ids: Collection[int], *, at: datetime, since: date | None = None, cause: str = "") -> Iterator[Any]:
    """As `changing()` for many tasks at once, set-based; yields their rows.

    `since`: the day from which the change holds. One in the past is settled from that day on, so that what it makes
    lapse or late is dated on it.
    """
    today = local_day(at)
    with transaction.atomic():
        rows = Task.objects.filter(pk__in=KeysOf(Value(json.dumps(sorted(ids)))))
        rows.update(version=F("version") + 1)
        settle(rows, through=today, at=at)
        yield rows
        wind(ids, at=at, cause=cause)
        rows.look_again(since or today)
        settle(rows, through=today, at=at)
