"""Pages of rows as the database wrote them: keyset, so that any page is as fast as the first and none shifts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, TextField
from django.db.models.expressions import RawSQL

from accounts.policies import Scope, scope_of
from tracker.api.cursors import Cursor, write_cursor
from tracker.api.declaration import Context, Resource, row_of
from tracker.api.expressions import After, as_text
from tracker.api.parameters import PageQuery


@dataclass(frozen=True, kw_only=True)
class Page:
    """`rows` are JSON texts; `next` and `previous` are cursors or None; `count` only where it was asked for.

    `last` are the values by which the last row is ordered, () where there is none.
    """

    rows: tuple[str, ...]
    next: str | None
    previous: str | None
    count: int | None = None
    last: tuple[Any, ...] = ()


def read_page(resource: Resource, query: PageQuery) -> Page:
    """Return one page: one query, and one more with `count`.

    Rows that are entered or changed meanwhile move no other row to another page.
    """
    rows = narrowed(resource, query.context)
    count = rows.count() if query.is_counted else None
    ordering = query.ordering
    found = list(page_rows(resource, rows, query)[: query.limit + 1])
    has_more, found = len(found) > query.limit, found[: query.limit]
    is_backward = query.cursor is not None and query.cursor.is_backward
    if is_backward:
        found.reverse()
    return Page(
        rows=tuple(row[0] for row in found),
        next=write_cursor(ordering, found[-1][1:]) if found and (has_more or is_backward) else None,
        previous=write_cursor(ordering, found[0][1:], is_backward=True)
        if found and _has_previous(query.cursor, has_more)
        else None,
        count=count,
        last=tuple(found[-1][1:]) if found else (),
    )


def narrowed(resource: Resource, context: Context) -> Any:
    """Return the rows that the reader may see and that match the filters of the context."""
    rows = resource.rows(context)
    for item in resource.filters:
        if item.name in context.values:
            rows = item.apply(rows, context.values[item.name], context)
    return rows


def page_rows(resource: Resource, rows: Any, query: PageQuery) -> Any:
    """Return (JSON text, *values of the ordering) from the cursor on, without a limit."""
    ordering, cursor = query.ordering, query.cursor
    is_backward = cursor is not None and cursor.is_backward
    descending = ordering.is_descending is not is_backward
    if cursor is not None:
        columns = [F(name) for name in ordering.columns]
        rows = rows.filter(After(*columns, values=cursor.values, descending=descending))
    order = [F(name).desc() if descending else F(name).asc() for name in ordering.columns]
    return rows.order_by(*order).annotate(row=row_text(resource, query.context)).values_list("row", *ordering.columns)


def read_row(resource: Resource, context: Context, pk: int) -> str | None:
    """Return one row as JSON text, None if there is none that the reader may see. One query."""
    rows = resource.rows(context).filter(pk=pk).order_by()
    return rows.annotate(row=row_text(resource, context)).values_list("row", flat=True).first()


def row_text(resource: Resource, context: Context) -> RawSQL:
    """Return the expression that writes a row of `resource` as JSON text."""
    sql, params = row_sql(resource, context, scope_of(context.user))
    return RawSQL(sql, params, output_field=TextField())  # noqa: S611 - compiled by Django from the declaration


class _Rows(NamedTuple):
    resource: str
    scope: Scope
    day: date
    is_past: bool
    database: str


def row_sql(resource: Resource, context: Context, scope: Scope) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of a row and its parameters, compiled once a day for readers of the same scope.

    Building and compiling it took two thirds of a request.
    """
    key = _Rows(resource.name, scope, context.day, context.is_past, connection.vendor)
    found = _compiled.get(key)
    if found is None:
        # Another thread may compile the same or clear the rest: both are harmless.
        if len(_compiled) >= MOST_COMPILED:
            _compiled.clear()
        found = _compiled[key] = _compile(resource, context)
    return found


MOST_COMPILED = 500
_compiled: dict[_Rows, tuple[str, tuple[Any, ...]]] = {}


def _compile(resource: Resource, context: Context) -> tuple[str, tuple[Any, ...]]:
    row = as_text(row_of(resource.fields, context, resource.model))
    query = resource.rows(context).order_by().annotate(row=row).query
    sql, params = query.get_compiler(connection=connection).compile(query.annotations["row"])
    return sql, tuple(params)


def _has_previous(cursor: Cursor | None, has_more: bool) -> bool:
    return cursor is not None and (has_more or not cursor.is_backward)
