"""The sheets of an .xlsx: values as they are shown, merged cells in each of their places, formulas by their results."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import iterparse

from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries

from tracker.exchange.annex.limits import bounded, checked_text
from tracker.rules.annex.grid import MOST_COLUMNS, Cell, Grid, Place, Row


@dataclass
class _Facts:
    """What the values of a sheet do not tell: merged ranges, hidden rows, formulas that nobody has calculated."""

    corners: dict[Place, Place] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    uncalculated: set[Place] = field(default_factory=set)


def read_workbook(content: bytes) -> list[Grid]:
    """Return one grid a sheet that holds anything."""
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    grids = []
    for number, sheet in enumerate(book.worksheets, 1):
        facts = _facts(book, sheet)
        rows = tuple(bounded(_rows(sheet, facts)))
        if any(row.cells for row in rows):
            grids.append(Grid(number, rows, sheet.title, sheet.sheet_state != "visible"))
    return grids


def _facts(book: Any, sheet: Any) -> _Facts:
    facts = _Facts()
    with book._archive.open(sheet._worksheet_path) as source:
        for _event, element in iterparse(source):  # noqa: S314 - looked through for DTDs before
            tag = element.tag.rpartition("}")[2]
            if tag == "mergeCell":
                _merge(facts, element.get("ref", ""))
            elif tag == "row" and element.get("hidden") in ("1", "true"):
                facts.hidden.add(int(element.get("r", "0")))
            elif tag == "c" and _is_uncalculated(element):
                facts.uncalculated.add(coordinate_to_tuple(element.get("r", "A1")))
            if tag == "row":
                element.clear()
    return facts


def _is_uncalculated(cell: Any) -> bool:
    parts = {child.tag.rpartition("}")[2]: child.text for child in cell}
    return "f" in parts and not parts.get("v") and cell.get("t") != "str"  # a formula may give an empty text


def _merge(facts: _Facts, ref: str) -> None:
    left, top, right, bottom = range_boundaries(ref)
    if left is None or top is None or right is None or bottom is None:
        return
    for row in range(top, min(bottom, top + 2000) + 1):
        for column in range(left, min(right, MOST_COLUMNS) + 1):
            facts.corners[row, column] = (top, left)


def _rows(sheet: Any, facts: _Facts) -> Iterator[Row]:
    corners: dict[Place, Cell] = {}
    reach = max((row for row, _column in facts.corners), default=0)
    last = 0
    for number, values in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), 1):
        last = number
        yield _row(number, {cell.column: cell for cell in values if cell.value is not None}, facts, corners)
    for number in range(last + 1, reach + 1):
        yield _row(number, {}, facts, corners)


def _row(number: int, values: dict[int, Any], facts: _Facts, corners: dict[Place, Cell]) -> Row:
    wanted = {*values, *(at for row, at in facts.uncalculated if row == number)}
    cells = {at: _cell(number, at, values.get(at), facts) for at in sorted(wanted)}
    for at in range(1, MOST_COLUMNS + 1):
        corner = facts.corners.get((number, at))
        if corner == (number, at) and at in cells:
            corners[corner] = cells[at]
        elif corner and corner in corners:
            cells[at] = corners[corner]
    return Row(
        number, {at: cells[at] for at in sorted(cells) if cells[at].text or cells[at].wrong}, number in facts.hidden
    )


def _cell(row: int, column: int, cell: Any, facts: _Facts) -> Cell:
    if (row, column) in facts.uncalculated:
        return Cell("", row, column, wrong="formula")
    text, wrong = checked_text(_shown(cell.value, cell.number_format or ""))
    return Cell(text, row, column, wrong="error_value" if cell.data_type == "e" else wrong)


def _shown(value: Any, form: str) -> str:
    """Return a value as the sheet shows it: a day that is formatted as a month is that month."""
    if isinstance(value, datetime | date):
        form = form.lower().split(";")[0]
        if "d" in form or not ("m" in form or "y" in form):
            return f"{value:%d/%m/}{value.year}"
        return f"{value.month}/{value.year}" if "m" in form else f"{value.year}"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
