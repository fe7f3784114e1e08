"""Articles of an instrument as ranges: what one citation holds of another, and what a successor continues.

Source: Decree 78/2025 on the layout of legal documents: chapter, article (điều), clause (khoản), point (điểm), annex.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import ngettext

ARTICLE, CLAUSE, POINT, CHAPTER, ANNEX = "article", "clause", "point", "chapter", "annex"
LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"


@dataclass(frozen=True, slots=True)
class Span:
    """The places `first` to `last` (both included) of one unit.

    `within` holds the article of a clause, or the article and the clause of a point; else it is empty.
    """

    unit: str
    first: str
    last: str
    within: tuple[str, ...] = ()

    def holds(self, other: Span) -> bool:
        """Tell whether every place of `other` is one of this, or lies in one of this."""
        if self._is_like(other):
            first, last = other.first, other.last
        else:
            depth = len(self.within)
            if self.unit not in (ARTICLE, CLAUSE) or self.within != other.within[:depth] or depth == len(other.within):
                return False
            first = last = other.within[depth]
        return self._key(self.first) <= self._key(first) and self._key(last) <= self._key(self.last)

    def touches(self, other: Span) -> bool:
        """Tell whether the two have a place in common."""
        if not self._is_like(other):
            return self.holds(other) or other.holds(self)
        return self._key(self.first) <= self._key(other.last) and self._key(other.first) <= self._key(self.last)

    def _is_like(self, other: Span) -> bool:
        return (self.unit, self.within) == (other.unit, other.within)

    def _key(self, label: str) -> tuple[int, int]:
        return key_of(self.unit, label)


Spans = tuple[Span, ...]
"""Ranges in order, no two of which touch; the empty one stands for the whole instrument."""


def joined(spans: Iterable[Span]) -> Spans:
    """Return the ranges in order, those that touch or follow one another made one, those inside another left out."""
    found: list[Span] = []
    for span in sorted(spans, key=_place):
        before = found[-1] if found and found[-1]._is_like(span) else None
        if before is None or not (before.touches(span) or _follows(before, span.first)):
            found.append(span)
        else:
            last = max(before.last, span.last, key=before._key)
            found[-1] = Span(span.unit, before.first, last, span.within)
    kept = [span for span in found if not any(other is not span and other.holds(span) for other in found)]
    return tuple(sorted(kept, key=_reading_order))


def holds(spans: Spans, others: Spans) -> bool:
    """Tell whether everything that `others` cite is cited by `spans`."""
    if not spans:
        return True
    return bool(others) and all(any(span.holds(other) for span in spans) for other in others)


def touch(spans: Spans, others: Spans) -> bool:
    """Tell whether the two citations have a place in common."""
    if not spans or not others:
        return True
    return any(span.touches(other) for span in spans for other in others)


def carried(spans: Spans, pairs: Iterable[tuple[Spans, Spans]]) -> Spans | None:
    """Return where `spans` of an instrument are found in its successor; None where the successor drops a part.

    `pairs` say which articles of the old one (none: all) are continued by which of the new one.
    """
    used = [(old, new) for old, new in pairs if touch(old, spans)]
    if any(not old for old, _ in used):
        continued: Spans | None = ()
    else:
        continued = joined(span for old, _ in used for span in old)
    if not used or continued is None or not holds(continued, spans):
        return None
    return () if any(not new for _, new in used) else joined(span for _, new in used for span in new)


def told(spans: Spans) -> str:
    """Return the citation in the active language; empty for the whole instrument."""
    return ", ".join(map(told_span, spans))


def dumped(spans: Spans) -> list[list[str]]:
    """Return the ranges as they are stored: unit, first, last, then the article and the clause they lie in."""
    return [[span.unit, span.first, span.last, *span.within] for span in spans]


def loaded(rows: Iterable[Sequence[str]]) -> Spans:
    """Return the ranges that `dumped` gave."""
    return tuple(Span(unit, first, last, tuple(within)) for unit, first, last, *within in rows)


# Order

_WORTH = {"i": 1, "v": 5, "x": 10}


def key_of(unit: str, label: str) -> tuple[int, int]:
    """Numbers with their letter (5 < 5a < 6), Roman numbers, and letters in the order of the alphabet."""
    if unit == POINT:
        return LETTERS.find(label) + 1, 0
    if not label[0].isdigit():
        return _roman(label), 0
    digits = label.rstrip(LETTERS)
    return int(digits), LETTERS.find(label[len(digits) :]) + 1 if digits != label else 0


def _roman(label: str) -> int:
    values = [_WORTH[letter] for letter in label]
    signs = [-1 if value < later else 1 for value, later in zip(values, [*values[1:], 0], strict=True)]
    return sum(sign * value for sign, value in zip(signs, values, strict=True))


def _follows(span: Span, first: str) -> bool:
    """Tell whether `first` is the number right after the span; who knows whether there is a 5a between is not asked."""
    return first.isdigit() and key_of(span.unit, first) == (key_of(span.unit, span.last)[0] + 1, 0)


def _place(span: Span) -> tuple[int, str, tuple[str, ...], tuple[int, int]]:
    return len(span.within), span.unit, span.within, key_of(span.unit, span.first)


def _reading_order(span: Span) -> tuple[int, list[tuple[int, int]]]:
    kind = 1 if span.within else (CHAPTER, ARTICLE, ANNEX).index(span.unit)
    return kind, [*(key_of(ARTICLE, label) for label in span.within), key_of(span.unit, span.first)]


# Telling


def told_span(span: Span) -> str:
    places = span.first if span.first == span.last else f"{span.first}–{span.last}"
    if span.unit in (CHAPTER, ANNEX):
        places = places.upper()
    number = 1 if span.first == span.last else 2
    article, clause = (*span.within, "", "")[:2]
    text = {
        ARTICLE: ngettext("Article %(places)s", "Articles %(places)s", number),
        CLAUSE: ngettext(
            "clause %(places)s of Article %(article)s", "clauses %(places)s of Article %(article)s", number
        ),
        POINT: ngettext(
            "point %(places)s, clause %(clause)s of Article %(article)s",
            "points %(places)s, clause %(clause)s of Article %(article)s",
            number,
        ),
        CHAPTER: ngettext("Chapter %(places)s", "Chapters %(places)s", number),
        ANNEX: ngettext("Annex %(places)s", "Annexes %(places)s", number),
    }[span.unit]
    return text % {"places": places, "article": article, "clause": clause}
