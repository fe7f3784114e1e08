"""An urging letter as a Word document, in the form of Decree 30/2020/ND-CP or, of a Party organ, Guidance 36-HD/VPTW.

The same content gives the same bytes, so that the hash of a letter says whether it is still the one that was sent.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt

from tracker.rules.letters import PARTY, STATE

FONT = "Times New Roman"
BODY_SIZE, SMALL = 14, 12
MARGINS = {"top_margin": 20, "bottom_margin": 20, "left_margin": 30, "right_margin": 15}  # mm, fit for both forms
INDENT = 12.7  # mm: the first line of a paragraph
HEADS = {PARTY: (78, 87), STATE: (70, 95)}  # mm: the two columns of the head
FOOT = (80, 85)  # mm: recipients, signature
ANNEX = {
    "TT": (11, "position"),
    "Nhiệm vụ": (80, "title"),
    "Văn bản giao": (45, "document"),
    "Thời hạn": (24, "due_on"),
    "Số ngày làm việc chậm": (21, "days_late"),
    "Vướng ở khâu nào/Lý do": (53, "reason"),
    "Đã đôn đốc (lần)": (18, "urged"),
}
"""Column of the annex → its width in mm, and what of a row stands in it."""

CENTRED = ("position", "due_on", "days_late", "urged")
FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def as_docx(content: dict[str, Any]) -> bytes:
    """Return the letter that `content` (rules.letters.content) says, as a .docx file."""
    document = Document()
    _set_up(document, content)
    _head(document, content)
    _body(document, content)
    _foot(document, content)
    _annex(document, content)
    stream = io.BytesIO()
    document.save(stream)
    return _without_clock(stream.getvalue())


def _set_up(document: Any, content: dict[str, Any]) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(BODY_SIZE)
    for script in ("w:eastAsia", "w:cs"):
        style.element.rPr.rFonts.set(qn(script), FONT)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    _margins(section)
    _number_pages(section)
    facts = document.core_properties
    facts.title, facts.author, facts.last_modified_by = f"Công văn {content['symbol']}", content["sender"], ""
    facts.comments, facts.language = "", "vi-VN"
    facts.created = facts.modified = datetime.fromisoformat(content["issued_on"])


def _margins(section: Any) -> None:
    for side, width in MARGINS.items():
        setattr(section, side, Mm(width))
    section.header_distance = section.footer_distance = Mm(10)


def _number_pages(section: Any) -> None:
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


def _head(document: Any, content: dict[str, Any]) -> None:
    """Left who writes, number and subject; right the motto, place and date."""
    widths, is_party = HEADS[content["form"]], content["form"] == PARTY
    left, right = _columns(document, widths)
    if content["above"]:
        _line(left, content["above"], size=13)
    _line(left, content["sender"].upper(), size=13, bold=True)
    if is_party:
        _line(left, "*")
        _line(left, f"Số {content['symbol']}")
        _line(left, f"Về {content['subject']}", size=SMALL, italic=True)
    else:
        _rule(left, widths[0], 28)
        _line(left, f"Số: {content['symbol']}", size=13, before=6)
        _line(left, f"V/v {content['subject']}", size=SMALL)
    for place, text in enumerate(content["motto"]):
        _line(right, text, size=15 if is_party else 13 if place else 12, bold=True)
    _rule(right, widths[1], 75 if is_party else 56)
    _line(right, content["date"], italic=True, before=6)
    _drop_first(left, right)


def _body(document: Any, content: dict[str, Any]) -> None:
    _line(document, f"Kính gửi: {content['to']}", before=18, after=12)
    for text in content["paragraphs"]:
        paragraph = _line(document, text, align=ALIGN.JUSTIFY, after=6)
        paragraph.paragraph_format.first_line_indent = Mm(INDENT)
        paragraph.paragraph_format.line_spacing = 1.15


def _foot(document: Any, content: dict[str, Any]) -> None:
    """Left the recipients, right the signature, on one page."""
    _line(document, "", size=6)
    left, right = _columns(document, FOOT)
    is_party = content["form"] == PARTY
    title = _line(left, "Nơi nhận:", size=14 if is_party else SMALL, align=ALIGN.LEFT)
    run = title.runs[0]
    run.underline, run.bold, run.italic = is_party, not is_party, not is_party
    for text in content["recipients"]:
        _line(left, f"- {text}", size=SMALL if is_party else 11, align=ALIGN.LEFT)
    for text in content["signer_title"]:
        _line(right, text, bold=True)
    _line(right, content["signer_name"], bold=True, before=72)
    _drop_first(left, right)


def _annex(document: Any, content: dict[str, Any]) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    _margins(section)
    _line(document, "Phụ lục", bold=True)
    _line(document, "DANH MỤC NHIỆM VỤ CHẬM THỜI HẠN", bold=True)
    _line(document, content["annex"], italic=True, after=6)
    table = document.add_table(rows=1, cols=len(ANNEX), style="Table Grid")
    _widths(table, [width for width, _name in ANNEX.values()])
    for cell, title in zip(table.rows[0].cells, ANNEX, strict=True):
        _line(cell, title, size=SMALL, bold=True)
        _drop_first(cell)
    _mark(table.rows[0], "w:tblHeader")
    for row in content["rows"]:
        _annex_row(table, row)


def _annex_row(table: Any, row: dict[str, Any]) -> None:
    added = table.add_row()
    _mark(added, "w:cantSplit")
    for cell, (width, name) in zip(added.cells, ANNEX.values(), strict=True):
        cell.width = Mm(width)
        align = ALIGN.CENTER if name in CENTRED else ALIGN.LEFT
        _line(cell, str(row[name]), size=SMALL, align=align)
        _drop_first(cell)


def _line(
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


def _rule(cell: Any, width: int, length: int) -> None:
    """Draw a line of `length` mm in the middle of a cell of `width` mm: the lower border of a low paragraph."""
    paragraph = _line(cell, "", size=2)
    paragraph.paragraph_format.line_spacing = Pt(3)
    side = Mm((width - length) / 2)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = side
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in {"val": "single", "sz": "6", "space": "1", "color": "000000"}.items():
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:spacing", "w:ind", "w:jc")


def _columns(document: Any, widths: tuple[int, ...]) -> Any:
    """Append a table without lines, of one row that stays whole, and return its cells."""
    table = document.add_table(rows=1, cols=len(widths))
    _widths(table, list(widths))
    _mark(table.rows[0], "w:cantSplit")
    return table.rows[0].cells


def _widths(table: Any, widths: list[int]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for cell, width in zip(table.rows[0].cells, widths, strict=True):
        cell.width = Emu(Mm(width))


def _mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _drop_first(*cells: Any) -> None:
    """A new cell has an empty paragraph, which is in the way once there are others."""
    for cell in cells:
        first = cell.paragraphs[0]._p
        first.getparent().remove(first)


def _without_clock(data: bytes) -> bytes:
    """Write the archive again, in order and without the moment at which it was made."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(stream, "w") as fixed:
        for name in sorted(made.namelist()):
            member = zipfile.ZipInfo(name, FIRST_MOMENT)
            member.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(member, made.read(name))
    return stream.getvalue()
