"""The receiver of docs/howto/receive-webhooks.md takes what the tracker sends, and nothing else."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests import servers
from tests.builders import make_cast, make_task, make_webhook
from tests.receiver import LOOPBACK
from tracker.choices import DeliveryState
from tracker.clock import now
from tracker.exchange.webhooks import body_of, deliver
from tracker.models import Event, Webhook, WebhookDelivery
from tracker.rules.webhooks import signed
from tracker.services import sealing, webhook_secrets, webhooks

PAGE = settings.BASE_DIR / "docs/howto/receive-webhooks.md"
SNIPPET, PROGRAM = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
pytestmark = pytest.mark.django_db


@pytest.fixture
def hook(settings: Any) -> tuple[Webhook, str]:
    settings.WEBHOOK_NETWORKS = LOOPBACK
    return make_webhook(make_cast()["hoa"], f"http://127.0.0.1:{servers.free_port()}/in")


@pytest.fixture
def copy(hook: tuple[Webhook, str], tmp_path: Path) -> Iterator[Path]:
    """The file of the program, which runs."""
    row, secret = hook
    port = row.host.rpartition(":")[2]
    (tmp_path / "receiver.py").write_text(PROGRAM)
    command = [sys.executable, str(tmp_path / "receiver.py"), secret, str(tmp_path / "copy.sqlite3"), port]
    process = servers.spawn(command, log=tmp_path / "log")
    deadline = time.monotonic() + 20
    while not listens(int(port)):
        assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
        time.sleep(0.05)
    yield tmp_path / "copy.sqlite3"
    servers.end(process)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def kept(copy: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(copy) as connection:
        return connection.execute("SELECT id, type, data FROM messages ORDER BY rowid").fetchall()


def send(url: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.read()
        error.close()
        return error.code


def test_it_keeps_each_change_once_also_when_it_comes_again(hook: tuple[Webhook, str], copy: Path) -> None:
    row, _secret = hook
    make_task()
    webhooks.ping(row, by=row.owner, at=now())
    sealing.seal()
    assert deliver(at=now()) is False
    events = list(Event.objects.filter(number__gt=0).order_by("number").values_list("kind", "number"))
    told = [(kind, json.loads(data).get("number")) for _id, kind, data in kept(copy)]
    assert sorted(told, key=str) == sorted([*events, ("webhook.ping", None)], key=str)
    for delivery in row.deliveries.all():
        webhooks.replay(delivery, by=row.owner, at=now())
    deliver(at=now())
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert len(kept(copy)) == len(told)


def test_it_takes_nothing_that_is_not_genuine(hook: tuple[Webhook, str], copy: Path) -> None:
    row, secret = hook
    body = body_of(webhooks.ping(row, by=row.owner, at=now()))
    assert body
    good = signed([secret], message_id="msg_1", at=now(), body=body)
    foreign = signed([webhook_secrets.new()], message_id="msg_1", at=now(), body=body)
    stale = signed([secret], message_id="msg_1", at=now().replace(year=2025), body=body)
    for headers, sent in ((foreign, body), (stale, body), ({}, body), ({**good, "webhook-id": "msg_2"}, body)):
        assert send(row.url, sent, headers) == 400
    assert send(row.url, body + b" ", good) == 400
    assert kept(copy) == []
    both = {**good, "webhook-signature": f"{foreign['webhook-signature']} {good['webhook-signature']}"}
    assert (send(row.url, body, both), len(kept(copy))) == (204, 1)


def test_the_lines_for_the_library_verify(hook: tuple[Webhook, str]) -> None:
    row, secret = hook
    body = body_of(webhooks.ping(row, by=row.owner, at=now()))
    assert body
    names: dict[str, Any] = {"secret": secret, "body": body}
    names["headers"] = signed([secret], message_id="msg_1", at=now(), body=body)
    exec(SNIPPET, names)  # noqa: S102
    assert names["change"]["type"] == "webhook.ping" and names["change"]["data"] == {}
