"""Tokens: shown once, stored as an HMAC, at most a year, their use noted once a minute."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import ApiToken
from accounts.services import create_token, revoke_token, revoke_tokens
from tracker.clock import now


def made(**options):
    out, err = StringIO(), StringIO()
    call_command("create_token", user="hoa", scope="read", stdout=out, stderr=err, **options)
    return out.getvalue().strip()


def test_the_command_prints_a_token_that_works(cast):
    client = Client(headers={"Authorization": f"Bearer {made()}"})
    assert client.get("/api/v1/tasks/").status_code == 200


def test_the_secret_is_stored_nowhere(cast):
    secret = made().partition(".")[2]
    stored = ApiToken.objects.values_list("digest", "key_id", "name").get()
    assert not any(secret in text for text in stored)
    assert len(stored[0]) == 64


def test_a_token_lives_ninety_days_unless_told_otherwise(cast):
    made()
    made(days=365)
    lives = [row.expires_at - row.created_at for row in ApiToken.objects.order_by("pk")]
    assert lives == [timedelta(days=90), timedelta(days=365)]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"user": "nobody"}, "--user"),
        ({"days": 366}, "--days"),
        ({"days": 0}, "--days"),
        ({"days": 10**12}, "--days"),
        ({"name": "x" * 101}, "--name"),
        ({"name": " "}, "--name"),
        ({"scope": "write"}, "--scope"),
    ],
)
def test_the_command_refuses_in_a_sentence_that_names_the_option(cast, options, named):
    with pytest.raises(CommandError, match=named):
        call_command("create_token", **{"user": "hoa", "scope": "read", **options})
    assert not ApiToken.objects.exists()


def test_a_deactivated_account_gets_no_token(cast):
    cast["hoa"].is_active = False
    with pytest.raises(ValidationError, match="user"):
        create_token(user=cast["hoa"], name="x", scope="read", days=1, at=now())


def test_a_token_is_revoked_once(cast):
    row, _token = create_token(user=cast["hoa"], name="x", scope="read", days=1, at=now())
    assert [revoke_token(row, at=now()), revoke_token(row, at=now())] == [True, False]


def test_all_tokens_of_an_owner_are_revoked(cast):
    for name in ("hoa", "hoa", "lan"):
        create_token(user=cast[name], name="x", scope="read", days=1, at=now())
    assert revoke_tokens(cast["hoa"], at=now()) == 2
    assert ApiToken.objects.filter(revoked_at=None).count() == 1


def test_a_secret_of_another_token_opens_nothing(cast):
    (_one, first), (_two, second) = (
        create_token(user=cast["hoa"], name="x", scope="read", days=1, at=now()) for _ in "12"
    )
    mixed = f"Bearer rmt_{first.key_id}.{second.secret}"
    assert Client().get("/api/v1/tasks/", headers={"Authorization": mixed}).status_code == 401


def test_another_scope_reads_nothing(cast):
    row, _token = create_token(user=cast["hoa"], name="x", scope="read", days=1, at=now())
    row.scope = "report"
    request = type("Request", (), {"user": cast["hoa"], "auth": row, "method": "GET"})
    from tracker.api.views import MayRead

    assert not MayRead().has_permission(request, None)


def test_a_bad_token_is_not_rescued_by_a_session(cast, client):
    client.force_login(cast["hoa"])
    assert client.get("/api/v1/tasks/", headers={"Authorization": "Bearer rmt_x.y"}).status_code == 401


def test_its_use_is_noted_once_a_minute(cast):
    row, token = create_token(user=cast["hoa"], name="x", scope="read", days=1, at=now())
    client = Client(headers={"Authorization": f"Bearer {token}"})
    client.get("/api/v1/")
    row.refresh_from_db()
    first = row.last_used_at
    client.get("/api/v1/")
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=1))
    client.get("/api/v1/")
    row.refresh_from_db()
    assert row.last_used_at > first


def test_a_change_of_password_ends_the_tokens(cast, client):
    client.force_login(cast["hoa"])
    row, _token = create_token(user=cast["hoa"], name="x", scope="read", days=1, at=now())
    new = "mot-mat-khau-moi-hon"
    sent = {"oldpassword": "mot-mat-khau-dai", "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", sent).status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None
