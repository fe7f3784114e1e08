"""New rules on a large database: what a draft would do, and how fast a policy reaches the tasks. PostgreSQL."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from tests.bench.measured import DUE, tell
from tracker import clock
from tracker.models import JobRun, Policy, Recalculation
from tracker.services import policies, recalculations
from tracker.services.simulation import simulate

SECONDS = 5
EXAMINED, WRITTEN = 100_000, 25_000  # tasks a second


def draft_of(**changed: int) -> Policy:
    """The next version of the default policy with other days for some stages."""
    before = policies.latest("default")
    assert before is not None
    fresh, limits, steps = policies.copy_of(before)
    for limit in limits:
        limit.days = changed.get(limit.stage or limit.clock, limit.days)
    return policies.draft(fresh, limits=limits, steps=steps, by=None, at=clock.now())


def measured(act: Any) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "what"),
    [({"planned": 10}, "no task"), ({"assigned": 1, "silence": 1}, "no task is late yet"), ({"due": 1}, "due")],
)
def test_a_draft_is_simulated_in_seconds(large: int, change: dict[str, int], what: str) -> None:
    draft = draft_of(**change)
    day = clock.local_today() + timedelta(days=7)
    seconds = measured(
        lambda: tell(f"\n{what}: {(said := simulate(draft, on=day)).opens:,} open, {said.closes:,} close")
    )
    tell(f"simulated at {large:,} tasks in {seconds:.2f} s")
    assert seconds <= SECONDS


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "figure"), [({"planned": 10}, EXAMINED), ({"assigned": 29}, WRITTEN)])
def test_a_policy_reaches_the_tasks(large: int, change: dict[str, int], figure: int) -> None:
    draft = draft_of(**change)
    day = clock.local_today() + timedelta(days=1)
    policies.apply(draft, valid_from=day, by=None, at=clock.now())
    seconds = measured(lambda: recalculations.run_waiting(at=clock.now()))
    assert Recalculation.objects.latest("pk").finished_at
    runs = JobRun.objects.filter(recalculation__policy=draft)
    written = sum(runs.values_list("looked_at", flat=True))
    rate = f"{large / seconds:,.0f} a second"
    tell(f"\n{large:,} tasks examined, {written:,} written in {seconds:.1f} s by one worker: {rate}")
    assert written == 0 or written >= large - DUE  # a deadline that somebody wrote down is not moved
    assert large / seconds >= figure
