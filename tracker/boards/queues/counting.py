"""How much waits: exact up to a bound, told as "more than" beyond it, for any number of lists in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils.translation import gettext as _

MOST = 10_000
"""So far a queue is counted and paged; an index gives so many keys in milliseconds, however long the queue is."""

# Only numbers of this module and statements of the ORM are put into it; values are parameters.
COUNTED = "SELECT {place} AS place, COUNT(*) AS number FROM ({rows}) AS q{place}"


@dataclass(frozen=True, slots=True)
class Length:
    """How many rows there are; `parts` says how many of them a column holds of each value, where that was asked."""

    number: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted; the parts then tell nothing."""
        return self.number > MOST

    @property
    def shown(self) -> str:
        return _("more than %(most)d") % {"most": MOST} if self.is_more else str(self.number)


def lengths(sources: Sequence[Any]) -> list[Length]:
    """Return the length of each of these querysets.

    One query for all of them, whose cost has a bound that does not grow with the tables.
    """
    numbers = dict(_rows(sources))
    return [Length(numbers.get(place, 0)) for place in range(len(sources))]


def _rows(sources: Sequence[Any]) -> Iterator[tuple[int, int]]:
    statements, params = [], list[Any]()
    for place, rows in enumerate(sources):
        try:
            sql, values = (
                rows.order_by().values_list("pk")[: MOST + 1].query.get_compiler(connection=connection).as_sql()
            )
        except EmptyResultSet:
            continue
        statements.append(COUNTED.format(place=place, rows=sql))
        params += values
    if statements:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), params)
            yield from cursor.fetchall()
