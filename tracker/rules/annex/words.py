"""Words as they are compared: without marks, case, signs and footnote marks."""

from __future__ import annotations

import re
from functools import lru_cache

from tracker.rules.text import fold

_MARKS = re.compile(r"[\u00b9\u00b2\u00b3\u2070\u2074-\u2079\u207d\u207e]+|\*+|\[\d{1,3}\]|\(\d{1,2}\)$|\(\*+\)")
_WORDS = re.compile(r"\w+")


@lru_cache(maxsize=20_000)
def key_of(text: str) -> str:
    """Return the words of `text` as they are compared: "Bộ Văn hóa,\\nThể thao" and "BO VAN HOA, the thao" agree."""
    return " ".join(_WORDS.findall(fold(_MARKS.sub(" ", text.strip()))))


def one_line(text: str) -> str:
    """Return `text` with single spaces."""
    return " ".join(text.split())
