"""What the measurements share: a PostgreSQL database of BENCH_TASKS open tasks (1,000,000 unless told)."""

import os

import pytest

TASKS = int(os.environ.get("BENCH_TASKS", "1000000"))
SMALL = 10_000
DUE = 7_000


def tell(text: str) -> None:
    print(text, flush=True)


@pytest.fixture(scope="session")
def small(django_db_setup, django_db_blocker):
    """The tracker with 10,000 open tasks, of which 7,000 are due tomorrow."""
    from tracker import clock
    from tracker.exchange import scale

    with django_db_blocker.unblock():
        scale.ensure_rules()
        scale.seed(SMALL, at=clock.now(), due=DUE)
    return SMALL


@pytest.fixture(scope="session")
def large(small, django_db_blocker):
    """The same tracker grown to its full size."""
    from tracker import clock
    from tracker.exchange import scale

    tell(f"\nseeding {TASKS:,} tasks …")
    with django_db_blocker.unblock():
        scale.seed(TASKS - SMALL, at=clock.now())
    return TASKS
