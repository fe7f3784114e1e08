"""The Word document of an urging letter, read back: head, text, signature, annex; the same bytes for the same words."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Pt

from tests.rules.test_letters import MINISTRY, make_letter, make_row
from tracker.exchange.letters import ANNEX, as_docx
from tracker.rules.letters import content

pytestmark = pytest.mark.once


def document_of(**facts):
    return Document(io.BytesIO(as_docx(content(make_letter(**facts)))))


def lines(cell):
    return [paragraph.text for paragraph in cell.paragraphs if paragraph.text]


def test_the_head_of_a_party_organ():
    left, right = document_of().tables[0].rows[0].cells
    assert lines(left) == [
        "BAN CHẤP HÀNH TRUNG ƯƠNG",
        "BAN TUYÊN GIÁO VÀ DÂN VẬN TRUNG ƯƠNG",
        "*",
        "Số 12-CV/BTGDVTW",
        "Về đôn đốc thực hiện nhiệm vụ chậm thời hạn",
    ]
    assert lines(right) == ["ĐẢNG CỘNG SẢN VIỆT NAM", "Hà Nội, ngày 15 tháng 6 năm 2026"]
    assert right.paragraphs[-1].runs[0].italic and left.paragraphs[1].runs[0].bold


def test_the_head_of_a_state_agency():
    left, right = document_of(sender=MINISTRY).tables[0].rows[0].cells
    assert lines(left) == ["BỘ NỘI VỤ", "Số: 12/BNV", "V/v đôn đốc thực hiện nhiệm vụ chậm thời hạn"]
    assert lines(right)[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]


def test_text_recipients_and_signature():
    made = document_of(note="Đề nghị cử đầu mối.", signer_title="K/T Trưởng ban\nPhó Trưởng ban")
    texts = [paragraph.text for paragraph in made.paragraphs]
    assert "Kính gửi: Bộ Tư pháp" in texts and "Đề nghị cử đầu mối." in texts
    recipients, signature = made.tables[1].rows[0].cells
    assert lines(recipients)[0] == "Nơi nhận:"
    assert lines(signature) == ["K/T TRƯỞNG BAN", "PHÓ TRƯỞNG BAN", "Trần Thị Thử"]


def test_paper_margins_and_type():
    made = document_of()
    letter, annex = made.sections
    paper = (letter.page_width, letter.page_height, letter.left_margin, letter.right_margin, letter.top_margin)
    assert [round(length.mm) for length in paper] == [210, 297, 30, 15, 20]
    assert annex.orientation == WD_ORIENT.LANDSCAPE and round(annex.page_width.mm) == 297
    normal = made.styles["Normal"]
    assert normal.font.name == "Times New Roman" and normal.font.size == Pt(14)
    fonts = normal.element.rPr.rFonts
    assert fonts.get(qn("w:cs")) == fonts.get(qn("w:eastAsia")) == "Times New Roman"


def test_the_annex_has_a_row_a_task_and_its_head_on_every_page():
    rows = [make_row(title=f"Nhiệm vụ {number}", urged=number) for number in range(40)]
    table = document_of(rows=rows).tables[2]
    assert [cell.text for cell in table.rows[0].cells] == list(ANNEX)
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert len(table.rows) == 41
    first = [cell.text for cell in table.rows[1].cells]
    assert first == ["1", "Nhiệm vụ 0", rows[0].document, "29/05/2026", "11", rows[0].reason, "0"]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows[1:])


def test_pages_are_numbered_but_for_the_first_of_each_part():
    for section in document_of().sections:
        assert section.different_first_page_header_footer
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
    assert 'w:instr="PAGE"' in document_of().sections[0].header._element.xml


def test_the_same_words_are_the_same_bytes():
    frozen = content(make_letter())
    assert as_docx(frozen) == as_docx(frozen)
    assert as_docx(frozen) != as_docx({**frozen, "to": "Bộ Nội vụ"})
    with zipfile.ZipFile(io.BytesIO(as_docx(frozen))) as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}


@pytest.mark.parametrize("odd", ["\x00", "\x0b", "\ud800", "\ufffe", "<b>&amp;</b>", "=1+1", "😀"])
def test_no_text_breaks_the_document(odd):
    made = document_of(rows=[make_row(title=f"Tên{odd}")], note=f"Thêm{odd}lời")
    assert made.tables[2].rows[1].cells[1].text.startswith("Tên")


def test_no_program_is_named_as_its_author():
    facts = document_of().core_properties
    assert (facts.author, facts.last_modified_by, facts.comments) == ("Ban Tuyên giáo và Dân vận Trung ương", "", "")
