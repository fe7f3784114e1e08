"""What each row of a table is: a head, a heading, a task, the rest of the one above, a remark. None is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tracker.rules.annex.grid import Cell, Grid, Row
from tracker.rules.annex.heads import Layout, layout_at, repeats
from tracker.rules.annex.ordinals import Ordinal, leading_ordinal, parse_ordinal
from tracker.rules.annex.words import key_of, one_line

TITLE, HEAD, GROUP, TASK, MORE, LOOSE, REMARK, OUTSIDE = (
    "title", "head", "group", "task", "more", "loose", "remark", "outside",
)  # fmt: skip
_REMARK = re.compile(r"\s*(?:\*+|\(\*+\)|\(\d{1,2}\)|\[\d{1,2}\]|[\u00b9\u00b2\u00b3\u2070\u2074-\u2079])")
_REMARK_WORDS = ("ghi chu", "chu thich", "luu y", "note", "notes", "noi nhan")


@dataclass(frozen=True)
class Line:
    """One row of the file. `cells` are those of the meanings that the head gives, in order; `rest` what has none."""

    grid: Grid
    row: Row
    kind: str
    layout: Layout | None = None
    ordinal: Ordinal | None = None
    text: str = ""
    cells: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    is_bare: bool = False

    @property
    def key(self) -> str:
        return f"{self.grid.number}:{self.row.number}"

    def said(self, meaning: str) -> str:
        """Return what the cells of a meaning say, each once, a line for each."""
        return "\n".join(dict.fromkeys(cell.text.strip() for cell in self.cells.get(meaning, ()) if cell.text.strip()))

    def at(self, meaning: str) -> str:
        """Return the address of the first cell of a meaning; of the row, where it has none."""
        cells = self.cells.get(meaning)
        return cells[0].address if cells else f"{self.row.number}"


@dataclass(frozen=True)
class Table:
    """The lines of one grid. `layouts` are those of its tables; none where it has no head."""

    grid: Grid
    lines: tuple[Line, ...]
    layouts: tuple[Layout, ...]


def read_table(
    grid: Grid, *, columns: Mapping[str, str], rows: Mapping[str, str], before: Layout | None = None
) -> Table:
    """Return what each row of `grid` is. `columns` and `rows` are what somebody has said of them.

    `before`: the heads of the table of which this one is the rest.
    """
    reader = _Reader(grid, columns, before.as_answered(columns) if before else None)
    lines = [_as_said(line, rows.get(line.key, "")) for line in _with_groups(list(reader.lines()))]
    return Table(grid, tuple(lines), tuple(reader.layouts))


@dataclass
class _Reader:
    grid: Grid
    columns: Mapping[str, str]
    layout: Layout | None
    layouts: list[Layout] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.layout:
            self.layouts.append(self.layout)

    def lines(self) -> Iterator[Line]:
        rows = [row for row in self.grid.rows if row.cells]
        at = 0
        while at < len(rows):
            found = layout_at(rows, at)
            if found and self._begins_a_table(found):
                yield from (self._plain(row, HEAD) for row in rows[at : at + found.size])
                at += found.size
                continue
            yield self._line(rows[at])
            at += 1

    def _begins_a_table(self, found: Layout) -> bool:
        """A row of a table that looks like a head is taken for one only where it tells at least three meanings."""
        if self.layout and len(found.meanings) < 3:
            return False
        known = self.layout.texts if self.layout else None
        if known != found.texts:
            self.layout = found.as_answered(self.columns)
            self.layouts.append(self.layout)
        return True

    def _plain(self, row: Row, kind: str) -> Line:
        return Line(self.grid, row, kind, self.layout, text=_whole(row))

    def _line(self, row: Row) -> Line:
        if self.layout is None:
            return self._plain(row, TITLE)
        if repeats(row, self.layout):
            return self._plain(row, HEAD)
        return _data_line(self.grid, row, self.layout)


def _data_line(grid: Grid, row: Row, layout: Layout) -> Line:
    cells = {
        meaning: tuple(row.cells[number] for number in layout.of(meaning) if number in row.cells)
        for meaning in (*sorted(layout.meanings), "")
    }
    line = Line(grid, row, TASK, layout, cells={name: found for name, found in cells.items() if found})
    ordinal = parse_ordinal(line.said("ordinal"))
    title = line.said("title")
    line = replace(line, ordinal=ordinal, text=title)
    if _is_wide(row, layout):
        return _heading(line)
    own = [cell for name, found in line.cells.items() if name not in ("ordinal", "title") for cell in found]
    carried = [cell for cell in line.cells.get("title", ()) if cell.row < row.number]
    if title and carried:
        return replace(line, kind=MORE)
    if title and not own:
        return _bare(line)
    if not title:
        return _without_title(line, own)
    return line


def _is_wide(row: Row, layout: Layout) -> bool:
    """Whether one cell reaches over the title and further columns, and nothing but a number stands beside it."""
    corners: dict[tuple[int, int], int] = {}
    for cell in row.cells.values():
        corners[cell.corner] = corners.get(cell.corner, 0) + 1
    numbers = layout.of("ordinal")
    beside = {cell.corner for at, cell in row.cells.items() if at not in numbers or corners[cell.corner] > 1}
    return len(beside) == 1 and max(corners.values()) > 1


def _heading(line: Line) -> Line:
    text = line.text or _whole(line.row)
    ordinal, rest = (line.ordinal, text) if line.ordinal else leading_ordinal(text)
    if ordinal is None and _is_remark(text):
        return replace(line, kind=REMARK, text=text)
    return replace(line, kind=GROUP, ordinal=ordinal, text=one_line(rest))


def _bare(line: Line) -> Line:
    """A number and a text, nothing else: a heading where its number says so, else that is to be asked."""
    if not line.ordinal and _is_remark(line.said("ordinal") or line.text):
        return replace(line, kind=REMARK)
    leading, rest = leading_ordinal(line.text)
    ordinal = line.ordinal or leading
    if ordinal and ordinal.heads_a_group:
        return replace(line, kind=GROUP, ordinal=ordinal, text=one_line(rest if not line.ordinal else line.text))
    return replace(line, is_bare=True)


def _without_title(line: Line, own: Sequence[Cell]) -> Line:
    whole = _whole(line.row)
    if len({cell.corner for cell in line.row.cells.values()}) == 1:
        ordinal, rest = leading_ordinal(whole)
        if ordinal and ordinal.heads_a_group:
            return replace(line, kind=GROUP, ordinal=ordinal, text=one_line(rest))
        if _is_remark(whole):
            return replace(line, kind=REMARK, text=whole)
    return replace(line, kind=LOOSE, text=whole)


def _is_remark(text: str) -> bool:
    return bool(_REMARK.match(text)) or key_of(text).startswith(_REMARK_WORDS)


def _whole(row: Row) -> str:
    return " · ".join(dict.fromkeys(one_line(cell.text) for cell in row.cells.values()))


def _with_groups(lines: list[Line]) -> Iterator[Line]:
    """A bare row is a heading where the next task is a part of it: 1 before 1.1."""
    following = [line for line in lines if line.kind in (TASK, GROUP)]
    heads = {
        one.key for one, next_one in pairwise(following)
        if one.is_bare and one.ordinal and next_one.ordinal and one.ordinal.is_above(next_one.ordinal)
    }  # fmt: skip
    for line in lines:
        yield replace(line, kind=GROUP, is_bare=False) if line.key in heads else line


def _as_said(line: Line, said: str) -> Line:
    if said in (GROUP, MORE):
        return replace(line, kind=said, is_bare=False, text=line.text or _whole(line.row))
    return line


def tasks_of(lines: Iterable[Line]) -> Iterator[tuple[Line, list[Line]]]:
    """Yield each task with the rows that are the rest of it."""
    task: Line | None = None
    rest: list[Line] = []
    for line in lines:
        if line.kind == MORE and task:
            rest.append(line)
        elif line.kind == TASK:
            if task:
                yield task, rest
            task, rest = line, []
        elif line.kind == GROUP and task:
            yield task, rest
            task = None
    if task:
        yield task, rest
