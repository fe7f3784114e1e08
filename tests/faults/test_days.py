"""Days pass, are missed, and clocks are set wrong and right again, with real workers and several schedulers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from tests.builders import make_task
from tests.faults.crew import Crew, heard, rows_of
from tracker.choices import JobPart, JobState, MessageState
from tracker.clock import local_day, local_today, now
from tracker.models import JobRun, Message, Task
from tracker.services import digests, scan

pytestmark = [
    pytest.mark.faults,
    pytest.mark.processes,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
APP = "tests.faults.moving_app:app"
# With the clock, so that a heartbeat of before the jump is told from one of after it.
NEAR = timedelta(hours=1)


class Clock:
    """The clock of the processes that follow it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.move(0)

    def move(self, days: int) -> None:
        draft = self._file.with_suffix(".draft")
        draft.write_text(str(days * 86400))
        draft.rename(self._file)
        self.days = days

    def now(self) -> datetime:
        return now() + timedelta(days=self.days)

    def today(self) -> date:
        return local_day(self.now())


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "ahead")


@pytest.fixture
def moving(crew: Crew, tmp_path: Path, clock: Clock) -> dict[str, str]:
    """What whoever follows the clock is started with; digests are written from midnight on."""
    return {"AHEAD": str(tmp_path / "ahead"), "DIGEST_HOUR": "0", "EMAIL_URL": f"filemail:///{tmp_path / 'outbox'}"}


@pytest.fixture
def tasks(cast: dict[str, User]) -> list[Task]:
    """A task for each of the next days, and some that were late before; Hoa is told of them."""
    User.objects.filter(pk=cast["hoa"].pk).update(email="hoa@example.invalid")
    today = local_today()
    return [make_task(on=today - timedelta(days=40), due_on=today + timedelta(days=day)) for day in range(-3, 11)]


def undisturbed(tasks: list[Task], days: Iterable[int]) -> tuple[dict[str, Any], list[str]]:
    """Return the rows of one scan and one writing of digests a day, and the keys of the digests; leave none."""
    with transaction.atomic():
        for day in days:
            at = now() + timedelta(days=day)
            scan.run(local_day(at), at=at)
            digests.catch_up(at=at, hour=0)
        rows = rows_of(tasks), sorted(Message.objects.values_list("key", flat=True))
        transaction.set_rollback(True)
    return rows


def all_is_done(day: date) -> bool:
    done = JobRun.objects.filter(period=day.isoformat(), state=JobState.DONE).values_list("job", flat=True)
    jobs = {"scan", "digest"} if digests.is_working_day(day) else {"scan"}
    return set(done) == jobs and not Message.objects.exclude(state=MessageState.SENT).exists()


def is_heard_at(clock: Clock) -> bool:
    """Every part was heard since the clock stands as it does."""
    ages = [abs(clock.now() - at) for at in heard(*JobPart).values()]
    return len(ages) == len(JobPart) and max(ages) < NEAR


def nothing_is_told_twice(folder: Path) -> None:
    mails = list(Message.objects.values_list("state", "attempts"))
    assert set(mails) == {(MessageState.SENT, 1)}
    assert len(list(folder.iterdir())) == len(mails)


def hire(crew: Crew, moving: dict[str, str]) -> None:
    for _number in range(3):
        crew.beat(app=APP, **moving)
    crew.worker(app=APP, **moving)


def days_pass(days: int, clock: Clock, crew: Crew) -> None:
    for day in range(days):
        clock.move(day)
        crew.wait_until(lambda: all_is_done(clock.today()))
        crew.wait_until_ticked(3)


@pytest.mark.full
def test_three_schedulers_make_one_run_a_day_for_ten_days(
    crew: Crew, clock: Clock, moving: dict[str, str], tasks: list[Task], tmp_path: Path
) -> None:
    days = 10
    expected, keys = undisturbed(tasks, range(days))
    hire(crew, moving)
    days_pass(days, clock, crew)
    assert rows_of(tasks) == expected
    assert sorted(Message.objects.values_list("key", flat=True)) == keys
    assert set(JobRun.objects.values_list("state", "attempts")) == {(JobState.DONE, 1)}
    assert JobRun.objects.filter(job="scan").count() == days
    nothing_is_told_twice(tmp_path / "outbox")


def test_of_three_schedulers_one_run_makes_five_missed_days_and_a_clock_set_back_undoes_none(
    crew: Crew, clock: Clock, moving: dict[str, str], tasks: list[Task], tmp_path: Path
) -> None:
    hire(crew, moving)
    daily, _keys = undisturbed(tasks, range(6))
    for days in (0, 5):
        clock.move(days)
        crew.wait_until(lambda: all_is_done(clock.today()))
    mails = Message.objects.count()
    assert rows_of(tasks) == daily
    clock.move(0)
    crew.wait_until(lambda: is_heard_at(clock))
    crew.wait_until_ticked(3)
    assert (rows_of(tasks), Message.objects.count()) == (daily, mails)
    assert set(JobRun.objects.values_list("state", "attempts")) == {(JobState.DONE, 1)}
    assert JobRun.objects.filter(job="scan").count() == 2
    nothing_is_told_twice(tmp_path / "outbox")
