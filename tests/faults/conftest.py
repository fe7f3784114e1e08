"""Every test here starts processes and breaks something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.faults.crew import Crew
    from tracker.models import Task


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
