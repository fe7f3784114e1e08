"""Figures as files: .xlsx, .docx in the form of a report of Decree 30/2020/ND-CP, and CSV. Each says its day, filters
and the time at which it was made; the same report gives the same bytes as .docx."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.shared import Mm
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from tracker.boards.figures import COLUMNS, Line, Report
from tracker.clock import LOCAL_ZONE
from tracker.exchange.cells import harmless
from tracker.exchange.paper import NO_XML, SMALL, columns, drop_first, line, mark, rule, saved, set_up, widths
from tracker.rules.fairness import FEWEST_TO_RANK
from tracker.rules.letters import MOTTO, STATE, Office, form_of, in_words

FIRST_WIDTH = 62  # mm


def title() -> str:
    """Return what the report is called, in the active language."""
    return _("Report on the progress of tasks")


def facts(report: Report) -> list[tuple[str, str]]:
    """Return what stands over the table: number, day, filters, when it was made."""
    head = [(_("Report no."), report.symbol)] if report.symbol else []
    head += [(_("Figures of"), f"{report.day:%d/%m/%Y}"), (_("One line for each"), report.head), *report.filters]
    head.append((_("Made at"), _local(report.made_at)))
    return head + ([("SHA-256", report.sha256)] if report.sha256 else [])


def notes(report: Report) -> list[str]:
    """Return what a reader must know to read the table."""
    found = [_("Counted as known by the end of the day: no objectives, nothing withdrawn.")]
    if report.by == "level":
        found.append(_("A task that must reach two levels stands in both lines; the last line counts it once."))
    if report.is_by_body:
        found.append(
            _("Bodies with fewer than %(few)d tasks are not ranked. The median is that of the bodies of their level.")
            % {"few": FEWEST_TO_RANK}
        )
    return [*found, report.remark] if report.remark else found


def heads(report: Report) -> list[str]:
    """Return the heads of the columns; those of a body come last."""
    more = (
        [_("Late share, percent"), _("Rank by late share"), _("Open tasks"), _("Median of peers")]
        if report.is_by_body
        else []
    )
    return [report.head, *(str(column.head) for column in COLUMNS), *more]


def rows(report: Report) -> Iterator[list[Any]]:
    """Give the lines of the table and then that of all tasks: a text, then numbers, empty where there is none."""
    for one in [*report.lines, report.total]:
        row: list[Any] = [one.label, *(column.of(one) for column in COLUMNS)]
        yield row + _of_body(one) if report.is_by_body else row


def _of_body(one: Line) -> list[Any]:
    return [one.late_percent, one.rank, one.load, one.median]


def remarks(report: Report) -> list[list[str]]:
    """Return what bodies say beside their flags: body, task, day, remark."""
    return [[one.label, remark.task, remark.on, remark.text] for one in report.lines for remark in one.remarks]


def _local(at: datetime) -> str:
    return f"{at.astimezone(LOCAL_ZONE):%d/%m/%Y %H:%M}"


# CSV


def as_csv(report: Report) -> bytes:
    """Return the table as CSV in UTF-8 with its mark, so that Excel reads it; what looks like a formula is text."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    lines: list[list[Any]] = [[title()], *([name, value] for name, value in facts(report)), [], heads(report)]
    lines += [*rows(report), [], *([note] for note in notes(report)), *remarks(report)]
    for row in lines:
        writer.writerow([harmless(value) for value in row])
    return stream.getvalue().encode("utf-8-sig")


# Excel


def as_xlsx(report: Report) -> bytes:
    """Return the table as a workbook: numbers as numbers, its head frozen and on each printed page."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = _("Figures")
    _write(sheet, [[title()], *([name, value] for name, value in facts(report)), []])
    first = sheet.max_row + 1
    _write(sheet, [heads(report), *rows(report), []], at=first)
    _write(sheet, [[note] for note in notes(report)], at=sheet.max_row + 2)
    if said := remarks(report):
        _write(sheet, [[_("What the bodies say beside their flags")], *said], at=sheet.max_row + 2)
    _dress(sheet, first, len(report.lines))
    book.properties.title, book.properties.creator = title(), ""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write(sheet: Any, lines: list[list[Any]], at: int = 1) -> None:
    for place, row in enumerate(lines, at):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(row=place, column=column)
            if isinstance(value, str):
                cell.value = NO_XML.sub("", value)
                cell.data_type = "s"  # never a formula, whatever it begins with
            else:
                cell.value = value


def _dress(sheet: Any, first: int, lines: int) -> None:
    """Fonts, widths, the frozen head, and landscape A4 on as many pages as it needs."""
    sheet["A1"].font = Font(bold=True, size=14)
    for cell in sheet[first]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for cell in sheet[first + lines + 1]:
        cell.font = Font(bold=True)
    sheet.column_dimensions["A"].width = 48
    for number in range(2, sheet.max_column + 1):
        sheet.column_dimensions[get_column_letter(number)].width = 14
    sheet.freeze_panes = sheet.cell(row=first + 1, column=2)
    sheet.print_title_rows = f"{first}:{first}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&P/&N"


# Word


def as_docx(report: Report, office: Office | None = None) -> bytes:
    """Return the report in Vietnamese, in the form of Decree 30/2020/ND-CP; place, number and signer are left to fill.

    `office` is who reports; a Party organ writes its own motto.
    """
    with override("vi"):
        document = Document()
        set_up(document, title=title(), author=office.name if office else "", made_at=_naive(report.made_at))
        _landscape(document.sections[0])
        _head(document, report, office)
        _table(document, report)
        for note in notes(report):
            line(document, note, size=SMALL, italic=True, align=ALIGN.LEFT, before=4)
        for said in remarks(report):
            line(document, " · ".join(said), size=SMALL, align=ALIGN.LEFT, before=4)
        _foot(document)
        return saved(document)


def _naive(at: datetime) -> datetime:
    return at.astimezone(LOCAL_ZONE).replace(tzinfo=None, microsecond=0)


def _landscape(section: Any) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)


def _head(document: Any, report: Report, office: Office | None) -> None:
    form = form_of(office.kind) if office else STATE
    left, right = columns(document, (110, 140))
    if office and office.above:
        line(left, office.above, size=13)
    line(left, office.name.upper() if office else "…", size=13, bold=True)
    if form == STATE:
        rule(left, 110, 28)
    line(left, f"Số: {report.symbol or '…'}/BC-…", size=13, before=6)
    for place, text in enumerate(MOTTO[form]):
        line(right, text, size=13 if place else 12, bold=True)
    rule(right, 140, 56)
    line(right, f"…, {in_words(report.made_at.astimezone(LOCAL_ZONE).date())}", italic=True, before=6)
    drop_first(left, right)
    line(document, "BÁO CÁO", bold=True, before=12)
    line(document, "Tổng hợp tình hình thực hiện nhiệm vụ", bold=True)
    for name, value in facts(report):
        line(document, f"{name}: {value}", size=SMALL, italic=True)


def _table(document: Any, report: Report) -> None:
    names = heads(report)
    rest = (252 - FIRST_WIDTH) // (len(names) - 1)
    sizes = [FIRST_WIDTH, *[rest] * (len(names) - 1)]
    line(document, "", size=6)
    table = document.add_table(rows=1, cols=len(names), style="Table Grid")
    widths(table, sizes)
    _fill(table.rows[0], names, bold=True)
    mark(table.rows[0], "w:tblHeader")
    every = list(rows(report))
    for place, row in enumerate(every, 1):
        added = table.add_row()
        mark(added, "w:cantSplit")
        _fill(added, ["" if value is None else _number(value) for value in row], bold=place == len(every))


def _number(value: Any) -> str:
    return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


def _fill(row: Any, texts: list[str], *, bold: bool) -> None:
    for place, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        line(cell, text, size=11, bold=bold, align=ALIGN.CENTER if place else ALIGN.LEFT)
        drop_first(cell)


def _foot(document: Any) -> None:
    line(document, "", size=6)
    left, right = columns(document, (125, 125))
    line(left, "Nơi nhận:", size=SMALL, bold=True, italic=True, align=ALIGN.LEFT)
    line(left, "- …;", size=11, align=ALIGN.LEFT)
    line(left, "- Lưu: VT, ….", size=11, align=ALIGN.LEFT)
    line(right, "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", bold=True)
    line(right, "(Chữ ký, dấu)", size=SMALL, italic=True)
    line(right, "Họ và tên", bold=True, before=60)
    drop_first(left, right)


FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv; charset=utf-8",
}
"""What a file is by the end of its name."""


def as_file(kind: str, report: Report, office: Office | None) -> bytes:
    """Return the report as a file of one of FORMATS; `office` is who reports."""
    if kind == "docx":
        return as_docx(report, office)
    return as_xlsx(report) if kind == "xlsx" else as_csv(report)
