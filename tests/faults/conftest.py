"""Every test here starts processes and breaks something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from accounts.models import User
    from tests.faults.brokers import Broker
    from tests.faults.crew import Crew
    from tracker.models import ProgressReport, Task


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """A broker that nobody else uses, so that it may fail."""
    from tests.faults.brokers import Broker

    one = Broker()
    try:
        yield one
    finally:
        one.end()


@pytest.fixture
def crew(test_database_url: str, broker: str, tmp_path: Path) -> Iterator[Crew]:
    """Nobody yet; whoever is hired works on this test's own database and broker."""
    from tests.faults.crew import Crew

    hired = Crew(tmp_path, DATABASE_URL=test_database_url, REDIS_URL=broker)
    try:
        yield hired
    finally:
        hired.end()


@pytest.fixture
def make_late(transactional_db: None) -> Any:
    """Make tasks whose deadline passed three days ago and at which no scan has looked."""
    from tests.builders import make_task
    from tracker.clock import local_today

    def make(count: int = 1) -> list[Task]:
        today = local_today()
        facts: dict[str, Any] = {"on": today - timedelta(days=40), "due_on": today - timedelta(days=3)}
        return [make_task(**facts) for _number in range(count)]

    return make


@pytest.fixture
def cast(transactional_db: None) -> dict[str, User]:
    """The fixed cast; Lan reads mails."""
    from accounts.models import User
    from tests.builders import make_cast

    cast = make_cast()
    User.objects.filter(pk=cast["lan"].pk).update(email="lan@example.invalid", language="en")
    cast["lan"].refresh_from_db()
    return cast


@pytest.fixture
def make_submitted(cast: dict[str, User]) -> Any:
    """Make reports that wait for a decision; their author is told of it by mail."""
    from tests.builders import make_task
    from tests.working import submitted
    from tracker.clock import local_today

    def make(count: int) -> list[ProgressReport]:
        today = local_today()
        tasks = [make_task(on=today - timedelta(days=9)) for _number in range(count)]
        return [submitted(task, cast["lan"], on=today - timedelta(days=1)) for task in tasks]

    return make
