"""`manage.py verify_audit`: whether the history is as it was sealed; names the first event that is not."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser, no_translations

from tracker.boards.audit import verify
from tracker.models import Event
from tracker.rules.sealing import Head

BROKEN = 2
_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def head(text: str) -> Head:
    """Return the head that somebody kept, as the log and the page write it."""
    found = _HEAD.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError("a head is NUMBER:HASH, as the log and the page of the history write it.")
    return Head(int(found[1]), found[2])


class Command(BaseCommand):
    help = "Check the chain of the history: exit status 0, or 2 when an event was altered, deleted, swapped or cut off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", type=head, default=None, help="a head kept elsewhere, NUMBER:HASH")

    @no_translations
    def handle(self, **options: Any) -> None:
        audit = verify(options["head"])
        self.stdout.write(f"{audit.checked:,} events hold, up to {audit.end.number}:{audit.end.hash}")
        if waiting := Event.objects.unsealed().count():
            self.stdout.write(f"{waiting:,} events wait for their seal")
        if audit.unguarded:
            self.stdout.write(f"MISSING triggers: {', '.join(audit.unguarded)}; manage.py migrate puts them back")
        if audit.finding:
            self.stdout.write(f"BROKEN: {audit.finding}")
        if not audit.is_whole:
            sys.exit(BROKEN)
