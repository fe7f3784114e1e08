"""Waking a worker. The only place that sends messages from a request or a service; rows alone decide what is due.

A broker that is gone, full, read-only or silent costs the sender a moment and nothing else: the next tick finds the
rows.
"""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import dataclass

from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from config.celery import app, expires_in

logger = logging.getLogger(__name__)
# After a failure nothing is sent for so long: many requests must not wait for the same dead broker one by one.
PAUSE_SECONDS = 10.0
# How long an answer of the broker is told again: strangers may ask, and each would wait for a silent one.
ANSWER_SECONDS = 2.0


@dataclass
class _Broker:
    """What this process last knew of the broker, and when."""

    failed_at: float | None = None
    asked_at: float | None = None
    answered: bool = False

    def is_resting(self) -> bool:
        return self.failed_at is not None and time.monotonic() - self.failed_at < PAUSE_SECONDS

    def begin_trial(self) -> None:
        """After a failure one tries whether the broker is back; whoever comes meanwhile does not wait for it, too."""
        if self.failed_at is not None:
            self.failed_at = time.monotonic()

    def was_just_asked(self) -> bool:
        return self.asked_at is not None and time.monotonic() - self.asked_at < ANSWER_SECONDS


_broker = _Broker()


def wake(job: str, *args: int | str) -> None:
    """Ask a worker for `job` once the present transaction is committed, at once outside one. Never raises.

    `args` are ids. The message is worth nothing after a minute: until then the tick has asked for the same.
    """
    transaction.on_commit(functools.partial(send, job, *args), robust=True)


def send(job: str, *args: int | str) -> bool:
    """Send the message now and tell whether the broker took it. At most a second."""
    if _broker.is_resting():
        return False
    _broker.begin_trial()
    try:
        _publish(job, args)
    except (OperationalError, RedisError, OSError) as error:
        _broker.failed_at = time.monotonic()
        logger.warning("The broker did not take %s; the next tick asks again: %s", job, error)
        return False
    _broker.failed_at = None
    return True


def broker_answers(url: str = "") -> bool:
    """Tell whether the broker (that of the settings unless told) answers, now or two seconds ago.

    At most a second; never ask within a transaction.
    """
    if not _broker.was_just_asked():
        _broker.answered = _is_answering(url)
        _broker.asked_at = time.monotonic()
    return _broker.answered


def _is_answering(url: str) -> bool:
    try:
        with app.connection_for_read(url=url or None) as connection:
            return bool(connection.default_channel.client.ping())
    except (OperationalError, RedisError, OSError):
        return False


def _publish(job: str, args: tuple[int | str, ...]) -> None:
    app.send_task(job, args=args, expires=expires_in(), retry=False)
