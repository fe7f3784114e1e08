"""The product's Celery app whose first worker hears nothing: it lives, is connected, and takes no message."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import django

django.setup()

from celery.signals import worker_ready  # noqa: E402

from config.celery import app as app  # noqa: E402


def be_deaf(sender: Any, **_: Any) -> None:
    once = Path(os.environ["DEAF"])
    if once.exists():
        once.unlink()
        for queue in list(sender.app.amqp.queues.consume_from):
            sender.cancel_task_queue(queue)


worker_ready.connect(be_deaf)
