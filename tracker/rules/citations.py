"""Citations of articles as people write them, read to ranges: "Điều 5–7, điểm a khoản 2 Điều 9".

Source: Decree 78/2025 on the layout of legal documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from tracker.rules.articles import ANNEX, ARTICLE, CHAPTER, CLAUSE, POINT, Span, Spans, joined, key_of, told_span

MOST = 50
"""Ranges that one citation may have: what is longer is a list of articles and no citation."""

_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_WHOLE = frozenset({"toàn bộ", "toàn văn", "toàn bộ văn bản", "whole", "the whole", "all", "in full"})
_UNITS = {
    **dict.fromkeys(("điều", "article", "articles", "art", "arts"), ARTICLE),
    **dict.fromkeys(("khoản", "clause", "clauses"), CLAUSE),
    **dict.fromkeys(("điểm", "point", "points"), POINT),
    **dict.fromkeys(("chương", "chapter", "chapters"), CHAPTER),
    **dict.fromkeys(("phụ lục", "annex", "annexes", "appendix"), ANNEX),
}
_TOKEN = re.compile(
    r" ?(?:(?P<unit>phụ lục|điều|khoản|điểm|chương"
    r"|articles?|arts?\b\.?|clauses?|points?|chapters?|annex(?:es)?|appendix)"
    r"|(?P<to>đến|to|-)"
    r"|(?P<skip>các|của|và|and|of|the|[,;.])"
    r"|(?P<label>\d{1,3}[a-zđ]?|[ivx]{1,6}|[a-zăâđêôơư]))"
)


class UnreadArticles(ValueError):
    """`part` of a citation is not understood."""

    def __init__(self, part: str):
        super().__init__(part)
        self.part = part


def parse_articles(text: str) -> Spans:
    """Return the ranges that `text` cites, in the order of the document; none: the whole instrument.

    Numbers without a unit are articles. A clause belongs to the article named after it, else to the one before.
    Raises UnreadArticles with the part that is not understood.
    """
    written = _normal(text)
    if not written or written in _WHOLE:
        return ()
    spans = joined(_spans(_groups(written)))
    if len(spans) > MOST:
        raise UnreadArticles(text)
    return spans


Group = tuple[str, list[tuple[str, str]]]
"""A unit and the labels that follow it, as ranges."""


def _normal(text: str) -> str:
    written = " ".join(unicodedata.normalize("NFC", text).lower().split())
    return re.sub(r"\s*[‐-―−-]\s*", "-", written).strip(" .;,")


def _groups(written: str) -> list[Group]:
    groups: list[Group] = []
    is_range = False
    for kind, value in _tokens(written):
        if kind == "to":
            if is_range or not groups or not groups[-1][1]:
                raise UnreadArticles(written)
            is_range = True
        elif kind == "unit":
            unit = _UNITS[value.rstrip(".")]
            # "Điều 5 đến Điều 7" names its unit twice.
            if not is_range:
                groups.append((unit, []))
            elif unit != groups[-1][0]:
                raise UnreadArticles(written)
        elif kind == "label":
            groups = groups or [(ARTICLE, [])]
            _add(groups[-1], value, is_range=is_range)
            is_range = False
    if is_range or any(not labels for _, labels in groups):
        raise UnreadArticles(written)
    return groups


def _tokens(written: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(written):
        found = _TOKEN.match(written, place)
        end = found.end() if found else place
        is_cut = found is not None and found.group()[-1].isalnum() and written[end : end + 1].isalnum()
        if found is None or is_cut:
            raise UnreadArticles(written[place:].split()[0])
        yield str(found.lastgroup), found.group().strip()
        place = end


def _add(group: Group, label: str, *, is_range: bool) -> None:
    unit, labels = group
    is_number = label[0].isdigit()
    is_right = {POINT: not is_number, CHAPTER: is_number or bool(_ROMAN.fullmatch(label))}
    if not is_right.get(unit, is_number or (unit == ANNEX and bool(_ROMAN.fullmatch(label)))):
        raise UnreadArticles(label)
    if not is_range:
        labels.append((label, label))
    elif key_of(unit, labels[-1][0]) < key_of(unit, label) and labels[-1][0] == labels[-1][1]:
        labels[-1] = (labels[-1][0], label)
    else:
        raise UnreadArticles(f"{labels[-1][0]}-{label}")


def _spans(groups: list[Group]) -> Iterator[Span]:
    """Each group is what it names, unless it only says where the one beside it lies."""
    holders: set[int] = set()
    for number, (unit, _labels) in enumerate(groups):
        if unit in (CLAUSE, POINT):
            holders |= set(_holders(groups, number))
    for number, (unit, labels) in enumerate(groups):
        if number not in holders:
            within = tuple(groups[holder][1][0][0] for holder in _holders(groups, number))
            yield from (Span(unit, first, last, within) for first, last in labels)


def _holders(groups: list[Group], number: int) -> list[int]:
    """Where the article, and for a point the clause, of a group stand."""
    unit = groups[number][0]
    if unit not in (CLAUSE, POINT):
        return []
    article = _beside(groups, number, ARTICLE)
    if unit == CLAUSE:
        return [article]
    clause = _beside(groups, number, CLAUSE)
    return [_beside(groups, clause, ARTICLE), clause]


def _beside(groups: list[Group], number: int, unit: str) -> int:
    """The next group of `unit` after the group, else the one right before; it names one place."""
    inner = (POINT,) if unit == CLAUSE else (POINT, CLAUSE)
    after = number + 1
    while after < len(groups) and groups[after][0] in inner:
        after += 1
    before = number - 1
    while before >= 0 and groups[before][0] in inner:
        before -= 1
    for place in (after, before):
        if 0 <= place < len(groups) and groups[place][0] == unit:
            (first, last), *more = groups[place][1]
            if first == last and not more:
                return place
    inside, (places, *_) = groups[number]
    raise UnreadArticles(told_span(Span(inside, *places, ("?", "?"))))
