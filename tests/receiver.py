"""A receiver of webhooks on the loopback: it keeps what it gets, and answers by the path that is called."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
LARGE = 4 * 1024 * 1024


@dataclass
class Receiver:
    """`taken` are (path, headers, body) in the order in which they came."""

    port: int = 0
    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    written: int = 0

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receiver.taken.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        with contextlib.suppress(OSError):
            getattr(self, f"_{self.path.strip('/')}", self._answer)()

    def _answer(self) -> None:
        said = b"seen\x00 \xff and noted"
        self.send_response(self.receiver.statuses.get(self.path, 200))
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Location", self.receiver.url("/inside"))
        self.end_headers()
        self.wfile.write(said)

    def _hang(self) -> None:
        self.receiver.over.wait(30)

    def _drip(self) -> None:
        """One byte of a header now and then, which each single read takes for a sign of life."""
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        while not self.receiver.over.wait(0.02):
            self.wfile.write(b"x")

    def _drip_body(self) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        while not self.receiver.over.wait(0.02):
            self.wfile.write(b"x")

    def _large(self) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        self._pour()

    def _large_head(self) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\n")
        for number in range(60):
            self.receiver.written += self.wfile.write(f"X-{number}: {'x' * 60_000}\r\n".encode())

    def _pour(self) -> None:
        while self.receiver.written < LARGE:
            self.receiver.written += self.wfile.write(b"x" * 65_536)

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def running() -> Iterator[Receiver]:
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": receiver}))
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
