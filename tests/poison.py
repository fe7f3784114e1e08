"""A task that the database refuses to flag, or to change at all, whoever tries."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import connection

from tracker.models import Task

SQLITE = """
CREATE TRIGGER poison BEFORE {act} ON {table} WHEN NEW.{column} = {task}
BEGIN SELECT RAISE(ABORT, 'poison'); END
"""
POSTGRESQL = """
CREATE OR REPLACE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE check_violation USING MESSAGE = 'poison'; END $$;
CREATE TRIGGER poison BEFORE {act} ON {table} FOR EACH ROW WHEN (NEW.{column} = {task}) EXECUTE FUNCTION poison()
"""


FLAGGING = {"act": "INSERT", "table": "tracker_flag", "column": "task_id"}
CHANGING = {"act": "UPDATE", "table": "tracker_task", "column": "id"}


def poison(task: Task, what: dict[str, str] = FLAGGING) -> None:
    with connection.cursor() as cursor:
        cursor.execute((SQLITE if connection.vendor == "sqlite" else POSTGRESQL).format(task=task.pk, **what))


def cure() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER poison" + (" ON tracker_flag" if connection.vendor == "postgresql" else ""))


@contextlib.contextmanager
def poisoned(task: Task) -> Iterator[None]:
    """Keep `task` broken within the block, for tests that commit."""
    poison(task)
    try:
        yield
    finally:
        cure()
