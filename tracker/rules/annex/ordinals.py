"""The numbers of an annex: I, II, A, B, 1, 1.1, a. They tell what stands below what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_PART = r"(?:[IVXL]+|[A-HĐ]|\d{1,4})"
_WHOLE = re.compile(rf"\(?({_PART}(?:\.{_PART})*|[a-hđ])[.)]*")
_LEADING = re.compile(rf"({_PART}(?:\.{_PART})*)\s*[.)\-–:]\s+(?=\S)")
LETTER, ROMAN, NUMBER, SMALL = 0, 1, 2, 9


@dataclass(frozen=True, slots=True)
class Ordinal:
    """The number of a row; `rank` is lower where it stands above others."""

    text: str
    rank: int

    @property
    def heads_a_group(self) -> bool:
        """Whether offices number headings so, not tasks."""
        return self.rank in (LETTER, ROMAN)

    def is_above(self, other: Ordinal) -> bool:
        """Tell whether `other` is a part of this: 1 and 1.1."""
        return other.text.startswith(f"{self.text}.")


def parse_ordinal(text: str) -> Ordinal | None:
    """Return the number that a cell holds; None where it is none."""
    found = _WHOLE.fullmatch("".join(text.split()))
    return _ordinal(found[1]) if found else None


def leading_ordinal(text: str) -> tuple[Ordinal | None, str]:
    """Return the number with which a heading begins, and the heading without it: "II. Tổ chức" gives II."""
    found = _LEADING.match(text)
    return (_ordinal(found[1]), text[found.end() :]) if found else (None, text)


def _ordinal(text: str) -> Ordinal:
    parts = text.split(".")
    last = parts[-1]
    if last.isdigit():
        return Ordinal(text, NUMBER + len(parts) - 1)
    if last.islower():
        return Ordinal(text, SMALL)
    return Ordinal(text, ROMAN if set(last) <= set("IVXL") else LETTER)


@dataclass
class Labels:
    """The headings above a row while rows are read one after another, and the labels made of their numbers."""

    above: list[Ordinal] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def enter(self, ordinal: Ordinal | None) -> None:
        """A heading begins; one without a number ends none."""
        if ordinal:
            self.above = [one for one in self.above if one.rank < ordinal.rank] + [ordinal]

    def label(self, ordinal: Ordinal | None) -> str:
        """Return the label of a task, such as I.3; the same one a second time gets a number of its own: I.3-2."""
        above = [one for one in self.above if ordinal is None or one.rank < ordinal.rank]
        parts = [one.text for one in above if not (ordinal and one.is_above(ordinal))]
        group = ".".join(parts)
        self.counts[group] = self.counts.get(group, 0) + 1
        wanted = ".".join([*parts, ordinal.text if ordinal else str(self.counts[group])])
        self.taken[wanted] = self.taken.get(wanted, 0) + 1
        return wanted if self.taken[wanted] == 1 else f"{wanted}-{self.taken[wanted]}"
