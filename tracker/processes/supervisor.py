"""Runs a few processes as one: they start in order, end together, and none outlives its supervisor.

Each child leads a process group of its own (Ctrl-C reaches only the supervisor, which then ends them in
order) and is killed by the kernel when the supervisor dies (Linux).
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from config.pdeathsig import die_with_parent

STOP_SECONDS = 10.0
POLL_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One process: its name for people, its command, and when it counts as started."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0


class Stopped(Exception):
    """Somebody asked us to end."""


class PartDied(Exception):
    """A process ended by itself; the message names it and how it ended."""


class Supervisor:
    """Start parts, watch them, stop them in reverse order."""

    def __init__(self, *, say: Say, stop_seconds: float = STOP_SECONDS) -> None:
        self._say = say
        self._stop_seconds = stop_seconds
        self._running: list[tuple[Part, subprocess.Popen[bytes]]] = []
        self._is_asked_to_stop = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to end, until the block is left."""
        before = {number: signal.signal(number, self._ask_to_stop) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        if not self._running:
            # Still preparing: nothing has to be ended in order, and nobody wants to wait for a migration.
            raise Stopped
        self._is_asked_to_stop = True

    def start(self, part: Part) -> None:
        """Start one part and wait until it is ready. Raises PartDied or Stopped."""
        self._running.append((part, _spawn(part)))
        deadline = time.monotonic() + part.ready_seconds
        while part.is_ready and not part.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise PartDied(f"{part.name} did not answer within {part.ready_seconds:.0f} s")
            time.sleep(0.05)

    def check(self) -> None:
        """Raise Stopped when asked to end, PartDied when a part has ended."""
        if self._is_asked_to_stop:
            raise Stopped
        for part, process in self._running:
            code = process.poll()
            if code is not None:
                raise PartDied(f"{part.name} (process {process.pid}) ended {_how(code)}")

    def watch(self) -> None:
        """Return never; raises Stopped or PartDied."""
        while True:
            self.check()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End all parts, the last started first; each has `stop_seconds`, then it is killed."""
        while self._running:
            part, process = self._running.pop()
            if not _end(process, seconds=self._stop_seconds):
                self._say(f"{part.name} did not end within {self._stop_seconds:.0f} s and was killed.")

    def pids(self) -> dict[str, int]:
        """Return the process id of each running part by name."""
        return {part.name: process.pid for part, process in self._running}


def _spawn(part: Part) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(part.command),
        env={**os.environ, **part.environment},
        stdin=subprocess.DEVNULL,
        process_group=0,
        # Safe here: the supervisor has no threads, and the function only makes system calls.
        preexec_fn=functools.partial(die_with_parent, os.getpid()),
    )


def _end(process: subprocess.Popen[bytes], *, seconds: float) -> bool:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    else:
        return True
    finally:
        # The group too: a process pool may hold on to its children.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _how(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
