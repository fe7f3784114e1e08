"""The bodies that a cell names: by code, name, short name or another name, without regard to marks, case and signs.

What is only alike is offered and never taken.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from heapq import nlargest

from tracker.rules.annex.words import key_of, one_line

MOST_OFFERS = 6
LIKELY = 0.6
CANDIDATES = 60
LONGEST_RUN = 8

_STRONG = re.compile(r"[;•▪●]|^\s*[-–+]\s+|\n\s*[-–+•]\s*|\n\s*\d+[.)]\s+")
_WEAK = re.compile(r"(\s*,\s*|\s*\n\s*|\s+và\s+|\s+and\s+|\s*&\s*|\s*/\s*)", re.IGNORECASE)
_SHARED = re.compile(r"^\s*(?:các\s+)?([^\W\d_]+(?:\s+[^\W\d_]+)?)\s*:\s*", re.IGNORECASE)
_ALL = re.compile(r"\b(?:cac|tat ca|toan bo|nhung|all|every|other)\b")
# Words of which the name of a whole kind of bodies is made.
_GENERIC_WORDS = (
    "cac tat ca toan bo nhung nganh dia phuong co quan ngang thuoc chinh phu uy ban nhan dan ubnd hdnd hoi dong tinh"
    " thanh pho truc trung uong huyen quan xa dac khu thi tran don vi to chuc lien doan the tri khac so cap dang noi"
    " chung va cua o tai co duoc phan cong giao nhiem vu nuoc ca quan"
    " ministries ministry sectors sector localities agencies agency bodies body provinces province cities city"
    " provincial communes commune wards ward people s peoples committees committee of the and all other every related"
    " relevant concerned units unit local authorities central under"
)
_GENERIC = frozenset(_GENERIC_WORDS.split())
_KINDS_OF_ALL = (
    ("commune", ("xa", "phuong", "dac khu", "cap xa", "commune", "communes", "wards", "ward")),
    ("province", ("tinh", "thanh pho", "dia phuong", "cap tinh", "provinces", "province", "provincial", "localities")),
    ("central", ("bo", "nganh", "ministries", "sectors", "co quan trung uong")),
)


@dataclass(frozen=True, slots=True)
class Known:
    """A body of the register, by all its names; one that does not exist on the day with those that followed it."""

    pk: int
    code: str
    name: str
    names: tuple[str, ...]
    is_ended: bool = False
    followers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """One name in a cell: the body, or why there is none. `problem` is a code of issues.MESSAGES."""

    text: str
    body: int | None = None
    problem: str = ""
    offers: tuple[int, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return key_of(self.text)


@dataclass
class Bodies:
    """The register of bodies, for looking up what cells say."""

    known: Sequence[Known]
    _alike: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @cached_property
    def by_key(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for body in self.known:
            for key in {key_of(name) for name in (body.code, *body.names)} - {""}:
                found[key].append(body.pk)
        return dict(found)

    @cached_property
    def by_pk(self) -> dict[int, Known]:
        return {body.pk: body for body in self.known}

    @cached_property
    def _by_word(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for key in self.by_key:
            for word in set(key.split()):
                found[word].append(key)
        return dict(found)

    def look_up(self, text: str) -> Named | None:
        """Return what a name means; None where no body is called so."""
        pks = self.by_key.get(key_of(text))
        if not pks:
            return None
        living = [pk for pk in pks if not self.by_pk[pk].is_ended]
        if len(living) == 1:
            return Named(text, living[0])
        if living:
            return Named(text, problem="body_several", offers=tuple(living[:MOST_OFFERS]))
        followers = tuple(dict.fromkeys(one for pk in pks for one in self.by_pk[pk].followers))
        return Named(text, problem="body_ended", offers=followers[:MOST_OFFERS])

    def alike(self, text: str) -> tuple[int, ...]:
        """Return the bodies whose names are nearest to `text`, for a person to choose from."""
        key = key_of(text)
        if key not in self._alike:
            self._alike[key] = tuple(self._nearest(key))
        return self._alike[key]

    def _nearest(self, key: str) -> list[int]:
        shared: dict[str, float] = defaultdict(float)
        for word in set(key.split()):
            rows = self._by_word.get(word, ())
            for row in rows:
                shared[row] += 1 + 10 / len(rows)  # rare words tell more
        candidates = nlargest(CANDIDATES, shared, key=lambda row: shared[row])
        if not candidates:
            candidates = [row for row in self.by_key if abs(len(row) - len(key)) < 4][:2000]
        ranked = sorted(((SequenceMatcher(None, key, row).ratio(), row) for row in candidates), reverse=True)
        found = dict.fromkeys(pk for ratio, row in ranked if ratio >= LIKELY for pk in self.by_key[row])
        return [pk for pk in found if not self.by_pk[pk].is_ended][:MOST_OFFERS]


def named_in(text: str, bodies: Bodies) -> list[Named]:
    """Return every name in a cell, in order; each is a body, or says why it is none.

    Names are parted by semicolons, line breaks, commas or "và"; as these stand inside names, too, the longest run
    that is a name wins.
    """
    whole = bodies.look_up(text)
    if whole and not whole.problem:
        return [whole]
    found: list[Named] = []
    for part in _STRONG.split(text):
        if part and part.strip(" \n\t.,:-–+"):
            found += _names_of(part, bodies)
    return list({(one.body or one.key): one for one in found}.values())


def _names_of(part: str, bodies: Bodies) -> Iterator[Named]:
    part, shared = _without_shared(part)
    atoms, between = _atoms(part)
    at = 0
    while at < len(atoms):
        taken, name = _longest(atoms, between, at, shared, bodies)
        yield name
        at += taken


def _without_shared(part: str) -> tuple[str, str]:
    """ "Các bộ: Tư pháp, Nội vụ" names two ministries by one word."""
    found = _SHARED.match(part)
    return (part[found.end() :], found[1]) if found else (part, "")


def _atoms(part: str) -> tuple[list[str], list[str]]:
    pieces = _WEAK.split(part.strip().rstrip("."))
    atoms, between = pieces[::2], pieces[1::2]
    kept = [number for number, atom in enumerate(atoms) if atom.strip()]
    return [atoms[number] for number in kept], [between[number] for number in kept[:-1]]


def _longest(atoms: Sequence[str], between: Sequence[str], at: int, shared: str, bodies: Bodies) -> tuple[int, Named]:
    problem: tuple[int, Named] | None = None
    for size in range(min(LONGEST_RUN, len(atoms) - at), 0, -1):
        text = _joined(atoms, between, at, size)
        for name in (text, f"{shared} {text}") if shared else (text,):
            found = bodies.look_up(name)
            if found and not found.problem:
                return size, found
            problem = problem or ((size, found) if found else None)
    if problem:
        return problem
    return _collective(atoms, between, at) or (1, _unknown(f"{shared} {atoms[at]}".strip(), bodies))


def _joined(atoms: Sequence[str], between: Sequence[str], at: int, size: int) -> str:
    text = atoms[at]
    for number in range(at + 1, at + size):
        text += (between[number - 1] if between[number - 1].strip() else " ") + atoms[number]
    return one_line(text)


def _collective(atoms: Sequence[str], between: Sequence[str], at: int) -> tuple[int, Named] | None:
    """All bodies of a kind: "các bộ, ngành, địa phương"; what follows in words of the same sort belongs to it."""
    if not _is_generic(atoms[at]) or not _ALL.search(key_of(atoms[at])):
        return None
    size = 1
    while at + size < len(atoms) and _is_generic(atoms[at + size]) and not _ALL.search(key_of(atoms[at + size])):
        size += 1
    text = _joined(atoms, between, at, size)
    return size, Named(text, problem="collective", levels=levels_of(text))


def _is_generic(atom: str) -> bool:
    return set(key_of(atom).split()) <= _GENERIC


def levels_of(text: str) -> tuple[str, ...]:
    """Return the levels of government that the name of a whole kind speaks of, the highest first."""
    words = f" {key_of(text)} "
    if " xa " in words or " phuong " in words.replace(" dia phuong ", " "):
        words = words.replace(" dia phuong ", " ")
    plain = words.replace(" dia phuong ", " tinh ")
    found = {level for level, signs in _KINDS_OF_ALL if any(f" {sign} " in plain for sign in signs)}
    if {"commune", "province"} <= found and not re.search(r"\b(?:tinh|provinc\w*)\b", plain):
        found.discard("province")  # "các xã, phường, thị trấn thuộc thành phố"
    return tuple(level for level in ("central", "province", "commune") if level in found)


def _unknown(text: str, bodies: Bodies) -> Named:
    bare = one_line(text)
    return Named(bare, problem="body_unknown", offers=bodies.alike(bare))


def offers_of(pks: Iterable[int], bodies: Bodies) -> tuple[tuple[str, str], ...]:
    """Return bodies as choices."""
    return tuple((str(pk), f"{bodies.by_pk[pk].name} ({bodies.by_pk[pk].code})") for pk in pks if pk in bodies.by_pk)
