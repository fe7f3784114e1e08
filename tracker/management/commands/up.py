"""manage.py up: the whole product on this machine, as one process that starts, watches and ends its parts."""

from __future__ import annotations

import os
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from config.pdeathsig import die_with_parent
from tracker.processes import parts, prepare, state
from tracker.processes.supervisor import PartDied, Stopped, Supervisor

DEMO_USERS = ("official", "official2", "commission", "editor", "supervisor", "admin")


class Command(BaseCommand):
    """Prepare the installation, start what was not given, say where it is, and wait."""

    help = "Start the web server, the worker, the scheduler and, without REDIS_URL, an embedded Valkey."
    requires_system_checks = ["jobs"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--with-parent", action="store_true", help="end when the calling process ends (Linux)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["with_parent"]:
            die_with_parent(number=signal.SIGTERM)
        try:
            with state.only_one(settings.VAR_DIR, port=settings.PORT) as scratch:
                self._run(scratch)
        except state.Refused as refusal:
            raise CommandError(str(refusal)) from None
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {str(error).splitlines()[0]}") from None

    def _run(self, scratch: Path) -> None:
        supervisor = Supervisor(say=self._say)
        with supervisor.listening():
            try:
                found = parts.found()
                prepare.everything(say=self._say)
                self._start(supervisor, scratch)
                self._tell(supervisor, found)
                supervisor.watch()
            except Stopped:
                self._say("Stopping …")
            except PartDied as death:
                raise CommandError(f"{death}; the other parts are stopped too.") from None
            finally:
                supervisor.stop()

    def _start(self, supervisor: Supervisor, scratch: Path) -> None:
        # A connection must not be shared with children, and the supervisor needs it no more.
        connections.close_all()
        self._say("Starting …")
        for part in parts.to_start(scratch):
            supervisor.start(part)

    def _tell(self, supervisor: Supervisor, found: list[str]) -> None:
        self._say("Started: " + ", ".join(f"{name} ({pid})" for name, pid in supervisor.pids().items()))
        if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
            self._say(f"SQLite file: {settings.DATABASES['default']['NAME']}")
        if found:
            self._say("Found: " + "; ".join(found))
        if settings.DEMO:
            self._say(f"Users: {', '.join(DEMO_USERS)} · password: {_password()}")
        self._say(f"Open {settings.SITE_URL} · Ctrl-C ends everything")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _password() -> str:
    """Return what to tell about the demonstration password; a newly given DEMO_PASSWORD takes effect."""
    users = list(get_user_model()._default_manager.filter(username__in=DEMO_USERS))
    if all(user.check_password(settings.DEMO_PASSWORD) for user in users[:1]):
        return str(settings.DEMO_PASSWORD)
    if not os.environ.get("DEMO_PASSWORD"):
        return "the one given at the first start"
    for user in users:
        user.set_password(settings.DEMO_PASSWORD)
        user.save(update_fields=["password"])
    return str(settings.DEMO_PASSWORD)
