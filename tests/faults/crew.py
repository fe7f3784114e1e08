"""Workers and schedulers as real processes on a test's own database and broker, and what the rows say of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests import servers
from tracker.choices import JobPart
from tracker.clock import now
from tracker.models import Event, Flag, FlagStep, Heartbeat, StepRecipient, Task

APP = "config.celery:app"
# A second instead of a minute. What is silent for three of them is red.
QUICK = {"TICK_SECONDS": "1", "HEARTBEAT_LIMIT": "3", "WORKER_DEAF_SECONDS": "4"}
Row = tuple[Any, ...]


def wait_until(holds: Callable[[], Any], log: Path | None = None, seconds: float = 60) -> float:
    """Return after how many seconds it held."""
    started = time.monotonic()
    while not holds():
        told = log.read_text()[-5000:] if log and log.exists() else ""
        assert time.monotonic() < started + seconds, f"not within {seconds} s\n{told}"
        time.sleep(0.05)
    return time.monotonic() - started


class Crew:
    """Starts processes with the variables of this test; ends whatever it has started."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.log = folder / "crew.log"
        self._folder = folder
        self._variables = {**QUICK, **variables}
        self._processes: list[subprocess.Popen[bytes]] = []

    def worker(self, *queues: str, app: str = APP, processes: int = 2, **variables: str) -> subprocess.Popen[bytes]:
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
        return self._start(app, "worker", *options, "--hostname", f"w{len(self._processes)}@%h", **variables)

    def beat(self, **variables: str) -> subprocess.Popen[bytes]:
        return self._start(APP, "beat", "--pidfile=", **variables)

    def _start(self, app: str, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", app, "--quiet", *arguments, "--loglevel", "INFO"]
        log = self._folder / f"{len(self._processes)}-{arguments[0]}.log"
        self.log = log
        environment = {**os.environ, **self._variables, **variables}
        self._processes.append(servers.spawn(command, log=log, env=environment))
        return self._processes[-1]

    def end(self) -> None:
        # At once: nothing that they do is to survive them, and an orderly end takes seconds each.
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()


def heard(*parts: JobPart) -> dict[str, Any]:
    return dict(Heartbeat.objects.filter(part__in=parts or JobPart.values).values_list("part", "at"))


def wait_until_heard(*parts: JobPart, log: Path | None = None, seconds: float = 60) -> float:
    """Wait until all of `parts` (all unless told) were heard after this call."""
    since, wanted = now(), set(parts or JobPart)
    return wait_until(lambda: {part for part, at in heard().items() if at > since} >= wanted, log, seconds)


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


def _below(of: dict[str, Any], path: str) -> dict[str, Any]:
    return {f"{path}__{name}": value for name, value in of.items()}
