"""Tokens: shown once, stored as an HMAC, at most a year, their use noted once a minute."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, User
from accounts.policies import scope_of
from accounts.services import create_token, revoke_token, revoke_tokens
from accounts.tokens import fingerprint
from tests.api.conftest import codes
from tests.asking import asked
from tests.builders import START, make_body, make_task, make_webhook
from tracker.choices import Duty
from tracker.clock import local_today, now
from tracker.models import Event, Extension, Task


def made(**options):
    out, err = StringIO(), StringIO()
    call_command("create_token", user="hoa", scope=["read"], stdout=out, stderr=err, **options)
    return out.getvalue().strip()


def test_the_command_prints_a_token_that_works(cast):
    client = Client(headers={"Authorization": f"Bearer {made()}"})
    assert client.get("/api/v1/tasks/").status_code == 200


def test_the_history_knows_of_a_token_of_the_operator(cast):
    secret = made().partition(".")[2]
    event = Event.objects.get(kind="token.made")
    assert (event.actor, event.object_id) == (None, str(ApiToken.objects.get().pk))
    assert secret not in f"{event.after}"


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
        ({"scope": ["write"]}, "--scope"),
        ({"body": "NOSUCH"}, "--body"),
        ({"network": ["203.0.113.1/24"]}, "--network"),
        ({"network": ["anywhere"]}, "--network"),
        ({"network": ["10.0.0.0/8"] * 21}, "--network"),
    ],
)
def test_the_command_refuses_in_a_sentence_that_names_the_option(cast, options, named):
    with pytest.raises(CommandError, match=named):
        call_command("create_token", **{"user": "hoa", "scope": ["read"], **options})
    assert not ApiToken.objects.exists()


def test_a_deactivated_account_gets_no_token(cast):
    cast["hoa"].is_active = False
    with pytest.raises(ValidationError, match="user"):
        create_token(user=cast["hoa"], name="x", scopes=["read"], days=1, at=now())


def test_a_token_is_revoked_once(cast):
    row, _token = create_token(user=cast["hoa"], name="x", scopes=["read"], days=1, at=now())
    assert [revoke_token(row, at=now()), revoke_token(row, at=now())] == [True, False]


def test_all_tokens_of_an_owner_are_revoked(cast):
    for name in ("hoa", "hoa", "lan"):
        create_token(user=cast[name], name="x", scopes=["read"], days=1, at=now())
    assert revoke_tokens(cast["hoa"], at=now()) == 2
    assert ApiToken.objects.filter(revoked_at=None).count() == 1


def test_a_secret_of_another_token_opens_nothing(cast):
    (_one, first), (_two, second) = (
        create_token(user=cast["hoa"], name="x", scopes=["read"], days=1, at=now()) for _ in "12"
    )
    mixed = f"Bearer rmt_{first.key_id}.{second.secret}"
    assert Client().get("/api/v1/tasks/", headers={"Authorization": mixed}).status_code == 401


def test_a_bad_token_is_not_rescued_by_a_session(cast, client):
    client.force_login(cast["hoa"])
    assert client.get("/api/v1/tasks/", headers={"Authorization": "Bearer rmt_x.y"}).status_code == 401


def test_its_use_is_noted_once_a_minute(cast):
    row, token = create_token(user=cast["hoa"], name="x", scopes=["read"], days=1, at=now())
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
    row, _token = create_token(user=cast["hoa"], name="x", scopes=["read"], days=1, at=now())
    new = "mot-mat-khau-moi-hon"
    sent = {"oldpassword": "mot-mat-khau-dai", "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", sent).status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None


@pytest.fixture
def task(cast):
    return make_task(code="2.5", levels=[("central", [])])


def make_extension(task, by):
    today = local_today()
    Task.objects.filter(pk=task.pk).update(due_on=today, effective_due_on=today)
    task.refresh_from_db()
    return asked(task, by, on=today, wanted_on=today + timedelta(days=90))


def bearer(token):
    return Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"})


def told(client, path="tasks/", **headers):
    return client.get(f"/api/v1/{path}", headers=headers)


def write(client, row=None):
    path = f"/api/v1/extensions/{row.pk}/refuse/" if row else "/api/v1/obstacles/"
    return client.post(path, "{}", "application/json", headers={"If-Match": '"999"'}).status_code


def token_of(user, *scopes, **facts):
    return create_token(user=user, name="t", scopes=scopes, days=30, at=now(), **facts)


def test_each_scope_opens_what_it_says_and_nothing_else(cast, task):
    asked = make_extension(task, cast["lan"])
    lan, hoa = cast["lan"], cast["hoa"]
    read, report, review = (bearer(token_of(hoa, scope)[1]) for scope in ("read", "report", "review"))
    assert [told(client).status_code for client in (read, report, review)] == [200, 403, 403]
    assert [write(client, asked) for client in (read, report, review)] == [403, 403, 400]
    # The owner is not of the body: the scope makes them none of its officials.
    assert write(bearer(token_of(hoa, "report")[1])) == 400
    assert write(bearer(token_of(lan, "read", "review")[1]), asked) == 403
    assert write(bearer(token_of(lan, "read")[1])) == 403


def test_a_scope_is_never_wider_than_its_owner_is_now(cast, task):
    asked = make_extension(task, cast["lan"])
    client = bearer(token_of(cast["hoa"], "read", "review")[1])
    assert write(client, asked) == 400
    cast["hoa"].memberships.update(valid_to=START)
    assert write(client, asked) == 404
    assert told(client).json()["results"] == []


def test_a_token_for_a_body_sees_it_and_those_below_it(cast, task):
    below = make_body("CUC-A", parent=make_body("BO-A"))
    make_task(code="4.1", accountable=below)
    make_task(code="4.2", accountable=make_body("BO-B"))
    everything, a, cuc = (
        bearer(token_of(cast["hoa"], "read", "review", body=body)[1]) for body in (None, make_body("BO-A"), below)
    )
    assert [codes(client) for client in (everything, a, cuc)] == [["2.5", "4.1", "4.2"], ["2.5", "4.1"], ["4.1"]]
    assert write(a, make_extension(task, cast["lan"])) == 400
    assert write(cuc, Extension.objects.get()) == 404


def test_an_official_has_no_token_for_another_body(cast):
    with pytest.raises(ValidationError) as caught:
        token_of(cast["lan"], "read", body=make_body("BO-B"))
    assert list(caught.value.message_dict) == ["body"]
    below = make_body("CUC-A", parent=make_body("BO-A"))
    with pytest.raises(ValidationError):
        token_of(cast["lan"], "read", "report", body=below)


@pytest.mark.parametrize(
    ("networks", "sender", "status"),
    [
        ([], "198.51.100.7", 200),
        (["203.0.113.0/24"], "203.0.113.9", 200),
        (["203.0.113.0/24", "2001:db8::/32"], "2001:db8::1", 200),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", 200),
        (["203.0.113.0/24"], "203.0.114.9", 401),
        (["203.0.113.0/24"], "2001:db8::1", 401),
        (["203.0.113.0/24"], "", 401),
    ],
)
def test_a_token_is_accepted_from_its_networks_only(cast, networks, sender, status):
    client = bearer(token_of(cast["hoa"], "read", networks=networks)[1])
    assert client.get("/api/v1/tasks/", REMOTE_ADDR=sender).status_code == status


def test_what_a_proxy_that_nobody_trusts_says_of_the_sender_counts_for_nothing(cast):
    client = bearer(token_of(cast["hoa"], "read", networks=["203.0.113.0/24"])[1])
    assert told(client, **{"X-Forwarded-For": "203.0.113.9"}).status_code == 401


def test_a_token_outlives_its_pepper_once_it_was_used_beside_the_next(cast, settings):
    used, idle = (token_of(cast["hoa"], "read") for _ in range(2))
    make_webhook(cast["hoa"])
    old, settings.TOKEN_PEPPER = settings.TOKEN_PEPPER, "n" * 40
    assert told(bearer(used[1])).status_code == 401
    settings.TOKEN_PEPPER_BEFORE = old
    assert told(bearer(used[1])).status_code == 200
    settings.TOKEN_PEPPER_BEFORE = ""
    assert [told(bearer(token)).status_code for _row, token in (used, idle)] == [200, 401]
    out = StringIO()
    settings.TOKEN_PEPPER_BEFORE = old
    call_command("count_token_peppers", stdout=out)
    wanted = [
        "TOKEN_PEPPER: 1",
        "TOKEN_PEPPER_BEFORE: 1",
        "not told yet, until the next use: 0",
        "another one, void: 0",
        "webhooks, TOKEN_PEPPER: 0",
        "webhooks, TOKEN_PEPPER_BEFORE: 1",
        "webhooks, another one, void: 0",
    ]
    assert out.getvalue().splitlines() == wanted
    peppers = set(ApiToken.objects.values_list("pepper", flat=True))
    assert peppers == {fingerprint(old), fingerprint("n" * 40)}


def test_a_token_for_a_body_reads_no_drafts_of_the_office_of_its_owner(cast):
    scope = scope_of(cast["hoa"])
    narrowed = scope.below(make_body("BO-A").path)
    assert (len(scope.body_ids), narrowed.body_ids) == (1, ())
    assert not narrowed.works_for(make_body("BDV").path, Duty.COMMISSION)
    assert narrowed.has(Duty.COMMISSION)
    assert scope_of(cast["lan"]).below(make_body("BO-A").path).body_ids == scope_of(cast["lan"]).body_ids


def test_a_token_that_is_revoked_in_the_administration_is_in_the_history(cast):
    row, token = token_of(cast["hoa"], "read")
    User.objects.filter(pk=cast["quang"].pk).update(is_staff=True, is_superuser=True)
    client, address = Client(), reverse("admin:accounts_apitoken_change", args=[row.pk])
    client.force_login(cast["quang"])
    assert client.post(address, {"revoked_at_0": "2026-11-29", "revoked_at_1": "08:00"}).status_code == 302
    event = Event.objects.get(kind="token.revoked")
    assert (event.actor, event.object_id) == (cast["quang"], str(row.pk))
    assert told(bearer(token)).status_code == 401
