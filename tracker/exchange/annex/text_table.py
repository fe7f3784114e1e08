"""Tables as text: UTF-8, UTF-16 or Windows-1258; parted by semicolons, commas or tabs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from tracker.exchange.annex.limits import bounded, checked_text
from tracker.rules.annex.grid import Cell, Grid, Row
from tracker.rules.annex.heads import layout_at
from tracker.rules.file_errors import WrongFile

UNKNOWN_CODING = _("%(name)s is no text in UTF-8, UTF-16 or Windows-1258: save it as “CSV UTF-8”.")
BROKEN = _("%(name)s has a quotation mark that is never closed, or another break: save it again from the spreadsheet.")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DELIMITERS = (";", ",", "\t")


def read_text(content: bytes) -> list[Grid]:
    """Return the one grid of the file. Of the delimiters that one is taken by which the heads are found."""
    text = decoded(content)
    first, _break, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return [Grid(1, tuple(bounded(_rows(rest, first.strip()[4], skipped=1))))]
    best, most = None, (-1, -1)
    broken: WrongFile | None = None
    for delimiter in DELIMITERS:
        try:
            rows = list(bounded(_rows(text, delimiter)))
        except WrongFile as error:
            broken = broken or error
            continue
        filled = [row for row in rows if row.cells][:60]
        heads = max((len(found.meanings) for at in range(len(filled)) if (found := layout_at(filled, at))), default=0)
        told = (heads, max((len(row.cells) for row in filled), default=0))
        if told > most:
            best, most = rows, told
    if best is None or (broken and most[0] <= 0):
        raise broken or WrongFile(BROKEN)
    return [Grid(1, tuple(best))]


def decoded(content: bytes) -> str:
    """Return the text. Raises WrongFile where its coding is none of the three."""
    for mark, coding in _MARKS:
        if content.startswith(mark):
            return _decode(content, coding)
    if 0 in content[:200]:
        return _decode(content, "utf-16-be" if content[0] == 0 else "utf-16-le")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return _decode(content, "cp1258")


def _decode(content: bytes, coding: str) -> str:
    try:
        return content.decode(coding)
    except UnicodeDecodeError as error:
        raise WrongFile(UNKNOWN_CODING) from error


def _rows(text: str, delimiter: str, skipped: int = 0) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, values in enumerate(reader, 1 + skipped):
            cells = {at: _cell(value, number, at) for at, value in enumerate(values, 1) if value.strip()}
            yield Row(number, cells)
    except csv.Error as error:
        raise WrongFile(BROKEN) from error


def _cell(value: str, row: int, column: int) -> Cell:
    text, wrong = checked_text(value)
    # Exports mark with an apostrophe what a spreadsheet would take for a formula.
    is_marked = text[:1] == "'" and text[1:2] in ("=", "+", "-", "@")
    return Cell(text[1:] if is_marked else text, row, column, wrong=wrong)
