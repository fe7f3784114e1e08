"""One request that changes 1,000 tasks against 1,000 requests that change one each, in one run."""

import json
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from tests.bench.measured import SATURDAY, tell
from tracker.choices import Duty
from tracker.clock import local_today
from tracker.models import Body, Task

ROWS = 1_000
WANTED = {"stage": "planned", "on": f"{local_today()}"}


def _client():
    user = User.objects.create(username="bench-steers")
    root = Body.objects.filter(parent__isnull=True).earliest("pk")
    Membership.objects.create(user=user, body=root, root=root, duty=Duty.COMMISSION, valid_from=SATURDAY)
    client = Client()
    client.force_login(user)
    return client


def _post(client, path, body, **headers):
    response = client.post(f"/api/v1/tasks/{path}", json.dumps(body), "application/json", headers=headers)
    assert response.status_code in (200, 207), response.content
    return response


def _one_by_one(client, rows):
    begin = time.perf_counter()
    for pk, version in rows:
        _post(client, f"{pk}/stage/", WANTED, **{"If-Match": f'"{version}"'})
    return time.perf_counter() - begin


def _together(client, rows):
    body = [{"id": pk, "version": version, **WANTED} for pk, version in rows]
    begin = time.perf_counter()
    response = _post(client, "stage/", body)
    assert response.json()["done"] == len(rows)
    return time.perf_counter() - begin


@pytest.mark.django_db
def test_a_request_for_a_thousand_tasks_is_twenty_times_as_fast_as_a_thousand_requests(large):
    client = _client()
    rows = list(Task.objects.order_by("-id").values_list("pk", "version")[: 3 * ROWS])
    _together(client, rows[2 * ROWS :])
    single = _one_by_one(client, rows[:ROWS])
    with CaptureQueriesContext(connection) as captured:
        together = _together(client, rows[ROWS : 2 * ROWS])
    tell(f"\n{ROWS:,} tasks changed by {ROWS:,} requests: {single:.1f} s")
    tell(f"by one request: {together:.2f} s, {len(captured)} queries")
    tell(f"factor {single / together:.0f}")
    assert len(captured) <= 30
    assert single / together >= 20
