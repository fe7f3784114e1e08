"""Workers and schedulers as real processes on a test's own database and broker, and what the rows say of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from config import watchdog
from tests import servers
from tests.faults.site import Site
from tracker.choices import JobPart
from tracker.clock import local_today, now
from tracker.models import Event, Flag, FlagStep, Heartbeat, StepRecipient, Task
from tracker.services import scan

APP = "config.celery:app"
# A second instead of a minute. What is silent for five of them is red.
LIMIT = 5
QUICK = {"TICK_SECONDS": "1", "HEARTBEAT_LIMIT": str(LIMIT), "WORKER_DEAF_SECONDS": "10"}
# A busy machine takes its time. Nobody waits so long where all is well, and a figure is asserted where it is one.
PATIENCE = 240
Row = tuple[Any, ...]


def wait_until(
    holds: Callable[[], Any], log: Path | None = None, seconds: float = PATIENCE, *, pause: float = 0.05
) -> float:
    """Return after how many seconds it held."""
    started = time.monotonic()
    while not holds():
        told = log.read_text()[-5000:] if log and log.exists() else ""
        assert time.monotonic() < started + seconds, f"not within {seconds} s\n{told}"
        time.sleep(pause)
    return time.monotonic() - started


@dataclass
class Hired:
    """A process and how it was started, so that it can be started anew."""

    command: list[str]
    log: Path
    environment: dict[str, str]
    is_to_stay: bool = True
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        self.process = servers.spawn(self.command, log=self.log, env=self.environment)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.is_to_stay = False
        self.process.kill()
        self.process.wait()

    def children(self) -> list[int]:
        """The processes of its pool."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Crew:
    """Starts processes with the variables of this test; ends whatever it has started."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.log = folder / "crew.log"
        self.restarts = 0
        self._folder = folder
        self._variables = {**QUICK, **variables}
        self._hired: list[Hired] = []

    def worker(self, *queues: str, app: str = APP, processes: int = 2, **variables: str) -> Hired:
        """Start a worker for `queues`, or for both."""
        taking = ["--queues", ",".join(queues)] if queues else []
        options = [
            "--pool",
            "prefork",
            "--concurrency",
            str(processes),
            *taking,
            "--without-gossip",
            "--without-mingle",
        ]
        return self._celery(app, "worker", *options, "--hostname", f"w{len(self._hired)}@%h", **variables)

    def beat(self, *, app: str = APP, **variables: str) -> Hired:
        return self._celery(app, "beat", "--pidfile=", **variables)

    def site(self, **variables: str) -> Site:
        """Start the web server as `manage.py up` does, and wait for its first answer."""
        port = servers.free_port()
        serving = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--http", "1", "--no-ws"]
        threads = ["--workers", "1", "--blocking-threads", "5", "--log-level", "warning"]
        command = [sys.executable, "-m", "granian", *serving, *threads, "tests.faults.plain_site:application"]
        self._start(command, "web", TRACKER_DIE_WITH_PARENT="1", **variables)
        site = Site(port)
        self.wait_until(site.is_open)
        return site

    def manage(self, *arguments: str, **variables: str) -> Hired:
        """Start a command, which ends by itself."""
        hired = self._start([sys.executable, "manage.py", *arguments], arguments[0], **variables)
        hired.is_to_stay = False
        return hired

    def wait_until(self, holds: Callable[[], Any], seconds: float = PATIENCE, *, pause: float = 0.2) -> float:
        """The same as `wait_until`, while a supervisor starts whoever has found itself deaf."""

        def tended() -> Any:
            self._tend()
            return holds()

        return wait_until(tended, self.log, seconds, pause=pause)

    def wait_until_heard(self, *parts: JobPart, seconds: float = PATIENCE) -> float:
        """Wait until all of `parts` (all unless told) were heard after this call."""
        since, wanted = now(), set(parts or JobPart)
        return self.wait_until(lambda: {part for part, at in heard().items() if at > since} >= wanted, seconds)

    def wait_until_ticked(self, times: int) -> None:
        """Wait until beat was heard so many times more, whatever its clock says."""
        for _time in range(times):
            before = heard(JobPart.BEAT)
            self.wait_until(lambda before=before: heard(JobPart.BEAT) != before)

    def _celery(self, app: str, *arguments: str, **variables: str) -> Hired:
        command = [sys.executable, "-m", "celery", "-A", app, "--quiet", *arguments, "--loglevel", "INFO"]
        return self._start(command, arguments[0], **variables)

    def _start(self, command: list[str], name: str, **variables: str) -> Hired:
        self.log = self._folder / f"{len(self._hired)}-{name}.log"
        hired = Hired(command, self.log, {**os.environ, **self._variables, **variables})
        hired.start()
        self._hired.append(hired)
        return hired

    def _tend(self) -> None:
        for one in self._hired:
            status = one.process.poll()
            assert status in (None, watchdog.EXIT_CODE) or not one.is_to_stay, one.log.read_text()[-5000:]
            if status == watchdog.EXIT_CODE:
                self.restarts += 1
                one.start()

    def end(self) -> None:
        # At once: nothing that they do is to survive them, and an orderly end takes seconds each.
        for one in self._hired:
            one.process.kill()
        for one in self._hired:
            one.process.wait()


def heard(*parts: JobPart) -> dict[str, Any]:
    return dict(Heartbeat.objects.filter(part__in=parts or JobPart.values).values_list("part", "at"))


def rows_of(tasks: Iterable[Task]) -> dict[str, list[Row]]:
    """Return what the scan has written for `tasks`, without ids and moments, so that two runs can be compared."""
    of = {"task__in": [task.pk for task in tasks]}
    step = ("flag__task__code", "flag__clock", "number", "due_on")
    found = {
        "flags": Flag.objects.filter(**of).values_list(
            "task__code", "clock", "since", "limit_on", "closed_on", "policy"
        ),
        "steps": FlagStep.objects.filter(**_below(of, "flag")).values_list(*step, "addressee", "reached"),
        "recipients": StepRecipient.objects.filter(**_below(of, "step__flag")).values_list("step__number", "recipient"),
        "events": Event.objects.filter(**of).values_list("task__code", "kind", "on"),
        "tasks": Task.objects.filter(pk__in=of["task__in"]).values_list("code", "next_check_on"),
    }
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def undisturbed(tasks: list[Task]) -> dict[str, Any]:
    """Return the rows that one scan leaves, and leave none."""
    with transaction.atomic():
        scan.run(local_today(), at=now())
        rows = rows_of(tasks)
        transaction.set_rollback(True)
    return rows


def _below(of: dict[str, Any], path: str) -> dict[str, Any]:
    return {f"{path}__{name}": value for name, value in of.items()}
