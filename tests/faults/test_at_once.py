"""Many who do the same at once, as processes: each thing is done once."""

from __future__ import annotations

from typing import Any

import pytest

from config import celery_app
from config.celery import SCAN
from tests.faults.crew import PATIENCE, Crew, rows_of, undisturbed
from tests.poison import poisoned
from tracker.choices import JobPart, JobState
from tracker.models import Flag, JobRun, SetAside

pytestmark = [
    pytest.mark.faults,
    pytest.mark.processes,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.full
@pytest.mark.parametrize("_round", range(10))
def test_scans_by_hand_and_by_jobs_at_once_leave_the_rows_of_one(_round: int, crew: Crew, make_late: Any) -> None:
    tasks = make_late(20)
    expected = undisturbed(tasks)
    crew.worker("long")
    by_hand = [crew.manage("scan") for _hand in range(2)]
    crew.wait_until_heard(JobPart.LONG)
    for _message in range(4):
        celery_app.send_task(SCAN)
    assert [hand.process.wait(PATIENCE) for hand in by_hand] == [0, 0]
    crew.wait_until(is_all_done)
    assert rows_of(tasks) == expected
    assert JobRun.objects.filter(period__isnull=False).count() <= 1
    assert sum(JobRun.objects.values_list("opened", flat=True)) == len(expected["flags"])


def is_all_done() -> bool:
    return JobRun.objects.exists() and not JobRun.objects.exclude(state=JobState.DONE).exists()


@pytest.mark.full
def test_of_a_thousand_tasks_a_broken_one_is_shown_and_the_others_are_flagged(crew: Crew, make_late: Any) -> None:
    tasks = make_late(1000)
    broken = tasks[617]
    with poisoned(broken):
        crew.worker()
        celery_app.send_task(SCAN)
        crew.wait_until(JobRun.objects.filter(state=JobState.DONE).exists)
    row = SetAside.objects.get()
    assert (row.task, row.attempts) == (broken, 1)
    assert Flag.objects.filter(clock="due").count() == 999
