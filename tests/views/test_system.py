"""The system page: the parts, the runs of jobs, what was set aside; and the button that tries it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_cast, make_policy, make_task, make_user, noon
from tests.working import TODAY, client_of, frozen, get, text
from tracker.choices import JobPart, JobState
from tracker.errors import Conflict
from tracker.models import Event, JobRun, Recalculation, SetAside, Task
from tracker.services import heartbeats, set_aside

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def admin() -> User:
    return make_user("root", None, make_body("HTCT"), is_superuser=True, is_staff=True)


def broken(error: str = "IntegrityError('odd')") -> SetAside:
    task = make_task()
    Task.objects.filter(pk=task.pk).update(next_check_on=None)
    return SetAside.objects.create(task=task, attempts=3, error=error, first_at=noon(TODAY), last_at=noon(TODAY))


def test_it_tells_which_parts_run(admin: User) -> None:
    heartbeats.beat(at=noon(TODAY))
    heartbeats.beat(JobPart.LONG, at=noon(TODAY) - timedelta(seconds=1234))
    page = text(get(admin, "system"))
    assert "1,234 s ago" in page
    assert page.count("silent") == 1


def test_it_shows_runs_with_their_errors_and_recalculations_with_their_progress(admin: User) -> None:
    JobRun.objects.create(
        job="scan", period="2026-06-15", state=JobState.FAILED, started_at=noon(TODAY), error="disk <full>"
    )
    whole = Recalculation.objects.create(policy=make_policy(), from_on=TODAY, started_at=noon(TODAY))
    for state in (JobState.DONE, JobState.RUNNING):
        JobRun.objects.create(job="recalculate", state=state, started_at=noon(TODAY), recalculation=whole)
    page = text(get(admin, "system"))
    assert "disk &lt;full&gt;" in page
    assert "1 / 2" in page


def test_a_task_set_aside_is_tried_again(admin: User) -> None:
    row = broken()
    client = client_of(admin)
    assert row.task.code in text(client.get(reverse("system")))
    response = client.post(reverse("set_aside_retry", args=[row.pk]), follow=True)
    assert f"The next scan tries task {row.task.code} again." in text(response)
    row.task.refresh_from_db()
    assert (row.task.next_check_on, SetAside.objects.exists()) == (TODAY, False)
    event = Event.objects.get(kind="set_aside.retried")
    assert (event.task, event.actor, event.before["attempts"]) == (row.task, admin, 3)


def test_of_two_who_try_again_one_does(admin: User) -> None:
    row = broken()
    first, second = SetAside.objects.get(pk=row.pk), SetAside.objects.get(pk=row.pk)
    set_aside.retry(first, by=admin, at=noon(TODAY))
    with pytest.raises(Conflict):
        set_aside.retry(second, by=admin, at=noon(TODAY))
    assert Event.objects.filter(kind="set_aside.retried").count() == 1


@pytest.mark.parametrize("name", ["lan", "hoa", "quang", "vinh"])
def test_nobody_else_sees_it_or_tries_again(name: str) -> None:
    user, row = make_cast()[name], broken()
    assert get(user, "system").status_code == 403
    assert client_of(user).post(reverse("set_aside_retry", args=[row.pk])).status_code == 403
    with pytest.raises(PermissionDenied):
        set_aside.retry(row, by=user, at=noon(TODAY))


def test_it_takes_thirteen_queries_for_any_number_of_rows(admin: User, django_assert_num_queries: Any) -> None:
    client = client_of(admin)
    for times in (1, 3):
        for _number in range(times):
            broken()
            JobRun.objects.create(job="scan", started_at=noon(TODAY))
        with django_assert_num_queries(13):
            text(client.get(reverse("system")))
