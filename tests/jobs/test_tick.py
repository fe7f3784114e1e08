"""The minute's tick as a plain function and as the job that beat sends."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config import celery_app
from config.celery import TICK
from tests.builders import make_task, noon
from tests.working import TODAY, frozen
from tracker import jobs
from tracker.choices import JobState
from tracker.models import Flag, Heartbeat, JobRun
from tracker.services import heartbeats, scan

today = pytest.fixture(autouse=True)(frozen)


@pytest.mark.django_db
def test_the_tick_beats_and_flags_what_is_due() -> None:
    task = make_task(due_on=TODAY - timedelta(days=1))
    jobs.tick()
    assert Heartbeat.objects.get().at == noon(TODAY)
    assert Flag.objects.filter(task=task, clock="due", closed_on=None).exists()
    run = JobRun.objects.get()
    assert (run.job, run.period, run.state) == (scan.JOB, TODAY.isoformat(), JobState.DONE)


@pytest.mark.django_db
def test_a_second_tick_of_the_day_beats_and_scans_nothing(time_machine: Any) -> None:
    jobs.tick()
    make_task(due_on=TODAY - timedelta(days=1))
    flags = Flag.objects.count()
    time_machine.move_to(noon(TODAY) + timedelta(minutes=1), tick=False)
    jobs.tick()
    assert (Flag.objects.count(), JobRun.objects.count()) == (flags, 1)
    assert Heartbeat.objects.get().at == noon(TODAY) + timedelta(minutes=1)


@pytest.mark.django_db
def test_days_without_a_tick_are_made_up_for_in_one_run(time_machine: Any) -> None:
    jobs.tick()
    task = make_task(due_on=TODAY + timedelta(days=2))
    time_machine.move_to(noon(TODAY) + timedelta(days=9), tick=False)
    jobs.tick()
    assert Flag.objects.get(task=task, clock="due").since == TODAY + timedelta(days=3)
    assert JobRun.objects.count() == 2


def test_the_job_is_registered_under_the_name_that_beat_sends() -> None:
    entry = celery_app.conf.beat_schedule["tick"]
    assert entry["task"] == TICK == jobs.tick.name
    assert celery_app.tasks[TICK].run.__module__ == jobs.__name__


def test_every_job_repeats_harmlessly_within_its_limits() -> None:
    ours = [task for name, task in celery_app.tasks.items() if name.startswith("tracker.")]
    assert ours
    for task in ours:
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


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "status", "state"), [(0, 200, "ok"), (150, 200, "ok"), (151, 503, "silent")])
def test_health_tells_how_old_the_last_heartbeat_is(client: Client, age: int, status: int, state: str) -> None:
    heartbeats.beat(at=noon(TODAY) - timedelta(seconds=age))
    response = client.get(reverse("health"))
    assert (response.status_code, response.json()["jobs"]) == (status, state)
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_health_without_any_heartbeat_is_red(client: Client) -> None:
    response = client.get(reverse("health"))
    assert (response.status_code, response.json()["heartbeat"]) == (503, None)
