"""Waking a worker. A message only says that rows may be due; without it the next tick finds them."""

from __future__ import annotations

import functools

from django.db import transaction

from config.celery import app


def wake(job: str) -> None:
    """Ask a worker for `job` once the present transaction is committed. Never raises, and never fails a write."""
    transaction.on_commit(functools.partial(app.send_task, job, expires=50), robust=True)
