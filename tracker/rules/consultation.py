"""Whether people were asked before a document was signed, and what may be said of that. Source: I6, P29.

Not recorded is not the same as not asked. So nothing is called unasked from silence: only once somebody who knows has
said that what is recorded is all there was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.choices import Consulted, Rank

CONSULTED_RANKS = frozenset(
    {
        Rank.LAW,
        Rank.ORDINANCE,
        Rank.DECREE,
        Rank.CIRCULAR,
        Rank.JOINT_CIRCULAR,
        Rank.PROVINCIAL_RESOLUTION,
        Rank.PROVINCIAL_DECISION,
        Rank.COMMUNE_DOCUMENT,
    }
)
"""Legal documents by their rank alone. Resolutions and decisions at the centre may be acts on one case, and Party,
internal and charter rules have procedures of their own. Source: the Law on promulgation of legal documents."""


_PART = r"(?:TTg|[A-ZĐƯƠÂÊÔĂ]{1,12}[a-z]?|\d{1,4})"
_NUMBER = re.compile(rf"\d{{1,6}}[a-zđ]?[/-]{_PART}(?:[-/.&]{_PART}){{0,4}}")


def consulted(rank: str, *, signed_on: date | None, closed: Iterable[date], is_known: bool, today: date) -> Consulted:
    """Return how an instrument stands on `today`.

    `closed` are the closing days of its consultations; only one before the day of signature can have been heard.
    `is_known`: somebody has said that all consultations of it are recorded.
    """
    if rank not in CONSULTED_RANKS:
        return Consulted.NOT_NEEDED
    if signed_on is None or signed_on > today:
        return Consulted.TO_COME
    if any(day < signed_on for day in closed):
        return Consulted.HELD
    return Consulted.UNASKED if is_known else Consulted.UNKNOWN


def wrong_number(text: str) -> Any:
    """Return what is wrong with the number of a published document: it is a number and nothing else, or empty.

    So no name can be written into it.
    """
    if not text or _NUMBER.fullmatch(text):
        return None
    return _("Write the number alone, as in 125/MTTW-BTT or 45/BC-BTP.")
