"""Sends what is due and stops, for the test to kill it, between "taken by the server" and "marked as sent"."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import django

django.setup()

from tracker.clock import now  # noqa: E402
from tracker.services import outbox  # noqa: E402


def stop(*args: object, **kwargs: object) -> str:
    Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(60)
    return ""


outbox._mark_sent = stop
outbox.send_due(at=now())
