"""SQL that both databases share: days later, working days after a day, the earliest of several days."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import DateField, Func, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Least, NullIf

from tracker.models.calendars import CalendarDay

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


class Unindexed(Func):
    """The same value, by which SQLite looks nothing up: it begins with what else is asked.

    Else it walks the whole table by its key for a few rows that another index would give.
    """

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


class DaysBetween(Func):
    """The number of calendar days from the first date expression to the second."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        first, last = self.get_source_expressions()
        clone = self.copy()
        clone.set_source_expressions([last, first])
        template = "CAST(julianday(%(expressions)s) AS INTEGER)"
        return clone.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        first, last = self.get_source_expressions()
        clone = self.copy()
        clone.set_source_expressions([last, first])
        return clone.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" - ", **context)


class Rows(Subquery):
    """A subquery that asks nothing of the outer one, for `__in` in the condition of a FilteredRelation.

    Django refuses a queryset there, for it could not rename the relation in it; here there is none to rename.
    """

    def get_source_expressions(self) -> list[Any]:
        return []

    def set_source_expressions(self, exprs: Any) -> None:
        pass


class KeysOf(Func):
    """The rows of a JSON list of numbers, for `__in`: any number of keys as one parameter."""

    output_field = IntegerField()
    template = "(SELECT value FROM json_each(%(expressions)s))"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        keys = "(SELECT value::bigint FROM jsonb_array_elements_text(%(expressions)s::jsonb))"
        return self.as_sql(compiler, connection, template=keys, **context)


def working_days_after(
    *day: str, days: int | str, calendar: int | str, plus: str | None = None, more: int = 0, back: int = 0
) -> Subquery:
    """Return the date `days` working days after the latest column of `day`; null outside the calendar.

    Of several columns only the last may not be null. `days` (which may be negative) and `calendar`, a version of one,
    are values, or names of columns of the outer query; `plus` is a column with more days, `more` a number of
    them. `back` starts so many calendar days earlier. Zero days after a day off is the last working day before it.
    """
    # Two subqueries deep: the day is named from the inner one, the number of days from the outer one.
    first = latest(*(_named(name, depth=2) for name in day))
    start = CalendarDay.objects.filter(
        calendar=_named(calendar, depth=2), day=DaysLater(first, -back) if back else first
    )
    ordinal = Subquery(start.order_by().values("ordinal")) + _named(days)
    ordinal = ordinal + more if more else ordinal
    found = CalendarDay.objects.filter(
        calendar=_named(calendar), is_working=True, ordinal=ordinal + OuterRef(plus) if plus else ordinal
    )
    return Subquery(found.order_by().values("day")[:1])


def nth_working_day(day: date, *, days: int, calendar: int, back: int = 0) -> Subquery:
    """Return the date `days` working days after `day`, or after `back` days before it: asked once, not for each row.

    `calendar` is a version of one; null outside it.
    """
    start = DaysLater(Value(day, output_field=DateField()), -back)
    ordinal = Subquery(CalendarDay.objects.filter(calendar=calendar, day=start).order_by().values("ordinal")) + days
    found = CalendarDay.objects.filter(calendar=calendar, is_working=True, ordinal=ordinal)
    return Subquery(found.order_by().values("day")[:1])


def working_days_between(first: str, last: str, *, calendar: int, after: str) -> Any:
    """Return the number of working days from `first`, but later than `after`, to the day before `last`, all columns.

    Never negative; null outside the calendar.
    """
    days = CalendarDay.objects.filter(calendar=calendar).order_by()
    start, end = Greatest(DaysLater(OuterRef(first), -1), OuterRef(after)), DaysLater(OuterRef(last), -1)
    number = Subquery(days.filter(day=end).values("ordinal")) - Subquery(days.filter(day=start).values("ordinal"))
    return Greatest(number, Value(0))


def _named(value: int | str, depth: int = 1) -> Any:
    if not isinstance(value, str):
        return value
    return OuterRef(value) if depth == 1 else OuterRef(OuterRef(value))


def latest(*days: Any) -> Any:
    """Return the latest of date expressions; of several only the last may not be null."""
    *others, last = days
    return Greatest(*(Coalesce(day, last) for day in others), last) if others else last


def earliest(*days: Any) -> Any:
    """Return the earliest of date expressions of which any may be null; null when all are."""
    never = Value(NEVER, output_field=DateField())
    return NullIf(Least(never, *(Coalesce(day, never) for day in days)), never)
