"""The tokens that people make and revoke for themselves. The history knows of each, and never of a secret."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken
from accounts.services import create_token, revoke_token
from accounts.tokens import Token
from tracker.clock import local_day
from tracker.errors import Conflict
from tracker.policies import require
from tracker.services import history


@transaction.atomic
def make(
    *, by: Any, at: datetime, name: str, scopes: Collection[str], days: int, body: Any, networks: Collection[str]
) -> Token:
    """Make a token of `by` and return it: the only time that it can be shown. Raises ValidationError by field."""
    require(by, "token.make")
    row, token = create_token(user=by, name=name, scopes=scopes, days=days, at=at, body=body, networks=networks)
    after = {"scopes": row.scopes, "body": body and body.code, "expires_on": local_day(row.expires_at)}
    history.record("token.made", row, by=by, at=at, after=after)
    return token


@transaction.atomic
def revoke(row: ApiToken, *, by: Any, at: datetime) -> None:
    """End a token at once. Raises Conflict where it was revoked before."""
    require(by, "token.revoke", row)
    if not revoke_token(row, at=at):
        raise Conflict(_("This token is revoked already."))
    history.record("token.revoked", row, by=by, at=at)
