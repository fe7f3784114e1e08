"""The form in which a resource is declared. Rows, filters, schema and documentation all derive from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any

from django.db.models import F, Model, OuterRef, QuerySet, Subquery, TextChoices
from django.utils.translation import get_language

from tracker.api.expressions import FlatObject, JsonArray, JsonRow, Moment, Texts, Truth, Uuid
from tracker.clock import end_of


@dataclass(frozen=True)
class Words:
    """A sentence of the reference in both languages; str() gives the active one."""

    en: str
    vi: str

    def __str__(self) -> str:
        return self.en if (get_language() or "vi").startswith("en") else self.vi


@dataclass(frozen=True, kw_only=True)
class Context:
    """Who asks, for which local day. `is_past` is true when `as_of` was given: what was recorded later is left out."""

    user: Any
    day: date
    is_past: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> datetime:
        """What was recorded before this moment was known on the day."""
        return end_of(self.day)


class Kind(Enum):
    """The type of a field: how JSON Schema calls it and how the database must wrap it to write the same bytes."""

    INTEGER = "integer"
    TEXT = "text"
    CODE = "code"
    DATE = "date"
    MOMENT = "moment"
    TRUTH = "truth"
    TEXTS = "texts"
    OBJECT = "object"
    UUID = "uuid"


_WRAPPERS = {Kind.TRUTH: Truth, Kind.MOMENT: Moment, Kind.TEXTS: Texts, Kind.OBJECT: FlatObject, Kind.UUID: Uuid}


def _column(path: str, model: type[Model]) -> Any:
    """A column, or one of another table: looked up by its key, which costs a page less than planning a join."""
    first, _sign, rest = path.partition("__")
    if not rest:
        return F(path)
    related = model._meta.get_field(first).related_model
    rows = related._base_manager.filter(pk=OuterRef(f"{first}_id"))  # type: ignore[union-attr]
    return Subquery(rows.order_by().values(rest))


Source = str | Callable[[Context], Any]
Rows = Callable[[Context], "QuerySet[Any]"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One member of a row. `source` is a path of columns, or gives an expression for a context; "" is the name.

    An expression may name columns of its own table and subqueries, no joins: pages.row_sql lifts it out of its query.
    """

    name: str
    kind: Kind
    about: Words
    example: Any
    source: Source = ""
    is_nullable: bool = False
    choices: type[TextChoices] | None = None

    def expression(self, context: Context, model: type[Model]) -> Any:
        """Return the expression that the database writes as this member of a row of `model`."""
        plain = self.source(context) if callable(self.source) else _column(self.source or self.name, model)
        wrap = _WRAPPERS.get(self.kind)
        return wrap(plain) if wrap else plain


@dataclass(frozen=True, kw_only=True)
class Nested:
    """An array of rows within a row. `rows` gives the ordered queryset, bound to the outer row by OuterRef("pk")."""

    name: str
    about: Words
    rows: Rows
    fields: tuple[Field, ...]

    def expression(self, context: Context, model: type[Model]) -> Any:
        """Return the array as a subquery of the outer row."""
        rows = self.rows(context)
        return JsonArray(rows.annotate(row=row_of(self.fields, context, rows.model)).values("row"))


def row_of(fields: tuple[Field | Nested, ...], context: Context, model: type[Model]) -> JsonRow:
    """Return the JSON object of these fields of a row of `model`."""
    return JsonRow({member.name: member.expression(context, model) for member in fields})


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A query parameter. `parser` reads one text into a value or refuses it; `apply` narrows the rows by the value.

    `many`: the parameter may be repeated, any of the values matches; `apply` then gets a tuple.
    """

    name: str
    about: Words
    parser: Any
    apply: Callable[[Any, Any, Context], Any]
    example: Any
    many: bool = False


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """An order of rows that an index holds: not-null columns, ending in one that is unique, all in one direction."""

    name: str
    columns: tuple[str, ...]
    types: tuple[type, ...]
    is_descending: bool = False


def by_id(name: str = "id", *, is_descending: bool = False) -> Ordering:
    """Return the order of entry."""
    return Ordering(name=name, columns=("id",), types=(int,), is_descending=is_descending)


OLDEST, NEWEST = by_id(), by_id("-id", is_descending=True)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A collection. `rows` gives what `context.user` may read; the first ordering is the default.

    `as_of` says what the parameter does here; None where the resource has no past.
    """

    name: str
    singular: str
    model: type[Model]
    about: Words
    rows: Rows
    fields: tuple[Field | Nested, ...]
    filters: tuple[Filter, ...]
    orderings: tuple[Ordering, ...] = (OLDEST, NEWEST)
    as_of: Words | None = None
