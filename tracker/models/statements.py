"""Set-based statements of the clocks, compiled by the ORM once and run with other days and other batches.

Building such a query costs the ORM 5-15 ms, running it on one task 0.1 ms: so each is compiled with marks in the
place of its parameters and kept. A builder takes (tasks, day, at) and static arguments, and returns a Statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.db.models import Value
from django.db.models.sql import UpdateQuery

from tracker.models.expressions import KeysOf, Unindexed
from tracker.models.tasks import Task

Compiled = tuple[str, tuple[Any, ...]]


class Statement:
    """Something that can be compiled to SQL and run."""

    @property
    def returns_rows(self) -> bool:
        return False

    def compile(self) -> Compiled:
        raise NotImplementedError


@dataclass(frozen=True)
class Insert(Statement):
    """INSERT INTO model (columns) SELECT … FROM source ON CONFLICT conflict DO NOTHING.

    `columns` maps field names to expressions over `source`, a filtered queryset (SQLite needs a WHERE before the
    conflict clause); `conflict` is the target with the predicate of its index. `returning` names columns of the rows
    that were written.
    """

    model: type[models.Model]
    columns: Mapping[str, Any]
    source: Any
    conflict: str = ""
    returning: tuple[str, ...] = ()

    @property
    def returns_rows(self) -> bool:
        return bool(self.returning)

    def compile(self) -> Compiled:
        rows = self.source.order_by().values_list(*self.columns.values())
        select, params = rows.query.get_compiler(connection=connection).as_sql()
        quote = connection.ops.quote_name
        fields = {field.name: str(field.column) for field in self.model._meta.concrete_fields}
        names = ", ".join(quote(fields[name]) for name in self.columns)
        tail = f" ON CONFLICT {self.conflict} DO NOTHING" if self.conflict else ""
        tail += f" RETURNING {', '.join(map(quote, self.returning))}" if self.returning else ""
        return f"INSERT INTO {quote(self.model._meta.db_table)} ({names}) {select}{tail}", tuple(params)


@dataclass(frozen=True)
class Update(Statement):
    """UPDATE rows SET columns, as QuerySet.update() would."""

    rows: Any
    columns: Mapping[str, Any]

    def compile(self) -> Compiled:
        query = self.rows.order_by().query.chain(UpdateQuery)
        query.add_update_values(dict(self.columns))
        query.annotations = {}
        sql, params = query.get_compiler(connection=connection).as_sql()
        return sql, tuple(params)


@dataclass(frozen=True)
class Raw(Statement):
    """SQL that the ORM cannot say; `{keys}` in it stands for the keys of `rows`, `params` go before theirs."""

    sql: str
    rows: Any
    params: tuple[Any, ...] = ()

    def compile(self) -> Compiled:
        keys, params = self.rows.order_by().values("pk").query.get_compiler(connection=connection).as_sql()
        return self.sql.format(keys=keys), (*self.params, *params)


@dataclass(frozen=True)
class Select(Statement):
    """SELECT columns of rows, the primary key unless told."""

    rows: Any
    columns: tuple[Any, ...] = ("pk",)

    @property
    def returns_rows(self) -> bool:
        return True

    def compile(self) -> Compiled:
        query = self.rows.order_by().values_list(*self.columns).query
        sql, params = query.get_compiler(connection=connection).as_sql()
        return sql, tuple(params)


@dataclass(frozen=True)
class Batch:
    """The tasks with a key from `first` to `last`: all of them, those whose next check has come, or the `chosen`."""

    first: int
    last: int
    is_due: bool = False
    chosen: tuple[int, ...] = ()

    @classmethod
    def of(cls, ids: Collection[int]) -> Batch:
        """Return the batch of exactly these keys; raises ValueError where there is none."""
        first, last = min(ids), max(ids)
        is_range = last - first + 1 == len(ids)
        return cls(first, last) if is_range else cls(first, last, chosen=tuple(ids))

    @property
    def shape(self) -> tuple[bool, bool]:
        """What of it makes another statement."""
        return self.is_due, bool(self.chosen)

    @property
    def keys(self) -> str:
        """The chosen keys as one parameter."""
        return _as_json(self.chosen)

    def tasks(self, day: date) -> Any:
        if self.is_due:
            return within(Task.objects.to_check(day), self.first, self.last)
        rows = Task.objects.filter(pk__gte=self.first, pk__lte=self.last)
        return rows.filter(pk__in=KeysOf(Value(self.keys))) if self.chosen else rows


def within(rows: Any, first: int, last: int) -> Any:
    """Return those of few rows whose keys lie between the two; what makes them few is asked first."""
    return rows.alias(key=Unindexed("pk")).filter(key__gte=first, key__lte=last)


def _as_json(keys: Sequence[int]) -> str:
    """JSON, which both databases read from one parameter."""
    return json.dumps(keys)


# What stands in a compiled statement where a run puts its own values.
_BATCH = (-1001, -1002)
_CHOSEN = (-1003,)
_KEYS = (-1004,)
_DAY = date(1001, 1, 1)
_AT = datetime(1001, 1, 1, tzinfo=UTC)
_SPAN = (date(1002, 1, 1), date(1003, 1, 1))


def run(
    build: Callable[..., Statement],
    batch: Batch,
    *,
    day: date,
    at: datetime,
    span: tuple[date, date] | None = None,
    keys: Sequence[int] | None = None,
    **static: Any,
) -> Any:
    """Run the statement that `build(tasks, day, at, **static)` describes, for `batch`.

    Returns the rows of one that returns some (of one column, its values), else the number of rows written. `static`
    arguments must be hashable: together with the builder they name the compiled statement. `span` are two more days
    and `keys` any number of other keys, for a builder that takes them.
    """
    static_key = tuple(sorted(static.items()))
    sql, params, returns_rows = _compiled(
        connection.vendor, build, batch.shape, span is not None, keys is not None, static_key
    )
    given = dict(zip(_marks(), _adapted(batch, keys or (), day, at, *(span or _SPAN)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [given.get(param, param) if param.__hash__ else param for param in params])
        return _values(cursor.fetchall()) if returns_rows else cursor.rowcount


def _values(rows: list[tuple[Any, ...]]) -> list[Any]:
    return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows


def execute(statement: Statement) -> int:
    """Compile and run a statement once; return the number of rows written."""
    with connection.cursor() as cursor:
        cursor.execute(*statement.compile())
        return int(cursor.rowcount)


@lru_cache(maxsize=512)
def _compiled(
    vendor: str, build: Callable[..., Statement], shape: tuple[bool, bool], has_span: bool, has_keys: bool, key: Any
) -> tuple[str, tuple[Any, ...], bool]:
    static = dict(key) | ({"span": _SPAN} if has_span else {})
    static |= {"keys": KeysOf(Value(_as_json(_KEYS)))} if has_keys else {}
    is_due, is_chosen = shape
    batch = Batch(*_BATCH, is_due, _CHOSEN if is_chosen else ())
    statement = build(batch.tasks(_DAY), _DAY, _AT, **static)
    return (*statement.compile(), statement.returns_rows)


def _marks() -> tuple[Any, ...]:
    return _adapted(Batch(*_BATCH, chosen=_CHOSEN), _KEYS, _DAY, _AT, *_SPAN)


def _adapted(batch: Batch, keys: Sequence[int], day: date, at: datetime, low: date, high: date) -> tuple[Any, ...]:
    """As the database's driver gets them: SQLite is sent text, PostgreSQL dates."""
    ops = connection.ops
    days = (ops.adapt_datefield_value(low), ops.adapt_datefield_value(high))
    instant = ops.adapt_datetimefield_value(at)
    return batch.first, batch.last, batch.keys, _as_json(keys), ops.adapt_datefield_value(day), instant, *days
