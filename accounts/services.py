"""Tokens of REST clients: made and revoked."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, User
from accounts.policies import scope_of
from accounts.tokens import Scope, Token, digest, fingerprint, new_token

LONGEST_LIFE_DAYS = 365
LONGEST_NAME = 100
MOST_NETWORKS = 20


def create_token(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    days: int,
    at: datetime,
    body: Any = None,
    networks: Iterable[str] = (),
) -> tuple[ApiToken, Token]:
    """Make a token of `user` and return its row and its text, which is kept nowhere: show it once.

    With `body` it sees and does only what concerns that body and those below it; with `networks` (CIDR) it is accepted
    from there only. Raises ValidationError that names the field.
    """
    ranges = list(networks)
    _check(user=user, name=name, scopes=scopes, days=days, body=body, networks=ranges)
    token = new_token()
    row = ApiToken.objects.create(
        key_id=token.key_id,
        name=name.strip(),
        user=user,
        digest=digest(token, settings.TOKEN_PEPPER),
        pepper=fingerprint(settings.TOKEN_PEPPER),
        scopes=[scope for scope in Scope.values if scope in scopes],
        body=body,
        networks=[str(ipaddress.ip_network(text)) for text in ranges],
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


def _check(*, user: User, name: str, scopes: Collection[str], days: int, body: Any, networks: list[str]) -> None:
    errors: dict[str, Any] = {}
    if not user.is_active:
        errors["user"] = [_("This account is deactivated.")]
    if not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        errors["name"] = [_("Give a name of at most %(limit)d characters.") % {"limit": LONGEST_NAME}]
    if not scopes or not set(scopes) <= set(Scope.values):
        errors["scopes"] = [_("Give one or more of: %(known)s.") % {"known": ", ".join(Scope.values)}]
    if not 1 <= days <= LONGEST_LIFE_DAYS:
        errors["days"] = [_("A token lives for 1 to %(limit)d days.") % {"limit": LONGEST_LIFE_DAYS}]
    if body is not None and not scope_of(user).below(body.path).grants:
        errors["body"] = [_("The owner sees nothing there: name a body within their jurisdiction, or none.")]
    if wrong := [text for text in networks if not _is_network(text)]:
        message = _("“%(text)s” is no network: write it as 203.0.113.0/24 or 2001:db8::/32.")
        errors["networks"] = [message % {"text": wrong[0][:60]}]
    elif len(networks) > MOST_NETWORKS:
        errors["networks"] = [_("Give %(most)d networks at most.") % {"most": MOST_NETWORKS}]
    if errors:
        raise ValidationError(errors)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
