"""Figures as files: the same numbers as the page, harmless whatever a name begins with, with day, filters and time."""

from __future__ import annotations

import csv
import io
from datetime import date

import docx
import openpyxl
import pytest

from accounts.models import User
from tests.builders import make_body, make_cast, make_resolution, make_task, noon
from tests.working import TODAY, frozen
from tracker.boards import figures
from tracker.boards.four_cell import Wanted
from tracker.choices import BodyKind
from tracker.exchange.figures import as_csv, as_docx, as_xlsx, heads, rows
from tracker.rules.letters import Office

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
EVIL = '=HYPERLINK("http://example.invalid","x")'


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def report(cast) -> figures.Report:
    evil = make_resolution(code="R9", title_vi=EVIL, title_en=EVIL)
    make_task(resolution=evil, due_on=date(2026, 5, 1))
    make_task(resolution=make_resolution(code="R8", title_en="+plus", title_vi="-minus"))
    return figures.report(cast["hoa"], Wanted(day=TODAY, due_from=date(2026, 1, 1)), "resolution", at=noon(TODAY))


def table_of(lines, report):
    start = next(place for place, row in enumerate(lines) if row[: len(heads(report))] == heads(report))
    return lines[start + 1 : start + 2 + len(report.lines)]


def test_csv_says_the_numbers_and_quotes_what_looks_like_a_formula(report):
    data = as_csv(report)
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert ["Figures of", "15/06/2026"] in lines and ["Made at", "15/06/2026 12:00"] in lines
    assert ["Deadline from", "01/01/2026"] in lines
    table = table_of(lines, report)
    assert {row[0] for row in table} == {f"'{EVIL}", "'+plus", "All tasks"}
    assert [list(map(str, row[1:])) for row in rows(report)] == [row[1:] for row in table]


def test_xlsx_has_numbers_as_numbers_text_as_text_and_a_frozen_head(report):
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(report))).active
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(place for place, row in enumerate(lines, 1) if row[0] == heads(report)[0])
    assert sheet.freeze_panes == f"B{start + 1}" and sheet.print_title_rows == f"${start}:${start}"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == ("landscape", 1)
    assert [row[: len(heads(report))] for row in lines[start : start + 3]] == list(rows(report))
    kinds = {
        cell.data_type for row in sheet.iter_rows(min_row=start + 1, max_row=start + 3) for cell in row if cell.value
    }
    assert kinds <= {"s", "n"} and "f" not in kinds
    assert EVIL in {row[0] for row in lines}


def test_docx_has_the_form_of_the_decree_and_the_same_bytes_again(report):
    office = Office(kind=BodyKind.STATE, code="BNV", name="Bộ Nội vụ")
    data = as_docx(report, office)
    assert data == as_docx(report, office)
    document = docx.Document(io.BytesIO(data))
    text = "\n".join(
        [p.text for p in document.paragraphs]
        + [p.text for table in document.tables for row in table.rows for cell in row.cells for p in cell.paragraphs]
    )
    for words in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "BỘ NỘI VỤ", "BÁO CÁO", "15/06/2026", EVIL, "Nơi nhận:"):
        assert words in text
    numbers = [[cell.text for cell in row.cells][1:] for row in document.tables[1].rows][1:]
    assert numbers == [[str(value) for value in row[1:]] for row in rows(report)]


def test_a_party_organ_writes_its_own_motto(report):
    document = docx.Document(io.BytesIO(as_docx(report, Office(kind=BodyKind.PARTY, code="BDV", name="Ban Dân vận"))))
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in document.tables[0].rows[0].cells[1].text


def test_by_body_rank_load_and_median_stand_beside_the_numbers(cast):
    for _number in range(5):
        make_task(due_on=date(2026, 5, 1))
    make_task(accountable=make_body("BO-B"))
    report = figures.report(cast["hoa"], Wanted(day=TODAY), "body", at=noon(TODAY))
    found = [row[-4:] for row in rows(report)]
    assert found == [[100, 1, 5, 3], [0, None, 1, 3], [83, None, 6, None]]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(report))).active
    assert any("fewer than 5" in str(cell.value) for row in sheet.iter_rows() for cell in row)
