"""The job of webhooks: as a plain function, woken by the tick and by the sealer, and in a real worker."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from config import celery_app
from config.celery import SEND_WEBHOOKS, TICK
from tests import servers
from tests.builders import make_cast, make_task, make_webhook
from tests.receiver import Receiver
from tracker import jobs
from tracker.choices import DeliveryState
from tracker.clock import now
from tracker.management.commands import seal
from tracker.models import Webhook, WebhookDelivery
from tracker.services import scan, sealing, webhooks


@pytest.fixture
def hook(db: None, receiver: Receiver) -> Webhook:
    return make_webhook(make_cast()["hoa"], receiver.url())[0]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    for module in (jobs, seal):
        monkeypatch.setattr(module, "send", names.append)
    monkeypatch.setattr(seal, "close_old_connections", lambda: None)  # that of the test stays
    return names


def test_a_tick_finds_what_nobody_woke_anybody_for(hook: Webhook, receiver: Receiver, sent: list[str]) -> None:
    jobs.tick()
    assert SEND_WEBHOOKS not in sent  # nothing is sealed
    sealing.seal()
    jobs.tick()
    assert SEND_WEBHOOKS in sent
    jobs.send_webhooks()
    assert len(receiver.taken) == 1
    sent.clear()
    jobs.tick()
    assert SEND_WEBHOOKS not in sent


def test_who_seals_wakes_who_tells(hook: Webhook, sent: list[str]) -> None:
    seal._seal_once(None)
    assert sent == [SEND_WEBHOOKS]
    seal._seal_once(None)
    assert sent == [SEND_WEBHOOKS]  # nothing new


def test_without_a_webhook_nobody_is_woken(db: None, sent: list[str]) -> None:
    make_task()
    seal._seal_once(None)
    assert sealing.head().number > 0
    assert sent == []


def test_what_one_job_leaves_the_next_one_does(
    hook: Webhook, receiver: Receiver, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.services.deliveries.SENT_AT_ONCE", 2)
    for _ in range(3):
        webhooks.ping(hook, by=hook.owner, at=now())
    jobs.send_webhooks()
    assert (sent, len(receiver.taken)) == ([SEND_WEBHOOKS], 2)
    jobs.send_webhooks()
    assert (sent, len(receiver.taken)) == ([SEND_WEBHOOKS], 3)


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_worker_tells_after_a_tick_what_was_sealed_without_a_wake_up(
    receiver: Receiver, test_database_url: str, broker: str, tmp_path: Path
) -> None:
    make_webhook(make_cast()["hoa"], receiver.url())
    sealing.seal()
    scan.run(now().date(), at=now())
    variables = {"DATABASE_URL": test_database_url, "WEBHOOK_NETWORKS": "127.0.0.0/8"}
    process = servers.spawn_worker(log=tmp_path / "log", **variables)
    try:
        celery_app.send_task(TICK)
        deadline = time.monotonic() + 30
        while not WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED).exists():
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
    finally:
        servers.end(process)
    assert len(receiver.taken) == 1
