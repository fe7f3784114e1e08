"""Tokens as people and the operator make and revoke them. The history knows of each, and never of a secret."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, User
from accounts.services import create_token, revoke_token
from accounts.tokens import Token
from tracker.clock import local_day
from tracker.errors import Conflict
from tracker.models import Body
from tracker.policies import require
from tracker.services import history


@transaction.atomic
def make(
    *,
    owner: User,
    by: Any,
    at: datetime,
    name: str,
    scopes: Collection[str],
    days: int,
    body: Body | None,
    networks: Collection[str],
) -> tuple[ApiToken, Token]:
    """Make a token of `owner`; its text can be shown only now. Raises ValidationError that names the field."""
    require(by, "token.make")
    row, token = create_token(user=owner, name=name, scopes=scopes, days=days, at=at, body=body, networks=networks)
    after = {"scopes": row.scopes, "body": body and body.code, "expires_on": local_day(row.expires_at)}
    history.record("token.made", row, by=by, at=at, after=after)
    return row, token


@transaction.atomic
def revoke(row: ApiToken, *, by: Any, at: datetime) -> None:
    """End a token at once. Raises Conflict where it was revoked before."""
    require(by, "token.revoke", row)
    if not revoke_token(row, at=at):
        raise Conflict(_("This token is revoked already."))
    history.record("token.revoked", row, by=by, at=at)
