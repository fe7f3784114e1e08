"""`manage.py messages`: the translations, without GNU gettext."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tracker.exchange import catalogues
from tracker.exchange.message_sources import found


class Command(BaseCommand):
    help = "Bring the catalogues of translations up to date, check or compile them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--update", action="store_true", help="take new messages in, drop unused ones")
        what.add_argument("--check", action="store_true", help="exit status 1, with each message that is not in order")
        what.add_argument("--compile", action="store_true", help="write the .mo files that are older than their .po")

    def handle(self, *, update: bool, check: bool, **options: Any) -> None:
        if update:
            self._update()
        elif check:
            self._check()
        else:
            written = catalogues.compile_all()
            self.stdout.write(f"{len(written)} catalogues compiled.")

    def _update(self) -> None:
        sources = found()
        for language in catalogues.LANGUAGES:
            done = catalogues.update(language, sources=sources)
            self.stdout.write(f"{language}: {done['kept']} kept, {done['new']} new, {done['dropped']} dropped.")

    def _check(self) -> None:
        sources = found()
        lines = [
            f"{language}: {line}"
            for language in catalogues.LANGUAGES
            for line in catalogues.problems(language, sources=sources)
        ]
        for line in lines:
            self.stderr.write(line)
        if lines:
            self.stderr.write(f"{len(lines)} problems: run manage.py messages --update, then translate.")
            sys.exit(1)
        self.stdout.write("Every message is translated.")
