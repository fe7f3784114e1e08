"""Who may read what: the ladder of every collection, and what is refused."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import ApiToken, Membership
from accounts.services import create_token, revoke_token
from tests.api.conftest import codes, rows, token_client
from tests.api.world import FOREIGN, SEEN
from tracker.api.resources import RESOURCES
from tracker.api.writing.acts import CHANGES, NEW
from tracker.choices import Role
from tracker.clock import now
from tracker.models import Responsibility, Task

NAMES = [resource.name for resource in RESOURCES]
ADDRESSES = ["", *(f"{name}/" for name in NAMES), "boards/four-cells/", "boards/coverage/", "schema/"]
# What hangs on a task is read by whoever reads the task; registers are read by every member.
OF_TASKS = ["responsibilities", "institutionalizations", "progress-reports", "flags"]
REGISTERS = ["resolutions", "provisions", "bodies", "posts", "cadres", "instruments"]


def bearer(token):
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("address", ADDRESSES)
def test_strangers_are_asked_who_they_are(db, client, address):
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_session_reads_too(cast, client, address):
    client.force_login(cast["hoa"])
    assert client.get(f"/api/v1/{address}").status_code == 200


def _expire(token):
    ApiToken.objects.update(expires_at=now() - timedelta(seconds=1))


def _revoke(token):
    revoke_token(token, at=now())


def _deactivate(token):
    token.user.is_active = False
    token.user.save()


@pytest.mark.parametrize("end", [_expire, _revoke, _deactivate])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_token_ends_at_once(cast, address, end):
    row, token = create_token(user=cast["hoa"], name="x", scopes=["read"], days=1, at=now())
    client = bearer(token)
    assert client.get(f"/api/v1/{address}").status_code == 200
    end(row)
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == 401
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_a_deactivated_session_reads_nothing(cast, client):
    client.force_login(cast["hoa"])
    cast["hoa"].is_active = False
    cast["hoa"].save()
    assert client.get("/api/v1/tasks/").status_code == 401


def test_a_token_is_never_wider_than_its_owner_is_now(hoa, world):
    assert len(rows(hoa, "tasks")) == 2
    Membership.objects.filter(user__username="hoa").update(valid_to="2026-01-02")
    assert rows(hoa, "tasks") == []


def test_an_official_reads_the_tasks_of_their_body_only(as_user, world):
    assert codes(as_user("lan")) == [SEEN]
    assert codes(as_user("minh")) == [FOREIGN]
    assert as_user("lan").get("/api/v1/tasks/", {"count": "true"}).json()["count"] == 1


@pytest.mark.parametrize("name", OF_TASKS)
def test_what_hangs_on_a_task_is_as_visible_as_the_task(as_user, world, name):
    assert {row["task"] for row in rows(as_user("lan"), name)} == {SEEN}
    assert {row["task"] for row in rows(as_user("hoa"), name)} == {SEEN, FOREIGN}


def test_changes_of_other_tasks_are_not_told(as_user, world):
    assert {row["task"] for row in rows(as_user("lan"), "changes")} == {SEEN}


@pytest.mark.parametrize("name", REGISTERS)
def test_registers_are_open_to_members_and_closed_to_others(as_user, world, django_user_model, name):
    assert rows(as_user("lan"), name) == rows(as_user("hoa"), name)
    nobody = django_user_model.objects.create_user("nobody", password="mot-mat-khau-dai")
    assert rows(token_client(nobody), name) == []


def test_drafts_are_read_by_their_own_body_only(as_user, world):
    assert [row["task"] for row in rows(as_user("lan"), "progress-reports", state="draft")] == [SEEN]
    assert rows(as_user("hoa"), "progress-reports", state="draft") == []


@pytest.mark.parametrize("name", [*OF_TASKS, "tasks", "changes"])
def test_a_foreign_id_answers_like_a_missing_one(as_user, world, name):
    lan, hoa = as_user("lan"), as_user("hoa")
    seen = {row["id"] for row in rows(lan, name)}
    foreign = next(row["id"] for row in rows(hoa, name) if row["id"] not in seen)
    there, missing = (lan.get(f"/api/v1/{name}/{pk}/") for pk in (foreign, 999_999))
    assert (there.status_code, missing.status_code) == (404, 404)
    assert there.content.replace(b"/%d/" % foreign, b"/999999/") == missing.content


@pytest.mark.parametrize("name", OF_TASKS)
def test_a_foreign_code_in_a_filter_answers_like_a_missing_one(as_user, world, name):
    lan = as_user("lan")
    foreign, missing = (lan.get(f"/api/v1/{name}/", {"task": code}) for code in (FOREIGN, "no-such"))
    assert foreign.status_code == 400
    assert foreign.content == missing.content


def test_the_code_of_a_foreign_parent_is_not_told(as_user, world):
    Task.objects.filter(pk=world.seen.pk).update(parent=world.foreign)
    assert (rows(as_user("lan"), "tasks")[0]["parent"], rows(as_user("lan"), "tasks")[0]["parent_id"]) == (None, None)
    assert rows(as_user("hoa"), "tasks", code=SEEN)[0]["parent"] == FOREIGN


def test_no_person_is_named_outside_cadres(hoa, world):
    names = ["Nguyễn Thị", "lan", "hoa"]
    for name in set(NAMES) - {"cadres"}:
        text = hoa.get(f"/api/v1/{name}/").content.decode()
        assert not [person for person in names if f'"{person}' in text], name
    assert "Nguyễn Thị" in hoa.get("/api/v1/cadres/").content.decode()


def test_the_holder_is_left_out_of_responsibilities(hoa, world):
    assert Responsibility.objects.filter(role=Role.ACCOUNTABLE, post__isnull=False).exists()
    keys = {"id", "role", "body", "post", "valid_from", "valid_to"}
    assert set(rows(hoa, "tasks")[0]["responsibilities"][0]) == keys


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_not_declared_cannot_be_written(hoa, address, method):
    """A method that is not there is told before anything else; where rows can be made, a token needs the scope."""
    name = address.rstrip("/")
    taken = [verb for verb, acts in (("POST", NEW), ("PATCH", CHANGES)) if name in acts]
    response = getattr(hoa, method)(f"/api/v1/{address}")
    if method.upper() in taken:
        assert response.status_code == 403
    else:
        assert response.status_code == 405
        assert response["Allow"] == ", ".join(["GET, HEAD, OPTIONS", *taken])
        assert response.json()["type"] == "/problems/method-not-allowed"


def test_a_session_that_writes_is_refused_in_the_same_way(cast, client):
    client.force_login(cast["hoa"])
    assert client.post("/api/v1/tasks/").status_code == 405


def test_token_answers_are_private_and_set_no_cookie(hoa, world):
    response = hoa.get("/api/v1/tasks/")
    assert response["Cache-Control"] == "private, no-store"
    assert {"Authorization", "Cookie", "Accept-Language"} <= {name.strip() for name in response["Vary"].split(",")}
    assert not response.cookies


def test_head_and_options_answer_without_a_body(hoa, world):
    assert hoa.head("/api/v1/tasks/").content == b""
    response = hoa.options("/api/v1/tasks/")
    assert (response.status_code, response["Allow"]) == (204, "GET, HEAD, OPTIONS")


def test_the_docs_page_is_for_who_is_signed_in(cast, client):
    assert client.get("/api/v1/docs/").status_code == 302
    client.force_login(cast["lan"])
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"<style" not in page.content
    assert b"<script>" not in page.content
    assert b"/api/v1/schema/" in client.get("/api/v1/docs/?script=").content
