"""The matrix by REST: cells are assigned as new rows and ended as a change of their task."""

import pytest

from tests.api.test_writing import act, refused, send
from tests.builders import make_body, make_cell, make_post, make_task
from tests.working import client_of, frozen
from tracker.choices import Role
from tracker.models import Event, ExternalReference, Responsibility

now = pytest.fixture(autouse=True)(frozen)
CELL = {"task": "2.5", "body": "BTC", "role": "R", "valid_from": "2026-06-01"}


@pytest.fixture
def task(cast):
    make_post(make_body("BTC"), code="head")
    return make_task(code="2.5")


@pytest.fixture
def quang(cast):
    return client_of(cast["quang"])


def test_a_role_is_assigned_and_ended(task, quang):
    response = send(quang, "responsibilities/", {**CELL, "post": "head", "external_id": "MT-1"})
    assert response.status_code == 201, response.content
    cell = response.json()
    assert (cell["role"], cell["post"], cell["external_id"]) == ("R", "head", "MT-1")
    assert "ETag" not in response
    again = refused(send(quang, "responsibilities/", {**CELL, "external_id": "MT-1"}), 409, "already-there")
    assert again["existing"].endswith(f"/responsibilities/{cell['id']}/")
    row = quang.get(f"/api/v1/tasks/{task.pk}/").json()
    ending = {"responsibility": cell["id"], "valid_to": "2026-07-01", "reason": "Chuyển giao"}
    path = f"tasks/{task.pk}/end-responsibility/"
    refused(send(quang, path, ending), 428, "precondition-required")
    refused(send(quang, path, ending, version=row["version"] - 1), 412, "stale")
    ended = act(quang, row, "tasks/end-responsibility/", ending)
    assert Responsibility.objects.get(pk=cell["id"]).valid_to.isoformat() == "2026-07-01"
    refused(send(quang, path, ending, version=ended["version"]), 400, "invalid-field", "valid_to")
    kinds = list(Event.objects.filter(object_kind="responsibility").order_by("id").values_list("kind", flat=True))
    assert [kind for kind in kinds if kind != "external.named"][-2:] == [
        "responsibility.assigned",
        "responsibility.ended",
    ]


def test_cells_come_many_at_once_and_have_no_version(task, quang):
    rows = [{**CELL, "role": role, "external_id": role} for role in ("R", "C", "A", "C")]
    results = send(quang, "responsibilities/", rows).json()["results"]
    assert [result["status"] for result in results] == [201, 201, 400, 409]
    assert sorted(results[0]) == ["id", "status"]
    assert list(results[2]["problem"]["errors"]) == ["body"]
    assert ExternalReference.objects.count() == 2
    assert send(quang, "responsibilities/?atomic=true", rows).status_code == 422


@pytest.mark.parametrize(
    ("facts", "at_fault"),
    [
        ({"post": "deputy"}, "post"),
        ({"role": "X"}, "role"),
        ({"role": "A"}, "body"),
        ({"body": "NOSUCH"}, "body"),
        ({"valid_from": "2026-02-30"}, "valid_from"),
    ],
)
def test_what_is_wrong_with_a_cell_is_named(task, quang, facts, at_fault):
    before = Responsibility.objects.count()
    refused(send(quang, "responsibilities/", {**CELL, **facts}), 400, "invalid-field", at_fault)
    assert Responsibility.objects.count() == before


def test_only_the_editor_fills_the_matrix(task, cast, quang):
    for name in ("lan", "hoa"):
        refused(send(client_of(cast[name]), "responsibilities/", CELL), 403, "forbidden")
    foreign = make_cell(make_task(), make_body("BTC"), Role.CONSULTED)
    ending = {"responsibility": foreign.pk, "valid_to": "2026-07-01", "reason": "Nhầm"}
    path = f"tasks/{task.pk}/end-responsibility/"
    refused(send(quang, path, ending, version=task.version), 400, "invalid-field", "responsibility")
    refused(send(client_of(cast["hoa"]), path, ending, version=task.version), 403, "forbidden")
