"""`manage.py seal`: give committed events their numbers; with --every it goes on until it is ended."""

from __future__ import annotations

import logging
import os
import signal
import threading
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, no_translations
from django.db import DatabaseError, close_old_connections

from config.celery import SEND_WEBHOOKS
from config.pdeathsig import die_with_parent
from tracker import clock
from tracker.services import deliveries, sealing
from tracker.wake import send

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Seal the history: once, or every so many seconds until it is ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=None, metavar="SECONDS", help="go on, such as 0.5")

    @no_translations
    def handle(self, **options: Any) -> None:
        if options["every"] is None:
            self.stdout.write(f"{sealing.seal():,} events sealed")
            sealing.publish(at=clock.now())
            return
        if os.environ.get("TRACKER_DIE_WITH_PARENT"):
            die_with_parent()
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        published: date | None = None
        while not over.wait(options["every"]):
            published = _seal_once(published)


def _seal_once(published: date | None) -> date | None:
    """Seal, and wake who tells the webhooks; return the day whose head is published.

    A database that is away for a while ends nothing.
    """
    try:
        if sealing.seal() and deliveries.is_due(at=clock.now()):
            send(SEND_WEBHOOKS)
        if published != clock.local_today():
            sealing.publish(at=clock.now())
            published = clock.local_today()
    except DatabaseError as error:
        logger.warning("history: not sealed (%s)", str(error).strip().splitlines()[0])
    close_old_connections()
    return published
