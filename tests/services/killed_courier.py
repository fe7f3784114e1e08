"""Sends what is due and stops, for the test to kill it, between "taken by the receiver" and "marked as delivered"."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import django

django.setup()

from tracker.clock import now  # noqa: E402
from tracker.exchange.webhooks import body_of  # noqa: E402
from tracker.services import deliveries  # noqa: E402


def stop(*args: object, **kwargs: object) -> str:
    Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(60)
    return ""


deliveries._mark = stop
deliveries.send_due(at=now(), say=body_of)
