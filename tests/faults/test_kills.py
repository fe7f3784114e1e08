"""A worker is killed at marked points of a scan; whoever comes next leaves the rows of an undisturbed run."""

from __future__ import annotations

import os
import signal
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from config import celery_app
from config.celery import SCAN
from tests.faults.crew import Crew, rows_of, wait_until
from tracker.choices import JobState
from tracker.clock import local_today, now
from tracker.models import Event, Flag, FlagStep, JobRun, Task
from tracker.services import scan

pytestmark = [pytest.mark.faults, pytest.mark.processes, pytest.mark.django_db(transaction=True)]
# Those of marked_app, which is not imported here: it would mark this process's connections, too.
POINTS = ["before the claim", "after the claim", "within the transaction", "before the run is marked", "after all"]


def undisturbed(tasks: list[Task]) -> dict[str, Any]:
    """Return the rows that one scan leaves, and leave none."""
    with transaction.atomic():
        scan.run(local_today(), at=now())
        rows = rows_of(tasks)
        transaction.set_rollback(True)
    return rows


class Scaffold:
    """A worker that can be stopped at a point, and killed there, its pool process or all of it."""

    def __init__(self, crew: Crew, folder: Path) -> None:
        self._crew, self._marks = crew, folder / "marks"
        self._marks.mkdir()
        self._worker: subprocess.Popen[bytes] | None = None

    def kill_at(self, point: str, *, whole_worker: bool) -> None:
        (self._marks / "reached").unlink(missing_ok=True)
        (self._marks / "wanted").write_text(point)
        worker = self._hired()
        celery_app.send_task(SCAN)
        wait_until((self._marks / "reached").exists, self._crew.log)
        if whole_worker:
            worker.kill()
            worker.wait()
        else:
            os.kill(int((self._marks / "reached").read_text()), signal.SIGKILL)

    def go_on(self) -> None:
        """Let the lease of whoever was killed pass, and somebody come by."""
        JobRun.objects.filter(state=JobState.RUNNING).update(lease_until=now() - timedelta(seconds=1))
        self._hired()
        celery_app.send_task(SCAN)
        wait_until(JobRun.objects.filter(state=JobState.DONE).exists, self._crew.log)

    def _hired(self) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            self._worker = self._crew.worker(app="tests.faults.marked_app:app", MARKS=str(self._marks))
        return self._worker


@pytest.fixture
def scaffold(crew: Crew, tmp_path: Path) -> Scaffold:
    return Scaffold(crew, tmp_path)


def round_of(scaffold: Scaffold, tasks: list[Task], point: str, *, whole_worker: bool) -> None:
    """One kill, and the proof that nothing was lost or doubled by it."""
    JobRun.objects.all().delete()  # a new day, as far as the scan knows
    expected = undisturbed(tasks)
    assert expected["flags"] and expected["steps"] and expected["events"]
    scaffold.kill_at(point, whole_worker=whole_worker)
    scaffold.go_on()
    assert rows_of(tasks) == expected
    run = JobRun.objects.get()
    assert (run.state, run.attempts) == (JobState.DONE, 1 if point in ("before the claim", "after all") else 2)


@pytest.mark.parametrize("whole_worker", [False, True], ids=["pool process", "worker"])
def test_a_kill_at_each_point_loses_and_doubles_nothing(scaffold: Scaffold, make_late: Any, whole_worker: bool) -> None:
    earlier: list[Task] = []
    for point in POINTS:
        tasks = make_late(2)
        round_of(scaffold, tasks, point, whole_worker=whole_worker)
        earlier += tasks
    _nothing_is_double(earlier)


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("whole_worker", [False, True], ids=["pool process", "worker"])
def test_twenty_kills_at_each_point(scaffold: Scaffold, make_late: Any, point: str, whole_worker: bool) -> None:
    earlier: list[Task] = []
    for _number in range(20):
        tasks = make_late(2)
        round_of(scaffold, tasks, point, whole_worker=whole_worker)
        earlier += tasks
    _nothing_is_double(earlier)


def _nothing_is_double(tasks: list[Task]) -> None:
    """Each task has one open flag a clock, each of its steps once, and one event for each flag that opened."""
    flags = Flag.objects.filter(task__in=[task.pk for task in tasks])
    assert flags.count() == len(set(flags.values_list("task", "clock", "since")))
    steps = FlagStep.objects.filter(flag__in=flags)
    assert steps.count() == len(set(steps.values_list("flag", "number", "due_on")))
    opened = Event.objects.filter(kind="flag.opened", object_id__in=[str(flag.pk) for flag in flags])
    assert opened.count() == flags.count() >= len(tasks)
