"""The secrets of webhooks. Signing needs them whole, so they are stored sealed: Fernet, a key of the token pepper.

Whoever has the database alone, or a copy of it, signs nothing. Source: Standard Webhooks 1.0.0, Signature scheme.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from accounts.tokens import fingerprint
from tracker.models import Webhook
from tracker.rules.webhooks import PREFIX

BYTES = 32


def new() -> str:
    """Return a fresh secret as its owner is shown it, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def sealed(secret: str) -> str:
    """Return `secret` as it is stored, under the current pepper."""
    return _box().encrypt(secret.encode()).decode()


def opened(stored: str) -> str | None:
    """Return the secret, None where no pepper opens it any more."""
    try:
        return _box().decrypt(stored.encode()).decode()
    except InvalidToken:
        return None


def renew() -> int:
    """Seal under the current pepper what is sealed under the one before; return how many. One query where none is."""
    if not settings.TOKEN_PEPPER_BEFORE:
        return 0
    old, new = fingerprint(settings.TOKEN_PEPPER_BEFORE), fingerprint(settings.TOKEN_PEPPER)
    rows = list(Webhook.objects.filter(pepper=old))
    for row in rows:
        values = {"secret": _renewed(row.secret), "secret_before": _renewed(row.secret_before), "pepper": new}
        Webhook.objects.filter(pk=row.pk, secret=row.secret, secret_before=row.secret_before).update(**values)
    return len(rows)


def _renewed(stored: str) -> str:
    return _box().rotate(stored.encode()).decode() if stored else ""


def _box() -> MultiFernet:
    peppers = filter(None, (settings.TOKEN_PEPPER, settings.TOKEN_PEPPER_BEFORE))
    return MultiFernet([Fernet(_key(pepper)) for pepper in peppers])


def _key(pepper: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.new(pepper.encode(), b"webhook secrets", hashlib.sha256).digest())
