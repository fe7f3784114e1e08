"""What one query parameter may say: each parser reads a text into a value, or refuses it in a sentence.

Each also tells its JSON Schema, so that the reference promises what the parser accepts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model, TextChoices
from django.utils.translation import gettext as _

from tracker.api.declaration import Context
from tracker.rules.text import fold

LONGEST_TEXT = 200
LONGEST_NAME = 60
LARGEST_INTEGER = 2**63 - 1
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTEGER = re.compile(r"[0-9]{1,19}")
# Surrogates and U+FFFD stand where the bytes were no UTF-8; PostgreSQL stores no NUL.
_UNREADABLE = re.compile(r"[\x00\ud800-\udfff\ufffd]")


class Refused(ValueError):
    """The text is not a value of the parameter; the message is for a person."""


def readable(value: str, limit: int = LONGEST_TEXT) -> str:
    """Return `value` unless no database could hold it, or it has more than `limit` characters."""
    if _UNREADABLE.search(value):
        raise Refused(_("It contains a NUL character or bytes that are not UTF-8."))
    if len(value) > limit:
        raise Refused(_("It is longer than %(limit)d characters.") % {"limit": limit})
    return value


def shown(name: str) -> str:
    """Return a name that came from outside, fit to be sent back."""
    return name.encode("utf-8", "replace").decode()[:LONGEST_NAME]


def read_day(value: str) -> date:
    """Return the day written as YYYY-MM-DD; refuses days that no calendar has."""
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Refused(_("Write an existing day as YYYY-MM-DD, for example 2026-06-30."))


def read_integer(value: str, *, low: int, high: int) -> int:
    """Return the whole number in [low, high]."""
    if _INTEGER.fullmatch(value) and low <= int(value) <= high:
        return int(value)
    raise Refused(_("Write a whole number from %(low)d to %(high)d.") % {"low": low, "high": high})


def read_truth(value: str) -> bool:
    """Return the truth written as true or false."""
    if value not in ("true", "false"):
        raise Refused(_("Write true or false."))
    return value == "true"


def one_of(value: str, known: list[str]) -> str:
    """Return `value` if it is among the codes `known`."""
    if value in known:
        return value
    raise Refused(_("It is not one of: %(known)s.") % {"known": ", ".join(known)})


@dataclass(frozen=True)
class Choice:
    """A code of a closed list."""

    choices: type[TextChoices]

    def read(self, value: str, context: Context) -> str:
        return one_of(value, list(self.choices.values))

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices.values)}


@dataclass(frozen=True)
class Truthful:
    """true or false."""

    def read(self, value: str, context: Context) -> bool:
        return read_truth(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Day:
    """A local day."""

    def read(self, value: str, context: Context) -> date:
        return read_day(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`."""

    low: int = 1
    high: int = LARGEST_INTEGER

    def read(self, value: str, context: Context) -> int:
        return read_integer(value, low=self.low, high=self.high)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "format": "int64", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Text:
    """Any text, compared as it is."""

    def read(self, value: str, context: Context) -> str:
        if not readable(value):
            raise Refused(_("It is empty: give a value or leave the parameter out."))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}


@dataclass(frozen=True)
class Search:
    """Words to find without regard to marks and case; each of them must occur."""

    def read(self, value: str, context: Context) -> str:
        if not fold(readable(value)):
            raise Refused(_("It has no letter or digit to search for."))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}


@dataclass(frozen=True)
class Reference:
    """The code of a row that the reader may see; any other code is refused in the same words. One query."""

    model: type[Model]
    column: str = "code"

    def read(self, value: str, context: Context) -> Any:
        rows = self.model._default_manager.visible_to(context.user)  # type: ignore[attr-defined]
        row = rows.filter(**{self.column: readable(value)}).first()
        if row is None:
            raise Refused(_("Nothing with this code is known."))
        return row

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
