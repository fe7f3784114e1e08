"""Annexes in many shapes, as files made here, and how a plan of them is read."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from openpyxl import Workbook

from tracker.exchange.annex.reader import READERS
from tracker.rules.annex.bodies import Bodies, Known
from tracker.rules.annex.plan import Plan, lay_out
from tracker.rules.annex.register import Register

HEADS = [
    "TT",
    "Nội dung nhiệm vụ",
    "Cơ quan chủ trì",
    "Cơ quan phối hợp",
    "Sản phẩm",
    "Thời gian hoàn thành",
    "Ghi chú",
]
ENGLISH = ["No.", "Task", "Lead agency", "Coordinating agencies", "Output", "Deadline", "Notes"]
ROWS = [
    ["1", "Xây dựng Nghị định", "Bộ Tư pháp", "Bộ Nội vụ; Bộ Văn hóa, Thể thao và Du lịch",
     "Nghị định", "Quý IV/2026", ""],
    ["2", "Sơ kết việc thực hiện", "Bộ Nội vụ", "Bộ Tư pháp", "Báo cáo", "Hằng năm", "Theo mẫu"],
    ["3", "Đối thoại với nhân dân", "BVH", "Bộ Nội vụ", "Quy chế", "31/12/2026", ""],
]  # fmt: skip
TASKS = [
    ("Xây dựng Nghị định", {"A": ["BTP"], "C": ["BNV", "BVH"]}, date(2026, 12, 31)),
    ("Sơ kết việc thực hiện", {"A": ["BNV"], "C": ["BTP"]}, None),
    ("Đối thoại với nhân dân", {"A": ["BVH"], "C": ["BNV"]}, date(2026, 12, 31)),
]
BODIES = Bodies(
    [
        Known(1, "BTP", "Bộ Tư pháp", ("Bộ Tư pháp", "Ministry of Justice", "Tư pháp TW")),
        Known(2, "BNV", "Bộ Nội vụ", ("Bộ Nội vụ", "Ministry of Home Affairs")),
        Known(3, "BVH", "Bộ Văn hóa, Thể thao và Du lịch", ("Bộ Văn hóa, Thể thao và Du lịch",)),
        Known(4, "SNV-A", "Sở Nội vụ A", ("Sở Nội vụ",)),
        Known(5, "SNV-B", "Sở Nội vụ B", ("Sở Nội vụ",)),
        Known(6, "BCU", "Bộ Cũ", ("Bộ Cũ",), is_ended=True, followers=(2,)),
    ]
)
REGISTER = Register("NQ", date(2026, 1, 5), date(2020, 1, 1), date(2030, 12, 31), BODIES)
Rows = Sequence[Sequence[Any]]


def grids_of(kind: str, content: bytes) -> list[Any]:
    """Read without a process of its own: its start would take most of the time."""
    return READERS[kind](content)


def plan_of(kind: str, content: bytes, answers: Any = None, register: Register = REGISTER) -> Plan:
    """Return the plan, and see that no row of the file and no cell of a settled task has got lost."""
    grids = grids_of(kind, content)
    plan = lay_out(grids, register, answers or {})
    rows = [(grid.number, row.number) for grid in grids for row in grid.rows if row.cells]
    assert [(line.line.grid.number, line.line.row.number) for line in plan.lines] == rows
    for line in plan.lines:
        if line.draft and line.outcome in ("new", "changed", "unchanged"):
            meant = {column.number for column in line.line.layout.columns if column.meaning}
            assert {at for at, cell in line.line.row.cells.items() if cell.text} <= meant
            assert line.line.said("product") in line.draft.detail
            assert line.line.said("note") in line.draft.detail
    return plan


def drafts(plan: Plan) -> list[Any]:
    return [line.draft for line in plan.lines if line.draft]


def told(plan: Plan) -> list[Any]:
    """Return of each task its title, its bodies by role, its day."""
    return [(draft.title, _codes(draft.roles), draft.due_on) for draft in drafts(plan)]


def _codes(roles: Any) -> dict[str, list[str]]:
    return {role: [BODIES.by_pk[pk].code for pk in pks] for role, pks in roles.items() if pks}


def asked(plan: Plan) -> dict[str, str]:
    return {question.key: question.code for question in plan.questions if question.answer is None}


def xlsx(*sheets: Rows, merge: Sequence[str] = (), change: Callable[[Any], None] | None = None) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"PL {number}")
        for row in rows:
            sheet.append([value if value != "" else None for value in row])
        for ref in merge:
            sheet.merge_cells(ref)
    if change:
        change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def docx(*tables: Rows, merge: Sequence[tuple[int, int, int, int]] = (), change: Any = None) -> bytes:
    document = Document()
    document.add_paragraph("PHỤ LỤC")
    for rows in tables:
        table = document.add_table(rows=len(rows), cols=max(map(len, rows)))
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                table.rows[number].cells[column].text = str(value)
        for top, left, bottom, right in merge:
            text = table.cell(top, left).text
            table.cell(top, left).merge(table.cell(bottom, right)).text = text
    if change:
        change(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def long_docx(rows: Rows) -> bytes:
    """One table of many rows, written as XML: python-docx takes minutes for it."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    lines = ("".join(cell.format(escape(str(value))) for value in row) for row in rows)
    table = "".join(f"<w:tr>{line}</w:tr>" for line in lines)
    return docx(
        [[""]],
        change=lambda document: document.element.body.insert(
            0, parse_xml(f'<w:tbl xmlns:w="{space}"><w:tblPr/><w:tblGrid/>{table}</w:tbl>')
        ),
    )


def text(rows: Rows, *, delimiter: str = ";", coding: str = "utf-8") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode(coding)


def packed(content: bytes, **parts: bytes) -> bytes:
    """Return a package with some parts replaced or added; `__` stands for a slash, `_` for a dot."""
    stream = io.BytesIO()
    names = {name.replace("__", "/").replace("_", "."): data for name, data in parts.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as fresh:
        for member in old.namelist():
            fresh.writestr(member, names.pop(member, None) or old.read(member))
        for name, data in names.items():
            fresh.writestr(name, data)
    return stream.getvalue()


def with_footnote(document: Any) -> None:
    """The first task has a footnote."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    note = '<w:footnote w:id="2"><w:p><w:r><w:t>Theo Kết luận 9</w:t></w:r></w:p></w:footnote>'
    xml = f'<w:footnotes xmlns:w="{space}">{note}</w:footnotes>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, xml.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    mark = OxmlElement("w:footnoteReference")
    mark.set(qn("w:id"), "2")
    document.tables[0].rows[1].cells[2].paragraphs[0].add_run()._r.append(mark)


def struck(document: Any) -> None:
    """A word of the first title was deleted with changes tracked."""
    paragraph = document.tables[0].rows[1].cells[1].paragraphs[0]._p
    mark, run, gone = OxmlElement("w:del"), OxmlElement("w:r"), OxmlElement("w:t")
    gone.text = "Bỏ đi "
    run.append(gone)
    mark.append(run)
    paragraph.insert(0, mark)
    mark.set(qn("w:id"), "1")
