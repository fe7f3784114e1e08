"""Reads the body of a request against an act: what is not declared is refused by its name, nothing is half read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError

from tracker.api import parsers
from tracker.api.declaration import Context, Words
from tracker.api.errors import NamedProblem
from tracker.api.externals import EXAMPLES, ID, SOURCE
from tracker.api.parsers import LARGEST_INTEGER, LONGEST_TEXT, Refused, readable, shown
from tracker.api.writing.declaration import REQUIRED, Act, Input
from tracker.models import Body, Instrument, Task
from tracker.rules.days import is_within_reach
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
    """A whole number from 1."""

    high: int = LARGEST_INTEGER

    def read(self, value: int, context: Context) -> int:
        if not 1 <= value <= self.high:
            raise Refused(_("Write a whole number from %(low)d to %(high)d.") % {"low": 1, "high": self.high})
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "format": "int64", "minimum": 1, "maximum": self.high}


@dataclass(frozen=True)
class System:
    """The name of a client's system."""

    def read(self, value: str, context: Context) -> str:
        if not _SYSTEM.fullmatch(value):
            raise Refused(_("Write 1 to 60 of a–z, A–Z, 0–9, dot, hyphen and underscore."))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_SYSTEM.pattern}$"}


def read_body(data: Any, act: Act, context: Context) -> dict[str, Any]:
    """Return the values of `act` that `data` gives, by name, with the defaults of what it leaves out.

    Of a change nothing is added to what is given. Raises NamedProblem that names every field at fault.
    """
    if not isinstance(data, dict):
        raise ParseError
    inputs = {item.name: item for item in act.inputs}
    if unknown := sorted(set(data) - set(inputs)):
        sentence = _("This field is not known here. Known are: %(known)s.") % {"known": ", ".join(inputs) or _("none")}
        raise NamedProblem("unknown-field", {shown(name): [sentence] for name in unknown})
    if act.is_change and not set(data) - ROW_KEYS:
        raise NamedProblem("invalid-field", {"": [_("Give at least one field that is to change.")]})
    values, errors = {}, {}
    for item in act.inputs:
        if item.name in data or not act.is_change or item.name in ROW_KEYS:
            try:
                values[item.name] = _value(item, data.get(item.name), context)
            except Refused as refusal:
                errors[item.name] = [str(refusal)]
    if errors:
        raise NamedProblem("invalid-field", errors)
    return values


def _value(item: Input, value: Any, context: Context) -> Any:
    """null and a blank text stand for nothing."""
    is_text = item.parser.schema()["type"] == "string"
    if value is None or (isinstance(value, str) and not value.strip()):
        if item.default is REQUIRED:
            raise Refused(_("It is needed: give a value."))
        return item.default
    if is_text and not isinstance(value, str):
        raise Refused(_("Write a text in quotation marks."))
    if not is_text and (isinstance(value, bool) or not isinstance(value, int)):
        raise Refused(_("Write a whole number."))
    return item.parser.read(value, context)


def day(name: str, en: str, vi: str, example: str = "2026-12-31", **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=Day(), example=example, **options)


def prose(name: str, en: str, vi: str, example: str, limit: int = 5000, **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=Prose(limit), example=example, **options)


def choice(name: str, en: str, vi: str, choices: Any, example: Any, **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=parsers.Choice(choices), example=str(example), **options)


def body(name: str, en: str, vi: str, example: str = "BTP", **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=parsers.Reference(Body), example=example, **options)


def instrument(en: str, vi: str, **options: Any) -> Input:
    return Input(name="instrument", about=Words(en, vi), parser=Numbered(), example="59/2023/NĐ-CP", **options)


def row(name: str, en: str, vi: str, model: type[Model], example: int = 12, **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=RowId(model), example=example, **options)


TASK = Input(
    name="task", about=Words("Code of the task.", "Mã nhiệm vụ."), parser=parsers.Reference(Task), example="2.5"
)
NOTE = prose("note", "Note, in a sentence.", "Ý kiến, viết thành câu.", "Đã xem; nhắc lại tại phiên họp tháng.")
ROW_ID = Input(name="id", about=Words("Id of the row.", "Mã số của dòng."), parser=Number(), example=12)
ROW_VERSION = Input(
    name="version",
    about=Words("Version of the row as you read it.", "Phiên bản của dòng vào lúc đọc."),
    parser=Number(LARGEST_VERSION),
    example=3,
)
ROW_KEYS = {ROW_ID.name, ROW_VERSION.name}
EXTERNAL = (
    Input(
        name=SOURCE,
        about=Words(
            "System of your body that makes the row; `api` where only external_id is given.",
            "Hệ thống của cơ quan tạo dòng này; là `api` nếu chỉ gửi external_id.",
        ),
        parser=System(),
        example=EXAMPLES[SOURCE],
        default="",
    ),
    prose(
        ID,
        "What that system calls the row. A second row with the same one is refused: 409 with the address of the first.",
        "Mã của dòng trong hệ thống đó. Dòng thứ hai cùng mã bị từ chối: 409 kèm địa chỉ của dòng đầu.",
        EXAMPLES[ID],
        200,
        default="",
    ),
)
