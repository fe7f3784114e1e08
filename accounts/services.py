"""Tokens of REST clients: made and revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, User
from accounts.tokens import Scope, Token, digest, new_token

LONGEST_LIFE_DAYS = 365
LONGEST_NAME = 100


def create_token(*, user: User, name: str, scope: str, days: int, at: datetime) -> tuple[ApiToken, Token]:
    """Make a token of `user` and return its row and its text, which is kept nowhere: show it once.

    Raises ValidationError that names the field.
    """
    _check(user=user, name=name, scope=scope, days=days)
    token = new_token()
    row = ApiToken.objects.create(
        key_id=token.key_id,
        name=name,
        user=user,
        digest=digest(token, settings.TOKEN_PEPPER),
        scope=scope,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    return row, token


def revoke_token(row: ApiToken, *, at: datetime) -> bool:
    """End a token at once; False if it was revoked before."""
    return bool(ApiToken.objects.filter(pk=row.pk, revoked_at__isnull=True).update(revoked_at=at))


def revoke_tokens(user: User, *, at: datetime) -> int:
    """End all tokens of `user` at once and return how many there were."""
    return ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=at)


def _check(*, user: User, name: str, scope: str, days: int) -> None:
    errors: dict[str, Any] = {}
    if not user.is_active:
        errors["user"] = [_("This account is deactivated.")]
    if not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        errors["name"] = [_("Give a name of at most %(limit)d characters.") % {"limit": LONGEST_NAME}]
    if scope not in Scope.values:
        errors["scope"] = [_("The scope is one of: %(known)s.") % {"known": ", ".join(Scope.values)}]
    if not 1 <= days <= LONGEST_LIFE_DAYS:
        errors["days"] = [_("A token lives for 1 to %(limit)d days.") % {"limit": LONGEST_LIFE_DAYS}]
    if errors:
        raise ValidationError(errors)
