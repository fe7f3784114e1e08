"""The minute's tick as a plain function and as the job that beat sends."""

from __future__ import annotations

import inspect
import time
from datetime import timedelta
from typing import Any

import pytest

from config import celery_app
from config.celery import LONG_JOBS, SCAN, TICK, WRITE_DIGESTS, Every, Minutely, Scheduler
from tests.builders import make_task, noon
from tests.working import TODAY, frozen
from tracker import jobs
from tracker.choices import JobPart, JobState
from tracker.clock import now
from tracker.models import Flag, Heartbeat, JobRun
from tracker.services import heartbeats, scan

today = pytest.fixture(autouse=True)(frozen)
MAILS = [WRITE_DIGESTS]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the jobs that are woken."""
    names: list[str] = []
    monkeypatch.setattr(jobs, "send", names.append)
    return names


@pytest.mark.django_db
def test_the_tick_is_heard_of_beat_and_worker_and_wakes_what_is_due(sent: list[str]) -> None:
    jobs.tick()
    assert {row.part: row.at for row in Heartbeat.objects.all()} == dict.fromkeys(("beat", "worker"), noon(TODAY))
    assert sent == [SCAN]  # digests follow the scan
    assert not JobRun.objects.exists()  # that is long work, and the tick is not to wait for it


@pytest.mark.django_db
def test_a_worker_that_starts_catches_up_and_claims_nothing_for_beat(sent: list[str]) -> None:
    jobs.catch_up()
    assert [row.part for row in Heartbeat.objects.all()] == ["worker"]
    assert sent == [SCAN]  # digests follow the scan


@pytest.mark.django_db
def test_the_scan_flags_what_is_due_and_is_heard_of_the_long_worker() -> None:
    task = make_task(due_on=TODAY - timedelta(days=1))
    jobs.run_scan()
    assert Heartbeat.objects.get().part == "worker-long"
    assert Flag.objects.filter(task=task, clock="due", closed_on=None).exists()
    run = JobRun.objects.get()
    assert (run.job, run.period, run.state) == (scan.JOB, TODAY.isoformat(), JobState.DONE)


@pytest.mark.django_db
def test_a_second_tick_of_the_day_is_heard_and_wakes_no_scan(sent: list[str], time_machine: Any) -> None:
    jobs.run_scan()
    time_machine.move_to(noon(TODAY) + timedelta(minutes=1), tick=False)
    jobs.tick()
    assert sent == MAILS
    assert Heartbeat.objects.get(part="beat").at == noon(TODAY) + timedelta(minutes=1)


@pytest.mark.django_db
def test_a_second_scan_of_the_day_does_nothing() -> None:
    jobs.run_scan()
    make_task(due_on=TODAY - timedelta(days=1))
    flags = Flag.objects.count()
    jobs.run_scan()
    assert (Flag.objects.count(), JobRun.objects.count()) == (flags, 1)


@pytest.mark.django_db
def test_days_without_a_tick_are_made_up_for_in_one_run(time_machine: Any) -> None:
    jobs.run_scan()
    task = make_task(due_on=TODAY + timedelta(days=2))
    time_machine.move_to(noon(TODAY) + timedelta(days=9), tick=False)
    jobs.run_scan()
    assert Flag.objects.get(task=task, clock="due").since == TODAY + timedelta(days=3)
    assert JobRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_long_job_is_heard_while_it_runs() -> None:
    with heartbeats.beating(JobPart.LONG, seconds=0.05):
        first = Heartbeat.objects.get(part="worker-long")
        Heartbeat.objects.update(at=first.at - timedelta(hours=1))
        deadline = time.monotonic() + 5
        while Heartbeat.objects.get(part="worker-long").at != first.at:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_the_job_is_registered_under_the_name_that_beat_sends() -> None:
    entry = celery_app.conf.beat_schedule["tick"]
    assert entry["task"] == TICK == jobs.tick.name
    assert celery_app.tasks[TICK].run.__module__ == jobs.__name__


def ours() -> list[Any]:
    return [task for name, task in celery_app.tasks.items() if name.startswith("tracker.")]


def test_every_job_repeats_harmlessly_within_its_limits() -> None:
    assert len(ours()) >= 4
    for task in ours():
        assert task.serializer == "json"
        assert task.ignore_result
        assert not task.acks_late  # a lost message is made up for by the next tick
    assert 0 < celery_app.conf.task_soft_time_limit < celery_app.conf.task_time_limit


def test_the_message_of_the_tick_expires_before_the_next_and_carries_nothing(settings: Any) -> None:
    entry = celery_app.conf.beat_schedule["tick"]
    assert 0 < entry["options"]["expires"] < settings.TICK_SECONDS
    assert not entry.get("args") and not entry.get("kwargs")
    assert not inspect.signature(jobs.tick.run).parameters


def test_only_json_is_sent_and_taken() -> None:
    conf = celery_app.conf
    assert (conf.task_serializer, list(conf.accept_content)) == ("json", ["json"])


def test_long_jobs_have_a_queue_and_limits_of_their_own(settings: Any) -> None:
    for task in ours():
        queue = celery_app.amqp.router.route({}, task.name)["queue"].name
        is_long = task.name in LONG_JOBS
        assert queue == ("long" if is_long else "short")
        assert task.time_limit == (settings.LONG_JOB_TIME_LIMIT if is_long else settings.JOB_TIME_LIMIT)


@pytest.mark.parametrize("every", [Minutely(), Every(60)], ids=["minutely", "every"])
def test_a_clock_that_was_set_back_does_not_silence_the_scheduler(every: Any) -> None:
    from_the_future = now() + timedelta(days=30)
    assert every.is_due(from_the_future).is_due
    assert not every.is_due(now()).is_due


def test_a_scheduler_whose_clock_was_set_back_goes_on_at_once(time_machine: Any) -> None:
    scheduler, applied = Scheduler(celery_app), []
    scheduler.apply_entry = lambda entry, **_: applied.append(entry.task)
    for days, ticks in ((30, 1), (0, 2)):
        time_machine.move_to(noon(TODAY) + timedelta(days=days, seconds=61), tick=False)
        scheduler.tick()
        assert applied == [TICK] * ticks
        assert 0 < scheduler.tick() <= 60
