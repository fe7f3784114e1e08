"""`manage.py send_mails`: send the mails that are due, as the job does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tracker import clock
from tracker.choices import MessageState
from tracker.services import outbox


class Command(BaseCommand):
    help = "Send the mails of the outbox that are due now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=outbox.BATCH, help="how many at most")

    def handle(self, *, limit: int, **options: Any) -> None:
        outcomes = outbox.send_due(at=clock.now(), limit=max(0, limit))
        sent, later = outcomes[MessageState.SENT], outcomes[MessageState.QUEUED]
        refused, aside = outcomes[MessageState.BOUNCED], outcomes[MessageState.SET_ASIDE]
        self.stdout.write(f"{sent} sent, {later} to be tried again, {refused} refused, {aside} set aside.")
