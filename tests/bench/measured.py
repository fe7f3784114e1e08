"""What the measurements share: the days, the sizes, and how a quiet day is timed."""

import json
import os
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from tracker import clock
from tracker.models import Task
from tracker.services import scan

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


def tell(text):
    print(text, flush=True)


@dataclass(frozen=True)
class Quiet:
    """A scan with no row due: milliseconds (median) through the service with its JobRun, and pages of the probe."""

    milliseconds: float
    pages: int | None

    def __str__(self):
        return f"{self.milliseconds:.2f} ms" + (f" ({self.pages} pages)" if self.pages is not None else "")


def measure_quiet(day):
    times = []
    for _ in range(PROBES):
        begin = time.perf_counter()
        run = scan.run(day, at=noon(day))
        times.append((time.perf_counter() - begin) * 1000)
        assert (run.looked_at, run.opened) == (0, 0)
    return Quiet(statistics.median(times), _pages(day))


def _pages(day):
    """Pages that the probe reads or finds in memory; SQLite does not tell."""
    if connection.vendor == "sqlite":
        return None
    probe = Task.objects.to_check(day).order_by().values("pk")[:1]
    plan = json.loads(probe.explain(format="json", analyze=True, buffers=True))[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
