"""Tables of any length as .xlsx: written row by row, so that memory does not grow with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from tracker.exchange.cells import FORMULA

MOST_ROWS = 1_048_576
"""Rows of a sheet, its head among them; what does not fit goes on in the next one."""
LONGEST = 32_767
"""Characters of a cell."""
FIRST_DAY = date(1900, 3, 1)
"""Before it spreadsheets count days differently: earlier days are written as text."""
WIDTH = 16  # characters


def write_table(file: IO[bytes], title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `rows` to `file`, each of one value a head: numbers, truths, days and moments as such, texts as texts.

    A moment is written without its zone, which spreadsheets do not know.
    """
    book = Workbook(write_only=True)
    sheet, filled = None, 0
    for row in rows:
        if sheet is None or filled == MOST_ROWS:
            sheet, filled = _begin(book, title, heads), 1
        sheet.append([_cell(sheet, value) for value in row])
        filled += 1
    if sheet is None:
        _begin(book, title, heads)
    book.save(file)


def _begin(book: Any, title: str, heads: Sequence[str]) -> Any:
    number = len(book.worksheets) + 1
    sheet = book.create_sheet(f"{title} {number}" if number > 1 else title)
    sheet.freeze_panes = "A2"
    for column in range(1, len(heads) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = WIDTH
    cells = [WriteOnlyCell(sheet, head) for head in heads]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    return sheet


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, str):
        return _text(sheet, value)
    if isinstance(value, date) and (value.year, value.month) < (FIRST_DAY.year, FIRST_DAY.month):
        return value.isoformat()
    return value


def _text(sheet: Any, value: str) -> Any:
    """A text as it is, less what XML cannot hold; one too long for a cell ends in three dots."""
    value = ILLEGAL_CHARACTERS_RE.sub("", value)
    if len(value) > LONGEST:
        value = f"{value[: LONGEST - 1]}…"
    if not value.startswith(FORMULA):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type, cell.quotePrefix = "s", True
    return cell
