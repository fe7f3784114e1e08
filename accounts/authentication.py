"""Who sends a request to the REST API: the owner of a token, as wide as the owner is now and never wider."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken, User
from accounts.policies import narrow
from accounts.tokens import Token, digest, fingerprint, matches, parse
from tracker.clock import now

TOUCH_EVERY = timedelta(minutes=1)
# Compared when no such token exists, so that a known id takes no longer than an unknown one.
_NO_DIGEST = "0" * 64


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer rmt_<id>.<secret>`. One query; one more in the first request of a minute.

    With a token for one body the scope of the owner is asked for here, one query earlier than else.
    """

    def authenticate(self, request: Any) -> tuple[User, ApiToken] | None:
        """Return the owner and the token; None without a Bearer header, for sessions to answer.

        Raises AuthenticationFailed, in the same words for every reason.
        """
        token = self.sent(request)
        if token is None:
            return None
        at = now()
        row = ApiToken.objects.select_related("user", "body").filter(key_id=token.key_id).first()
        pepper = _pepper_of(token, row.digest if row else _NO_DIGEST)
        if row is None or pepper is None or not is_usable(row, at) or not _is_from(row, request.META["REMOTE_ADDR"]):
            raise AuthenticationFailed(_("This token is not accepted."))
        if pepper != settings.TOKEN_PEPPER:
            _renew(row, token)
        _touch(row, at)
        if row.body is not None:
            narrow(row.user, row.body.path)
        return row.user, row

    def sent(self, request: Any) -> Token | None:
        """Return the token of the request, None where it uses another scheme; AuthenticationFailed for no token."""
        credentials = _credentials(request, b"bearer")
        return None if credentials is None else _parsed(credentials)

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="api"'


class PasswordAuthentication(TokenAuthentication):
    """A token as the password of HTTP Basic, for programs that cannot send another header; any name will do.

    Only for addresses that nothing but reads: a browser keeps such a password and sends it by itself.
    """

    def sent(self, request: Any) -> Token | None:
        """Return the token in the password. Source: RFC 7617."""
        credentials = _credentials(request, b"basic")
        if credentials is None:
            return None
        try:
            _name, _colon, password = base64.b64decode(credentials, validate=True).partition(b":")
        except binascii.Error:
            password = b""
        return _parsed(password)

    def authenticate_header(self, request: Any) -> str:
        return 'Basic realm="calendar", charset="UTF-8"'


def _credentials(request: Any, wanted: bytes) -> bytes | None:
    scheme, _space, credentials = get_authorization_header(request).partition(b" ")
    return credentials.strip() if scheme.lower() == wanted else None


def _parsed(text: bytes) -> Token:
    token = parse(text.decode("ascii", "replace"))
    if token is None:
        raise AuthenticationFailed(_("This token is not accepted."))
    return token


def _pepper_of(token: Token, stored: str) -> str | None:
    """Return the pepper under which `token` has the digest `stored`: the current one, or the one before it."""
    peppers = filter(None, (settings.TOKEN_PEPPER, settings.TOKEN_PEPPER_BEFORE))
    right = [pepper for pepper in peppers if matches(token, stored, pepper)]
    return right[0] if right else None


def _renew(row: ApiToken, token: Token) -> None:
    """Digest a token of the earlier pepper with the current one, so that the earlier one can be given up."""
    values = {"digest": digest(token, settings.TOKEN_PEPPER), "pepper": fingerprint(settings.TOKEN_PEPPER)}
    ApiToken.objects.filter(pk=row.pk, digest=row.digest).update(**values)


def _is_from(row: ApiToken, address: str) -> bool:
    """Tell whether the sender is in one of the token's networks. The middleware has settled who the sender is."""
    if not row.networks:
        return True
    try:
        sender = ipaddress.ip_address(address)
    except ValueError:
        return False
    sender = getattr(sender, "ipv4_mapped", None) or sender
    return any(sender in ipaddress.ip_network(text) for text in row.networks)


def is_usable(row: ApiToken, at: datetime) -> bool:
    """Tell whether the token is neither revoked nor over, and its owner still active."""
    return row.revoked_at is None and row.expires_at > at and row.user.is_active


def _touch(row: ApiToken, at: datetime) -> None:
    """Remember the use, once a minute at most; of two requests at once one writes."""
    before = at - TOUCH_EVERY
    if row.last_used_at is None or row.last_used_at <= before:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=before)
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=at)
