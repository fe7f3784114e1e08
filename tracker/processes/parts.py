"""The parts of the product on one machine: which are started here and which are only found."""

from __future__ import annotations

import functools
import http.client
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

from config.celery import LONG, SHORT
from tracker.processes import valkey
from tracker.processes.state import Refused
from tracker.processes.supervisor import Part

# One process more each costs some 30 MB; the long jobs run one after the other.
WORKERS = (("worker", SHORT, 2), ("worker-long", LONG, 1))
# A change is to be in the feed within two seconds.
SEAL_SECONDS = "0.5"
_CELERY = (sys.executable, "-m", "celery", "-A", "config.celery:app")


def found() -> list[str]:
    """Return the servers that were given and answer, for people. Raises Refused when one does not."""
    lines = []
    if connection.vendor == "postgresql":
        lines.append(f"PostgreSQL {_postgresql_version()} at {_place(connection.settings_dict)}")
    if settings.REDIS_URL:
        valkey.refuse_unreachable(settings.REDIS_URL)
        parts = urlsplit(settings.REDIS_URL)
        lines.append(f"Redis or Valkey at {parts.hostname or parts.path}")
    return lines


def _postgresql_version() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return str(cursor.fetchone()[0]).split()[0]
    except DatabaseError as error:
        why = str(error).strip().splitlines()[0]
        raise Refused(f"DATABASE_URL: the database cannot be used ({why}).") from None


def _place(config: dict[str, object]) -> str:
    return f"{config['HOST'] or 'the local socket'}/{config['NAME']}"


def to_start(scratch: Path) -> Iterator[Part]:
    """Give the parts in the order of their start; the web server first, so that the first page is not kept waiting."""
    environment = _environment(scratch)
    if not settings.REDIS_URL:
        is_up = functools.partial(valkey.is_up, scratch)
        yield Part("valkey", valkey.command(scratch), is_ready=is_up, ready_seconds=15, restarts=True)
    yield Part("web", _web(), {**environment, "STATEMENT_TIMEOUT": _statement_timeout()}, is_ready=_web_answers)
    for name, queue, processes in WORKERS:
        yield Part(name, _worker(queue, processes), environment, restarts=True)
    yield Part("beat", _beat(), environment, restarts=True)
    yield Part("sealer", _sealer(), environment, restarts=True)


def _environment(scratch: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REDIS_URL": settings.REDIS_URL or valkey.broker_url(scratch),
        "TRACKER_DIE_WITH_PARENT": "1",
        "PYTHONUNBUFFERED": "1",
        # In a container everything is root; messages are JSON only, so a worker as root risks nothing more.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def _worker(queue: str, processes: int) -> list[str]:
    taking = ["--queues", queue, "--hostname", f"{queue}@%h", "--pool", "prefork", "--concurrency", str(processes)]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", _job_log_level()]
    return [*_CELERY, "--quiet", "worker", *taking, *quiet]


def _beat() -> list[str]:
    options = ["--pidfile="]
    return [*_CELERY, "--quiet", "beat", *options, "--loglevel", _job_log_level()]


def _sealer() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "seal", "--every", SEAL_SECONDS]


def _job_log_level() -> str:
    # INFO would put four lines a minute on the console of whoever looks at the demonstration.
    return "WARNING" if settings.LOG_LEVEL == "INFO" else str(settings.LOG_LEVEL)


def _web() -> list[str]:
    serving = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(settings.PORT), "--http", "1", "--no-ws"]
    # Threads, not processes: SQLite has one writer, and one process keeps memory and start-up small.
    threads = ["--workers", "1", "--blocking-threads", str(settings.WEB_THREADS)]
    ending = ["--workers-kill-timeout", "5", "--log-level", "warning"]
    return [sys.executable, "-m", "granian", *serving, *threads, *ending, "config.wsgi:application"]


def _statement_timeout() -> str:
    return os.environ.get("STATEMENT_TIMEOUT", "15")


def _web_answers() -> bool:
    client = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=30)
    try:
        # Not /health/: it is red, and logged, until the first job has run.
        client.request("GET", "/accounts/login/", headers={"Host": f"localhost:{settings.PORT}"})
        client.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
    return True
