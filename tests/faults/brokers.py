"""A broker of a test's own, and the ways in which it can fail and come back."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import redis

from tests import servers
from tests.faults.proxy import Proxy
from tracker.processes import valkey

NOWHERE = ("127.0.0.1", "1")


class Broker:
    """An embedded Valkey in a folder of its own, with a proxy in front of it for whoever is to meet silence."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vk-"))
        self._server: subprocess.Popen[bytes]
        self.start()
        self.proxy = Proxy(valkey.socket_path(self.folder))

    @property
    def url(self) -> str:
        return valkey.broker_url(self.folder)

    @property
    def proxied_url(self) -> str:
        return f"redis://127.0.0.1:{self.proxy.port}/0"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(valkey.socket_path(self.folder)))

    def start(self) -> None:
        self._server = servers.spawn(valkey.command(self.folder))
        assert valkey.wait(self.folder, seconds=60)

    def kill(self) -> None:
        self._server.kill()
        self._server.wait()

    def refuse_writes(self) -> None:
        """Be somebody's copy, as after a failover: reads are answered, writes are not."""
        self.client.replicaof(*NOWHERE)

    def take_writes(self) -> None:
        self.client.replicaof("NO", "ONE")

    def fill(self) -> None:
        self.client.config_set("maxmemory", "1")

    def empty(self) -> None:
        self.client.config_set("maxmemory", "0")

    def end(self) -> None:
        self.proxy.close()
        self.kill()
        shutil.rmtree(self.folder)


# How it fails, how it comes back, and whether it still answers a PING meanwhile.
FAULTS: dict[str, tuple[Callable[[Broker], None], Callable[[Broker], None], bool]] = {
    "stopped": (Broker.kill, Broker.start, False),
    "silent": (lambda broker: broker.proxy.fall_silent(), lambda broker: broker.proxy.speak(), False),
    "read-only": (Broker.refuse_writes, Broker.take_writes, True),
    "full": (Broker.fill, Broker.empty, True),
}
