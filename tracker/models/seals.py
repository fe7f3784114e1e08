"""Triggers that keep the history as it was written, on both databases. Installed again after each migration.

An event takes its number and hash once and nothing else, ever; it is never deleted. A published head does not change.
What an event says of a person can be erased, not altered. SQLite loses triggers when it rebuilds a table, and its
INSERT OR REPLACE deletes without one; PostgreSQL's TRUNCATE goes around those of rows: so each has its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from tracker.models.history import ChainHead, Event, EventPersons

SEAL = ("number", "hash")
SAYS = "The history is only added to."
FUNCTION = "tracker_refuse"


def install(**kwargs: Any) -> None:
    """Install what is missing. Does nothing where the tables are not there yet."""
    present = set(connection.introspection.table_names())
    if not {_table(Event), _table(EventPersons), _table(ChainHead)} <= present:
        return
    known = installed()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
        for name, table, when in _triggers():
            if name not in known:
                cursor.execute(_create(name, table, when))


def lift() -> None:
    """Take them away: for a restore, and for tests that empty their tables."""
    known = installed()
    with connection.cursor() as cursor:
        for name, table, _when in _triggers():
            if name in known:
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {name}{on}")


def missing() -> list[str]:
    """Return the names of the triggers that are not there or not switched on. One query."""
    return sorted({name for name, _table, _when in _triggers()} - installed())


def installed() -> set[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {row[0] for row in cursor.fetchall()}


def _triggers() -> Iterator[tuple[str, str, str]]:
    """The name, the table, and when it refuses."""
    event, persons, head = _table(Event), _table(EventPersons), _table(ChainHead)
    says = ", ".join(f'"{field.column}"' for field in Event._meta.concrete_fields if field.name not in SEAL)
    seals = ", ".join(f'"{name}"' for name in SEAL)
    yield "event_says_what_it_said", event, f"BEFORE UPDATE OF {says}|"
    yield "event_is_sealed_once", event, f"BEFORE UPDATE OF {seals}|OLD.number IS NOT NULL"
    yield "event_comes_unsealed", event, "BEFORE INSERT|NEW.number IS NOT NULL"
    yield "event_stays", event, "BEFORE DELETE|"
    yield "event_persons_say_what_they_said", persons, "BEFORE UPDATE|"
    yield "chain_head_says_what_it_said", head, "BEFORE UPDATE|"
    yield "chain_head_stays", head, "BEFORE DELETE|"
    for table in (event, head):
        if connection.vendor == "postgresql":
            yield f"{table}_is_not_emptied", table, "BEFORE TRUNCATE|"
        else:
            known = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608 - names of our own
            yield f"{table}_is_not_replaced", table, f"BEFORE INSERT|{known}"


def _create(name: str, table: str, refuses: str) -> str:
    moment, _sign, condition = refuses.partition("|")
    if connection.vendor == "postgresql":
        each = "STATEMENT" if "TRUNCATE" in moment else "ROW"
        when = f" WHEN ({condition})" if condition else ""
        return f"CREATE TRIGGER {name} {moment} ON {table} FOR EACH {each}{when} EXECUTE FUNCTION {FUNCTION}()"
    when = f" WHEN {condition}" if condition else ""
    return f"CREATE TRIGGER {name} {moment} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"


def _table(model: Any) -> str:
    return str(model._meta.db_table)
