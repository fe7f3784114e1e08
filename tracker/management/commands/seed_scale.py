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
        parser.add_argument("--due", type=int, default=7_000, help="how many of them are due tomorrow (7,000)")

    def handle(self, *, tasks: int, due: int, **options: Any) -> None:
        if tasks < 1 or not 0 <= due <= tasks:
            raise CommandError("--tasks must be at least 1, and --due between 0 and --tasks.")
        scale.ensure_rules()
        scale.seed(tasks, at=clock.now(), due=due, progress=self.tell)

    def tell(self, done: int) -> None:
        if done % 100_000 == 0:
            self.stdout.write(f"{done} tasks", ending="\n")
