"""Lists of days off and make-up days as people keep them: CSV from any spreadsheet, heads in either language."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.choices import DayKind
from tracker.rules.text import fold

LARGEST_BYTES = 256 * 1024
MOST_LINES = 1000
LONGEST = 200
SEPARATORS = (";", ",", "\t")
HEADS = {
    "day": ("ngày", "day", "date"),
    "kind": ("loại", "kind", "type"),
    "name_vi": ("tên", "tên tiếng Việt", "name_vi", "name"),
    "name_en": ("tên tiếng Anh", "name_en"),
    "document": ("văn bản", "văn bản quyết định", "document"),
}
KINDS = {
    DayKind.OFF: ("nghỉ", "ngày nghỉ", "off", "day off"),
    DayKind.WORK: ("làm bù", "ngày làm bù", "work", "make-up", "make-up working day"),
}
DAYS = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})"),
)
TEXTS = ("name_vi", "name_en", "document")


@dataclass(frozen=True)
class Line:
    """One row of the list; `number` is that of its line in the file."""

    number: int
    day: date
    kind: str
    name_vi: str
    name_en: str
    document: str


@dataclass(frozen=True)
class Trouble:
    """What is wrong and how to mend it; `line` 0 is the file as a whole, `column` the head as it stands there."""

    text: Any
    line: int = 0
    column: str = ""

    def told(self) -> Any:
        """Return it in words, with its place."""
        if not self.line:
            return self.text
        place = {"line": self.line, "column": self.column, "text": self.text}
        if not self.column:
            return _("Line %(line)d: %(text)s") % place
        return _("Line %(line)d, column “%(column)s”: %(text)s") % place


@dataclass
class DayList:
    """What was understood, and what was not. `heads` gives each field the head that it has in the file."""

    heads: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def read_list(data: bytes | str) -> DayList:
    """Read a list of days; nothing is guessed, and everything that is wrong is told at once.

    UTF-8 with or without a mark; columns separated by semicolon, comma or tab, in any order; days as 30/04/2027 or
    2027-04-30.
    """
    text = _decoded(data)
    if isinstance(text, Trouble):
        return DayList(troubles=[text])
    try:
        records = list(_records(text))
    except csv.Error:
        return DayList(troubles=[Trouble(_("The quotes in the file do not match: save it again in your spreadsheet."))])
    if not records:
        return DayList(
            troubles=[Trouble(_("The file is empty: put the heads in its first line, then one day a line."))]
        )
    if len(records) > MOST_LINES + 1:
        return DayList(troubles=[Trouble(_("The file has more than %(n)d lines: divide it.") % {"n": MOST_LINES})])
    return _read(records)


def _decoded(data: bytes | str) -> str | Trouble:
    size = len(data if isinstance(data, bytes) else data.encode())
    if size > LARGEST_BYTES:
        return Trouble(_("The file is larger than %(n)d KB: divide it.") % {"n": LARGEST_BYTES // 1024})
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
    except UnicodeDecodeError:
        return Trouble(_("The file is not in UTF-8: save it as “CSV UTF-8” in your spreadsheet."))
    if any(sign < " " and sign not in "\t\r\n" for sign in text):
        return Trouble(_("The file holds signs that are no text: save it as “CSV UTF-8” in your spreadsheet."))
    return text


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line in which each record begins, and its cells; empty lines are passed over."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    number = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield number, [" ".join(cell.split()) for cell in cells]
        number = reader.line_num + 1


def _separator(text: str) -> str:
    """The separator that the first line with text uses most."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=first.count)


def _read(records: list[tuple[int, list[str]]]) -> DayList:
    number, heads = records[0]
    found = DayList()
    places = _places(number, heads, found)
    if found.troubles:
        return found
    for line, cells in records[1:]:
        _take(found, line, cells, places)
    for twin, first in _twice(found.lines):
        text = _("This day stands in line %(line)d already: keep one of them.") % {"line": first}
        found.troubles.append(Trouble(text, line=twin.number, column=found.heads["day"]))
    if len(records) == 1:
        found.troubles.append(Trouble(_("There is no day below the heads: add one day a line.")))
    return found


def _places(line: int, heads: list[str], found: DayList) -> list[str]:
    """Return the field of each column, and note the heads that are missing, unknown or there twice."""
    known = {_plain(head): name for name, words in HEADS.items() for head in words}
    places = [known.get(_plain(head), "") for head in heads]
    found.heads = dict(zip(places, heads, strict=True))
    for place, head in zip(places, heads, strict=True):
        if not place:
            found.troubles.append(Trouble(_("This head is not known: take the column out."), line=line, column=head))
        elif places.count(place) > 1:
            found.troubles.append(Trouble(_("Two columns mean the same: keep one."), line=line, column=head))
    for name in HEADS.keys() - set(places):
        text = _("A column is missing: add one with the head “%(vi)s” or “%(en)s”.")
        found.troubles.append(Trouble(text % {"vi": HEADS[name][0], "en": name}, line=line))
    return places


def _plain(text: str) -> str:
    return fold(text.replace("_", " "))


def _take(found: DayList, line: int, cells: list[str], places: list[str]) -> None:
    """Read one record into a line; where anything is wrong with it, into troubles."""
    if len(cells) > len(places) and any(cells[len(places) :]):
        found.troubles.append(Trouble(_("More cells than heads: put a text with the separator in it in quotes."), line))
        return
    row = dict(zip(places, [*cells, *[""] * len(places)], strict=False))
    day, kind = day_of(row["day"]), kind_of(row["kind"])
    troubles = [*_texts(row)]
    if day is None:
        troubles.append(("day", _("“%(value)s” is no day: write it as 30/04/2027.") % {"value": row["day"]}))
    if kind is None:
        text = _("“%(value)s” is no kind: write “off” or “nghỉ”, “work” or “làm bù”.")
        troubles.append(("kind", text % {"value": row["kind"]}))
    found.troubles += [Trouble(text, line=line, column=found.heads[name]) for name, text in troubles]
    if day is not None and kind is not None and not troubles:
        found.lines.append(Line(line, day, kind, *(row[name] for name in TEXTS)))


def _texts(row: dict[str, str]) -> Iterable[tuple[str, Any]]:
    for name in TEXTS:
        if not row[name]:
            yield name, _("This cell is empty: fill it in.")
        elif len(row[name]) > LONGEST:
            yield name, _("This text is longer than %(n)d letters: shorten it.") % {"n": LONGEST}


def _twice(lines: list[Line]) -> Iterator[tuple[Line, int]]:
    """Yield each line whose day stands further above, with the number of the first one."""
    seen: dict[date, int] = {}
    for line in lines:
        if seen.setdefault(line.day, line.number) != line.number:
            yield line, seen[line.day]


def day_of(text: str) -> date | None:
    """Return the day written as 2027-04-30 or 30/04/2027; None where it is neither."""
    match = next((found for pattern in DAYS if (found := pattern.fullmatch(text))), None)
    try:
        return date(int(match["y"]), int(match["m"]), int(match["d"])) if match else None
    except ValueError:
        return None


def kind_of(text: str) -> str | None:
    """Return the DayKind that a word names in either language, with or without marks; None where it names none."""
    known = {_plain(word): kind for kind, words in KINDS.items() for word in words}
    return known.get(_plain(text))
