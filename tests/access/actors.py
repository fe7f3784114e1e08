"""Everybody who may knock at a door, each with a client of their own."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.test import Client

from accounts.models import User
from accounts.services import create_token, revoke_token
from tests.builders import make_body, make_user
from tracker.choices import Duty
from tracker.clock import now
from tracker.models import Body

# Who they are, for the body A that everything in the world belongs to.
ACTORS = {
    "anonymous": "nobody is signed in",
    "official": "official of body A",
    "other": "official of body B, which has no part in it",
    "parent": "official of the body above A",
    "body_admin": "administrator of body A",
    "commission": "commission staff, jurisdiction: the whole system",
    "far_commission": "commission staff, jurisdiction: body B only",
    "supervisor": "supervisor, jurisdiction: the whole system",
    "editor": "editor, jurisdiction: the whole system",
    "sysadmin": "system administrator without a duty",
    "no_duty": "an account without a membership",
    "past": "formerly official of body A, whose membership has ended",
    "deactivated": "formerly official of body A, deactivated, with a live session",
    "read_token": "a REST client with a read-only token of the official",
    "expired_token": "the same with a token that has expired",
    "revoked_token": "the same with a token that was revoked",
}
# Whom a page sends to the sign-in: a token opens the API and nothing else.
OUTSIDE = ("anonymous", "deactivated", "read_token", "expired_token", "revoked_token")
# Who is signed in and a member of nothing.
STRANGERS = ("no_duty", "past")


class Actor:
    """One client that forgets after each request what the request put into its cookies."""

    def __init__(self, user: User | None = None, token: str = "") -> None:
        headers = {"Accept-Language": "en"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self.client = Client(headers=headers, raise_request_exception=False)
        if user:
            self.client.force_login(user)
        self.cookies = self.client.cookies.output()

    def send(self, method: str, path: str, data: dict[str, Any] | None = None, **headers: str) -> Any:
        self.client.cookies = SimpleCookie(self.cookies.replace("Set-Cookie: ", ""))
        return getattr(self.client, method.lower())(path, data if method == "POST" else None, **headers)


def make_actors(a: Body, b: Body, above: Body, system: Body) -> dict[str, Actor]:
    """Make all of ACTORS."""
    users = _users(a, b, above, system)
    actors = {name: Actor(user) for name, user in users.items()} | {"anonymous": Actor()}
    User.objects.filter(username="deactivated").update(is_active=False)
    users["past"].memberships.update(valid_to="2026-06-15")
    return actors | _tokens(users["official"])


def _users(a: Body, b: Body, above: Body, system: Body) -> dict[str, User]:
    desk = make_body("BDV", is_mobilization=True)
    places: dict[str, tuple[Duty | None, Body, Body]] = {
        "official": (Duty.OFFICIAL, a, a),
        "other": (Duty.OFFICIAL, b, b),
        "parent": (Duty.OFFICIAL, above, above),
        "body_admin": (Duty.BODY_ADMIN, a, a),
        "commission": (Duty.COMMISSION, desk, system),
        "far_commission": (Duty.COMMISSION, desk, b),
        "supervisor": (Duty.SUPERVISOR, desk, system),
        "editor": (Duty.EDITOR, desk, system),
        "no_duty": (None, a, a),
        "past": (Duty.OFFICIAL, a, a),
        "deactivated": (Duty.OFFICIAL, a, a),
    }
    users = {name: make_user(name, *place) for name, place in places.items()}
    return users | {"sysadmin": make_user("sysadmin", None, a, is_staff=True, is_superuser=True)}


def _tokens(owner: User) -> dict[str, Actor]:
    made = {}
    for name in ("read_token", "expired_token", "revoked_token"):
        row, token = create_token(user=owner, name=name, scopes=["read"], days=30, at=now())
        made[name] = Actor(token=str(token))
        if name == "expired_token":
            row.expires_at = now() - timedelta(seconds=1)
            row.save()
        if name == "revoked_token":
            revoke_token(row, at=now())
    return made
