"""The chain of the history: one text for each event, and a hash over it and the hash before. Pure, no database.

The text is canonical JSON: keys in order, no spaces, UTF-8; moments in UTC with microseconds. It leaves out the
values of persons, for which it has a commitment, so that these can be erased and the chain still holds.
Source: RFC 8785 (canonical JSON); NIST FIPS 180-4 (SHA-256).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

GENESIS = "0" * 64
"""What stands before the first event."""


HASHED = (
    "id",
    "at",
    "on",
    "actor_id",
    "duty",
    "kind",
    "object_kind",
    "object_id",
    "task_id",
    "private_to_id",
    "before",
    "after",
    "why",
    "request_id",
    "persons",
)
"""The columns of an event that its hash covers, beside its number."""


class Head(NamedTuple):
    """The last event of the chain: its number, from 1, and its hash."""

    number: int
    hash: str


START = Head(0, GENESIS)


def text_of(number: int, values: Iterable[Any]) -> bytes:
    """Return the hashed text of an event with this number and these values of `HASHED`."""
    return canonical({"number": number, **dict(zip(HASHED, values, strict=True))})


def canonical(values: Mapping[str, Any]) -> bytes:
    """Return the text that is hashed: `values` of an event by column, without its hash."""
    return json.dumps(values, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def linked(before: str, text: bytes) -> str:
    """Return the hash of an event: over the hash of the event before (64 hex digits) and its own text."""
    return hashlib.sha256(before.encode() + b"\n" + text).hexdigest()


def committed(salt: str, values: Mapping[str, Any]) -> str:
    """Return the commitment to what an event says of a person: without the salt nobody can guess the values from it."""
    return hashlib.sha256(salt.encode() + b"\n" + canonical(values)).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)
