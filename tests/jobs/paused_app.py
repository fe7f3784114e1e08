"""The product's Celery app whose first scan stops at a marked point, so that a test can kill the worker there.

PAUSE_FILE is where the process that stops writes its id; PAUSE_AT is `before` or `after` the tasks are settled.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from config.celery import app as app  # noqa: E402
from tracker.services import clocks  # noqa: E402

PAUSE_FILE = Path(os.environ["PAUSE_FILE"])
settle = clocks.settle


def _pause(point: str) -> None:
    if os.environ["PAUSE_AT"] == point and not PAUSE_FILE.exists():
        PAUSE_FILE.write_text(str(os.getpid()))
        time.sleep(60)


def settle_with_a_pause(*args: Any, **kwargs: Any) -> Any:
    _pause("before")
    count = settle(*args, **kwargs)
    _pause("after")
    return count


clocks.settle = settle_with_a_pause
