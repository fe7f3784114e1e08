"""`manage.py check_health`: the same as /health/, for cron and monitoring agents, outside the web server and Celery."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser, no_translations
from django.db import DatabaseError

from tracker import clock, wake
from tracker.boards.health import Health, Heard, health
from tracker.processes import valkey

SILENT = 2
Line = tuple[str, bool, str]


class Command(BaseCommand):
    help = "Tell of each part whether it is alive: exit status 0, or 2 when one is silent."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """A wrong argument is 1 here: 2 would wake somebody up."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = lambda message: parser.exit(1, f"{message}\n")  # type: ignore[method-assign]
        return parser

    @no_translations
    def handle(self, **options: Any) -> None:
        broker = wake.broker_answers(settings.REDIS_URL or valkey.embedded_url(settings.VAR_DIR))
        lines = list(_lines(_read(), broker))
        for name, is_well, words in lines:
            self.stdout.write(f"{name:<12} {'ok' if is_well else 'SILENT':<7} {words}".rstrip())
        if not all(is_well for _name, is_well, _words in lines):
            sys.exit(SILENT)


def _read() -> Health | None:
    try:
        return health(at=clock.now(), limit_seconds=settings.HEARTBEAT_LIMIT)
    except DatabaseError:
        return None


def _lines(found: Health | None, broker: bool) -> Iterator[Line]:
    """Give one line a part. Without a database nothing is known of what is written there."""
    yield "database", found is not None, "" if found else "does not answer, or is not migrated"
    yield "broker", broker, "" if broker else "does not answer"
    if found is None:
        return
    yield from ((one.part.value, one.is_alive, _ago(one)) for one in found.parts)
    yield "scan", not found.is_scan_behind, _through(found.scan_age)
    told = (f"{number} {name.replace('_', ' ')}" for name, number in vars(found.backlog).items())
    yield "backlog", True, ", ".join(told)


def _ago(one: Heard) -> str:
    return "never heard" if one.age is None else f"heard {one.age:.0f} s ago"


def _through(age: int | None) -> str:
    if age is None:
        return "never"
    if age < 0:
        return f"settled through {-age} days ahead: no scan looks before they have passed"
    return "settled through today" if age == 0 else f"settled through {age} days ago"
