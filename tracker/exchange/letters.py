"""An urging letter as a Word document, in the form of Decree 30/2020/ND-CP or, of a Party organ, Guidance 36-HD/VPTW.

The same content gives the same bytes, so that the hash of a letter says whether it is still the one that was sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.shared import Mm

from tracker.exchange.paper import SMALL, columns, drop_first, line, margins, mark, rule, saved, set_up, widths
from tracker.rules.letters import PARTY, STATE

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


def as_docx(content: dict[str, Any]) -> bytes:
    """Return the letter that `content` (rules.letters.content) says, as a .docx file."""
    document = Document()
    made_at = datetime.fromisoformat(content["issued_on"])
    set_up(document, title=f"Công văn {content['symbol']}", author=content["sender"], made_at=made_at)
    _head(document, content)
    _body(document, content)
    _foot(document, content)
    _annex(document, content)
    return saved(document)


def _head(document: Any, content: dict[str, Any]) -> None:
    """Left who writes, number and subject; right the motto, place and date."""
    sizes, is_party = HEADS[content["form"]], content["form"] == PARTY
    left, right = columns(document, sizes)
    if content["above"]:
        line(left, content["above"], size=13)
    line(left, content["sender"].upper(), size=13, bold=True)
    if is_party:
        line(left, "*")
        line(left, f"Số {content['symbol']}")
        line(left, f"Về {content['subject']}", size=SMALL, italic=True)
    else:
        rule(left, sizes[0], 28)
        line(left, f"Số: {content['symbol']}", size=13, before=6)
        line(left, f"V/v {content['subject']}", size=SMALL)
    for place, text in enumerate(content["motto"]):
        line(right, text, size=15 if is_party else 13 if place else 12, bold=True)
    rule(right, sizes[1], 75 if is_party else 56)
    line(right, content["date"], italic=True, before=6)
    drop_first(left, right)


def _body(document: Any, content: dict[str, Any]) -> None:
    line(document, f"Kính gửi: {content['to']}", before=18, after=12)
    for text in content["paragraphs"]:
        paragraph = line(document, text, align=ALIGN.JUSTIFY, after=6)
        paragraph.paragraph_format.first_line_indent = Mm(INDENT)
        paragraph.paragraph_format.line_spacing = 1.15


def _foot(document: Any, content: dict[str, Any]) -> None:
    """Left the recipients, right the signature, on one page."""
    line(document, "", size=6)
    left, right = columns(document, FOOT)
    is_party = content["form"] == PARTY
    title = line(left, "Nơi nhận:", size=14 if is_party else SMALL, align=ALIGN.LEFT)
    run = title.runs[0]
    run.underline, run.bold, run.italic = is_party, not is_party, not is_party
    for text in content["recipients"]:
        line(left, f"- {text}", size=SMALL if is_party else 11, align=ALIGN.LEFT)
    for text in content["signer_title"]:
        line(right, text, bold=True)
    line(right, content["signer_name"], bold=True, before=72)
    drop_first(left, right)


def _annex(document: Any, content: dict[str, Any]) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    margins(section)
    line(document, "Phụ lục", bold=True)
    line(document, "DANH MỤC NHIỆM VỤ CHẬM THỜI HẠN", bold=True)
    line(document, content["annex"], italic=True, after=6)
    table = document.add_table(rows=1, cols=len(ANNEX), style="Table Grid")
    widths(table, [width for width, _name in ANNEX.values()])
    for cell, title in zip(table.rows[0].cells, ANNEX, strict=True):
        line(cell, title, size=SMALL, bold=True)
        drop_first(cell)
    mark(table.rows[0], "w:tblHeader")
    for row in content["rows"]:
        _annex_row(table, row)


def _annex_row(table: Any, row: dict[str, Any]) -> None:
    added = table.add_row()
    mark(added, "w:cantSplit")
    for cell, (width, name) in zip(added.cells, ANNEX.values(), strict=True):
        cell.width = Mm(width)
        align = ALIGN.CENTER if name in CENTRED else ALIGN.LEFT
        line(cell, str(row[name]), size=SMALL, align=align)
        drop_first(cell)
