"""The scan as command and job run it: once a period, never below the mark, told in a JobRun."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from tests.builders import make_task, noon
from tracker.choices import JobState
from tracker.models import Flag, JobRun, Policy
from tracker.services import scan

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 12)


def test_a_period_runs_once_however_many_ask():
    make_task(due_on=date(2026, 2, 10))
    first = scan.run_period(DAY, at=noon(DAY))
    assert (first.state, first.opened) == (JobState.DONE, 1)
    assert scan.run_period(DAY, at=noon(DAY)) is None
    assert JobRun.objects.count() == 1


def test_a_run_whose_worker_died_is_taken_over_after_its_lease():
    JobRun.objects.create(
        job="scan", period=DAY.isoformat(), through_on=DAY, started_at=noon(DAY), lease_until=noon(DAY) + scan.LEASE
    )
    assert scan.run_period(DAY, at=noon(DAY) + timedelta(minutes=1)) is None
    taken = scan.run_period(DAY, at=noon(DAY) + timedelta(minutes=11))
    assert (taken.state, taken.attempts) == (JobState.DONE, 2)


def test_an_idle_minute_is_one_query(django_assert_num_queries):
    make_task()
    scan.run_period(DAY, at=noon(DAY))
    with django_assert_num_queries(1):
        assert scan.catch_up(DAY, at=noon(DAY)) is None


def test_a_day_on_which_nothing_is_due_is_noted_in_one_write(django_assert_num_queries):
    make_task()
    with django_assert_num_queries(3):
        run = scan.run(date(2026, 1, 6), at=noon(DAY))
    assert (run.state, run.looked_at, scan.high_water()) == (JobState.DONE, 0, date(2026, 1, 6))


def test_a_day_below_the_mark_does_nothing():
    scan.run(DAY, at=noon(DAY))
    make_task(due_on=date(2026, 2, 10), on=date(2026, 1, 5))
    Flag.objects.all().delete()
    assert scan.run(DAY - timedelta(days=10), at=noon(DAY)).looked_at == 0


def test_the_future_needs_a_drill():
    with pytest.raises(ValidationError) as refused:
        scan.run(DAY + timedelta(days=1), at=noon(DAY))
    assert list(refused.value.message_dict) == ["date"]
    assert scan.run(DAY + timedelta(days=1), at=noon(DAY), force=True).state == JobState.DONE


def test_a_dry_run_counts_and_writes_nothing():
    make_task(due_on=date(2026, 2, 10))
    run = scan.run(DAY, at=noon(DAY), dry_run=True)
    assert (run.opened, run.pk) == (1, None)
    assert not Flag.objects.exists()
    assert not JobRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_failed_run_is_told_and_can_be_run_again():
    make_task(due_on=date(2026, 2, 10))
    Policy.objects.update(applied_at=None)
    with pytest.raises(Policy.DoesNotExist):
        scan.run_period(DAY, at=noon(DAY))
    assert JobRun.objects.get().state == JobState.FAILED
    Policy.objects.update(applied_at=noon(DAY))
    assert scan.run_period(DAY, at=noon(DAY)).opened == 1
