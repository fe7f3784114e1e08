"""What a webhook may be told to call, and how a message to it is signed.

Source: Standard Webhooks 1.0.0 (standardwebhooks.com); RFC 3986; trust.md, Input.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

PREFIX = "whsec_"
OVERLAP = timedelta(hours=24)
"""How long the secret before a rotation signs beside the new one."""
PAUSE_AFTER = timedelta(days=3)
"""A receiver that took nothing for so long is not tried any more."""
REST = timedelta(minutes=1)
"""How long a receiver that does not answer, or asks for patience, is left alone with all its messages."""
PATIENCE = (429, 502, 503, 504)
GONE = 410
LONGEST_URL = 2000
PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


class BadUrl(ValueError):
    """This is no address that a webhook may have. `message` is for a person."""

    def __init__(self, message: Any):
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True)
class Target:
    """Whom to call and for what: `path` with its query."""

    is_secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header: the port only where it is not that of the scheme."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS["https" if self.is_secure else "http"] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Return whom `url` names. Raises BadUrl. What the name leads to is another question, asked at connect time."""
    if len(url) > LONGEST_URL or not re.fullmatch(r"[!-~]+", url):
        raise BadUrl(
            _("Write an address of at most %(most)d plain characters, others %%-encoded.") % {"most": LONGEST_URL}
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadUrl(_("This is no address: write it as https://receiver.example.vn/path.")) from None
    if parts.scheme not in PORTS:
        raise BadUrl(_("An address begins with https:// or http://."))
    if "@" in parts.netloc or "\\" in url or parts.fragment:
        raise BadUrl(_("Write no user name, no backslash and no fragment into the address."))
    if not _HOST.fullmatch(host) or port == 0:
        raise BadUrl(_("This is no address: write it as https://receiver.example.vn/path."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port or PORTS[parts.scheme], path)


def signed(secrets: Iterable[str], *, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a message: one signature for each of `secrets`, over these very bytes."""
    timestamp = str(int(at.timestamp()))
    text = f"{message_id}.{timestamp}.".encode() + body
    signatures = " ".join(f"v1,{_digest(secret, text)}" for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def _digest(secret: str, text: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def is_taken(status: int | None) -> bool:
    """Tell whether the receiver took the message: 2xx, nothing else. A redirect is not followed."""
    return status is not None and 200 <= status < 300


def is_away(status: int | None) -> bool:
    """Tell whether it is the receiver that is in trouble, and not this one message."""
    return status is None or status in PATIENCE
