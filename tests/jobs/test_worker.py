"""A real prefork worker on a real broker against this test's own database."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from config import celery_app
from config.celery import TICK
from tests import servers
from tests.builders import make_task
from tracker.choices import JobState
from tracker.clock import local_today, now
from tracker.models import Event, Flag, FlagStep, Heartbeat, JobRun, Task

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def wait_until(holds: Callable[[], Any], log: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


@pytest.fixture
def late(transactional_db: None) -> Task:
    """A task whose deadline passed three days ago; no scan has looked yet. Made before the worker starts."""
    return make_task(on=local_today() - timedelta(days=40), due_on=local_today() - timedelta(days=3))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


def is_done() -> bool:
    return JobRun.objects.filter(state=JobState.DONE).exists()


def heard() -> Any:
    return Heartbeat.objects.values_list("at", flat=True).first()


def test_the_tick_flags_what_is_due_and_leaves_its_traces(
    late: Task, celery_worker: Any, log: Path, client: Client
) -> None:
    celery_app.send_task(TICK)
    wait_until(is_done, log)
    flag = Flag.objects.get(task=late, clock="due")
    assert (flag.since, flag.closed_on) == (local_today() - timedelta(days=2), None)
    run = JobRun.objects.get()
    assert (run.period, run.opened >= 1, run.error) == (local_today().isoformat(), True, "")
    assert client.get("/health/").status_code == 200


def test_three_ticks_of_one_period_make_one_run(late: Task, celery_worker: Any, log: Path) -> None:
    for _ in range(3):
        celery_app.send_task(TICK)
    wait_until(is_done, log)
    before = now()
    celery_app.send_task(TICK)
    wait_until(lambda: heard() > before, log)
    assert (JobRun.objects.count(), JobRun.objects.get().attempts) == (1, 1)
    flag = Flag.objects.get(task=late, clock="due")
    assert Event.objects.filter(kind="flag.opened", object_id=flag.pk).count() == 1


class Bomb:
    """Whoever unpickles this makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def publish(body: bytes, content_type: str, **headers: Any) -> None:
    with celery_app.connection_for_write() as connection, connection.Producer() as producer:
        headers = {"task": TICK, "id": str(uuid.uuid4()), "lang": "py", **headers}
        producer.publish(
            body,
            routing_key="short",
            content_type=content_type,
            content_encoding="binary" if "python" in content_type else "utf-8",
            headers=headers,
            correlation_id="forged",
        )


def forge(folder: Path) -> None:
    """Send what only somebody who wrote to the broker past the product would send."""
    publish(pickle.dumps([[Bomb(folder / "opened")], {}, {}]), "application/x-python-serialize")
    publish(b"!!python/object/apply:os.getcwd []", "application/x-yaml")
    publish(b"this is not JSON", "application/json")
    publish(b'[["; DROP TABLE"], {"x": 1}, {}]', "application/json")
    publish(b"[[], {}, {}]", "application/json", task="os.system")
    for body in (b'"a text"', b"7", b"null", b"[1, 2, 3]", b"[[]]"):
        publish(body, "application/json")
    publish(b"[[], {}, {}]", "application/json", id=["no", "id"])
    publish(b"[[], {}, {}]", "application/json", expires="yesterday")


def test_forged_messages_are_refused_and_the_worker_lives_on(
    late: Task, celery_worker: subprocess.Popen[bytes], log: Path, tmp_path: Path
) -> None:
    wait_until(is_done, log)
    forge(tmp_path)
    before = now()
    celery_app.send_task(TICK)
    wait_until(lambda: heard() > before, log)
    assert celery_worker.poll() is None
    assert not (tmp_path / "opened").exists()
    assert "Refusing to deserialize" in log.read_text()


@pytest.fixture
def paused(request: Any, late: Task, test_database_url: str, broker: str, log: Path) -> Iterator[Path]:
    """A worker whose first scan stops at the point that the test names; gives the file with the id of its process."""
    file = log.with_name("paused")
    command = [*servers.WORKER, "--concurrency", "1"]
    command[command.index("config.celery:app")] = "tests.jobs.paused_app:app"
    variables = {"DATABASE_URL": test_database_url, "PAUSE_FILE": str(file), "PAUSE_AT": request.param}
    process = servers.spawn(command, log=log, env={**os.environ, **variables})
    try:
        yield file
    finally:
        servers.end(process)


@pytest.mark.parametrize("paused", ["before", "after"], indirect=True)
def test_a_scan_whose_process_was_killed_is_taken_over_whole(paused: Path, late: Task, log: Path) -> None:
    wait_until(lambda: paused.exists() and paused.read_text(), log)
    os.kill(int(paused.read_text()), signal.SIGKILL)
    before = now()
    celery_app.send_task(TICK)
    wait_until(lambda: heard() > before, log)
    assert JobRun.objects.get().state == JobState.RUNNING  # its lease still holds: nobody else begins

    JobRun.objects.update(lease_until=now() - timedelta(seconds=1))
    celery_app.send_task(TICK)
    wait_until(is_done, log)
    assert (JobRun.objects.count(), JobRun.objects.get().attempts) == (1, 2)
    steps = list(FlagStep.objects.filter(flag=Flag.objects.get(task=late, clock="due")).values_list("number", "due_on"))
    assert steps and len(steps) == len(set(steps))
    assert Task.objects.get(pk=late.pk).next_check_on > local_today()
