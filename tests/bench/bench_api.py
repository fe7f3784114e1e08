"""The list of 100 tasks against nested ModelSerializers on the same page, and pages far in against the first."""

import json
import statistics
import time
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts.models import User
from tests.bench.measured import tell
from tests.bench.nested_serializers import NestedView
from tracker.api.cursors import write_cursor
from tracker.api.declaration import OLDEST
from tracker.api.resources.tasks import TASKS
from tracker.api.views import ListView
from tracker.models import Task

ROUNDS = 40


@dataclass(frozen=True)
class Comparison:
    """Milliseconds (medians) and queries of one page of 100 tasks."""

    ours: float
    nested: float
    last_page: float
    queries: int
    nested_queries: int

    @property
    def factor(self):
        return self.nested / self.ours


def compare(rounds=ROUNDS):
    """Measure both in turn, in one run, after asserting that they send the same rows."""
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("bench", password=None)
    ours, nested = ListView.as_view(resource=TASKS), NestedView.as_view()
    assert json.loads(_answer(ours, user))["results"] == json.loads(_answer(nested, user))["results"]
    far = {"cursor": write_cursor(OLDEST, (Task.objects.order_by("-id").values_list("id", flat=True)[100],))}
    times = {"ours": [], "nested": [], "far": []}
    for _ in range(rounds):
        times["ours"].append(_milliseconds(ours, user))
        times["nested"].append(_milliseconds(nested, user))
        times["far"].append(_milliseconds(ours, user, far))
    medians = {name: statistics.median(found) for name, found in times.items()}
    return Comparison(medians["ours"], medians["nested"], medians["far"], _queries(ours, user), _queries(nested, user))


def plan_of_a_page_far_in():
    """The plan of the page's rows: PostgreSQL must walk the index from the cursor on."""
    last = Task.objects.order_by("-id").values_list("id", flat=True)[100]
    with CaptureQueriesContext(connection) as captured:
        superuser = User.objects.filter(is_superuser=True).first()
        _answer(ListView.as_view(resource=TASKS), superuser, {"cursor": write_cursor(OLDEST, (last,))})
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + captured[-1]["sql"])
        return "\n".join(row[0] for row in cursor.fetchall())


def _answer(view, user, query=None):
    # Django keeps what a user may do on the user object; a new one a request, as in life.
    request = APIRequestFactory().get("/api/v1/tasks/", query or {})
    force_authenticate(
        request, user=User(**{name: value for name, value in vars(user).items() if not name.startswith("_")})
    )
    return view(request).render().content if view.cls is NestedView else view(request).content


def _milliseconds(view, user, query=None):
    begin = time.perf_counter()
    _answer(view, user, query)
    return (time.perf_counter() - begin) * 1000


def _queries(view, user):
    with CaptureQueriesContext(connection) as captured:
        _answer(view, user)
    return len(captured)


@pytest.mark.django_db
def test_a_page_of_tasks_is_five_times_as_fast_as_nested_serializers(large):
    found = compare()
    tell(
        f"\npage of 100 tasks of {large:,}: {found.ours:.1f} ms, {found.queries} queries"
        f" (the last page {found.last_page:.1f} ms)"
    )
    tell(f"nested ModelSerializer: {found.nested:.1f} ms, {found.nested_queries} queries; factor {found.factor:.1f}")
    assert found.factor >= 5
    assert found.last_page <= found.ours * 1.5
    assert connection.vendor == "sqlite" or "tracker_task_pkey" in plan_of_a_page_far_in()
