"""The outbox against a real mail server: once, in the end, and never in the way of anybody else."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from accounts.models import User
from tests import servers
from tests.builders import make_body, make_message, make_user, noon
from tests.smtp_server import Server, running
from tracker.choices import MessageState
from tracker.errors import Conflict
from tracker.models import Event, Message
from tracker.rules.retries import MOST_TRIES, pause_after
from tracker.services import outbox

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 15)
AT = noon(DAY)
LATER = AT + timedelta(days=3)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: Any) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("smtp")) as server:
        yield server


@pytest.fixture
def server(machine: Server, settings: Any) -> Server:
    """The mail server as the product would use it, with nothing taken yet."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", machine.port, 1
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    for path in (*machine.folder.glob("*.eml"), machine.folder / "connections"):
        path.unlink(missing_ok=True)
    return machine


@pytest.fixture
def lan() -> User:
    return make_user("lan", None, make_body("BO-A"), email="lan@example.invalid")


def queue(user: User, key: str = "test:1", **overrides: Any) -> Message | None:
    values = {"kind": "decision", "subject": "Một quyết định", "text": "Văn bản\n", "html": "<p>Văn bản</p>"}
    return outbox.queue(user, key=key, at=AT, **{**values, **overrides})


def fresh(message: Any) -> Any:
    return Message.objects.get(pk=message.pk)


def to(name: str, user: User, **overrides: Any) -> Message:
    return make_message(user, address=f"{name}@example.invalid", **overrides)


# Writing


def test_the_same_key_twice_is_one_mail(lan: User) -> None:
    first = queue(lan)
    assert first and queue(lan, subject="Again") is None
    assert (Message.objects.get(), Message.objects.get().subject) == (first, "Một quyết định")


def test_a_mail_has_an_id_of_the_site_and_one_line_as_subject(lan: User, settings: Any) -> None:
    settings.SITE_URL = "https://theo-doi.example.vn:8443"
    message = queue(lan, subject="A title\nBcc: everybody@example.invalid\r\n\x85 " + "x" * 300)
    assert re.fullmatch(r"<20260615\.050000\.[0-9a-f]{16}@theo-doi\.example\.vn>", message.message_id)
    assert len(message.subject.splitlines()) == 1 and len(message.subject) <= 200
    assert message.subject.startswith("A title Bcc: everybody@example.invalid x")


@pytest.mark.parametrize("facts", [{"email": ""}, {"is_active": False}])
def test_nothing_is_written_to_who_cannot_be_reached(lan: User, facts: dict[str, Any]) -> None:
    User.objects.filter(pk=lan.pk).update(**facts)
    lan.refresh_from_db()
    assert queue(lan) is None
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_never_sent(lan: User, server: Server) -> None:
    with transaction.atomic():
        queue(lan)
        transaction.set_rollback(True)
    assert outbox.send_due(at=AT) == {}
    assert server.taken == []


# Sending


def test_a_mail_arrives_in_plain_text_and_html(lan: User, server: Server) -> None:
    queue(lan)
    assert outbox.send_due(at=AT) == {MessageState.SENT: 1}
    message, mail = Message.objects.get(), server.taken[0]
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == (lan.email, "Một quyết định", message.message_id)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().strip() for part in mail.iter_parts()] == ["Văn bản", "<p>Văn bản</p>"]
    assert (message.state, message.attempts, message.lease_until) == (MessageState.SENT, 1, None)
    assert message.sent_at >= AT


def test_a_batch_goes_over_one_connection_and_nothing_goes_twice(lan: User, server: Server) -> None:
    for number in range(5):
        queue(lan, f"test:{number}")
    assert outbox.send_due(at=AT, limit=3) == {MessageState.SENT: 3}
    assert outbox.send_due(at=AT) == {MessageState.SENT: 2}
    assert outbox.send_due(at=LATER) == {}
    assert (len(server.taken), server.connections) == (5, 2)


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("refuse", MessageState.BOUNCED, "550 5.1.1 No such user here"),
        ("spam", MessageState.BOUNCED, "554 5.7.1 Not this content"),
        ("two\nlines", MessageState.BOUNCED, "contain newlines"),
        ("busy", MessageState.QUEUED, "451 4.3.0 Try again later"),
        ("closing", MessageState.QUEUED, "421 4.3.2 Shutting down"),
        ("drop", MessageState.QUEUED, "Connection unexpectedly closed"),
        ("hang", MessageState.QUEUED, "timed out"),
    ],
)
def test_one_that_is_not_taken_stops_no_other(
    lan: User, server: Server, name: str, state: MessageState, words: str
) -> None:
    before, bad, after = to("first", lan), to(name, lan), to("last", lan)
    outcomes = outbox.send_due(at=AT)
    assert outcomes == {MessageState.SENT: 2, state: 1}
    assert [fresh(one).state for one in (before, bad, after)] == [MessageState.SENT, state, MessageState.SENT]
    bad = fresh(bad)
    assert words in bad.last_error
    assert (bad.attempts, bad.lost_claims, bad.lease_until) == (1, 0, None)
    assert [mail["To"].partition("@")[0] for mail in server.taken] == ["first", "last"]


def test_a_refusal_leaves_the_connection_open(lan: User, server: Server) -> None:
    for name in ("refuse", "busy", "spam", "last"):
        to(name, lan)
    outbox.send_due(at=AT)
    assert server.connections == 1


def test_a_sender_who_is_refused_bounces(lan: User, server: Server, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "nobody@example.invalid"
    message = to("lan", lan)
    assert outbox.send_due(at=AT) == {MessageState.BOUNCED: 1}
    assert fresh(message).last_error == "553 5.1.8 Sender not known"


def test_a_server_that_wants_a_sign_in_is_no_fault_of_the_message(lan: User, server: Server, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "stranger@example.invalid"
    message = to("lan", lan)
    assert outbox.send_due(at=AT) == {MessageState.QUEUED: 1}
    assert fresh(message).last_error == "530 5.7.0 Sign in first"


def test_a_server_that_cannot_be_reached_costs_one_message_a_try(lan: User, server: Server, settings: Any) -> None:
    settings.EMAIL_PORT = servers.free_port()
    first, second = to("first", lan), to("second", lan)
    assert outbox.send_due(at=AT) == {MessageState.QUEUED: 1}
    assert (fresh(first).attempts, fresh(second).attempts) == (1, 0)
    settings.EMAIL_PORT = server.port
    assert outbox.send_due(at=LATER) == {MessageState.SENT: 2}


def test_a_server_that_says_nothing_ends_the_batch_after_its_timeout(lan: User, server: Server, settings: Any) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.EMAIL_PORT = mute.getsockname()[1]
        to("first", lan), to("second", lan)
        began = time.monotonic()
        assert outbox.send_due(at=AT) == {MessageState.QUEUED: 1}
        assert time.monotonic() - began < 5


def test_pauses_grow_until_it_is_set_aside(lan: User, server: Server) -> None:
    message, at = to("busy", lan), AT
    for tries in range(1, MOST_TRIES):
        assert outbox.send_due(at=at) == {MessageState.QUEUED: 1}
        found = fresh(message)
        assert found.next_attempt_at - at >= pause_after(tries, seed=message.message_id)
        assert outbox.send_due(at=found.next_attempt_at - timedelta(seconds=1)) == {}
        at = found.next_attempt_at
    assert outbox.send_due(at=at) == {MessageState.SET_ASIDE: 1}
    assert (fresh(message).attempts, outbox.send_due(at=LATER + timedelta(days=30))) == (MOST_TRIES, {})


def test_nothing_goes_to_an_account_that_was_deactivated_meanwhile(lan: User, server: Server) -> None:
    queue(lan)
    User.objects.update(is_active=False)
    assert outbox.send_due(at=AT) == {MessageState.SET_ASIDE: 1}
    assert server.taken == []


# Claims


def test_a_claim_that_never_came_back_goes_again_when_its_lease_has_passed(lan: User, server: Server) -> None:
    message = queue(lan)
    assert outbox._claim(message.pk, at=AT)
    assert outbox.send_due(at=AT + timedelta(seconds=1)) == {}
    assert outbox.send_due(at=AT + outbox.LEASE + timedelta(seconds=1)) == {MessageState.SENT: 1}
    assert (fresh(message).attempts, server.taken[0]["Message-ID"]) == (2, message.message_id)


def test_a_message_that_kills_who_sends_it_is_set_aside_after_three(lan: User, server: Server) -> None:
    message, at = queue(lan), AT
    for _ in range(3):
        assert outbox._claim(message.pk, at=at)
        at += outbox.LEASE + timedelta(seconds=1)
    assert outbox.send_due(at=at) == {MessageState.SET_ASIDE: 1}
    assert "three times" in fresh(message).last_error
    assert server.taken == []


def test_who_lost_the_claim_does_not_write_over_the_next(lan: User) -> None:
    message = queue(lan)
    slow = outbox._claim(message.pk, at=AT)
    later = AT + outbox.LEASE + timedelta(seconds=1)
    assert outbox._claim(message.pk, at=later)
    outbox._mark(slow, MessageState.BOUNCED, "too late")
    assert (fresh(message).state, fresh(message).last_error) == (MessageState.QUEUED, "")


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_send_each_once(lan: User, server: Server) -> None:
    for number in range(12):
        queue(lan, f"test:{number}")
    barrier, outcomes = threading.Barrier(3), Counter[str]()

    def send() -> None:
        barrier.wait()
        try:
            outcomes.update(outbox.send_due(at=AT))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes == {MessageState.SENT: 12}
    ids = [mail["Message-ID"] for mail in server.taken]
    assert len(ids) == len(set(ids)) == 12
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_killed_between_taken_and_marked_it_goes_again_with_the_same_id(
    lan: User, server: Server, test_database_url: str, tmp_path: Path
) -> None:
    message = queue(lan)
    variables = {"DATABASE_URL": test_database_url, "EMAIL_URL": f"smtp://127.0.0.1:{server.port}"}
    servers.kill_at_its_mark("tests.services.killed_sender", tmp_path, **variables)
    claimed = fresh(message)
    assert (claimed.state, claimed.attempts, len(server.taken)) == (MessageState.QUEUED, 1, 1)
    assert outbox.send_due(at=claimed.lease_until - timedelta(seconds=1)) == {}
    assert outbox.send_due(at=claimed.lease_until + timedelta(seconds=1)) == {MessageState.SENT: 1}
    assert [mail["Message-ID"] for mail in server.taken] == [message.message_id] * 2


# The operator


def stuck(user: User, **facts: Any) -> Message:
    return to("old", user, state=MessageState.BOUNCED, attempts=1, last_error="550 <old@example.invalid>", **facts)


def test_sent_again_it_goes_to_the_address_of_now(lan: User, server: Server) -> None:
    admin = make_user("admin", None, make_body("BO-A"), is_superuser=True)
    message = outbox.retry(stuck(lan), by=admin, at=AT)
    assert (message.state, message.attempts, message.address) == (MessageState.QUEUED, 0, "lan@example.invalid")
    assert outbox.send_due(at=AT) == {MessageState.SENT: 1}
    event = Event.objects.get(kind="message.retried")
    assert (event.actor, event.task, "example" in str((event.before, event.after))) == (admin, None, False)
    with pytest.raises(Conflict):
        outbox.retry(message, by=admin, at=AT)


def test_all_that_was_set_aside_is_sent_again_at_once(lan: User) -> None:
    admin = make_user("admin", None, make_body("BO-A"), is_superuser=True)
    aside = [to("away", lan, state=MessageState.SET_ASIDE, attempts=8) for _ in range(3)]
    refused = stuck(lan)
    assert outbox.retry_set_aside(by=admin, at=AT) == 3
    assert {fresh(one).state for one in aside} == {MessageState.QUEUED}
    assert fresh(refused).state == MessageState.BOUNCED


def test_nobody_but_the_operator_sends_again(lan: User) -> None:
    with pytest.raises(PermissionDenied):
        outbox.retry(stuck(lan), by=lan, at=AT)
    with pytest.raises(PermissionDenied):
        outbox.retry_set_aside(by=lan, at=AT)
