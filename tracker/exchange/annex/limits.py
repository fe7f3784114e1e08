"""How much of a file is read at most, and which signs a text may hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from tracker.rules.annex.grid import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Row
from tracker.rules.file_errors import WrongFile

LARGE = _("%(name)s has more than 20,000 rows or 60 columns: part it into several files.")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd\ud800-\udfff]|_x00[01][0-9A-F]_")


def bounded(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows; raises WrongFile beyond the limits."""
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS or max(row.cells, default=0) > MOST_COLUMNS:
            raise WrongFile(LARGE)
        yield row


def checked_text(text: str) -> tuple[str, str]:
    """Return a text with composed letters and plain line breaks, and the code of what is wrong with it."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).replace("\xa0", " ").strip()
    if _NO_TEXT.search(text):
        return _NO_TEXT.sub("\u25a1", text), "signs"
    return (text, "") if len(text) < LONGEST_CELL else (text[:LONGEST_CELL], "too_long")
