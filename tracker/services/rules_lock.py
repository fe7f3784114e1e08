"""Who winds a new task and who changes the rules wait for one another, in any process."""

from django.db import connection

KEY = 0x72756C65  # any number that nothing else of this database locks


def read() -> None:
    """Keep the rules as they are until this transaction ends, while a new task is wound by them.

    A task that is not there yet is in no range of a recalculation: it must know the new rules, or be committed first.
    """
    _lock("pg_advisory_xact_lock_shared")


def change() -> None:
    """Wait for everybody who winds a new task by the present rules; who comes after reads the new ones."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":  # SQLite has one writer at a time anyway
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [KEY])
