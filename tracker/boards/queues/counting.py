"""How much waits: exact up to a bound, told as "more than" beyond it, for any number of lists in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils.translation import gettext as _

MOST = 10_000
"""So far a queue is counted and paged; an index gives so many keys in milliseconds, however long the queue is."""

# Only keys of this module, quoted names of columns and statements of the ORM are put into it; values are parameters.
COUNTED = "SELECT {place} AS place, {part} AS part, COUNT(*) AS number FROM ({rows}) AS q{place}{end}"


@dataclass(frozen=True, slots=True)
class Length:
    """How many rows there are; `parts` says how many of them a column holds of each value, where that was asked."""

    number: int = 0
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted; the parts then tell nothing."""
        return self.number > MOST

    @property
    def shown(self) -> str:
        return _("more than %(most)d") % {"most": MOST} if self.is_more else str(self.number)


def lengths(sources: Sequence[tuple[Any, str]]) -> list[Length]:
    """Return the length of each source, a queryset and the column of its own model that splits it ("": none).

    One query for all of them, whose cost has a bound that does not grow with the tables.
    """
    found: list[dict[str, int]] = [{} for _source in sources]
    for place, part, number in _rows(sources):
        found[place][part] = number
    return [Length(sum(parts.values()), parts) for parts in found]


def _rows(sources: Sequence[tuple[Any, str]]) -> Iterator[tuple[int, str, int]]:
    statements, params = [], list[Any]()
    for place, (rows, column) in enumerate(sources):
        try:
            sql, values = _bounded(rows, column or "pk")
        except EmptyResultSet:
            continue
        part = connection.ops.quote_name(column) if column else "''"
        end = f" GROUP BY {part}" if column else ""
        statements.append(COUNTED.format(place=place, part=part, rows=sql, end=end))
        params += values
    if statements:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), params)
            yield from cursor.fetchall()


def _bounded(rows: Any, column: str) -> tuple[str, tuple[Any, ...]]:
    compiler = rows.order_by().values_list(column)[: MOST + 1].query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    return sql, tuple(params)
