"""A small TCP proxy that can fall silent (take connections and bytes, and forward nothing) or hang up on everybody."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path


class Proxy:
    """Forward from a loopback port to the Unix socket or port `target`, until `fall_silent`."""

    def __init__(self, target: Path | int) -> None:
        self._target = target
        self._is_silent = threading.Event()
        self._sockets: list[socket.socket] = []
        self.port = 0
        self.listen()
        self.port = self._server.getsockname()[1]

    def fall_silent(self) -> None:
        """Take what comes and let it vanish, on the connections of before too."""
        self._is_silent.set()

    def speak(self) -> None:
        """Forward again. Bytes that came meanwhile are lost, as on a network that was down."""
        self._is_silent.clear()

    def hang_up(self) -> None:
        """End all connections and refuse new ones, as when the server behind it was killed."""
        self.close()
        self._sockets.clear()

    def listen(self) -> None:
        """Take connections again, on the same port."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in [self._server, *self._sockets]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        server = self._server
        with contextlib.suppress(OSError):
            while True:
                client = server.accept()[0]
                # On Linux `accept` may end only with the next connection.
                self._sockets.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            upstream = self._connect()
        except OSError:
            client.close()
            return
        self._sockets.append(upstream)
        back = threading.Thread(target=self._pump, args=(upstream, client), daemon=True)
        back.start()
        self._pump(client, upstream)
        back.join()
        for one in (client, upstream):
            one.close()

    def _connect(self) -> socket.socket:
        if isinstance(self._target, int):
            return socket.create_connection(("127.0.0.1", self._target))
        upstream = socket.socket(socket.AF_UNIX)
        try:
            upstream.connect(str(self._target))
        except OSError:
            upstream.close()
            raise
        return upstream

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self._is_silent.is_set():
                    sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
