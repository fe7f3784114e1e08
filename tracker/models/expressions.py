"""SQL that both databases share: days later, working days after a day, and INSERT … SELECT with a conflict clause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection, models
from django.db.models import DateField, Func, Subquery, Value
from django.db.models.functions import Coalesce, Least, NullIf

from tracker.models.policies import CalendarDay

NEVER = date(9999, 12, 31)


class DaysLater(Func):
    """A date expression plus a whole number of calendar days."""

    output_field = DateField()

    def __init__(self, expression: Any, days: int):
        self.days = int(days)
        super().__init__(expression)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"date(%(expressions)s, '{self.days:+d} days')", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"((%(expressions)s) + {self.days})", **context)


def working_days_after(day: Any, days: Any, calendar: Any) -> Subquery:
    """Return the date `days` working days after `day` in `calendar`; null outside the calendar's years.

    `day`, `days` and `calendar` are expressions over the outer query (an OuterRef inside it is resolved there).
    Zero days after a day off is the last working day before it.
    """
    start = CalendarDay.objects.filter(calendar=calendar, day=day).values("ordinal")
    return Subquery(
        CalendarDay.objects.filter(calendar=calendar, is_working=True, ordinal=Subquery(start) + days).values("day")[:1]
    )


def earliest(*days: Any) -> Any:
    """Return the earliest of date expressions of which any may be null; null when all are."""
    never = Value(NEVER, output_field=DateField())
    return NullIf(Least(never, *(Coalesce(day, never) for day in days)), never)


def insert_select(
    model: type[models.Model], columns: Mapping[str, Any], source: Any, *, conflict: str = ""
) -> int:
    """Run INSERT INTO model (columns) SELECT … FROM source, one statement; return the number of rows inserted.

    `columns` maps field names to expressions over `source`, a filtered queryset (SQLite needs a WHERE before the
    conflict clause). `conflict` is the target of ON CONFLICT … DO NOTHING, with the index's predicate.
    """
    fields = [model._meta.get_field(name) for name in columns]
    rows = source.order_by().values_list(*columns.values())
    select, params = rows.query.get_compiler(connection=connection).as_sql()
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    tail = f" ON CONFLICT {conflict} DO NOTHING" if conflict else ""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({names}) {select}{tail}", params)  # noqa: S608
        return cursor.rowcount


