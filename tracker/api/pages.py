"""Pages of rows as the database wrote them: keyset, so that any page is as fast as the first and none shifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F

from tracker.api.cursors import Cursor, write_cursor
from tracker.api.declaration import Context, Resource, row_of
from tracker.api.expressions import After, as_text
from tracker.api.parameters import PageQuery


@dataclass(frozen=True, kw_only=True)
class Page:
    """`rows` are JSON texts; `next` and `previous` are cursors or None; `count` only where it was asked for."""

    rows: tuple[str, ...]
    next: str | None
    previous: str | None
    count: int | None = None


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
    text = as_text(row_of(resource.fields, query.context))
    return rows.order_by(*order).annotate(row=text).values_list("row", *ordering.columns)


def read_row(resource: Resource, context: Context, pk: int) -> str | None:
    """Return one row as JSON text, None if there is none that the reader may see. One query."""
    rows = resource.rows(context).filter(pk=pk).order_by()
    return rows.annotate(row=as_text(row_of(resource.fields, context))).values_list("row", flat=True).first()


def _has_previous(cursor: Cursor | None, has_more: bool) -> bool:
    return cursor is not None and (has_more or not cursor.is_backward)
