"""Hands one message to a receiver on the network: within its time, to an address that was checked, and nowhere else.

The name is looked up once and the socket goes to the very address that was looked at, so nothing can change between.
No proxy, no redirect, no more than 64 KB of an answer. Source: trust.md, Input.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tracker.rules.addresses import Network, is_public
from tracker.rules.webhooks import Target, target_of

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MOST_BYTES = 64 * 1024
KEPT = 500
AGENT = "ResolutionTracker-Webhooks/1"


class Forbidden(OSError):
    """The address is not one that may be called."""


@dataclass(frozen=True)
class Answer:
    """What came back: `status` is None where nothing did, `said` the beginning of it or what went wrong."""

    status: int | None
    said: str


def post(url: str, body: bytes, headers: dict[str, str], *, allowed: Collection[Network] = ()) -> Answer:
    """POST `body` to `url`. Never raises for what the receiver or the network does; takes ten seconds at most.

    `allowed` are networks that may be called beside the public Internet.
    """
    until = time.monotonic() + TOTAL_SECONDS
    try:
        target = target_of(url)
        with _connected(target, allowed, until) as plain, _secured(plain, target, until) as sock:
            return _exchange(_Wire(sock, until), target, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, words_of(str(error) or type(error).__name__))


def _exchange(wire: _Wire, target: Target, body: bytes, headers: dict[str, str]) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = wire  # a socket in all that http.client asks of it
    told = {"Host": target.authority, "User-Agent": AGENT, "Content-Type": "application/json", "Connection": "close"}
    connection.request("POST", target.path, body, {**told, **headers})
    answer = connection.getresponse()
    return Answer(answer.status, words_of(_beginning(answer)))


def _beginning(answer: http.client.HTTPResponse) -> str:
    """Read what there is to read; the status is known, so an answer that breaks off is as good as a whole one."""
    found = b""
    try:
        while part := answer.read1(8192):
            found = (found + part)[: 4 * KEPT]
    except (OSError, http.client.HTTPException, ValueError):
        pass
    return found.decode("utf-8", "replace")


def words_of(text: str) -> str:
    """Return `text` as one line, cut, without what a database or a page could not hold."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= KEPT else f"{line[: KEPT - 1]}…"


def _left(until: float) -> float:
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError(_("timed out"))
    return seconds


def _connected(target: Target, allowed: Collection[Network], until: float) -> socket.socket:
    """Return a socket to one of the addresses of the host; each has its share of the time."""
    until = min(until, time.monotonic() + CONNECT_SECONDS)
    found = _looked_up(target, until)
    for _family, address in found:
        _refuse_hidden(address[0], allowed)
    error: OSError = OSError(_("This name has no address."))
    for number, (family, address) in enumerate(found):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(_left(until) / (len(found) - number))
            sock.connect(address)
            _refuse_hidden(sock.getpeername()[0], allowed)
        except OSError as failure:
            sock.close()
            error = failure
            continue
        return sock
    raise error


def _refuse_hidden(address: str, allowed: Collection[Network]) -> None:
    if not is_public(address, allowed=allowed):
        # Not to which one: whoever names a host of the inside is not to learn where it is.
        raise Forbidden(_("This leads to an address that is not public: webhooks do not go there."))


def _looked_up(target: Target, until: float) -> list[tuple[int, Any]]:
    """Return (family, address) of each address of the host. In a thread: the system's look-up knows no time limit."""
    answers: list[Any] = []

    def look_up() -> None:
        try:
            answers.append(socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            answers.append(error)

    thread = threading.Thread(target=look_up, name="look-up of a webhook", daemon=True)
    thread.start()
    thread.join(_left(until))
    if not answers:
        raise TimeoutError(_("the name was not looked up in time"))
    if isinstance(answers[0], Exception):
        raise answers[0]
    return list(dict.fromkeys((row[0], row[4]) for row in answers[0]))


def _secured(sock: socket.socket, target: Target, until: float) -> socket.socket:
    if not target.is_secure:
        return sock
    sock.settimeout(_left(until))
    return _tls().wrap_socket(sock, server_hostname=target.host)


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Wire(io.RawIOBase):
    """The socket as http.client sees it: each step has the time that is left, and so much is read and no more."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until
        self._room = MOST_BYTES

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(_left(self._until))
            rest = rest[self._sock.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._room:
            raise OSError(_("the answer is too long"))
        self._sock.settimeout(_left(self._until))
        count = self._sock.recv_into(memoryview(buffer)[: self._room])
        self._room -= count
        return count

    def close(self) -> None:
        """Left to whoever opened the socket: http.client closes it before the answer is read."""
