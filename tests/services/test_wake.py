"""Waking a worker: after the commit, a second at most, and never at the price of the change itself."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from config import celery_app
from config.celery import SCAN
from tracker import wake

pytestmark = pytest.mark.django_db(transaction=True)


def waiting(queue: str = "long") -> int:
    with celery_app.connection_for_write() as connection:
        return int(connection.default_channel.client.llen(queue))


def test_a_message_leaves_once_the_change_is_committed(broker: str) -> None:
    with transaction.atomic():
        wake.wake(SCAN)
        assert waiting() == 0
    assert waiting() == 1


def test_what_is_rolled_back_wakes_nobody(broker: str) -> None:
    with transaction.atomic():
        wake.wake(SCAN)
        transaction.set_rollback(True)
    assert waiting() == 0


def test_outside_a_transaction_the_message_leaves_at_once(broker: str) -> None:
    wake.wake(SCAN, 7)
    assert waiting() == 1


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A broker that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        with celery_app.connection_for_write(url=url) as connection:

            def publish(job: str, args: Any) -> None:
                celery_app.send_task(job, args=args, connection=connection)

            monkeypatch.setattr(wake, "_publish", publish)
            yield


def seconds(count: int) -> float:
    started = time.monotonic()
    for _number in range(count):
        with transaction.atomic():
            wake.wake(SCAN)
    return time.monotonic() - started


def test_a_silent_broker_costs_one_sender_a_second_and_the_next_ones_nothing(silent: None, caplog: Any) -> None:
    assert 0.5 < seconds(1) < 1.3
    assert seconds(20) < 0.2
    assert [record.name for record in caplog.records] == ["tracker.wake"]


def test_after_the_pause_it_is_tried_again(silent: None, broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not wake.send(SCAN)
    monkeypatch.setattr(wake, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(wake, "_publish", lambda job, args: celery_app.send_task(job, args=args))
    assert wake.send(SCAN)
    assert waiting() == 1


def test_after_the_pause_one_tries_and_the_others_do_not_wait(silent: None) -> None:
    assert not wake.send(SCAN)
    wake._broker.failed_at = time.monotonic() - wake.PAUSE_SECONDS
    trial = threading.Thread(target=wake.send, args=(SCAN,))
    trial.start()
    while wake._broker.failed_at < time.monotonic() - 1:
        time.sleep(0.01)
    assert seconds(20) < 0.2
    trial.join()
    assert wake._broker.is_resting()


def test_what_is_no_id_is_a_mistake_of_ours_and_is_told(broker: str) -> None:
    with pytest.raises(Exception, match="serializable"):
        wake.send(SCAN, object())  # type: ignore[arg-type]
