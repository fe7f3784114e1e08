"""All tasks as NDJSON against COPY of the same rows by psycopg, both from the query to the last byte on the disk."""

import filecmp
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import QueryDict

from accounts.models import User
from tests.bench.measured import tell
from tracker.api.pages import narrowed, page_rows
from tracker.api.parameters import read_list
from tracker.api.resources import TASKS

ROUNDS = 3
MOST_MEMORY = {"postgresql": 120, "sqlite": 150}
"""MB of the whole process; SQLite keeps 20 MB of pages within it (PRAGMA cache_size) and reads its file into more."""
OWNER = "bench-export"


@dataclass(frozen=True)
class Exported:
    """One export by a process of its own: seconds, bytes, peak memory of the whole process in MB."""

    seconds: float
    size: int
    memory: float


def ours(path):
    command = [sys.executable, "-m", "tests.bench.exporter", connection.settings_dict["NAME"], OWNER, path]
    said = subprocess.run(command, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True).stdout.split()
    return Exported(float(said[0]), int(said[1]), float(said[2]))


def rows():
    query = read_list(QueryDict(""), TASKS, User.objects.get(username=OWNER))
    return page_rows(TASKS, narrowed(TASKS, query.context), query).values_list("row")


def by_copy(path):
    """Seconds for COPY. No byte below 32 is in JSON, so the lines come as they are when two of them are its signs."""
    sql, params = rows().query.sql_with_params()
    statement = f"COPY ({sql}) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"
    begin = time.perf_counter()
    with path.open("wb") as file, connection.cursor() as cursor, cursor.copy(statement, params) as blocks:
        file.writelines(blocks)
    return time.perf_counter() - begin


def by_cursor(path):
    """Seconds for the bare statement on SQLite, which has no COPY."""
    sql, params = rows().query.sql_with_params()
    begin = time.perf_counter()
    with path.open("wb") as file, connection.cursor() as cursor:
        cursor.execute(sql, params)
        file.writelines(f"{row[0]}\n".encode() for row in cursor)
    return time.perf_counter() - begin


@pytest.fixture(scope="module")
def owner(large, django_db_blocker):
    """Who reads everything, for another process to see."""
    with django_db_blocker.unblock():
        return User.objects.get_or_create(username=OWNER, is_superuser=True)[0]


@pytest.mark.django_db
def test_an_export_of_all_tasks_takes_at_most_half_more_than_copy(large, owner, tmp_path):
    bare, name = (by_copy, "COPY") if connection.vendor == "postgresql" else (by_cursor, "a bare cursor")
    mine, theirs = tmp_path / "ours.ndjson", tmp_path / "theirs.ndjson"
    found, seconds = [], []
    for _ in range(ROUNDS):
        with transaction.atomic():
            seconds.append(bare(theirs))
        found.append(ours(mine))
    assert filecmp.cmp(mine, theirs, shallow=False)
    best, least = min(one.seconds for one in found), min(seconds)
    memory = max(one.memory for one in found)
    tell(
        f"\nNDJSON of {large:,} tasks, {found[0].size / 1e6:,.0f} MB: {best:.1f} s, {name} {least:.1f} s, factor"
        f" {best / least:.2f}; peak memory of the process {memory:.0f} MB"
    )
    assert best <= 1.5 * least
    assert memory <= MOST_MEMORY[connection.vendor]
    assert found[0].size > 0 and mine.read_bytes().count(b"\n") == TASKS.model.objects.count()
