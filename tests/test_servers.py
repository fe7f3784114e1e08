"""The servers of the suite are the real ones."""

import pytest
from django.db import connection

from config import celery_app


@pytest.mark.django_db
def test_database_is_the_one_that_was_asked_for(pytestconfig):
    assert connection.vendor == pytestconfig.getoption("--db")


@pytest.mark.django_db
def test_postgresql_is_version_18_with_utf8_and_c_order():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert 180000 <= int(cursor.fetchone()[0]) < 190000
        cursor.execute(
            "SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
        )
        assert cursor.fetchone() == ("C", "UTF8")


@pytest.mark.django_db
def test_sqlite_runs_with_write_ahead_log_and_foreign_keys():
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    with connection.cursor() as cursor:
        pragmas = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}


def test_broker_answers_and_starts_empty(broker):
    celery_app.send_task("nobody.takes.this")
    with celery_app.connection_for_write() as broker_connection:
        assert broker_connection.default_channel.client.llen("short") == 1
