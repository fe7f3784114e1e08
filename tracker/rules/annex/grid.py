"""A table as a file holds it: rows of cells, each with its address; a merged cell stands in each of its places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MOST_ROWS = 20_000
MOST_COLUMNS = 60
LONGEST_CELL = 32_767

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one place of a table says. `row` and `column` (from 1) are where it stands, for a merged cell its corner.

    `note` is the text of its footnotes. `wrong` is the code of what keeps it from being read.
    """

    text: str
    row: int
    column: int
    note: str = ""
    wrong: str = ""

    @property
    def corner(self) -> Place:
        return (self.row, self.column)

    @property
    def address(self) -> str:
        return address(self.row, self.column)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column; places without text are left out."""

    number: int
    cells: dict[int, Cell] = field(default_factory=dict)
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet of a workbook, one table of a document, or one text file. `name` is that of the sheet."""

    number: int
    rows: tuple[Row, ...]
    name: str = ""
    is_hidden: bool = False

    @property
    def width(self) -> int:
        return max((max(row.cells, default=0) for row in self.rows), default=0)


def address(row: int, column: int) -> str:
    """Return the place as a spreadsheet names it: B7."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def to_plain(grids: Iterable[Grid]) -> list[Any]:
    """Return grids as JSON can say them."""
    return [
        [grid.number, grid.name, grid.is_hidden, [[row.number, row.is_hidden, _cells(row)] for row in grid.rows]]
        for grid in grids
    ]


def _cells(row: Row) -> list[list[Any]]:
    return [[at, cell.text, cell.row, cell.column, cell.note, cell.wrong] for at, cell in row.cells.items()]


def from_plain(plain: list[Any]) -> list[Grid]:
    """Return the grids again."""
    return [
        Grid(number, tuple(Row(at, {row[0]: Cell(*row[1:]) for row in cells}, hid) for at, hid, cells in rows), name, h)
        for number, name, h, rows in plain
    ]
