"""The scan on a large database: a quiet day, a day with 7,000 newly due, memory. PostgreSQL."""

import json
import os
import statistics
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.bench import by_hand
from tests.bench.conftest import DUE, tell
from tracker import clock
from tracker.models import Event, Flag, FlagStep, Policy, Task
from tracker.services import clocks, scan

PROBES = 200
ROUNDS = 5


def quiet_median():
    """Milliseconds of a scan with no row due, through the service with its JobRun; median of 200."""
    day, times = clock.local_today(), []
    for _ in range(PROBES):
        begin = time.perf_counter()
        run = scan.run(day, at=clock.now())
        times.append((time.perf_counter() - begin) * 1000)
        assert (run.looked_at, run.opened) == (0, 0)
    return statistics.median(times)


def buffers_of_the_probe():
    """Pages that the probe reads or finds in memory."""
    probe = Task.objects.to_check(clock.local_today()).order_by("next_check_on").values("next_check_on")[:1]
    plan = json.loads(probe.explain(format="json", analyze=True, buffers=True))[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest.fixture(scope="session")
def quiet_small(small, django_db_blocker):
    with django_db_blocker.unblock():
        return quiet_median(), buffers_of_the_probe()


@pytest.mark.django_db
def test_a_quiet_day_is_flat(quiet_small, large):
    median, pages = quiet_median(), buffers_of_the_probe()
    ratio = median / quiet_small[0]
    tell(f"\nquiet day: {quiet_small[0]:.2f} ms at 10,000 tasks ({quiet_small[1]} pages),")
    tell(f"           {median:.2f} ms at {large:,} ({pages} pages), ratio {ratio:.2f}")
    assert median <= 5
    assert ratio <= 1.5


def rows():
    flags = Flag.objects.order_by("task", "clock").values_list("task", "clock", "policy", "limit_on", "since")
    steps = FlagStep.objects.order_by("flag__task", "flag__clock", "number")
    events = Event.objects.filter(object_kind="flag").order_by("task", "id")
    checks = Task.objects.filter(flags__isnull=False).order_by("pk").values_list("pk", "next_check_on")
    return (
        list(flags),
        list(steps.values_list("flag__task", "number", "due_on", "addressee", "body")),
        list(events.values_list("task", "kind", "on", "after")),
        list(checks),
    )


def timed(settle):
    """Seconds of `settle` in a transaction that is rolled back, and the rows that it wrote."""
    with transaction.atomic():
        begin = time.perf_counter()
        settle()
        with connection.cursor() as cursor:  # the deferred foreign keys are checked as a commit would
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - begin
        written = rows()
        transaction.set_rollback(True)
    return seconds, written


@pytest.mark.django_db
def test_seven_thousand_newly_due_against_hand_written_sql(large):
    day, at = clock.local_today() + timedelta(days=2), clock.now()
    policy = Policy.objects.get().pk
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, written = timed(lambda: clocks.settle(Task.objects.all(), through=day, at=at))
        ours.append(seconds)
        seconds, expected = timed(lambda: by_hand.settle(day, at=at, policy=policy))
        theirs.append(seconds)
        assert written == expected
        assert len(written[0]) == DUE
    ratio = statistics.median(ours) / statistics.median(theirs)
    tell(
        f"\n7,000 newly due: {statistics.median(ours):.2f} s, by hand {statistics.median(theirs):.2f} s, {ratio:.2f} ×"
    )
    assert ratio <= 1.5


def test_memory_of_a_scan(large, django_db_blocker):
    """Last: it commits. The whole process of `manage.py scan`."""
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    day = clock.local_today() + timedelta(days=2)
    command = [sys.executable, "manage.py", "scan", "--force", "--date", day.isoformat()]
    process = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url}, stdout=subprocess.PIPE, text=True)
    told = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss / 1024
    tell(f"\n{told.strip()} Peak memory {peak:.0f} MB.")
    assert process.returncode == 0
    assert f"{DUE} flags opened" in told
    assert peak <= 200
