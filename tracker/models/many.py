"""Many rows written by one statement, whatever their number: their values go to the database as one JSON parameter.

Django's own bulk methods split at 999 parameters on SQLite, and update by a CASE with one branch a row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def insert_many(objs: Sequence[models.Model]) -> None:
    """Insert new rows of one model. Their keys are not read back. One query, none for no row."""
    if not objs:
        return
    model = type(objs[0])
    fields: list[Any] = [field for field in model._meta.concrete_fields if not (field.primary_key or field.generated)]
    rows = [{field.column: _plain(field, getattr(obj, field.attname)) for field in fields} for obj in objs]
    names = ", ".join(_quote(field.column) for field in fields)
    into = f"INSERT INTO {_quote(model._meta.db_table)} ({names})"
    _run(f"{into} SELECT {names} FROM {_source(fields)}", rows)  # noqa: S608 - names of the model


def insert_like(
    pattern: models.Model, names: Sequence[str], rows: Sequence[Sequence[Any]], *, returning: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Insert a copy of `pattern`, which is not saved, for each of `rows`: in the fields `names` as the row says.

    Names are attributes (`task_id`), values plain numbers, texts and days. Derived fields are among them or as
    `pattern` has them. Returns the columns of `returning` of the new rows. One query, none for no row.
    """
    if not rows:
        return []
    fields = {field.attname: field for field in pattern._meta.concrete_fields}
    own: list[Any] = [fields[name] for name in names]
    same: list[Any] = [field for field in fields.values() if not (field.primary_key or field.generated or field in own)]
    columns = ", ".join(_quote(field.column) for field in [*same, *own])
    values = ", ".join([*map(_place, same), *(f"given.{_quote(field.column)}" for field in own)])
    sql = f"INSERT INTO {_quote(pattern._meta.db_table)} ({columns}) SELECT {values} FROM {_lists(own)}"  # noqa: S608
    sql += f" RETURNING {', '.join(map(_quote, returning))}" if returning else ""
    params = [field.get_db_prep_save(getattr(pattern, field.attname), connection) for field in same]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, json.dumps(rows, default=str)])
        return list(cursor.fetchall()) if returning else []


def _lists(fields: Sequence[Any]) -> str:
    """The lists of the parameter as a table with the columns of `fields`: half as long as objects with names."""
    if connection.vendor == "sqlite":
        columns = (f"json_extract(value, '$[{at}]') AS {_quote(field.column)}" for at, field in enumerate(fields))
        return f"(SELECT {', '.join(columns)} FROM json_each(%s)) AS given"  # noqa: S608 - names of the model
    columns = (
        f"(value ->> {at})::{field.rel_db_type(connection)} AS {_quote(field.column)}"
        for at, field in enumerate(fields)
    )
    return f"(SELECT {', '.join(columns)} FROM jsonb_array_elements(%s::jsonb)) AS given"  # noqa: S608 - as above


def _place(field: Any) -> str:
    """Where the value of a column goes, of its type."""
    return "%s" if connection.vendor == "sqlite" else f"%s::{field.rel_db_type(connection)}"


def update_many(model: type[models.Model], rows: Mapping[int, Mapping[str, Any]], names: Sequence[str]) -> None:
    """Set the columns of the fields `names` of each row, by key. One query, none for no row."""
    if not rows:
        return
    key: Any = model._meta.pk
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    given = [
        {key.column: pk, **{field.column: _plain(field, values[field.name]) for field in fields}}
        for pk, values in rows.items()
    ]
    table, mark = _quote(model._meta.db_table), _quote(key.column)
    columns = ", ".join(f"{_quote(field.column)} = given.{_quote(field.column)}" for field in fields)
    where = f"{table}.{mark} = given.{mark}"
    _run(f"UPDATE {table} SET {columns} FROM {_source([key, *fields])} WHERE {where}", given)  # noqa: S608 - as above


def _run(sql: str, rows: list[dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(rows, default=str)])


def _source(fields: Sequence[Any]) -> str:
    """The rows of the parameter as a table with the columns of `fields`."""
    if connection.vendor == "sqlite":
        columns = (f"json_extract(value, '$.{field.column}') AS {_quote(field.column)}" for field in fields)
        return f"(SELECT {', '.join(columns)} FROM json_each(%s)) AS given"  # noqa: S608 - names of the model
    columns = (f"{_quote(field.column)} {field.rel_db_type(connection)}" for field in fields)
    return f"jsonb_to_recordset(%s::jsonb) AS given({', '.join(columns)})"


def _plain(field: Any, value: Any) -> Any:
    """The value as JSON can say it. SQLite keeps what it is given, PostgreSQL reads it by the type of the column."""
    if connection.vendor == "sqlite":
        return field.get_db_prep_save(value, connection)
    if isinstance(field, models.JSONField):
        return json.loads(json.dumps(value, cls=field.encoder))
    return value


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
