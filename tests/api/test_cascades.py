"""A task given to many units by REST, and how the task counts its parts."""

import pytest

from tests.api.test_writing import done, frozen, refused, send
from tests.builders import make_body, make_cast, make_task
from tests.cascading import make_communes
from tests.working import TODAY, client_of
from tracker.models import Responsibility, Task

now = pytest.fixture(autouse=True)(frozen)
pytestmark = pytest.mark.django_db
PAPER = {"whom": "level", "level": "commune", "document": "45-QĐ/TU"}


@pytest.fixture
def task():
    make_communes("X1", "X2")
    return make_task(code="5.7", levels=[("commune", [])], accountable=make_body("BO-A"))


@pytest.fixture
def quang():
    return client_of(make_cast()["quang"])


def test_a_client_gives_a_task_to_units_and_reads_how_its_parts_stand(quang, task):
    row = done(send(quang, f"tasks/{task.pk}/cascade/", PAPER, version=task.version))
    assert (row["parts"], row["parts_done"], row["parts_late"]) == (2, 0, 0)
    assert set(Responsibility.objects.filter(task__code="5.7/X1").values_list("role", flat=True)) == {"A", "L", "S"}
    Task.objects.filter(code="5.7/X1").update(effective_due_on="2026-02-02")
    Task.objects.filter(code="5.7/X2").update(done_on=TODAY)
    row = quang.get(f"/api/v1/tasks/{task.pk}/").json()
    assert (row["parts"], row["parts_done"], row["parts_late"]) == (2, 1, 1)
    late = quang.get("/api/v1/tasks/?parent=5.7&status=open_overdue").json()["results"]
    assert [one["code"] for one in late] == ["5.7/X1"]
    past = quang.get(f"/api/v1/tasks/{task.pk}/?as_of=2026-02-02").json()
    assert past["parts"] == 0


def test_a_list_and_other_roles_are_named_as_text(quang, task):
    body = PAPER | {
        "whom": "list",
        "listed": "X1 X2",
        "left_out": "",
        "roles": "giver_supervises",
        "due_rule": "working",
    }
    row = done(send(quang, f"tasks/{task.pk}/cascade/", body | {"due_days": 5, "on": f"{TODAY}"}, version=task.version))
    assert row["parts"] == 2
    cells = Responsibility.objects.filter(task__parent=task, role="S")
    assert set(cells.values_list("body__code", flat=True)) == {"BO-A"}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"whom": "list", "listed": "X1, NO"}, "listed"),
        ({"roles": "boss"}, "roles"),
        ({"due_rule": "fixed"}, "due_on"),
        ({"due_rule": "working"}, "due_days"),
        ({"document": ""}, "document"),
        ({"kind": "system"}, "kind"),
    ],
)
def test_what_is_wrong_is_named(quang, task, changes, name):
    answer = send(quang, f"tasks/{task.pk}/cascade/", PAPER | changes, version=task.version)
    assert answer.status_code in (400, 422) and name in answer.json()["errors"]
    assert not task.children.exists()


def test_only_what_was_read_is_given(quang, task):
    refused(send(quang, f"tasks/{task.pk}/cascade/", PAPER, version=task.version + 1), 412, "stale")
    assert not task.children.exists()


def test_many_tasks_are_given_in_one_request_with_clocks_of_their_own(quang, task):
    other = make_task(code="5.8", accountable=make_body("BO-A"))
    rows = [{"id": one.pk, "version": one.version, **PAPER} for one in (task, other)]
    answer = send(quang, "tasks/cascade/", rows)
    assert answer.json()["done"] == 2
    parts = Task.objects.filter(parent__in=[task, other])
    assert parts.count() == 4 and not parts.filter(next_check_on=None).exists()
    assert len({(part.effective_due_on, part.next_check_on) for part in parts}) == 1
