"""Ends a worker that has gone deaf: messages wait, the broker answers, and the worker takes none.

Whoever supervises the worker (`manage.py up`, systemd, compose) starts it anew; nothing is lost by that.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable
from typing import Any

from celery import Celery
from celery.signals import task_received, task_rejected, task_unknown
from kombu.exceptions import OperationalError
from redis import RedisError

logger = logging.getLogger(__name__)
EXIT_CODE = 70


class Ear:
    """When this worker last took a message, or had a good reason to take none."""

    def __init__(self) -> None:
        self._heard = time.monotonic()

    def hear(self, **_: Any) -> None:
        self._heard = time.monotonic()

    def deaf_for(self) -> float:
        return time.monotonic() - self._heard


def start(app: Celery, queues: Iterable[str], *, seconds: float) -> None:
    """Watch this worker from a thread of its own: the loop that is watched may hang."""
    ear = Ear()
    for signal in (task_received, task_unknown, task_rejected):
        signal.connect(ear.hear, weak=False)
    arguments = (app, tuple(queues), ear, seconds)
    threading.Thread(target=_watch, args=arguments, name="watchdog", daemon=True).start()


def _watch(app: Celery, queues: tuple[str, ...], ear: Ear, seconds: float) -> None:
    while ear.deaf_for() <= seconds:
        time.sleep(seconds / 5)
        if _is_busy() or not _messages_wait(app, queues):
            ear.hear()
    logger.critical("This worker took nothing for %.0f s though messages wait: it ends to be started anew.", seconds)
    # Not sys.exit: that would end this thread only, and an orderly shutdown waits for the loop that hangs.
    os._exit(EXIT_CODE)


def _is_busy() -> bool:
    """A full pool takes nothing, rightly: time limits end what runs too long."""
    from celery.worker import state

    return bool(state.active_requests)


def _messages_wait(app: Celery, queues: tuple[str, ...]) -> bool:
    """Ask on a connection of its own; while the broker does not answer there is nothing to hear."""
    try:
        with app.connection_for_read() as connection:
            client = connection.default_channel.client
            return any(client.llen(queue) for queue in queues)
    except (OperationalError, RedisError, OSError):
        return False
