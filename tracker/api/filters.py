"""Short spellings for the filters that several resources share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet, TextChoices

from tracker.api.declaration import Context, Filter, Words
from tracker.api.parsers import Choice, Day, Integer, Reference, Search, Text, Truthful
from tracker.boards.words import matching
from tracker.models import Body, Instrument, Resolution, Task

Apply = Callable[[Any, Any, Context], Any]


def by(lookup: str) -> Apply:
    """Return the narrowing `filter(lookup=value)`."""

    def apply(rows: QuerySet[Any], value: Any, context: Context) -> QuerySet[Any]:
        return rows.filter(**{lookup: value})

    return apply


def exact(name: str, en: str, vi: str, example: str, column: str = "") -> Filter:
    """Return the filter of a column by its whole text."""
    return Filter(name=name, about=Words(en, vi), parser=Text(), apply=by(column or name), example=example)


def number(name: str, en: str, vi: str, example: int, column: str = "") -> Filter:
    return Filter(name=name, about=Words(en, vi), parser=Integer(), apply=by(column or name), example=example)


def choice(name: str, en: str, vi: str, choices: type[TextChoices], example: Any, apply: Apply | None = None) -> Filter:
    """Return the filter of a code; it may be repeated."""
    return Filter(
        name=name,
        about=Words(en, vi),
        parser=Choice(choices),
        apply=apply or by(f"{name}__in"),
        example=str(example),
        many=True,
    )


def truth(name: str, en: str, vi: str, apply: Apply | None = None) -> Filter:
    return Filter(name=name, about=Words(en, vi), parser=Truthful(), apply=apply or by(name), example=True)


def day(name: str, en: str, vi: str, lookup: str) -> Filter:
    return Filter(name=name, about=Words(en, vi), parser=Day(), apply=by(lookup), example="2026-06-30")


def reference(
    name: str, en: str, vi: str, model: type[Model], example: str, apply: Apply | None = None, column: str = "code"
) -> Filter:
    """Return the filter by the code of another row."""
    parser = Reference(model, column)
    return Filter(name=name, about=Words(en, vi), parser=parser, apply=apply or by(name), example=example)


def _matching(rows: QuerySet[Any], text: str, context: Context) -> Any:
    return matching(rows, text)


def search(en: str, vi: str) -> Filter:
    """Return `q`: every word occurs, without regard to marks and case."""
    en = f"{en} Every word must occur; marks and case do not matter."
    vi = f"{vi} Phải có đủ các từ; không phân biệt dấu và chữ hoa, chữ thường."
    return Filter(name="q", about=Words(en, vi), parser=Search(), apply=_matching, example="dan chu")


CODE = exact("code", "Only the row with this code.", "Chỉ dòng có mã này.", "2.5")


def of_resolution(column: str = "resolution") -> Filter:
    return reference("resolution", "Code of the document.", "Mã văn bản giao nhiệm vụ.", Resolution, "R1", by(column))


def of_task() -> Filter:
    return reference("task", "Code of the task.", "Mã nhiệm vụ.", Task, "2.5")


def of_body(en: str, vi: str, apply: Apply | None = None, name: str = "body") -> Filter:
    return reference(name, en, vi, Body, "CP", apply)


def of_instrument() -> Filter:
    return reference(
        "instrument", "Number of the instrument.", "Số, ký hiệu văn bản.", Instrument, "10/2022/QH15", column="number"
    )


def valid(rows: Any, context: Context) -> Any:
    """Return the rows that hold on the day, if a day was asked for."""
    return rows.valid_on(context.day) if context.is_past else rows
