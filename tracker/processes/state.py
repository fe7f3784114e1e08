"""What is known about the running installation: the lock, the port, the scratch folder of the last run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path


class Refused(Exception):
    """Nothing was started; the message is one sentence for the person who asked."""


@contextlib.contextmanager
def only_one(var: Path, *, port: int) -> Iterator[Path]:
    """Hold the lock of `var` and give a scratch folder that lives as long.

    The kernel drops the lock with the process, so a killed supervisor blocks nobody. Raises Refused.
    """
    var.mkdir(parents=True, exist_ok=True)
    with open(var / "up.lock", "a+") as file:
        _lock(file.fileno(), var / "up.json")
        _sweep(var / "up.json")
        refuse_taken_port(port)
        # Not below var: the path of Valkey's socket must stay under 108 bytes.
        scratch = Path(tempfile.mkdtemp(prefix="tracker-"))
        note = {"pid": os.getpid(), "port": port, "scratch": str(scratch)}
        (var / "up.json").write_text(json.dumps(note))
        try:
            yield scratch
        finally:
            _sweep(var / "up.json")


def _lock(descriptor: int, note: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        other = _read(note)
        where = f" (process {other['pid']}, http://localhost:{other['port']})" if other else ""
        raise Refused(
            f"The tracker is already running here{where}: stop it first or give VAR_DIR another folder."
        ) from None


def _read(note: Path) -> dict[str, str | int]:
    try:
        found = json.loads(note.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def scratch_of(var: Path) -> Path | None:
    """Return the scratch folder of the product that was started in `var`, or None."""
    scratch = _read(var / "up.json").get("scratch")
    return Path(str(scratch)) if scratch else None


def _sweep(note: Path) -> None:
    scratch = Path(str(_read(note).get("scratch") or "-"))
    if scratch.name.startswith("tracker-") and scratch.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(scratch, ignore_errors=True)
    note.unlink(missing_ok=True)


def refuse_taken_port(port: int) -> None:
    """Raise Refused when somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = f"Port {port} cannot be used ({error.strerror})"
            raise Refused(f"{why}: choose another one, for example PORT={port + 1} make run.") from None
