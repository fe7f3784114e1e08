"""Whether the history is as it was sealed: the first event that is not, by what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tracker.models import ChainHead, Event, EventPersons, seals
from tracker.rules.sealing import HASHED, START, Head, committed, linked, text_of

CHUNK = 5000


class Fault(Enum):
    """What can be wrong."""

    MISSING = "is missing: it was deleted or its number was changed"
    ALTERED = "does not have its hash: it was altered, moved to another place, or put in"
    PERSONS = "says of a person something else than what was committed to"
    CUT_OFF = "is missing, though the history was published up to it: the end was cut off"
    REWRITTEN = "does not have the hash that was published: the history was written anew up to it"


@dataclass(frozen=True)
class Finding:
    """The first number that is wrong, and how."""

    number: int
    fault: Fault
    event_id: int | None = None

    def __str__(self) -> str:
        row = f" (row {self.event_id})" if self.event_id else ""
        return f"event {self.number}{row} {self.fault.value}"


@dataclass(frozen=True)
class Audit:
    """How many events were checked, the end that was found, what is wrong first, and which triggers are missing."""

    checked: int
    end: Head
    finding: Finding | None
    unguarded: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return self.finding is None and not self.unguarded


def verify(kept: Head | None = None) -> Audit:
    """Check every sealed event against its hash, the one before, and the heads that were published.

    `kept` is a head that somebody kept elsewhere (from the log or a page): heads in the database can be deleted, too.
    Four queries, whatever the length.
    """
    heads = [Head(*row) for row in ChainHead.objects.order_by("number").values_list("number", "hash")]
    published = {head.number: head.hash for head in [*heads, *([kept] if kept else [])]}
    finding, end = _first(_walk(published))
    last = max(published, default=0)
    if finding is None and last > end.number:
        finding = Finding(end.number + 1, Fault.CUT_OFF)
    return Audit(end.number, end, finding, tuple(seals.missing()))


def _first(walk: Iterator[tuple[Finding | None, Head]]) -> tuple[Finding | None, Head]:
    """Return what is wrong first, None for nothing, and the end of what holds."""
    end = START
    for finding, end in walk:
        if finding:
            return finding, end
    return None, end


def _walk(published: dict[int, str]) -> Iterator[tuple[Finding | None, Head]]:
    """Give, for each event in turn, what is wrong with it and the end of the chain so far."""
    said = _of_persons()
    before = START
    rows = Event.objects.sealed().order_by("number").values_list("number", "hash", *HASHED)
    for number, found, *values in rows.iterator(CHUNK):
        here = Head(before.number + 1, linked(before.hash, text_of(before.number + 1, values)))
        pk, commitment = values[0], values[HASHED.index("persons")]
        if number != here.number:
            yield Finding(here.number, Fault.MISSING), before
        elif found != here.hash:
            yield Finding(number, Fault.ALTERED, pk), before
        elif pk in said and said[pk] != commitment:
            yield Finding(number, Fault.PERSONS, pk), before
        elif published.get(number, found) != found:
            yield Finding(number, Fault.REWRITTEN, pk), before
        else:
            before = here
            yield None, here


def _of_persons() -> dict[int, str]:
    """The commitment that the values of persons would make, by event, where they are not erased."""
    rows = EventPersons.objects.values_list("event", "salt", "before", "after")
    return {pk: committed(salt, {"before": before, "after": after}) for pk, salt, before, after in rows}
