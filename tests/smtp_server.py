"""A real mail server as a process of its own: `python -m tests.smtp_server FOLDER` on a free loopback port.

What it does to a mail is said by the receiver's name before the @: `refuse` 550, `busy` 451, `closing` 421, `spam` 554
at the end of the data, `hang` never answers the data, `drop` cuts the connection there; everybody else's mail is taken
and kept in FOLDER. FOLDER/port has the port, FOLDER/connections a line for each connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

AT_RECIPIENT = {
    "refuse": "550 5.1.1 No such user here",
    "busy": "451 4.3.0 Try again later",
    "closing": "421 4.3.2 Shutting down",
}
AT_SENDER = {"nobody": "553 5.1.8 Sender not known", "stranger": "530 5.7.0 Sign in first"}


class Behaviour:
    """aiosmtpd's hooks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return AT_SENDER.get(address.partition("@")[0], "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        name = address.partition("@")[0]
        if name not in AT_RECIPIENT:
            envelope.rcpt_tos.append(address)
        return AT_RECIPIENT.get(name, "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        name = envelope.rcpt_tos[0].partition("@")[0]
        if name == "spam":
            return "554 5.7.1 Not this content"
        if name == "drop":
            server.transport.abort()
        if name == "hang":
            await asyncio.sleep(60)
        if name not in ("drop", "hang"):
            draft = self.folder / f".{time.time_ns()}"
            draft.write_bytes(envelope.content)
            draft.replace(self.folder / f"{draft.name[1:]}.eml")
        return "250 Taken"


class Server:
    """Seen from the test: its port, what it took, how often somebody connected."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = int((folder / "port").read_text())

    @property
    def taken(self) -> list[EmailMessage]:
        paths = sorted(self.folder.glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]

    @property
    def connections(self) -> int:
        path = self.folder / "connections"
        return len(path.read_text().splitlines()) if path.exists() else 0


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run the server until the end of the block."""
    from tests import servers

    process = servers.spawn([sys.executable, "-m", "tests.smtp_server", str(folder)], log=folder / "log")
    try:
        deadline = time.monotonic() + 20
        while not (folder / "port").exists():
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.02)
        yield Server(folder)
    finally:
        servers.end(process)


async def serve(folder: Path) -> None:
    def connected() -> SMTP:
        with (folder / "connections").open("a") as log:
            log.write("one\n")
        return SMTP(Behaviour(folder), hostname="mail.example.invalid")

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    draft = folder / ".port"
    draft.write_text(str(server.sockets[0].getsockname()[1]))
    draft.replace(folder / "port")
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
