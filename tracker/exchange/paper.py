"""Parts of Word documents in the form of Decree 30/2020/ND-CP: pages, lines, columns, tables.

The same content gives the same bytes, so that the hash of a document says whether it is still the same.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt

FONT = "Times New Roman"
BODY_SIZE, SMALL = 14, 12
MARGINS = {"top_margin": 20, "bottom_margin": 20, "left_margin": 30, "right_margin": 15}  # mm, fit for both forms
FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def set_up(document: Any, *, title: str, author: str, made_at: datetime) -> None:
    """Give the document its font, its A4 pages with numbers, and its facts."""
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(BODY_SIZE)
    for script in ("w:eastAsia", "w:cs"):
        style.element.rPr.rFonts.set(qn(script), FONT)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    margins(section)
    number_pages(section)
    facts = document.core_properties
    facts.title, facts.author, facts.last_modified_by = title, author, ""
    facts.comments, facts.language = "", "vi-VN"
    facts.created = facts.modified = made_at


def saved(document: Any) -> bytes:
    """Return the file."""
    stream = io.BytesIO()
    document.save(stream)
    return without_clock(stream.getvalue())


def margins(section: Any) -> None:
    """Set the margins that both forms allow."""
    for side, width in MARGINS.items():
        setattr(section, side, Mm(width))
    section.header_distance = section.footer_distance = Mm(10)


def number_pages(section: Any) -> None:
    """A number in the middle above the text, not on the first page; each part counts from 1."""
    section.different_first_page_header_footer = True
    section.header.is_linked_to_previous = False
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = ALIGN.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
    start = OxmlElement("w:pgNumType")
    start.set(qn("w:start"), "1")
    section._sectPr.append(start)


def line(
    place: Any,
    text: str,
    *,
    size: int = BODY_SIZE,
    bold: bool = False,
    italic: bool = False,
    align: Any = ALIGN.CENTER,
    before: int = 0,
    after: int = 0,
) -> Any:
    """Append a paragraph of one run; `before` and `after` are points."""
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    run = paragraph.add_run(NO_XML.sub("", text))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    return paragraph


def rule(cell: Any, width: int, length: int) -> None:
    """Draw a line of `length` mm in the middle of a cell of `width` mm: the lower border of a low paragraph."""
    paragraph = line(cell, "", size=2)
    paragraph.paragraph_format.line_spacing = Pt(3)
    side = Mm((width - length) / 2)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = side
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in {"val": "single", "sz": "6", "space": "1", "color": "000000"}.items():
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:spacing", "w:ind", "w:jc")


def columns(document: Any, wanted: tuple[int, ...]) -> Any:
    """Append a table without lines, of one row that stays whole, and return its cells."""
    table = document.add_table(rows=1, cols=len(wanted))
    widths(table, list(wanted))
    mark(table.rows[0], "w:cantSplit")
    return table.rows[0].cells


def widths(table: Any, wanted: list[int]) -> None:
    """Fix the widths of the columns, in mm."""
    table.autofit = False
    for column, width in zip(table.columns, wanted, strict=True):
        column.width = Mm(width)
    for cell, width in zip(table.rows[0].cells, wanted, strict=True):
        cell.width = Emu(Mm(width))


def mark(row: Any, name: str) -> None:
    """Set a property of a row: `w:tblHeader` repeats it on each page, `w:cantSplit` keeps it whole."""
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def drop_first(*cells: Any) -> None:
    """A new cell has an empty paragraph, which is in the way once there are others."""
    for cell in cells:
        first = cell.paragraphs[0]._p
        first.getparent().remove(first)


def without_clock(data: bytes) -> bytes:
    """Write the archive again, in order and without the moment at which it was made."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(stream, "w") as fixed:
        for name in sorted(made.namelist()):
            member = zipfile.ZipInfo(name, FIRST_MOMENT)
            member.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(member, made.read(name))
    return stream.getvalue()
