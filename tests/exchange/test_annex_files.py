"""Annexes as they come: every cell is right or reported, whatever the shape; nothing is passed over in silence."""

from __future__ import annotations

import time
import unicodedata
from datetime import date, datetime

import pytest
from docx.shared import Pt

from tests.exchange.annexes import (
    ENGLISH,
    HEADS,
    ROWS,
    TASKS,
    asked,
    docx,
    drafts,
    grids_of,
    packed,
    plan_of,
    struck,
    text,
    told,
    with_footnote,
    xlsx,
)
from tracker.exchange.annex.reader import read_annex
from tracker.rules.file_errors import WrongFile

pytestmark = pytest.mark.once
TABLE = [HEADS, *ROWS]
ORDER = (3, 6, 1, 0, 5, 2, 4)
WIDE = ["", "", "", "", "", "", ""]
TWO_LINES = [
    ["TT", "Nội dung nhiệm vụ", "Cơ quan thực hiện", "", "Sản phẩm", "Thời gian hoàn thành", "Ghi chú"],
    ["", "", "Chủ trì", "Phối hợp", "", "", ""],
]
DOWN = ["A1:A2", "B1:B2", "C1:D1", "E1:E2", "F1:F2", "G1:G2"]


def _mixed(rows):
    return [[row[at] for at in ORDER] for row in rows]


def _grouped(first="I. NHIỆM VỤ CHUNG"):
    return [HEADS, [first, *WIDE[1:]], ROWS[0], ROWS[1], ["II", "NHIỆM VỤ RIÊNG", *WIDE[2:]], ROWS[2]]


def _broken_lines():
    rows = [list(row) for row in ROWS]
    rows[0][1], rows[0][3] = "Xây dựng\nNghị định", "Bộ Nội vụ\nBộ Văn hóa,\nThể thao và Du lịch"
    return [HEADS, *rows]


def _dates(book):
    sheet = book.worksheets[0]
    sheet["F2"], sheet["F4"] = datetime(2026, 12, 1), datetime(2026, 12, 31)
    sheet["F2"].number_format, sheet["F4"].number_format = "mm/yyyy", "dd/mm/yyyy"
    sheet["A2"] = 1


def _raised(document):
    run = document.tables[0].rows[1].cells[2].paragraphs[0].add_run("(1)")
    run.font.superscript, run.font.size = True, Pt(8)


GOOD = {
    "plain": (".xlsx", xlsx(TABLE)),
    "english heads": (".xlsx", xlsx([ENGLISH, *ROWS])),
    "another order": (".xlsx", xlsx(_mixed(TABLE))),
    "titles above": (".xlsx", xlsx([["PHỤ LỤC"], ["(Kèm theo Quyết định số 5)"], [], *TABLE])),
    "heads of two rows": (".xlsx", xlsx([*TWO_LINES, *ROWS], merge=DOWN)),
    "group rows merged": (".xlsx", xlsx(_grouped(), merge=["A2:G2"])),
    "group rows A and B": (".xlsx", xlsx(_grouped("A. PHẦN MỘT"), merge=["A2:G2"])),
    "head again on the next page": (".xlsx", xlsx([HEADS, ROWS[0], HEADS, *ROWS[1:]])),
    "numbers of columns": (".xlsx", xlsx([HEADS, [f"({n})" for n in range(1, 8)], *ROWS])),
    "two sheets": (".xlsx", xlsx([HEADS, *ROWS[:1]], [HEADS, *ROWS[1:]])),
    "two tables in a sheet": (".xlsx", xlsx([HEADS, ROWS[0], [], _mixed([HEADS])[0], *_mixed(ROWS[1:])])),
    "line breaks in cells": (".xlsx", xlsx(_broken_lines())),
    "real dates": (".xlsx", xlsx(TABLE, change=_dates)),
    "a body merged over rows": (
        ".xlsx",
        xlsx([HEADS, *[[*row[:4], "", *row[5:]] for row in ROWS]], merge=["E2:E4"]),
    ),
    "remarks below": (".xlsx", xlsx([*TABLE, ["Ghi chú: (1) Theo Nghị quyết."]])),
    "word": (".docx", docx(TABLE)),
    "word, heads of two rows": (
        ".docx",
        docx([*TWO_LINES, *ROWS], merge=[(0, 2, 0, 3), *((0, at, 1, at) for at in (0, 1, 4, 5, 6))]),
    ),
    "word, groups": (".docx", docx(_grouped(), merge=[(1, 0, 1, 6)])),
    "word, two tables": (".docx", docx([HEADS, *ROWS[:2]], [HEADS, *ROWS[2:]])),
    "word, tracked changes": (".docx", docx(TABLE, change=struck)),
    "word, marks of footnotes": (".docx", docx(TABLE, change=_raised)),
    "csv": (".csv", text(TABLE)),
    "csv with commas": (".csv", text(TABLE, delimiter=",")),
    "csv with tabs in utf-16": (".csv", text(TABLE, delimiter="\t", coding="utf-16")),
    "csv with a mark": (".csv", text(TABLE, coding="utf-8-sig")),
    "csv with two lines of heads": (".csv", text([*TWO_LINES, *ROWS])),
    "csv that names its delimiter": (".csv", b"sep=,\n" + text(TABLE, delimiter=",")),
}


@pytest.mark.parametrize("shape", GOOD)
def test_a_well_formed_annex_is_read_right(shape):
    plan = plan_of(*GOOD[shape])
    assert told(plan) == TASKS
    assert asked(plan) == {}
    assert plan.counts["new"] == len(TASKS)


def test_windows_1258_is_read():
    marks = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}

    def parted(value):
        """As Windows writes it: the tones by themselves, the letters whole."""
        out = ""
        for sign in value:
            pieces = unicodedata.normalize("NFD", sign)
            tone = "".join(one for one in pieces if one in marks)
            out += unicodedata.normalize("NFC", "".join(one for one in pieces if one not in marks)) + tone
        return out

    plan = plan_of(".csv", text([[parted(value) for value in row] for row in TABLE], coding="cp1258"))
    assert told(plan) == TASKS and asked(plan) == {}


def test_labels_tell_the_groups():
    plan = plan_of(*GOOD["group rows merged"])
    assert [draft.label for draft in drafts(plan)] == ["I.1", "I.2", "II.3"]
    assert [line.group for line in plan.lines if line.draft] == [
        "I. NHIỆM VỤ CHUNG", "I. NHIỆM VỤ CHUNG", "II. NHIỆM VỤ RIÊNG",
    ]  # fmt: skip


def _with(row, at, value):
    rows = [list(one) for one in ROWS]
    rows[row][at] = value
    return xlsx([HEADS, *rows])


def _cut(book):
    book.worksheets[0]["B2"] = "=A1&B1"


def _error(book):
    book.worksheets[0]["B2"].value = "#REF!"
    book.worksheets[0]["B2"].data_type = "e"


BROKEN = {
    "an unknown body": (_with(0, 2, "Bộ Tư phap mới"), "body:bo tu phap moi", "body_unknown"),
    "a body of two names": (_with(0, 2, "Sở Nội vụ"), "body:so noi vu", "body_several"),
    "a body that has ended": (_with(0, 2, "Bộ Cũ"), "body:bo cu", "body_ended"),
    "a day that is none": (_with(0, 5, "31/02/2026"), "due:31/02/2026", "deadline"),
    "a month that is none": (_with(0, 5, "13/2026"), "due:13/2026", "deadline"),
    "a deadline without a year": (_with(0, 5, "Quý IV"), "due:quy iv", "deadline"),
    "a deadline before the assignment": (_with(0, 5, "31/12/2025"), "due:31/12/2025", "due_early"),
    "a deadline beyond the calendar": (_with(0, 5, "Năm 2099"), "due:nam 2099", "due_far"),
    "no deadline": (_with(0, 5, ""), "due:", "no_deadline"),
    "nobody": (_with(0, 2, ""), "nobody", "nobody"),
    "two accountable bodies": (_with(0, 2, "Bộ Tư pháp, Bộ Nội vụ"), "lead:bo tu phap bo noi vu", "several_lead"),
    "all bodies of a kind": (
        _with(0, 3, "các bộ, ngành, địa phương"),
        "body:cac bo nganh dia phuong",
        "collective",
    ),
    "an unknown column": (
        xlsx([[*HEADS, "Kinh phí"], *([*row, "10"] for row in ROWS)]),
        "column:kinh phi",
        "column_unknown",
    ),
    "a column without a head": (xlsx([HEADS, *([*row, "10"] for row in ROWS)]), "column:column 8", "column_none"),
    "a column twice": (
        xlsx([[*HEADS, "Thời hạn"], *([*row, "2026"] for row in ROWS)]), "column:thoi han", "column_twice",
    ),
    "a row without a task": (_with(1, 1, ""), "row:1:3:loose", "loose"),
    "a row of a title alone": (
        xlsx([HEADS, *ROWS, ["4", "Một việc nữa", *WIDE[2:]]]),
        "row:1:5:bare",
        "bare",
    ),
    "a row twice": (xlsx([*TABLE, ROWS[0]]), "row:1:5:same_words", "same_words"),
    "a formula that nobody calculated": (xlsx(TABLE, change=_cut), "row:1:2:formula", "formula"),
    "an error of a formula": (xlsx(TABLE, change=_error), "row:1:2:error_value", "error_value"),
    "a sheet without a head": (xlsx(TABLE, [["Một", "bảng khác"]]), "table:2", "no_head"),
    "who carries it out, but nobody accountable": (
        xlsx([["TT", "Nhiệm vụ", "Đơn vị thực hiện", "Thời hạn"], ["1", "Việc", "Bộ Tư pháp", "2026"]]),
        "column:don vi thuc hien",
        "column_lead",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_wrong_or_doubtful_is_asked_with_its_place(fault):
    content, key, code = BROKEN[fault]
    plan = plan_of(".xlsx", content)
    question = next(question for question in plan.questions if question.key == key)
    assert question.code == code and question.places[0][2]
    waiting = [line for line in plan.lines if line.outcome == "open"]
    assert waiting and all(issue.message() for line in waiting for issue in line.issues)


def test_near_matches_are_offered_and_never_taken():
    plan = plan_of(".xlsx", _with(0, 2, "Bộ Tư phap mới"))
    assert next(question for question in plan.questions).offers[0] == ("1", "Bộ Tư pháp (BTP)")
    assert drafts(plan)[0].roles["A"] == []


def test_a_word_of_all_ministries_counts_for_those_that_follow_it():
    plan = plan_of(".xlsx", _with(0, 3, "Các bộ: Nội vụ, Văn hóa, Thể thao và Du lịch"))
    assert told(plan) == TASKS


@pytest.mark.parametrize(
    ("said", "levels"),
    [
        ("UBND các tỉnh, thành phố trực thuộc Trung ương", ["province"]),
        ("các bộ, ngành, địa phương", ["central", "province"]),
        ("UBND các xã, phường, đặc khu", ["commune"]),
    ],
)
def test_all_bodies_of_a_kind_propose_a_cascade(said, levels):
    content = _with(0, 3, f"Bộ Nội vụ; {said}")
    key = next(iter(asked(plan_of(".xlsx", content))))
    plan = plan_of(".xlsx", content, {key: {"choice": "cascade"}})
    assert drafts(plan)[0].cascades == [{"text": said, "role": "C", "levels": levels}]
    assert told(plan)[0][1] == {"A": ["BTP"], "C": ["BNV"]}


def test_rows_that_go_on_with_a_task_belong_to_it():
    rows = [HEADS, ROWS[0], ["", "", "", "Bộ Tư pháp", "Tờ trình", "", ""], ROWS[2]]
    plan = plan_of(".xlsx", xlsx(rows, merge=["A2:A3", "B2:B3", "C2:C3", "F2:F3"]))
    first = drafts(plan)[0]
    assert [body for body in first.roles["C"]] == [2, 3, 1]
    assert "Nghị định\nTờ trình" in first.detail and asked(plan) == {}


def test_answers_settle_the_questions():
    rows = [[*HEADS, "Kinh phí"], [*ROWS[0], "10 tỷ"], [*ROWS[1][:2], "Bộ Mới", *ROWS[1][3:], ""]]
    content = xlsx(rows)
    answers = {"column:kinh phi": {"choice": "detail"}, "body:bo moi": {"choice": "2"}}
    plan = plan_of(".xlsx", content, answers)
    assert asked(plan) == {} and plan.counts["new"] == 2
    assert "Kinh phí: 10 tỷ" in drafts(plan)[0].detail and drafts(plan)[1].roles["A"] == [2]
    assert {question.key for question in plan.questions} == set(answers)


def test_a_row_is_left_out_with_its_reason():
    answers = {"body:bo cu": {"choice": "out"}, "skip:1:2": {"why": "Đã giao nơi khác"}}
    plan = plan_of(".xlsx", _with(0, 2, "Bộ Cũ"), answers)
    first = next(line for line in plan.lines if line.draft)
    assert (first.outcome, first.why) == ("skipped", "Đã giao nơi khác")


def test_a_long_title_is_kept_whole_in_the_details():
    long = "Xây dựng " * 90
    first = drafts(plan_of(".xlsx", _with(0, 1, long)))[0]
    assert len(first.title) == 500 and long.strip() in first.detail


def test_a_footnote_is_taken_into_the_details_and_said():
    plan = plan_of(".docx", docx(TABLE, change=with_footnote))
    assert told(plan) == TASKS and "Theo Kết luận 9" in drafts(plan)[0].detail
    assert "footnote" in [issue.code for line in plan.lines for issue in line.issues]


def test_a_hidden_row_is_read_and_said():
    plan = plan_of(".xlsx", xlsx(TABLE, change=_hide))
    assert told(plan) == TASKS
    assert [issue.code for line in plan.lines for issue in line.issues] == ["hidden"]


def _hide(book):
    book.worksheets[0].row_dimensions[3].hidden = True


HOSTILE = {
    "a bomb": lambda: packed(xlsx(TABLE), xl__big_bin=b"\0" * 120_000_000),
    "entities": lambda: packed(
        xlsx(TABLE), xl__workbook_xml=b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'
    ),
    "macros": lambda: packed(xlsx(TABLE), xl__vbaProject_bin=b"x"),
    "another kind": lambda: docx(TABLE),
    "no package": lambda: b"PK\x03\x04" + b"x" * 1000,
    "no file": lambda: b"",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_at_once(kind):
    content = HOSTILE[kind]()
    begin = time.perf_counter()
    with pytest.raises(WrongFile):
        read_annex("annex.xlsx", content)
    assert time.perf_counter() - begin < 5


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("annex.csv", b"PK\x03\x04..."),
        ("annex.csv", b'TT;"Nhi'),
        ("annex.csv", b"\xff\xfe\x00"),
        ("annex.pdf", b"%PDF-1.7"),
        ("annex.csv", b"TT;a\n" * 20_001),
        ("annex.csv", b";" * 2_000_000 + b"x"),
    ],
)
def test_a_text_that_is_none_is_refused(name, content):
    with pytest.raises(WrongFile):
        read_annex(name, content)


def test_a_file_is_read_in_a_process_of_its_own_as_it_is_here():
    assert read_annex("annex.xlsx", xlsx(TABLE)) == grids_of(".xlsx", xlsx(TABLE))


def test_a_task_is_read_with_the_day_of_its_deadline():
    assert drafts(plan_of(*GOOD["real dates"]))[0].due_on == date(2026, 12, 31)
