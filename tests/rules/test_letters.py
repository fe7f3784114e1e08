"""The words of an urging letter: numbers, dates, grounds, and the two forms."""

from datetime import date

import pytest

from tracker.choices import BodyKind, ResolutionKind
from tracker.rules.letters import LateTask, Letter, Office, cited, content, in_words, symbol

COMMISSION = Office(
    kind=BodyKind.PARTY, code="BTGDVTW", name="Ban Tuyên giáo và Dân vận Trung ương", above="Ban Chấp hành Trung ương"
)
MINISTRY = Office(kind=BodyKind.STATE, code="BNV", name="Bộ Nội vụ")


def make_row(**facts):
    values = {
        "task_id": 1,
        "code": "2.5",
        "title": "Ban hành văn bản về công tác dân vận",
        "document": "Nghị quyết số 25-NQ/TW ngày 03/06/2013",
        "provision": "",
        "due_on": "29/05/2026",
        "days_late": 11,
        "reason": "Ở giai đoạn Đang soạn thảo từ 04/05/2026.",
        "urged": 0,
        **facts,
    }
    return LateTask(**values)


def make_letter(**facts):
    values = {
        "sender": COMMISSION,
        "addressee": "Bộ Tư pháp",
        "number": 12,
        "issued_on": date(2026, 6, 15),
        "place": "Hà Nội",
        "answer_by": date(2026, 6, 22),
        "signer_title": "Trưởng ban",
        "signer_name": "Trần Thị Thử",
        "note": "",
        "rows": [make_row()],
        **facts,
    }
    return Letter(**values)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 2, 5), "ngày 05 tháng 02 năm 2026"),
        (date(2026, 11, 15), "ngày 15 tháng 11 năm 2026"),
        (date(2026, 3, 1), "ngày 01 tháng 3 năm 2026"),
    ],
)
def test_days_are_written_as_letters_write_them(day, words):
    assert in_words(day) == words


def test_a_party_organ_and_a_state_agency_number_differently():
    assert symbol(12, COMMISSION) == "12-CV/BTGDVTW"
    assert symbol(12, MINISTRY) == "12/BNV"


@pytest.mark.parametrize(
    ("kind", "number", "signed_on", "text"),
    [
        (ResolutionKind.RESOLUTION, "25-NQ/TW", date(2013, 6, 3), "Nghị quyết số 25-NQ/TW ngày 03/06/2013"),
        (ResolutionKind.REGULATION, "290-QĐ/TW", None, "Văn bản số 290-QĐ/TW"),
        (ResolutionKind.CONGRESS, "", date(2016, 1, 28), "Văn kiện"),
    ],
)
def test_a_document_is_cited_by_number_or_title(kind, number, signed_on, text):
    assert cited(kind, number, "Văn kiện", signed_on) == text


def test_the_form_follows_the_kind_of_the_sender():
    party, state = content(make_letter()), content(make_letter(sender=MINISTRY))
    assert (party["motto"], party["above"]) == (["ĐẢNG CỘNG SẢN VIỆT NAM"], "BAN CHẤP HÀNH TRUNG ƯƠNG")
    assert (state["motto"][1], state["above"]) == ("Độc lập - Tự do - Hạnh phúc", "")
    assert party["paragraphs"][-1].endswith("thực hiện.") and state["paragraphs"][-1].endswith("thực hiện./.")


@pytest.mark.parametrize("kind", [BodyKind.MASS, BodyKind.ARMED, BodyKind.SERVICE])
def test_everybody_else_writes_as_the_state_does(kind):
    assert content(make_letter(sender=Office(kind=kind, code="X", name="X")))["form"] == "state"


def test_it_says_on_what_ground_how_late_and_until_when():
    first, asked, *_rest = content(make_letter())["paragraphs"]
    assert first.startswith("Căn cứ Nghị quyết số 25-NQ/TW ngày 03/06/2013 và")
    assert "còn 1 nhiệm vụ" in first and "11 ngày làm việc" in first
    assert "ngày 22 tháng 6 năm 2026" in asked


def test_several_tasks_name_the_longest_wait():
    rows = [make_row(), make_row(days_late=40)]
    assert "nhiều nhất là 40 ngày làm việc" in content(make_letter(rows=rows))["paragraphs"][0]


def test_many_documents_are_left_to_the_annex():
    rows = [make_row(document=f"Nghị quyết số {number}") for number in range(4)]
    assert content(make_letter(rows=rows))["paragraphs"][0].startswith("Căn cứ các văn bản giao nhiệm vụ nêu tại")


def test_added_words_and_the_title_keep_their_lines():
    made = content(make_letter(note="Một.\n\n  Hai.  ", signer_title="K/T Trưởng ban\nPhó Trưởng ban"))
    assert made["paragraphs"][2:4] == ["Một.", "Hai."]
    assert made["signer_title"] == ["K/T TRƯỞNG BAN", "PHÓ TRƯỞNG BAN"]


def test_the_annex_numbers_its_rows_and_names_the_place_in_the_document():
    rows = content(make_letter(rows=[make_row(provision="XV.2.3"), make_row()]))["rows"]
    assert [row["position"] for row in rows] == [1, 2]
    assert rows[0]["document"].endswith("(điểm XV.2.3)")
