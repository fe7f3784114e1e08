"""A worker is killed at marked points; whoever comes next leaves the rows of an undisturbed run."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from config import celery_app
from config.celery import SCAN, SEND_MAILS, WRITE_DIGESTS
from tests.builders import make_body, make_message, make_user
from tests.faults.crew import Crew, Hired, rows_of, undisturbed, wait_until
from tests.smtp_server import Server, running
from tracker.choices import Duty, JobState, MessageState
from tracker.clock import local_today, now
from tracker.models import Event, Flag, FlagStep, JobRun, Message, StepRecipient, Task
from tracker.services import digests, scan

pytestmark = [
    pytest.mark.faults,
    pytest.mark.processes,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
# Those of marked_app, which is not imported here: it would mark this process's connections, too.
BEFORE_CLAIM, AFTER_ALL, TAKEN = "before the claim", "after all", "after a mail is taken"
POINTS = [BEFORE_CLAIM, "after the claim", "within the transaction", "before the run is marked", AFTER_ALL]
MAIL_POINTS = ["before a mail is claimed", "after a mail is claimed", TAKEN, "after a mail is marked"]
each_way = pytest.mark.parametrize("whole_worker", [False, True], ids=["pool process", "worker"])
KILLS = 20


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "smtp"
    folder.mkdir()
    with running(folder) as server:
        yield server


class Scaffold:
    """A worker that can be stopped at a point, and killed there, its pool process or all of it."""

    def __init__(self, crew: Crew, folder: Path, job: str, **variables: str) -> None:
        self._crew, self._job, self._variables = crew, job, variables
        self._marks = folder / "marks"
        self._marks.mkdir()
        self._worker: Hired | None = None

    def kill_at(self, point: str, *, whole_worker: bool) -> None:
        (self._marks / "reached").unlink(missing_ok=True)
        (self._marks / "wanted").write_text(point)
        worker = self._hired()
        celery_app.send_task(self._job)
        wait_until((self._marks / "reached").exists, self._crew.log)
        if whole_worker:
            worker.kill()
        else:
            os.kill(int((self._marks / "reached").read_text()), signal.SIGKILL)

    def go_on(self, is_done: Any) -> None:
        """Let the leases of whoever was killed pass, and somebody come by."""
        past = now() - timedelta(seconds=1)
        JobRun.objects.filter(state=JobState.RUNNING).update(lease_until=past)
        Message.objects.filter(state=MessageState.QUEUED, lease_until__isnull=False).update(lease_until=past)
        self._hired()
        celery_app.send_task(self._job)
        wait_until(is_done, self._crew.log)

    def _hired(self) -> Hired:
        if self._worker is None or self._worker.process.poll() is not None:
            marked = {"MARKS": str(self._marks), **self._variables}
            self._worker = self._crew.worker(app="tests.faults.marked_app:app", **marked)
        return self._worker


def is_run() -> bool:
    return JobRun.objects.filter(state=JobState.DONE).exists()


def attempts_after(point: str) -> int:
    return 1 if point in (BEFORE_CLAIM, AFTER_ALL) else 2


# The scan


@pytest.fixture
def scaffold(crew: Crew, tmp_path: Path) -> Scaffold:
    return Scaffold(crew, tmp_path, SCAN)


def round_of(scaffold: Scaffold, tasks: list[Task], point: str, *, whole_worker: bool) -> None:
    """One kill, and the proof that nothing was lost or doubled by it."""
    JobRun.objects.all().delete()  # a new day, as far as the scan knows
    expected = undisturbed(tasks)
    assert expected["flags"] and expected["steps"] and expected["events"]
    scaffold.kill_at(point, whole_worker=whole_worker)
    scaffold.go_on(is_run)
    assert rows_of(tasks) == expected
    run = JobRun.objects.get()
    assert (run.state, run.attempts) == (JobState.DONE, attempts_after(point))


def test_a_kill_at_each_point_loses_and_doubles_nothing(scaffold: Scaffold, make_late: Any) -> None:
    earlier: list[Task] = []
    for point in POINTS:
        tasks = make_late(2)
        round_of(scaffold, tasks, point, whole_worker=False)
        earlier += tasks
    _nothing_is_double(earlier)


@pytest.mark.full
@pytest.mark.parametrize("point", POINTS)
@each_way
def test_twenty_kills_at_each_point(scaffold: Scaffold, make_late: Any, point: str, whole_worker: bool) -> None:
    earlier: list[Task] = []
    for _number in range(KILLS):
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


# Mails


@pytest.fixture
def sender(crew: Crew, tmp_path: Path, mail_server: Server) -> Scaffold:
    return Scaffold(crew, tmp_path, SEND_MAILS, EMAIL_URL=f"smtp://127.0.0.1:{mail_server.port}")


def mail_round(sender: Scaffold, server: Server, user: User, point: str, *, whole_worker: bool) -> None:
    """One kill with three mails waiting: each arrives, and at most the one in hand arrives again, with its id."""
    ids = [make_message(user).message_id for _number in range(3)]
    sender.kill_at(point, whole_worker=whole_worker)
    sender.go_on(lambda: not Message.objects.filter(state=MessageState.QUEUED).exists())
    taken = Counter(mail["Message-ID"] for mail in server.taken if mail["Message-ID"] in ids)
    assert sorted(taken) == sorted(ids)
    assert sorted(taken.values()) == ([1, 1, 2] if point == TAKEN else [1, 1, 1])
    assert set(Message.objects.values_list("state", "lost_claims")) == {(MessageState.SENT, 0)}


@pytest.mark.full
@pytest.mark.parametrize("point", MAIL_POINTS)
@each_way
def test_twenty_kills_at_each_point_of_sending(
    sender: Scaffold, mail_server: Server, cast: dict[str, User], point: str, whole_worker: bool
) -> None:
    for _number in range(KILLS):
        mail_round(sender, mail_server, cast["lan"], point, whole_worker=whole_worker)


# Digests


@pytest.fixture
def writer(crew: Crew, tmp_path: Path) -> Scaffold:
    """Writes digests of every day from midnight on."""
    mails = f"filemail:///{tmp_path / 'outbox'}"
    return Scaffold(crew, tmp_path, WRITE_DIGESTS, DIGEST_HOUR="0", EVERY_DAY_WORKS="1", EMAIL_URL=mails)


def digest_rows() -> tuple[list[Any], list[Any]]:
    mails = Message.objects.values_list("key", "address", "subject")
    told = StepRecipient.objects.values_list("step", "user", "digest__key")
    return sorted(mails), sorted(told, key=repr)


def undisturbed_digests() -> tuple[list[Any], list[Any]]:
    with transaction.atomic():
        digests.tell_everybody(local_today(), at=now())
        rows = digest_rows()
        transaction.set_rollback(True)
    return rows


def digest_round(writer: Scaffold, point: str, *, whole_worker: bool) -> None:
    """One kill, and everybody is told of everything in one mail."""
    JobRun.objects.filter(job=digests.JOB).delete()
    Message.objects.all().delete()
    expected = undisturbed_digests()
    assert len(expected[0]) == 2
    writer.kill_at(point, whole_worker=whole_worker)
    writer.go_on(JobRun.objects.filter(job=digests.JOB, state=JobState.DONE).exists)
    assert digest_rows() == expected
    assert JobRun.objects.get(job=digests.JOB).attempts == attempts_after(point)


@pytest.fixture
def two_readers(cast: dict[str, User]) -> None:
    User.objects.filter(pk=cast["hoa"].pk).update(email="hoa@example.invalid")
    make_user("lien", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"), email="lien@example.invalid")


@pytest.mark.full
@pytest.mark.parametrize("point", POINTS)
@each_way
def test_twenty_kills_at_each_point_of_writing_digests(
    writer: Scaffold, two_readers: None, make_late: Any, point: str, whole_worker: bool
) -> None:
    make_late(3)
    scan.run(local_today(), at=now())
    for _number in range(KILLS):
        digest_round(writer, point, whole_worker=whole_worker)
