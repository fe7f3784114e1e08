"""What the database's errors mean: whether it is away or busy, so that trying again helps, or something is wrong."""

from __future__ import annotations

import sqlite3

from django.db import InterfaceError, OperationalError

# SQLSTATE: no connection, out of connections, taken or locked, cancelled, going down.
POSTGRESQL = ("08", "53300", "55P03", "57", "40001", "40P01")
# The low byte of SQLite's codes.
SQLITE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_INTERRUPT})


def is_unavailable(error: BaseException | None) -> bool:
    """Tell whether `error` says that the database is away, busy or too slow; False for whatever needs a developer."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in SQLITE
    # psycopg gives no state where there was no server to name one.
    state = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(POSTGRESQL)
