"""What the fields of a body may say: each parser reads a JSON value or refuses it, and tells its schema."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Model
from django.utils.translation import gettext as _

from tracker.api import parsers
from tracker.api.declaration import Context
from tracker.api.parsers import LARGEST_INTEGER, LONGEST_TEXT, Refused, readable
from tracker.models import Instrument
from tracker.rules.days import FIRST_DAY, is_within_reach
from tracker.services.instruments import twin_of

LARGEST_VERSION = 2**31 - 1
_SYSTEM = re.compile(r"[A-Za-z0-9._-]{1,60}")


@dataclass(frozen=True)
class Prose:
    """A text that a person writes."""

    limit: int = 5000

    def read(self, value: str, context: Context) -> str:
        return readable(value, self.limit)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.limit}


@dataclass(frozen=True)
class Day(parsers.Day):
    """A local day that somebody can have meant."""

    def read(self, value: str, context: Context) -> Any:
        found = super().read(value, context)
        if not is_within_reach(found, context.day):
            raise Refused(_("Give a day from 3 February 1930 to ten years from now."))
        return found


@dataclass(frozen=True)
class Happened(parsers.Day):
    """A local day that has come."""

    def read(self, value: str, context: Context) -> Any:
        found = super().read(value, context)
        if not FIRST_DAY <= found <= context.day:
            raise Refused(_("Give the day on which it happened: from 3 February 1930 to today."))
        return found


@dataclass(frozen=True)
class Citation(Prose):
    """A number as it is written: one line, single spaces, composed letters."""

    limit: int = 80

    def read(self, value: str, context: Context) -> str:
        return " ".join(unicodedata.normalize("NFC", super().read(value, context)).split())


@dataclass(frozen=True)
class Web(Prose):
    """An address on the web."""

    limit: int = 200

    def read(self, value: str, context: Context) -> str:
        found = super().read(value, context)
        try:
            URLValidator(schemes=["http", "https"])(found)
        except ValidationError as error:
            raise Refused(error.messages[0]) from error
        return found

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "format": "uri"}


@dataclass(frozen=True)
class Numbered:
    """A registered instrument by its number, without regard to marks and case."""

    def read(self, value: str, context: Context) -> Any:
        twin = twin_of(readable(value))
        row = twin and Instrument.objects.visible_to(context.user).filter(pk=twin.pk).first()
        if not row:
            raise Refused(_("No instrument has this number: register it first."))
        return row

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}


@dataclass(frozen=True)
class RowId:
    """The id of a row that the writer may see; any other is refused in the same words. One query."""

    model: type[Model]

    def read(self, value: int, context: Context) -> Any:
        rows = self.model._default_manager.visible_to(context.user)  # type: ignore[attr-defined]
        row = rows.filter(pk=value).first() if 0 < value <= LARGEST_INTEGER else None
        if row is None:
            raise Refused(_("Nothing with this id is known."))
        return row

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_INTEGER}


@dataclass(frozen=True)
class Number:
    """A whole number from `low`."""

    high: int = LARGEST_INTEGER
    low: int = 1

    def read(self, value: int, context: Context) -> int:
        if not self.low <= value <= self.high:
            raise Refused(_("Write a whole number from %(low)d to %(high)d.") % {"low": self.low, "high": self.high})
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "format": "int64", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Among:
    """A code of a closed list that is no whole list of choices."""

    codes: tuple[str, ...]

    def read(self, value: str, context: Context) -> str:
        return parsers.one_of(value, list(self.codes))

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.codes)}


@dataclass(frozen=True)
class Yes:
    """true or false."""

    def read(self, value: bool, context: Context) -> bool:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class System:
    """The name of a client's system."""

    def read(self, value: str, context: Context) -> str:
        if not _SYSTEM.fullmatch(value):
            raise Refused(_("Write 1 to 60 of a–z, A–Z, 0–9, dot, hyphen and underscore."))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_SYSTEM.pattern}$"}
