"""What the measurements share: a database of BENCH_TASKS open tasks (1,000,000 unless told), and how it is timed."""

import os
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tracker import clock

TASKS = int(os.environ.get("BENCH_TASKS", "1000000"))
MOST = int(os.environ.get("BENCH_MOST", "10000000"))
SMALL = 10_000
DUE = 7_000
PROBES = 200

# The tracker is seeded on a Saturday: what is due on the Sunday is late on the Monday, and no reminder falls between.
SATURDAY = clock.local_today() - timedelta(days=(clock.local_today().weekday() - 5) % 7)
MONDAY = SATURDAY + timedelta(days=2)


def noon(day):
    return clock.start_of(day).replace(hour=12)


def tell(text: str) -> None:
    print(text, flush=True)


@dataclass(frozen=True)
class Quiet:
    """A scan with no row due: milliseconds (median) through the service with its JobRun, and pages of the probe."""

    milliseconds: float
    pages: int | None

    def __str__(self):
        return f"{self.milliseconds:.2f} ms" + (f" ({self.pages} pages)" if self.pages is not None else "")


def measure_quiet(day):
    from tracker.services import scan

    times = []
    for _ in range(PROBES):
        begin = time.perf_counter()
        run = scan.run(day, at=noon(day))
        times.append((time.perf_counter() - begin) * 1000)
        assert (run.looked_at, run.opened) == (0, 0)
    return Quiet(statistics.median(times), _pages(day))


def _pages(day):
    """Pages that the probe reads or finds in memory; SQLite does not tell."""
    import json

    from django.db import connection

    from tracker.models import Task

    if connection.vendor == "sqlite":
        return None
    probe = Task.objects.to_check(day).order_by("next_check_on").values("next_check_on")[:1]
    plan = json.loads(probe.explain(format="json", analyze=True, buffers=True))[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest.fixture
def database(django_db_setup, django_db_blocker):
    """The database itself, with no transaction around the test: what is measured begins and ends its own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def small(django_db_setup, django_db_blocker):
    """A quiet day of the tracker with 10,000 open tasks, of which 7,000 are due tomorrow."""
    from tracker.exchange import scale

    with django_db_blocker.unblock():
        scale.ensure_rules()
        scale.seed(SMALL, at=noon(SATURDAY), due=DUE)
        return measure_quiet(SATURDAY)


@pytest.fixture(scope="session")
def large(small, django_db_blocker):
    """The same tracker grown to its full size; the number of its tasks."""
    return _grow(SMALL, TASKS, django_db_blocker)


@pytest.fixture(scope="session")
def largest(large, django_db_blocker):
    """The same tracker grown to BENCH_MOST tasks (10,000,000 unless told), for the long profile."""
    return _grow(large, MOST, django_db_blocker)


def _grow(held, wanted, django_db_blocker):
    from tracker.exchange import scale

    tell(f"\nseeding {wanted:,} tasks …")
    with django_db_blocker.unblock():
        scale.seed(wanted - held, at=noon(SATURDAY))
    return wanted
