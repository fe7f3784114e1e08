"""`manage.py loaddemo`: load the shipped content and the demonstration, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from tracker import clock
from tracker.exchange import demo
from tracker.exchange.fixtures import FixtureError, read_folder
from tracker.models import Task


class Command(BaseCommand):
    help = "Load the shipped content and the demonstration. Refuses where tasks exist already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "fixtures", help="folder of the rows")
        parser.add_argument("--if-empty", action="store_true", help="do nothing, quietly, where tasks exist already")

    def handle(self, *, folder: Path, if_empty: bool, **options: Any) -> None:
        if Task.objects.exists():
            if if_empty:
                return
            raise CommandError("This database holds tasks already: loaddemo starts from an empty one.")
        if not settings.DEMO_PASSWORD:
            raise CommandError("DEMO_PASSWORD is missing: set the password of the demonstration's sign-ins.")
        try:
            with translation.override("en"):
                run = demo.load(
                    read_folder(folder), password=settings.DEMO_PASSWORD, today=clock.local_today(), at=clock.now()
                )
        except FixtureError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Loaded {Task.objects.count()} tasks; {run.opened} flags opened, {run.stepped} steps taken.")
