"""The courier against real sockets: whom it calls, whom it never calls, and that it always comes back."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import servers
from tests.receiver import LARGE, LOOPBACK, Receiver, running
from tracker.services import courier

BODY = json.dumps({"type": "task.created"}).encode()
HEADERS = {"webhook-id": "msg_1", "webhook-signature": "v1,abc"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running() as found:
        yield found


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "TOTAL_SECONDS", 0.4)
    monkeypatch.setattr(courier, "CONNECT_SECONDS", 0.3)


def post(url: str, allowed: Any = LOOPBACK) -> courier.Answer:
    return courier.post(url, BODY, HEADERS, allowed=allowed)


# What arrives


def test_the_very_bytes_arrive_with_their_headers(receiver: Receiver) -> None:
    assert post(receiver.url("/in?key=1")) == courier.Answer(200, "seen � and noted")
    ((path, headers, body),) = receiver.taken
    assert (path, body) == ("/in?key=1", BODY)
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert (headers["content-type"], headers["host"]) == ("application/json", f"127.0.0.1:{receiver.port}")
    assert headers["user-agent"].startswith("ResolutionTracker")


@pytest.mark.parametrize("status", [204, 400, 410, 500, 503])
def test_the_status_is_told(receiver: Receiver, status: int) -> None:
    receiver.statuses["/in"] = status
    assert post(receiver.url("/in")).status == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(receiver: Receiver, status: int) -> None:
    receiver.statuses["/in"] = status
    assert post(receiver.url("/in")).status == status
    assert [path for path, _headers, _body in receiver.taken] == ["/in"]


def test_proxies_of_the_environment_are_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{servers.free_port()}")
    assert post(receiver.url()).status == 200


# Whom it never calls


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.0.0.2",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "0177.1",
            "017700000001",
        ),
        *("0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]"),  # noqa: S104
        *("[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254", "[fe80::1]"),
    ],
)
def test_no_spelling_leads_inside(receiver: Receiver, host: str) -> None:
    answer = post(f"http://{host}:{receiver.port}/", allowed=())
    assert answer.status is None and answer.said
    assert receiver.taken == []


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Name → the addresses of each look-up, the last one again and again; other names are not there."""
    told: dict[str, list[list[str]]] = {}

    def look_up(host: str, port: int, **kwargs: Any) -> list[Any]:
        if host not in told:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = told[host].pop(0) if len(told[host]) > 1 else told[host][0]
        kinds = [socket.AF_INET6 if ":" in text else socket.AF_INET for text in answers]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (text, port) if kind == socket.AF_INET else (text, port, 0, 0))
            for kind, text in zip(kinds, answers, strict=True)
        ]

    monkeypatch.setattr(courier.socket, "getaddrinfo", look_up)
    return told


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.7"]])
def test_a_name_that_leads_inside_is_refused_whole(
    receiver: Receiver, names: dict[str, list[list[str]]], addresses: list[str]
) -> None:
    names["hooks.example.vn"] = [addresses]
    answer = post(f"http://hooks.example.vn:{receiver.port}/", allowed=())
    assert (answer.status, "an address that is not public" in answer.said) == (None, True)
    assert not [address for address in addresses if address in answer.said]  # where the inside is, nobody learns
    assert receiver.taken == []


def test_a_name_that_changes_after_the_look_changes_nothing(
    receiver: Receiver, names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the first look-up is public, each later one inside. The socket goes where the first one said."""
    names["hooks.example.vn"] = [["203.162.4.190"], ["127.0.0.1"]]
    called: list[Any] = []

    class Sock(socket.socket):
        def connect(self, address: Any) -> None:
            called.append(address)
            raise TimeoutError("timed out")

    monkeypatch.setattr(courier.socket, "socket", Sock)
    assert post(f"http://hooks.example.vn:{receiver.port}/", allowed=()) == courier.Answer(None, "timed out")
    assert called == [("203.162.4.190", receiver.port)]
    assert names["hooks.example.vn"] == [["127.0.0.1"]]  # asked once
    assert receiver.taken == []


def test_where_the_socket_really_is_decides(
    receiver: Receiver, names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network itself leads a public address inside, as a translating router would: nothing is sent."""
    names["hooks.example.vn"] = [["203.162.4.190"]]

    class Sock(socket.socket):
        def connect(self, address: Any) -> None:
            super().connect(("127.0.0.1", address[1]))

    monkeypatch.setattr(courier.socket, "socket", Sock)
    assert "an address that is not public" in post(f"http://hooks.example.vn:{receiver.port}/", allowed=()).said
    assert receiver.taken == []


def test_the_operator_allows_a_network(receiver: Receiver, names: dict[str, list[list[str]]]) -> None:
    names["hooks.intern"] = [["127.0.0.1"]]
    url = f"http://hooks.intern:{receiver.port}/"
    assert post(url, allowed=[ipaddress.ip_network("127.0.0.2/32")]).status is None
    assert post(url, allowed=[ipaddress.ip_network("127.0.0.1/32")]).status == 200
    assert receiver.taken[0][1]["host"] == f"hooks.intern:{receiver.port}"


def test_the_second_address_is_tried_where_the_first_one_does_not_answer(
    receiver: Receiver, names: dict[str, list[list[str]]]
) -> None:
    names["hooks.intern"] = [["::1", "127.0.0.1"]]
    allowed = [*LOOPBACK, ipaddress.ip_network("::1/128")]
    assert post(f"http://hooks.intern:{receiver.port}/", allowed=allowed).status == 200


@pytest.mark.parametrize(
    "url", ["http://no-such-name.invalid/", f"http://{'a' * 64}.example.vn/", "ftp://127.0.0.1/", "no address", ""]
)
def test_what_leads_nowhere_is_told_and_raises_nothing(names: Any, url: str) -> None:
    answer = post(url)
    assert answer.status is None and answer.said


# It always comes back


def lasted(url: str) -> tuple[courier.Answer, float]:
    began = time.monotonic()
    return post(url), time.monotonic() - began


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_a_receiver_that_never_ends_its_answer_is_left(receiver: Receiver, hasty: None, path: str) -> None:
    answer, seconds = lasted(receiver.url(path))
    assert answer.status is None and "timed out" in answer.said
    assert seconds < 2


def test_one_that_drips_after_its_status_has_taken_the_message(receiver: Receiver, hasty: None) -> None:
    answer, seconds = lasted(receiver.url("/drip_body"))
    assert (answer.status, set(answer.said)) == (200, {"x"})
    assert seconds < 2


@pytest.mark.parametrize(("path", "status"), [("/large", 200), ("/large_head", None)])
def test_no_more_than_64_kb_is_read(receiver: Receiver, path: str, status: int | None) -> None:
    answer = post(receiver.url(path))
    assert (answer.status, len(answer.said) <= courier.KEPT) == (status, True)
    receiver.over.wait(0.2)
    assert receiver.written < LARGE  # the rest was left with the sender


def test_what_is_read_is_counted(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    readinto = courier._Wire.readinto

    def counted(self: Any, buffer: Any) -> int:
        read.append(readinto(self, buffer))
        return read[-1]

    monkeypatch.setattr(courier._Wire, "readinto", counted)
    post(receiver.url("/large"))
    assert sum(read) == courier.MOST_BYTES


def test_a_receiver_that_takes_no_connection_is_left(hasty: None) -> None:
    answer, seconds = lasted(f"http://127.0.0.1:{servers.free_port()}/")
    assert answer.status is None and "refused" in answer.said.lower()
    assert seconds < 2


def test_a_name_that_is_never_answered_is_left(hasty: None, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(courier.socket, "getaddrinfo", lambda *args, **kwargs: over.wait(30))
    answer, seconds = lasted("http://hooks.example.vn/")
    over.set()
    assert (answer.status, "looked up" in answer.said) == (None, True)
    assert seconds < 2


def test_one_that_speaks_another_language_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            peer = listening.accept()[0]
            peer.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
            peer.close()

        thread = threading.Thread(target=speak)
        thread.start()
        answer = post(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        thread.join(5)
    assert answer.status is None and answer.said


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that nobody has signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - datetime.timedelta(days=1))
        .not_valid_after(at + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "both.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
    return path


@pytest.fixture
def secure(receiver: Receiver, certificate: Path) -> Iterator[int]:
    """The port of a TLS server that says 200 to whoever gets through."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                with context.wrap_socket(listening.accept()[0], server_side=True) as peer:
                    receiver.taken.append(("tls", {}, peer.recv(65_536)))
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    peer.unwrap()
            except OSError:
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def test_a_certificate_that_nobody_vouches_for_gets_nothing(receiver: Receiver, secure: int) -> None:
    answer = post(f"https://localhost:{secure}/", allowed=[*LOOPBACK, ipaddress.ip_network("::1/128")])
    assert answer.status is None and "certificate verify failed" in answer.said
    assert receiver.taken == []


@pytest.mark.parametrize(("host", "status"), [("localhost", 200), ("127.0.0.1", None)])
def test_one_that_is_vouched_for_is_believed_under_its_own_name_only(
    receiver: Receiver, secure: int, certificate: Path, monkeypatch: pytest.MonkeyPatch, host: str, status: int | None
) -> None:
    monkeypatch.setattr(courier, "_tls", lambda: ssl.create_default_context(cafile=str(certificate)))
    answer = post(f"https://{host}:{secure}/", allowed=[*LOOPBACK, ipaddress.ip_network("::1/128")])
    assert answer.status == status
    assert bool(receiver.taken) == (status == 200)
