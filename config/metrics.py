"""Requests that this process has answered, counted in its memory; `/metrics` tells them."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram

REQUESTS = CollectorRegistry()
LABELS = ("method", "route")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 15.0)

answered = Counter("tracker_requests", "Requests answered.", [*LABELS, "status"], registry=REQUESTS)
seconds = Histogram("tracker_request_seconds", "Time to the answer.", LABELS, registry=REQUESTS, buckets=BUCKETS)


class RequestMetricsMiddleware:
    """Count and time each request by the name of its route: an address would make a series of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        labels = (
            request.method if request.method in METHODS else "other",
            (match.view_name or match.route) if match else "none",
        )
        seconds.labels(*labels).observe(time.perf_counter() - started)
        answered.labels(*labels, str(response.status_code)).inc()
        return response
