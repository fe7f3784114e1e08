"""Runs `manage.py up` as a person would and finds every process that it leaves behind."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import servers

ROOT = Path(__file__).resolve().parents[2]


Process = tuple[int, str]  # id and start time: ids are used again


def _stat(folder: Path) -> list[str]:
    """Return the fields of /proc/<pid>/stat after the name: state, parent, …; [] when it is gone or a zombie."""
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] == "Z" else fields


def _descendants(root: int) -> set[Process]:
    stats = {int(folder.name): _stat(folder) for folder in Path("/proc").glob("[0-9]*")}
    family = {root}
    while more := {pid for pid, fields in stats.items() if fields and int(fields[1]) in family} - family:
        family |= more
    return {(pid, stats[pid][19]) for pid in family if stats.get(pid)}


class Up:
    """One `manage.py up`, its output, and every process that it was seen to have."""

    def __init__(self, var: Path, **variables: str) -> None:
        self.port = int(variables.get("PORT") or servers.free_port())
        self.seen: set[Process] = set()
        clean = {"PATH": os.environ["PATH"], "VAR_DIR": str(var), "DEBUG": "1", "PORT": str(self.port)}
        self.log = var / f"up-{uuid.uuid4()}.log"
        command = [sys.executable, "manage.py", "up"]
        self.process = servers.spawn(command, cwd=ROOT, log=self.log, env=clean | variables)

    def output(self) -> str:
        return self.log.read_text()

    def wait_until_open(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while "Open http" not in self.output():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)
        self.look()

    def pid_of(self, part: str) -> int:
        return int(self.output().partition(f"{part} (")[2].partition(")")[0])

    def status(self, path: str = "/accounts/login/") -> int:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request("GET", path)
            return client.getresponse().status
        finally:
            client.close()

    def wait_until_healthy(self, seconds: float = 30) -> None:
        """Health is green only after a job has run through broker and worker."""
        deadline = time.monotonic() + seconds
        while self.status("/health/") != 200:
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.2)

    def wait_until_told(self, words: str, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.output():
            assert self.process.poll() is None and time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def look(self) -> set[Process]:
        """Remember and return the processes of the product."""
        self.seen |= _descendants(self.process.pid)
        return self.seen

    def left_behind(self) -> set[Process]:
        """Return those of the remembered processes that still live."""
        return {one for one in self.seen if _stat(Path(f"/proc/{one[0]}"))[19:20] == [one[1]]}

    def ends_without_trace(self, seconds: float = 20) -> bool:
        deadline = time.monotonic() + seconds
        while self.process.poll() is None or self.left_behind():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated SQLite file, so that not every test migrates anew."""
    var = tmp_path_factory.mktemp("migrated")
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(var), "DEBUG": "1"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)
    return var


@pytest.fixture
def up(migrated: Path, tmp_path: Path) -> Iterator[Callable[..., Up]]:
    """Start `manage.py up` in a folder of this test's own; everything is ended afterwards."""
    started: list[Up] = []
    var = tmp_path / "var"
    shutil.copytree(migrated, var)

    def start(**variables: str) -> Up:
        started.append(Up(var, **variables))
        return started[-1]

    yield start
    for one in started:
        servers.end(one.process)
