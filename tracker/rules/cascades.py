"""Whom a cascade reaches: which bodies it is for, and who answers in each unit. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from tracker.choices import BodyKind, PartRole, Role, Whom

NOBODY, SEVERAL = "nobody", "several"
"""Why nobody is named in a unit: no body there could answer, or more than one."""


class Place(NamedTuple):
    """A body of the register. `folded` is what people search of it, empty where nobody asks."""

    pk: int
    code: str
    kind: str
    level: str
    path: str
    parent: int | None
    vi: str
    en: str
    folded: str
    since: date

    @property
    def is_unit(self) -> bool:
        """Whether it is a unit of the political system: not a body itself, but the place of its bodies."""
        return self.kind == BodyKind.SYSTEM and self.parent is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """For whom a cascade is. `words` are folded, `below` is a path; `listed` and `left_out` are keys."""

    whom: str
    level: str = ""
    kind: str = ""
    words: str = ""
    below: str = ""
    listed: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reached:
    """A unit or body that a cascade is for, and the body that answers there; `why` where there is none."""

    unit: Place
    answers: Place | None
    why: str = ""


class Units:
    """The register on a day, by what a cascade asks of it."""

    def __init__(self, places: Iterable[Place]):
        self.places = list(places)
        self.within: dict[int, list[Place]] = {}
        for place in self.places:
            if place.parent is not None:
                self.within.setdefault(place.parent, []).append(place)

    def reached(self, wanted: Wanted) -> list[Reached]:
        """Return every unit or body that `wanted` is for, in the order of the register."""
        return [self._answering(place, wanted) for place in self.places if _is_for(place, wanted)]

    def only(self, unit: Place, kind: str) -> Place | None:
        """Return the body of that kind in the unit, None where there is none or more than one."""
        found = self._of_kind(unit, kind, "")
        return found[0] if len(found) == 1 else None

    def _answering(self, place: Place, wanted: Wanted) -> Reached:
        if not place.is_unit:
            return Reached(place, place)
        found = self._of_kind(place, wanted.kind or BodyKind.STATE, wanted.words)
        if len(found) == 1:
            return Reached(place, found[0])
        return Reached(place, None, SEVERAL if found else NOBODY)

    def _of_kind(self, unit: Place, kind: str, words: str) -> list[Place]:
        return [place for place in self.within.get(unit.pk, ()) if place.kind == kind and words in place.folded]


def _is_for(place: Place, wanted: Wanted) -> bool:
    if place.pk in wanted.left_out or not place.path.startswith(wanted.below):
        return False
    if wanted.whom == Whom.LIST:
        return place.pk in wanted.listed
    if wanted.whom == Whom.LEVEL:
        return place.is_unit and place.level == wanted.level
    is_of_level = not wanted.level or place.level == wanted.level
    return is_of_level and place.kind == wanted.kind and wanted.words in place.folded


def cells_of(
    unit: Place, answers: Place, role: str, units: Units, givers: Mapping[str, Sequence[int]]
) -> list[tuple[str, int]]:
    """Return (role, key of the body) of each cell that `role`, of PartRole, gives in a part.

    `givers` are the bodies with a role in the task above. Whoever answers is not led, supervised or told by itself.
    """
    letter, bodies = _ROLES[PartRole(role)]
    keys = givers.get(bodies, ()) if bodies in _GIVERS else _in_unit(unit, bodies, units)
    return [(letter, key) for key in keys if key != answers.pk]


def _in_unit(unit: Place, kind: str, units: Units) -> list[int]:
    place = units.only(unit, kind) if unit.is_unit else None
    return [place.pk] if place else []


_GIVERS = (Role.LEADS, Role.ACCOUNTABLE)
_ROLES: dict[PartRole, tuple[str, str]] = {
    PartRole.UNIT_LEADS: (Role.LEADS, BodyKind.PARTY),
    PartRole.UNIT_SUPERVISES: (Role.SUPERVISES, BodyKind.MASS),
    PartRole.GIVER_LEADS: (Role.LEADS, Role.LEADS),
    PartRole.GIVER_SUPERVISES: (Role.SUPERVISES, Role.ACCOUNTABLE),
    PartRole.GIVER_INFORMED: (Role.INFORMED, Role.ACCOUNTABLE),
}
