"""The trackers that are measured: 10,000 open tasks, grown to BENCH_TASKS (1,000,000 unless told) and to BENCH_MOST.

What needs Django's settings is imported late: this file is read before they are.
"""

import pytest


@pytest.fixture
def database(django_db_setup, django_db_blocker):
    """The database itself, with no transaction around the test: what is measured begins and ends its own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def small(django_db_setup, django_db_blocker):
    """A quiet day of the tracker with 10,000 open tasks, of which 7,000 are due tomorrow."""
    from tests.bench.measured import DUE, SATURDAY, SMALL, measure_quiet, noon
    from tracker.exchange import scale

    with django_db_blocker.unblock():
        scale.ensure_rules()
        scale.seed(SMALL, at=noon(SATURDAY), due=DUE)
        return measure_quiet(SATURDAY)


@pytest.fixture(scope="session")
def large(small, django_db_blocker):
    """The same tracker grown to its full size; the number of its tasks."""
    from tests.bench.measured import SMALL, TASKS

    return _grow(SMALL, TASKS, django_db_blocker)


@pytest.fixture(scope="session")
def largest(large, django_db_blocker):
    """The same tracker grown to ten million tasks, for the long profile."""
    from tests.bench.measured import MOST

    return _grow(large, MOST, django_db_blocker)


def _grow(held, wanted, django_db_blocker):
    from tests.bench.measured import SATURDAY, noon, tell
    from tracker.exchange import scale

    tell(f"\nseeding {wanted:,} tasks …")
    with django_db_blocker.unblock():
        scale.seed(wanted - held, at=noon(SATURDAY))
    return wanted
