"""The product's Celery app on a machine whose clock somebody moves: AHEAD is a file with the seconds it is ahead.

All clocks of the process but the monotonic one jump, as they do when an operator or a time server sets them.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import django
import time_machine
from celery.signals import worker_process_init

FILE = Path(os.environ["AHEAD"])


def ahead() -> float:
    return float(FILE.read_text())


class Clock:
    """The clock of this process, and how many seconds it is ahead."""

    def __init__(self) -> None:
        self._ahead = ahead()
        self._traveller = time_machine.travel(time.time() + self._ahead, tick=True).start()
        time.time()  # it ticks from the first time that it is read

    def follow(self) -> None:
        while True:
            wanted = ahead()
            self._traveller.shift(wanted - self._ahead)
            self._ahead = wanted
            time.sleep(0.05)


clock = Clock()


def keep_following(**_: Any) -> None:
    threading.Thread(target=clock.follow, daemon=True).start()


django.setup()

from config.celery import app as app  # noqa: E402

worker_process_init.connect(keep_following)  # a thread does not come along into the processes of a pool
keep_following()
