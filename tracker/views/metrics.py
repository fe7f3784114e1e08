"""`/metrics`: figures for Prometheus, read from rows as they are asked for; requests are those of this process.

For the operator only: without the token the address does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.metrics import REQUESTS
from tracker import clock
from tracker.boards.health import Figures, Health, figures, health
from tracker.models import JobRun
from tracker.views.doors import is_operator


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in the text form of Prometheus. Eleven queries."""
    if not is_operator(request):
        raise Http404
    rows = CollectorRegistry()
    rows.register(RowsCollector(clock.now()))
    return HttpResponse(generate_latest(rows) + generate_latest(REQUESTS), content_type=CONTENT_TYPE_LATEST)


class RowsCollector(Collector):
    """What the rows tell at `at`."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        found = health(at=self._at, limit_seconds=settings.HEARTBEAT_LIMIT)
        more = figures()
        yield from _parts(found)
        yield from _backlog(found, more)
        yield from _last_scan(found, more.last_scan)


def _gauge(name: str, help_text: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"tracker_{name}", help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _parts(found: Health) -> Iterator[Metric]:
    ages = {one.part.value: one.age for one in found.parts}
    known = {part: age for part, age in ages.items() if age is not None}
    alive = {one.part.value: float(one.is_alive) for one in found.parts}
    yield _gauge("heartbeat_age_seconds", "Seconds since a part was heard through its pool.", "part", known)
    yield _gauge("part_up", "1 while the heartbeat of a part is younger than HEARTBEAT_LIMIT.", "part", alive)


def _backlog(found: Health, more: Figures) -> Iterator[Metric]:
    waiting = {name: float(number) for name, number in vars(found.backlog).items()}
    yield _gauge("backlog", "What waits, counted up to 10000.", "kind", waiting)
    yield _gauge("messages", "Messages of the outbox.", "state", dict(more.messages))
    yield _gauge("flags_open", "Open flags, reminders included.", "clock", dict(more.flags))
    runs = GaugeMetricFamily("tracker_job_runs", "Runs of jobs; those that failed too.", labels=["job", "state"])
    for labels, number in more.runs.items():
        runs.add_metric(list(labels), number)
    yield runs


def _last_scan(found: Health, run: JobRun | None) -> Iterator[Metric]:
    if run is None or found.scan_age is None or run.finished_at is None:
        return
    seconds = (run.finished_at - run.started_at).total_seconds()
    yield GaugeMetricFamily("tracker_scan_age_days", "Days since the last day that is settled.", value=found.scan_age)
    yield GaugeMetricFamily("tracker_scan_duration_seconds", "Duration of the last scan.", value=seconds)
    finished = run.finished_at.timestamp()
    yield GaugeMetricFamily("tracker_scan_finished_timestamp_seconds", "When the last scan ended.", value=finished)
