"""`manage.py seed_scale`: fill a database with open tasks, to measure on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracker import clock
from tracker.exchange import scale


class Command(BaseCommand):
    help = "Add open tasks with three cells each, for measurements. Never on a database in use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tasks", type=int, default=1_000_000, help="how many tasks (1,000,000)")
        parser.add_argument("--due", type=int, help="how many of them are due tomorrow (7,000, or all if fewer)")
        parser.add_argument("--force", action="store_true", help="accept a database that holds other tasks (a copy)")

    def handle(self, *, tasks: int, due: int | None, force: bool, **options: Any) -> None:
        due = min(7_000, tasks) if due is None else due
        if tasks < 1 or not 0 <= due <= tasks:
            raise CommandError("--tasks must be at least 1, and --due between 0 and --tasks.")
        if scale.holds_other_tasks() and not force:
            raise CommandError(
                "This database is in use, and what is added cannot be taken out again. Name an empty one in "
                "DATABASE_URL, or add --force on a copy."
            )
        scale.ensure_rules()
        scale.seed(tasks, at=clock.now(), due=due, progress=self.tell)

    def tell(self, done: int) -> None:
        self.stdout.write(f"{done} tasks", ending="\n")
