"""Runs a few processes as one: they start in order, end together, and none outlives its supervisor.

Each child leads a process group of its own (Ctrl-C reaches only the supervisor, which then ends them in
order) and is killed by the kernel when the supervisor dies (Linux). A part that may be started again is, after a
pause; one that dies again and again ends all.
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
PAUSE_SECONDS = 1.0
# A part that dies so often within so many seconds is broken, and starting it once more would only hide that.
MOST_DEATHS = 5
DEATHS_WITHIN = 60.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One process: its name for people, its command, when it counts as started, and whether it is started again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    restarts: bool = False


class Stopped(Exception):
    """Somebody asked us to end."""


class PartDied(Exception):
    """A process ended by itself; the message names it and how it ended."""


@dataclass
class _Running:
    """A part with its process of now, the moments of its deaths, and when it is to be started again."""

    part: Part
    process: subprocess.Popen[bytes]
    deaths: list[float] = field(default_factory=list)
    again_at: float | None = None

    def dies(self, now: float) -> None:
        self.deaths = [death for death in self.deaths if now - death < DEATHS_WITHIN] + [now]


class Supervisor:
    """Start parts, watch them, stop them in reverse order."""

    def __init__(self, *, say: Say, stop_seconds: float = STOP_SECONDS, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._say = say
        self._stop_seconds = stop_seconds
        self._pause_seconds = pause_seconds
        self._running: list[_Running] = []
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
        self._running.append(_Running(part, _spawn(part)))
        deadline = time.monotonic() + part.ready_seconds
        while part.is_ready and not part.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise PartDied(f"{part.name} did not answer within {part.ready_seconds:.0f} s")
            time.sleep(0.05)

    def check(self) -> None:
        """Start again what may be; raise Stopped when asked to end, PartDied when a part has ended for good."""
        if self._is_asked_to_stop:
            raise Stopped
        now = time.monotonic()
        for one in self._running:
            if one.again_at is None and one.process.poll() is not None:
                self._bury(one, now)
            elif one.again_at is not None and now >= one.again_at:
                self._start_again(one)

    def _bury(self, one: _Running, now: float) -> None:
        how = f"{one.part.name} (process {one.process.pid}) ended {_how(one.process.returncode)}"
        _end_group(one.process)
        one.dies(now)
        if not one.part.restarts:
            raise PartDied(how)
        if len(one.deaths) >= MOST_DEATHS:
            raise PartDied(f"{how}, the {MOST_DEATHS}th time within {DEATHS_WITHIN:.0f} s")
        self._say(f"{how}; it is started again in {self._pause_seconds:.0f} s.")
        one.again_at = now + self._pause_seconds

    def _start_again(self, one: _Running) -> None:
        one.process, one.again_at = _spawn(one.part), None
        self._say(f"{one.part.name} was started again as process {one.process.pid}.")

    def watch(self) -> None:
        """Return never; raises Stopped or PartDied."""
        while True:
            self.check()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End all parts, the last started first; each has `stop_seconds`, then it is killed."""
        while self._running:
            one = self._running.pop()
            if one.again_at is None and not _end(one.process, seconds=self._stop_seconds):
                self._say(f"{one.part.name} did not end within {self._stop_seconds:.0f} s and was killed.")

    def pids(self) -> dict[str, int]:
        """Return the process id of each running part by name."""
        return {one.part.name: one.process.pid for one in self._running}


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
        _end_group(process)
        process.wait()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """The group too: a process pool may hold on to its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _how(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
