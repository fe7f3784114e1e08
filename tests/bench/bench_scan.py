"""The scan on a large database: a quiet day, a day with 7,000 newly due against two other ways, memory."""

import os
import subprocess
import sys
import time

import pytest
from django.db import connection, transaction
from django.db.models import CharField
from django.db.models.functions import Cast

from tests.bench import by_hand
from tests.bench.measured import DUE, MONDAY, SATURDAY, measure_quiet, noon, tell
from tests.bench.one_by_one import Scan
from tracker.models import CalendarVersion, Event, Flag, FlagStep, Policy, StepRecipient, Task
from tracker.services import clocks

ROUNDS = 5
SAMPLE = 300
# The peak of the process itself: what the kernel tells its parent counts the parent's memory, too, from before exec.
SCAN_AND_TELL_MEMORY = """
import re, sys
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
WRITTEN = (Flag, FlagStep, StepRecipient, Event)


def test_a_quiet_day_is_flat(small, large, database):
    found = measure_quiet(SATURDAY)
    ratio = found.milliseconds / small.milliseconds
    tell(f"\nquiet day: {small} at 10,000 tasks, {found} at {large:,}, ratio {ratio:.2f}")
    assert found.milliseconds <= 5
    assert ratio <= 1.5


def values_of(rows, *order, but=()):
    """Whole rows but for the keys that the database gives, each after the values that it is ordered by."""
    names = [field.attname for field in rows.model._meta.concrete_fields if field.attname not in ("id", *but)]
    return list(rows.order_by(*order).values_list(*order, *names))


def written_for(tasks):
    """All that a settled day has written for `tasks`, whole rows."""
    flags = dict(Flag.objects.annotate(key=Cast("pk", CharField())).values_list("key", "clock"))
    events = values_of(Event.objects.filter(object_kind="flag", task__in=tasks), "task", "object_id", but=["object_id"])
    steps = FlagStep.objects.filter(flag__task__in=tasks)
    recipients = StepRecipient.objects.filter(step__flag__task__in=tasks)
    return (
        values_of(Flag.objects.filter(task__in=tasks), "task", "clock"),
        values_of(steps, "flag__task", "flag__clock", "number", "due_on", but=["flag_id"]),
        values_of(recipients, "step__flag__task", "step__flag__clock", "step__number", "recipient", but=["step_id"]),
        sorted((task, flags[key], *rest) for task, key, *rest in events),
        values_of(Task.objects.filter(pk__in=tasks), "pk"),
    )


def timed(settle, tasks):
    """Seconds of `settle` in a transaction that is rolled back, and the rows that it wrote for `tasks`."""
    _clean()
    with transaction.atomic():
        begin = time.perf_counter()
        settle()
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # the deferred foreign keys are checked as a commit would
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - begin
        written = written_for(tasks)
        transaction.set_rollback(True)
    return seconds, written


def _clean():
    """No way pays for the rows that another one has left to be swept."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM {', '.join(model._meta.db_table for model in (*WRITTEN, Task))}")


def ours():
    clocks.settle(Task.objects.all(), through=MONDAY, at=noon(MONDAY))


def theirs():
    policy, calendar = Policy.objects.get().pk, CalendarVersion.objects.get().pk
    by_hand.settle(MONDAY, at=noon(MONDAY), policy=policy, calendar=calendar)


def assert_same_rows(mine, hand, of_sample, sample):
    assert [len(rows) for rows in mine] == [DUE] * 5
    assert list(mine) == list(hand)
    assert [[row for row in rows if row[0] in sample] for rows in mine] == list(of_sample)


def test_seven_thousand_newly_due_against_hand_written_sql_and_a_loop(large, database):
    tasks = list(Task.objects.to_check(MONDAY).order_by("pk").values_list("pk", flat=True))
    scan = Scan(MONDAY, at=noon(MONDAY))  # that it reads the rules is not timed: it would be scaled, too
    ways = (ours, tasks), (theirs, tasks), (lambda: scan.run(SAMPLE), tasks[:SAMPLE])
    times = []
    for _ in range(ROUNDS):
        seconds, written = zip(*(timed(settle, part) for settle, part in ways), strict=True)
        assert_same_rows(*written, sample=set(tasks[:SAMPLE]))
        times.append(seconds)
    mine, hand, loop = (
        min(column) for column in zip(*times, strict=True)
    )  # what others took of the machine is not ours
    loop *= DUE / SAMPLE
    tell(f"\n7,000 newly due of {large:,}: {mine:.2f} s (the first time {times[0][0]:.2f} s)")
    tell(f"by hand {hand:.2f} s: {mine / hand:.2f} ×; one by one {loop:.1f} s (of {SAMPLE} tasks): {loop / mine:.0f} ×")
    assert mine <= hand * 2
    assert loop >= mine * 40


def test_memory_of_a_scan(large, database):
    """It commits. The whole process of `manage.py scan`."""
    name = connection.settings_dict["NAME"]
    address = os.environ["DATABASE_URL"].rpartition("/")[0] if connection.vendor == "postgresql" else "sqlite://"
    command = [sys.executable, "-c", SCAN_AND_TELL_MEMORY, "manage.py", "scan", "--force", "--date", MONDAY.isoformat()]
    environment = {**os.environ, "DATABASE_URL": f"{address}/{name}"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told, _, peak = done.stdout.strip().rpartition("\n")
    peak = int(peak) / 1024
    tell(f"\n{told} Peak memory {peak:.0f} MB.")
    assert f"{DUE} flags opened" in told
    assert peak <= 200


@pytest.mark.full
def test_a_quiet_day_is_flat_at_ten_million(small, largest, database):
    found = measure_quiet(MONDAY)
    ratio = found.milliseconds / small.milliseconds
    tell(f"\nquiet day: {small} at 10,000 tasks, {found} at {largest:,}, ratio {ratio:.2f}")
    assert found.milliseconds <= 5
    assert ratio <= 1.5
