"""Starts the servers once a run, before Django reads its settings, and offers them to the tests.

`--db=sqlite` (default) or `--db=postgresql` chooses the database; both run in `make test`. With pytest-xdist the
controller starts the servers and the workers find them in the environment, each with names of its own.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest
import pytest_django

from tests import browser, servers
from tracker.exchange import catalogues

DEMO_PASSWORD = "a password of the suite"
# What somebody has set for their own installation must not leak into the tests.
FOREIGN = (
    "DEBUG",
    "SITE_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "TOKEN_PEPPER",
    "EMAIL_URL",
    "PORT",
    "LANGUAGE_CODE",
    "METRICS_TOKEN",
    "TOKEN_PEPPER_BEFORE",
    "API_RATE",
    "WEBHOOK_NETWORKS",
)

# A busy machine is no error: examples are counted, never timed. The suite draws the same ones each time, so that it
# tells of the change under test; the long profile draws new ones.
hypothesis.settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")
_cleanup = contextlib.ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", default=os.environ.get("TEST_DB", "sqlite"), choices=["sqlite", "postgresql"])
    parser.addoption("--durable", action="store_true", help="PostgreSQL as it would run for real: figures count")
    parser.addoption("--full", action="store_true", help="the long profiles too")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker and not config.option.collectonly:
        _start_servers(config.getoption("--db"), is_durable=config.getoption("--durable"))
    elif not worker:
        _use_var()
    if "REDIS_FOLDER" in os.environ:
        _use_broker(int(worker.removeprefix("gw") or 0))
    _quicken()
    _let_tests_empty_their_tables()


def _start_servers(database: str, *, is_durable: bool) -> None:
    catalogues.compile_all()
    _use_var()
    os.environ["REDIS_FOLDER"] = str(_cleanup.enter_context(servers.valkey_server()))
    if database == "postgresql":
        os.environ["DATABASE_URL"] = _cleanup.enter_context(
            servers.postgresql(options=() if is_durable else servers.QUICK)
        )
    else:
        os.environ.pop("DATABASE_URL", None)


def _use_broker(number: int) -> None:
    """Give each xdist worker a logical database of its own, so that nobody consumes another's messages."""
    from django.conf import settings

    os.environ["REDIS_URL"] = f"redis+socket://{os.environ['REDIS_FOLDER']}/valkey.sock?virtual_host={number}"
    # In an xdist worker pytest-django has read the settings already, with the controller's address.
    settings.REDIS_URL = os.environ["REDIS_URL"]


def _use_var() -> None:
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEMO": "1",
        "DEMO_PASSWORD": DEMO_PASSWORD,
        "VAR_DIR": _cleanup.enter_context(tempfile.TemporaryDirectory(prefix="suite-")),
        # Playwright runs an event loop in the thread of the test.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
    }


def _quicken() -> None:
    """Replace what is slow by design (password hashes) or needs a build (static manifest)."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0  # a thread of the live server leaves no connection behind
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.API_RATE = 1_000_000  # the tests of a minute are of no one client


def _let_tests_empty_their_tables() -> None:
    """Lift the triggers of the history before a flush, which installs them again at its end."""
    from django.core.management.commands import flush

    handle = flush.Command.handle

    def lifted(self: flush.Command, **options: object) -> None:
        from tracker.models import seals

        seals.lift()
        handle(self, **options)

    flush.Command.handle = lifted


def pytest_unconfigure(config: pytest.Config) -> None:
    _cleanup.close()


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--db')}, broker: embedded Valkey, browser: {browser.find() or 'none'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--db") == "postgresql":
        once = [item for item in items if "once" in item.keywords]
        items[:] = [item for item in items if "once" not in item.keywords]
        config.hook.pytest_deselected(items=once)
    skip_full = pytest.mark.skip(reason="the long profile: make test-full")
    for item in items:
        if "full" in item.keywords and not config.getoption("--full"):
            item.add_marker(skip_full)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "browser" in item.keywords and not browser.find():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(browser.MISSING)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What is called directly speaks English; a request speaks the language that it asks for."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def banner(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The banner as on most pages: asked a moment ago, and all was well. So no page counts its query."""
    from tracker.views import banner

    monkeypatch.setattr(banner, "SECONDS", 1e9)
    monkeypatch.setattr(banner, "_told", banner._Told(asked_at=time.monotonic()))
    return banner


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test knew of its broker tells nothing of this one's."""
    from tracker import wake

    monkeypatch.setattr(wake, "_broker", wake._Broker())


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Debian's Chromium; its sandbox does not work as root."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": browser.find(), "args": flags}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """End what threads of the live server and of races have left open, else the database could not be dropped."""
    from django.db import connection

    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def unguarded(db: None) -> None:
    """Lift the triggers of the history: as somebody does who may do everything with the database."""
    from tracker.models import seals

    seals.lift()


@pytest.fixture
def test_database_url(transactional_db: None) -> str:
    """The address of the database that this test sees, for processes that it starts."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


@pytest.fixture
def broker() -> Iterator[str]:
    """The address of this test's own broker, emptied before and after."""
    from config import celery_app

    with celery_app.connection_for_write() as connection:
        client = connection.default_channel.client
        client.flushdb()
        yield os.environ["REDIS_URL"]
        client.flushdb()


@pytest.fixture
def celery_worker(test_database_url: str, broker: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real prefork worker on the test's own database and broker; its output is in tmp_path / "worker.log"."""
    process = servers.spawn_worker(log=tmp_path / "worker.log", DATABASE_URL=test_database_url)
    try:
        yield process
    finally:
        servers.end(process)


@pytest.fixture
def receiver(settings):
    """A receiver of webhooks on this machine, which may be called."""
    from tests.receiver import LOOPBACK, running

    settings.WEBHOOK_NETWORKS = LOOPBACK
    with running() as found:
        yield found
