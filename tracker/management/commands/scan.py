"""`manage.py scan`: settle all clocks through a day, as the job does."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from tracker import clock
from tracker.errors import Conflict
from tracker.management.arguments import iso_day
from tracker.models import JobRun
from tracker.services import scan


class Command(BaseCommand):
    help = "Flag every task that has waited too long through a day (today unless told)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=iso_day, default=None, help="local day, as 2026-12-31")
        parser.add_argument("--dry-run", action="store_true", help="tell what would change and write nothing")
        parser.add_argument("--force", action="store_true", help="accept a day in the future (drills)")

    @no_translations
    def handle(self, *, dry_run: bool, force: bool, **options: Any) -> None:
        day: date = options["date"] or clock.local_today()
        mark = scan.high_water()
        try:
            run = scan.run(day, at=clock.now(), dry_run=dry_run, force=force)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        except Conflict as error:
            raise CommandError(str(error.message)) from error
        if mark and day < mark:
            self.stdout.write(f"Everything is settled through {mark:%d/%m/%Y} already: nothing was done.")
            return
        self.stdout.write(describe(run, day, dry_run=dry_run))


def describe(run: JobRun, day: date, *, dry_run: bool) -> str:
    """Return the one line that the command prints."""
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0.0
    begin = "Dry run, nothing written" if dry_run else "Settled"
    return (
        f"{begin} through {day:%d/%m/%Y}: {run.looked_at} tasks looked at, {run.opened} flags opened, "
        f"{run.closed} closed, {run.stepped} steps taken, {seconds:.2f} s."
    )
