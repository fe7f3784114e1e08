"""`/metrics`: the form of Prometheus, figures from rows, for the operator only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.builders import make_task, noon
from tests.working import TODAY, frozen, scan_today
from tracker.choices import JobPart, JobState
from tracker.models import JobRun, SetAside, Task
from tracker.services import heartbeats

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
TOKEN = "a-token-of-the-operator-" + "0123456789abcdef"


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def scrape(client: Client) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels."""
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, *one.labels.values()): one.value for one in samples}


def test_parts_are_told_with_their_ages(client: Client) -> None:
    heartbeats.beat(JobPart.BEAT, at=noon(TODAY) - timedelta(seconds=200))
    heartbeats.beat(JobPart.WORKER, at=noon(TODAY))
    found = scrape(client)
    assert found["tracker_heartbeat_age_seconds", "beat"] == 200
    assert [found["tracker_part_up", part] for part in JobPart.values] == [0, 1, 0]
    assert ("tracker_heartbeat_age_seconds", "worker-long") not in found


def test_flags_runs_and_what_waits_are_told(client: Client) -> None:
    late, broken = make_task(due_on=TODAY - timedelta(days=1)), make_task()
    scan_today()
    JobRun.objects.create(job="scan", state=JobState.FAILED, started_at=noon(TODAY))
    Task.objects.filter(pk=broken.pk).update(next_check_on=None)
    SetAside.objects.create(task=broken, attempts=3, error="odd", first_at=noon(TODAY), last_at=noon(TODAY))
    found = scrape(client)
    assert found["tracker_flags_open", "due"] == late.flags.filter(clock="due").count() == 1
    assert (found["tracker_job_runs", "scan", "done"], found["tracker_job_runs", "scan", "failed"]) == (1, 1)
    assert (found["tracker_scan_age_days",], found["tracker_backlog", "set_aside"]) == (0, 1)
    assert found["tracker_scan_duration_seconds",] >= 0


def test_requests_are_counted_by_route_and_never_by_address(client: Client) -> None:
    before = scrape(client).get(("tracker_requests_total", "GET", "task", "302"), 0)
    client.get("/tasks/123456/")
    client.get("/no/such/place/")
    found = scrape(client)
    assert found["tracker_requests_total", "GET", "task", "302"] == before + 1
    assert found["tracker_request_seconds_count", "GET", "task"] >= 1
    assert not any("123456" in label or "/no/such" in label for name in found for label in name)


def test_figures_name_nobody_and_no_task(client: Client) -> None:
    task = make_task(due_on=TODAY - timedelta(days=1), title_en="A title that is nobody's")
    scan_today()
    told = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert task.title_en not in told and f'"{task.code}"' not in told


def test_the_figures_take_eleven_queries_for_any_number_of_rows(client: Client, django_assert_num_queries: Any) -> None:
    for times in (1, 3):
        for _number in range(times):
            make_task(due_on=TODAY - timedelta(days=1))
        with django_assert_num_queries(11):
            scrape(client)
