"""One office-holder: the posts held now and before, and whether mails reach them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.models import Cadre, Message, Tenure

MOST_TENURES = 100
MOST_REFUSALS = 5


@dataclass(frozen=True)
class CadrePage:
    """Tenures, newest first; `later` are those that have not begun."""

    now: list[Tenure]
    before: list[Tenure]
    later: list[Tenure]


@dataclass(frozen=True)
class MailState:
    """Where mails to a person go, the last one, and the last that were refused or set aside, newest first."""

    address: str
    last: Message | None
    refusals: list[Message]


def cadre_page(cadre: Cadre, today: date) -> CadrePage:
    """Return the posts of `cadre`. One query."""
    rows = list(cadre.tenures.select_related("post__body")[:MOST_TENURES])
    ended = [row for row in rows if row.valid_to is not None and row.valid_to <= today]
    later = [row for row in rows if row.valid_from > today]
    return CadrePage([row for row in rows if row not in ended and row not in later], ended, later)


def mail_state(cadre: Cadre) -> MailState | None:
    """Return whether mails reach `cadre`; None for who has no account. At most three queries."""
    user: Any = getattr(cadre, "user", None)
    if user is None:
        return None
    messages = Message.objects.filter(user=user)
    return MailState(user.email, messages.first(), list(messages.in_trouble()[:MOST_REFUSALS]))
