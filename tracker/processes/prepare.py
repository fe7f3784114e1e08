"""Brings an installation up to date before its parts start; a step whose inputs did not change is skipped.

Steps: translations, migrations, static files, and in a demonstration the shipped content.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tracker.processes.supervisor import Say


def everything(*, say: Say) -> None:
    """Run the steps that are due, telling each one as it starts and how long it took."""
    _step("Compiling the translations", _are_translations_old, _compile_translations, say=say)
    _step("Migrating the database", _has_migrations_to_run, _migrate, say=say)
    _step("Collecting static files", _are_static_files_old, _collect_static_files, say=say)
    if settings.DEMO:
        _step("Loading the shipped content", _is_empty, _load_content, say=say)


def _step(what: str, is_due: Callable[[], bool], run: Callable[[], None], *, say: Say) -> None:
    if not is_due():
        return
    say(f"{what} …")
    started = time.monotonic()
    run()
    say(f"  done in {time.monotonic() - started:.1f} s")


def _are_translations_old() -> bool:
    catalogues = (po for app in ("tracker", "accounts") for po in (settings.BASE_DIR / app).glob("locale/*/*/*.po"))
    return "messages" in get_commands() and any(_is_older(po.with_suffix(".mo"), po) for po in catalogues)


def _is_older(result: Path, source: Path) -> bool:
    return not result.exists() or result.stat().st_mtime < source.stat().st_mtime


def _compile_translations() -> None:
    call_command("messages", "--compile")


def _has_migrations_to_run() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def _are_static_files_old() -> bool:
    stamp = settings.STATIC_ROOT / ".sources"
    return not settings.DEBUG and (not stamp.exists() or stamp.read_text() != _static_digest())


def _static_digest() -> str:
    """Return a digest of names, sizes and times: reading every file would cost more than it tells."""
    return hashlib.sha256("\n".join(sorted(_static_sources())).encode()).hexdigest()


def _static_sources() -> Iterator[str]:
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            yield f"{path} {stat.st_size} {stat.st_mtime_ns}"


def _collect_static_files() -> None:
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    (settings.STATIC_ROOT / ".sources").write_text(_static_digest())


def _is_empty() -> bool:
    return "loaddemo" in get_commands() and not apps.get_model("tracker", "Resolution")._default_manager.exists()


def _load_content() -> None:
    call_command("loaddemo")
