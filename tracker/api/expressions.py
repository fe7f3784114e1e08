"""SQL that builds JSON in the database, written alike by SQLite and PostgreSQL down to the last byte.

PostgreSQL's json_build_object and jsonb put spaces in or reorder keys; row_to_json and array_to_json do neither, and
that is how SQLite writes. Booleans, moments and stored JSON differ between the two and are wrapped by type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, Func, Subquery, TextField
from django.db.models.functions import Cast


class JsonRow(Func):
    """One JSON object, its keys in the order of `columns` (name → expression already wrapped by its type)."""

    output_field = TextField()

    def __init__(self, columns: Mapping[str, Any]):
        self.columns = dict(columns)
        super().__init__(*columns.values())

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        pairs, params = self._pairs(compiler, "'{name}', {sql}")
        return f"json_object({pairs})", params

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        pairs, params = self._pairs(compiler, '{sql} AS "{name}"')
        return f"(SELECT row_to_json(r) FROM (SELECT {pairs}) r)", params  # noqa: S608

    def _pairs(self, compiler: Any, form: str) -> tuple[str, list[Any]]:
        parts, params = [], []
        for name, expression in zip(self.columns, self.source_expressions, strict=True):
            sql, values = _compiled_or_null(compiler, expression)
            parts.append(form.format(name=name, sql=sql))
            params.extend(values)
        return ", ".join(parts), params


def _compiled_or_null(compiler: Any, expression: Any) -> tuple[str, Any]:
    """A subquery over nothing (a reader who may see no row of it) is null, not an error."""
    try:
        return compiler.compile(expression)
    except EmptyResultSet:
        return "NULL", ()


class JsonArray(Subquery):
    """A JSON array of the rows of a queryset whose one value is a JsonRow, in the queryset's order; [] for none."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = 'json((SELECT json_group_array(json("row")) FROM (%(subquery)s)))'
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="array_to_json(ARRAY(%(subquery)s))", **context)


class Truth(Func):
    """true, false or null; SQLite has only 1 and 0."""

    output_field = BooleanField(null=True)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "json(CASE (%(expressions)s) WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s)", **context)


class Moment(Func):
    """An instant as UTC, ISO 8601, whole seconds (cut, not rounded, so that no instant moves to another day)."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(replace(substr(%(expressions)s, 1, 19), ' ', 'T') || 'Z')"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        form = '\'YYYY-MM-DD"T"HH24:MI:SS"Z"\''
        template = f"to_char((%(expressions)s) AT TIME ZONE 'UTC', {form})"
        return self.as_sql(compiler, connection, template=template, **context)


class Uuid(Func):
    """A UUID with its dashes; SQLite stores 32 digits."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        inner, params = compiler.compile(self.source_expressions[0])
        parts = (
            f"substr({inner}, {start}, {length})" for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        )
        return "(" + " || '-' || ".join(parts) + ")", params * 5

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s)::text", **context)


class Texts(Func):
    """A stored JSON list of texts; SQLite keeps the escapes with which Python wrote it."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "json((SELECT json_group_array(value) FROM json_each(%(expressions)s)))"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "array_to_json(ARRAY(SELECT jsonb_array_elements_text(%(expressions)s)))"
        return self.as_sql(compiler, connection, template=template, **context)


# A flat object: each value a scalar or a list of scalars, as events hold them. Keys are put in bytewise order.
_SQLITE_SCALAR = (
    "CASE {row}.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null'"
    " WHEN 'object' THEN {row}.value ELSE json_quote({row}.value) END"
)
_SQLITE_FLAT = (  # noqa: S608 — constants only
    "json((SELECT json_group_object(e.key, json(CASE e.type WHEN 'array'"
    " THEN (SELECT json_group_array(json({item})) FROM json_each(e.value) i) ELSE {member} END))"
    " FROM (SELECT * FROM json_each(%(expressions)s) ORDER BY key) e))"
).format(item=_SQLITE_SCALAR.format(row="i"), member=_SQLITE_SCALAR.format(row="e"))
_POSTGRESQL_FLAT = (
    "(SELECT (coalesce('{' || string_agg(to_json(e.key)::text || ':' || CASE jsonb_typeof(e.value) WHEN 'array'"
    " THEN array_to_json(ARRAY(SELECT jsonb_array_elements(e.value)))::text ELSE e.value::text END,"
    " ',' ORDER BY e.key COLLATE \"C\") || '}', '{}'))::json FROM jsonb_each(%(expressions)s) e)"
)


class FlatObject(Func):
    """A stored JSON object of scalars and lists of scalars."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=_SQLITE_FLAT, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=_POSTGRESQL_FLAT, **context)


class After(Func):
    """`(a, b) > (x, y)`, or `<`: the row comparison that a composite index answers with one descent."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, *expressions: Any, values: tuple[Any, ...], descending: bool = False):
        self.values = values
        self.descending = descending
        super().__init__(*expressions)

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        columns, params = [], []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            columns.append(sql)
            params.extend(values)
        marks = ", ".join(["%s"] * len(self.values))
        sign = "<" if self.descending else ">"
        return f"({', '.join(columns)}) {sign} ({marks})", [*params, *self.values]


def as_text(row: JsonRow) -> Cast:
    """Return the row as text, so that no driver parses what is sent as it comes."""
    return Cast(row, TextField())
