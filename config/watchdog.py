"""Watches a worker from within: it is heard through its own pool, and one that has gone deaf ends itself.

Deaf is who takes none of the messages that wait though the broker answers. Whoever supervises the worker
(`manage.py up`, systemd, compose) starts it anew; nothing is lost by that.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from celery import Celery
from celery.signals import task_received, task_rejected, task_unknown
from kombu.exceptions import OperationalError
from redis import RedisError

logger = logging.getLogger(__name__)
EXIT_CODE = 70


@dataclass
class Ear:
    """When this worker last took a message, or had a good reason to take none."""

    heard_at: float = field(default_factory=time.monotonic)

    def hear(self, **_: Any) -> None:
        self.heard_at = time.monotonic()

    def deaf_for(self) -> float:
        return time.monotonic() - self.heard_at


@dataclass
class Pulse:
    """Sends a tiny job to each queue of the worker, every so often: where it is run, the pool lives."""

    send: Callable[[], None]
    every: float
    sent_at: float = float("-inf")

    def beat(self) -> None:
        if time.monotonic() - self.sent_at >= self.every:
            self.sent_at = time.monotonic()
            self.send()


def start(app: Celery, jobs: dict[str, str], *, pulse_seconds: float, deaf_seconds: float) -> None:
    """Watch this worker, which takes the queues of `jobs`, from a thread of its own: the loop that is watched may hang.

    `jobs` maps each queue to the job that is heard through it.
    """
    ear = Ear()
    for signal in (task_received, task_unknown, task_rejected):
        signal.connect(ear.hear, weak=False)

    def send() -> None:
        for job in jobs.values():
            app.send_task(job, expires=pulse_seconds)

    arguments = (app, tuple(jobs), ear, Pulse(send, pulse_seconds), deaf_seconds)
    threading.Thread(target=_watch, args=arguments, name="watchdog", daemon=True).start()


def _watch(app: Celery, queues: tuple[str, ...], ear: Ear, pulse: Pulse, seconds: float) -> None:
    pause = min(seconds, pulse.every) / 5
    while ear.deaf_for() <= seconds:
        if _is_busy() or not _messages_wait(app, queues, pulse):
            ear.hear()
        time.sleep(pause)
    logger.critical("This worker took nothing for %.0f s though messages wait: it ends to be started anew.", seconds)
    # Not sys.exit: that would end this thread only, and an orderly shutdown waits for the loop that hangs.
    os._exit(EXIT_CODE)


def _is_busy() -> bool:
    """A full pool takes nothing, rightly: time limits end what runs too long."""
    from celery.worker import state

    return bool(state.active_requests)


def _messages_wait(app: Celery, queues: tuple[str, ...], pulse: Pulse) -> bool:
    """Ask on a connection of its own; while the broker does not answer there is nothing to hear."""
    try:
        pulse.beat()
        with app.connection_for_read() as connection:
            client = connection.default_channel.client
            return any(client.llen(queue) for queue in queues)
    except (OperationalError, RedisError, OSError):
        return False
