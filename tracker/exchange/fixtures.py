"""Reads the shipped fixture files: JSON rows with natural keys. An error names the file, the row and its key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

KEYS = ("code", "number", "label", "username", "task", "body", "later", "instrument", "cadre")


class FixtureError(Exception):
    """A fixture row that cannot be loaded; says where it is and what would be right."""


@dataclass(frozen=True)
class Row:
    """One row of a fixture file with the place where it stands."""

    file: str
    number: int
    values: dict[str, Any]

    @property
    def place(self) -> str:
        key = next((f" ({name} {self.values[name]})" for name in KEYS if self.values.get(name)), "")
        return f"{self.file}, row {self.number}{key}"

    def __getitem__(self, name: str) -> Any:
        if name not in self.values:
            raise FixtureError(f"{self.place}: “{name}” is missing.")
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    def only(self, *names: str) -> dict[str, Any]:
        """Return the named values that the row has."""
        return {name: self.values[name] for name in names if self.values.get(name) is not None}

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what a service refuses into a FixtureError that names this row."""
        try:
            yield
        except ValidationError as error:
            raise FixtureError(f"{self.place}: {'; '.join(error.messages)} [{_fields(error)}]") from error
        except (KeyError, TypeError, ValueError) as error:
            raise FixtureError(f"{self.place}: {error}") from error


def _fields(error: ValidationError) -> str:
    return ", ".join(error.message_dict) if hasattr(error, "error_dict") else "row"


def read_folder(folder: Path) -> dict[str, list[Row]]:
    """Return the rows of all files of `folder` by type, in the order of the file names."""
    rows: dict[str, list[Row]] = {}
    files = sorted(folder.glob("[0-9]*.json"))
    if not files:
        raise FixtureError(f"{folder.name} holds no numbered .json file: it should be the project's fixtures folder.")
    for path in files:
        kind, found = _read_file(path)
        rows.setdefault(kind, []).extend(found)
    return rows


def _read_file(path: Path) -> tuple[str, list[Row]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FixtureError(f"{path.name} is not JSON in UTF-8: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list) or "type" not in data:
        raise FixtureError(f"{path.name} must be an object with “type” and a list “rows”.")
    for number, values in enumerate(data["rows"], 1):
        if not isinstance(values, dict):
            raise FixtureError(f"{path.name}, row {number} must be an object with named values.")
    return data["type"], [Row(path.name, number, values) for number, values in enumerate(data["rows"], 1)]


def day_of(value: Any, today: date) -> date | None:
    """Return a day: ISO text, {"day": ISO}, {"ago": days} or {"in": days} from `today`; None stays None."""
    match value:
        case None | "":
            return None
        case str() | {"day": str()}:
            return _iso_day(value if isinstance(value, str) else value["day"])
        case {"ago": int(days)}:
            return today - timedelta(days=days)
        case {"in": int(days)}:
            return today + timedelta(days=days)
    raise _no_day(value)


def _iso_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _no_day(text) from error


def _no_day(value: Any) -> ValueError:
    return ValueError(f'{value!r} is no day: write "2026-12-31", {{"ago": 30}} or {{"in": 30}}')


def need_day(value: Any, today: date) -> date:
    """Return a day as `day_of` reads it; one that is not given is an error."""
    day = day_of(value, today)
    if day is None:
        raise ValueError("a day is needed and none is given")
    return day


class Lookup:
    """Finds rows by natural key, once each; an unknown key names itself."""

    def __init__(self, noun: str, find: Callable[..., Any]):
        self.noun, self.find = noun, find
        self.known: dict[Any, Any] = {}

    def __call__(self, *key: Any) -> Any:
        if key not in self.known:
            found = self.find(*key)
            if found is None:
                raise ValueError(f"{self.noun} {' '.join(map(str, key))} is not known")
            self.known[key] = found
        return self.known[key]

    def optional(self, *key: Any) -> Any:
        return self(*key) if all(key) else None
