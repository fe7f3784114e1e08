"""Reads the body of a request against an act: what is not declared is refused by its name, nothing is half read."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError

from tracker.api import parsers
from tracker.api.declaration import Context, Words
from tracker.api.errors import NamedProblem
from tracker.api.externals import EXAMPLES, ID, SOURCE
from tracker.api.parsers import Refused, shown
from tracker.api.writing.declaration import REQUIRED, Act, Input
from tracker.api.writing.values import LARGEST_VERSION, Day, Happened, Number, Numbered, Prose, RowId, System, Yes
from tracker.models import Body, Task


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
    if value is None or (isinstance(value, str) and not value.strip()):
        if item.default is REQUIRED:
            raise Refused(_("It is needed: give a value."))
        return item.default
    kind = item.parser.schema()["type"]
    if type(value) is not _TYPES[kind]:
        raise Refused(_asked_for(kind))
    return item.parser.read(value, context)


_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list}


def _asked_for(kind: str) -> str:
    return {
        "string": _("Write a text in quotation marks."),
        "integer": _("Write a whole number."),
        "boolean": _("Write true or false."),
        "array": _("Write a list in square brackets."),
    }[kind]


def day(name: str, en: str, vi: str, example: str = "2026-12-31", **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=Day(), example=example, **options)


def happened(name: str, en: str, vi: str, example: str, **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=Happened(), example=example, **options)


def truth(name: str, en: str, vi: str, *, example: bool = True, **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=Yes(), example=example, **options)


def prose(name: str, en: str, vi: str, example: str, limit: int = 5000, **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=Prose(limit), example=example, **options)


def choice(name: str, en: str, vi: str, choices: Any, example: Any, **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=parsers.Choice(choices), example=str(example), **options)


def body(name: str, en: str, vi: str, example: str = "BTP", **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=parsers.Reference(Body), example=example, **options)


def instrument(en: str, vi: str, name: str = "instrument", **options: Any) -> Input:
    return Input(name=name, about=Words(en, vi), parser=Numbered(), example="59/2023/NĐ-CP", **options)


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
