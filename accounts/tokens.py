"""The form and the digest of API tokens: `rmt_<id>.<secret>`, HMAC-SHA256 with a pepper."""

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

TOKEN_FORM = re.compile(r"rmt_([a-z0-9]{12})\.([A-Za-z0-9_-]{43})")


class Scope(TextChoices):
    """What a token may do, as far as its owner may. None implies another."""

    READ = "read", _("Read")
    REPORT = "report", _("Report for a body")
    REVIEW = "review", _("Review for the commission")
    EDIT = "edit", _("Edit the registers")


class Token(NamedTuple):
    key_id: str
    secret: str

    def __str__(self) -> str:
        return f"rmt_{self.key_id}.{self.secret}"


def new_token() -> Token:
    """Return a fresh token with 256 bits of secret."""
    return Token(secrets.token_hex(6), secrets.token_urlsafe(32))


def parse(text: str) -> Token | None:
    """Return the parts of a token as a client sends it, or None where it has another form."""
    match = TOKEN_FORM.fullmatch(text)
    return Token(*match.groups()) if match else None


def fingerprint(pepper: str) -> str:
    """Return by what a pepper is known beside a digest: 8 hex digits, from which it cannot be guessed."""
    return hashlib.sha256(b"pepper " + pepper.encode()).hexdigest()[:8]


def digest(token: Token, pepper: str) -> str:
    """Return the HMAC-SHA256 (hex) under which a token is stored."""
    return hmac.new(pepper.encode(), str(token).encode(), hashlib.sha256).hexdigest()


def matches(token: Token, stored: str, pepper: str) -> bool:
    """Tell, in constant time, whether `token` is the one stored."""
    return hmac.compare_digest(digest(token, pepper), stored)
