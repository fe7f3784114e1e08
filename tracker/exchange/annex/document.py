"""The tables of a .docx: merged cells in each of their places, what was struck out left out, footnotes kept."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from tracker.exchange.annex.limits import bounded, checked_text
from tracker.rules.annex.grid import Cell, Grid, Place, Row

_FOOTNOTES = "/footnotes"
_SUPER = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")


def read_document(content: bytes) -> list[Grid]:
    """Return one grid a table of the text, in order."""
    document = Document(io.BytesIO(content))
    notes = _footnotes(document)
    tables = document.element.body.iter(qn("w:tbl"))
    top = [table for table in tables if not any(one.tag == qn("w:tbl") for one in table.iterancestors())]
    return [Grid(number, tuple(bounded(_rows(table, notes)))) for number, table in enumerate(top, 1)]


def _footnotes(document: Any) -> dict[str, str]:
    for relation in document.part.rels.values():
        if relation.reltype.endswith(_FOOTNOTES):
            root = parse_xml(relation.target_part.blob)
            return {one.get(qn("w:id")): _text(one, {}, [])[0] for one in root.iter(qn("w:footnote"))}
    return {}


def _rows(table: Any, notes: dict[str, str]) -> Iterator[Row]:
    corners: dict[int, Cell] = {}
    for number, row in enumerate(table.iterchildren(qn("w:tr")), 1):
        cells: dict[int, Cell] = {}
        column = 1 + _number(row.find(f"{qn('w:trPr')}/{qn('w:gridBefore')}"), 0)
        for place in _cells_of(row):
            properties = place.find(qn("w:tcPr"))
            span = _number(properties.find(qn("w:gridSpan")) if properties is not None else None, 1)
            cell = corners.get(column) if _goes_on(properties) else None
            cell = cell or _cell(place, (number, column), notes)
            for at in range(column, column + span):
                cells[at] = corners[at] = cell
            column += span
        yield Row(number, {at: cell for at, cell in cells.items() if cell.text or cell.wrong})


def _cells_of(row: Any) -> Iterator[Any]:
    for child in row:
        if child.tag == qn("w:tc"):
            yield child
        elif child.tag == qn("w:sdt"):
            yield from child.iter(qn("w:tc"))


def _number(element: Any, default: int) -> int:
    value = element.get(qn("w:val"), "") if element is not None else ""
    return min(int(value), 100) if value.isdigit() else default


def _goes_on(properties: Any) -> bool:
    """Whether the cell is the rest of the one above."""
    merge = properties.find(qn("w:vMerge")) if properties is not None else None
    return merge is not None and merge.get(qn("w:val")) != "restart"


def _cell(place: Any, corner: Place, notes: dict[str, str]) -> Cell:
    raw, found = _text(place, notes, [])
    text, wrong = checked_text(raw)
    return Cell(text, *corner, note="\n".join(found), wrong=wrong)


def _text(place: Any, notes: dict[str, str], found: list[str]) -> tuple[str, list[str]]:
    paragraphs = []
    for paragraph in place.iter(qn("w:p")):
        parts = [_part(run, notes, found) for run in paragraph.iter(qn("w:r")) if not _is_struck(run)]
        paragraphs.append("".join(parts))
    return "\n".join(paragraphs).strip(), found


def _is_struck(run: Any) -> bool:
    return any(one.tag in (qn("w:del"), qn("w:moveFrom")) for one in run.iterancestors())


def _part(run: Any, notes: dict[str, str], found: list[str]) -> str:
    signs = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): " ", qn("w:noBreakHyphen"): "-"}
    text = ""
    for child in run:
        if child.tag == qn("w:t"):
            text += child.text or ""
        elif child.tag == qn("w:footnoteReference"):
            found += [note] if (note := notes.get(child.get(qn("w:id")), "")) else []
        else:
            text += signs.get(child.tag, "")
    raised = run.find(f"{qn('w:rPr')}/{qn('w:vertAlign')}")
    return text.translate(_SUPER) if raised is not None and raised.get(qn("w:val")) == "superscript" else text
