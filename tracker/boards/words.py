"""How people look for rows: words in any order, without regard to marks and case."""

from __future__ import annotations

from typing import Any

from tracker.rules.text import fold

MOST_WORDS = 12


def matching(rows: Any, text: str, column: str = "folded") -> Any:
    """Return the `rows` whose folded `column` holds every word of `text`; all of them where there is no word."""
    for word in fold(text).split()[:MOST_WORDS]:
        rows = rows.filter(**{f"{column}__contains": word})
    return rows
