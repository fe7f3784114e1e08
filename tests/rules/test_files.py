"""What a file of evidence may be, and what it may not."""

from __future__ import annotations

import io

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import HOSTILE, NAMES, PDF, SOUND, jpeg, package, png
from tracker.rules.file_contents import KINDS, check_content
from tracker.rules.file_errors import WrongFile
from tracker.rules.file_names import shown, wrong_with_name


def is_refused(name: str, content: bytes) -> bool:
    if wrong_with_name(name):
        return True
    try:
        check_content(name, content)
    except WrongFile as error:
        return bool(str(error.reason) % {"name": name})
    return False


@pytest.mark.parametrize("case", SOUND)
def test_sound_files_are_taken(case: str) -> None:
    name, content = SOUND[case]()
    assert wrong_with_name(name) is None
    assert check_content(name, content) == KINDS["." + name.rpartition(".")[2].lower()].content_type


@pytest.mark.parametrize("case", [case for case in HOSTILE if case not in ("larger than 20 MB", "empty")])
def test_hostile_files_are_refused(case: str) -> None:
    assert is_refused(*HOSTILE[case]())


@pytest.mark.parametrize("case", NAMES)
def test_hostile_names_are_refused(case: str) -> None:
    assert wrong_with_name(NAMES[case]()[0])


def test_there_are_forty_and_more() -> None:
    assert len(HOSTILE) >= 40


def test_what_word_writes_is_taken() -> None:
    written = io.BytesIO()
    document = docx.Document()
    document.add_heading("Báo cáo", 1)
    document.add_paragraph("Đã xong dự thảo.")
    document.save(written)
    assert check_content("a.docx", written.getvalue())


@pytest.mark.parametrize(
    "name", ["Báo cáo v1.2 (cuối).pdf", "59_2023_ND-CP, ngày 14-8.pdf", "'a' & b.pdf", "コピー.png"]
)
def test_names_that_people_give_are_taken(name: str) -> None:
    assert wrong_with_name(name) is None


def test_a_message_shows_no_unseen_sign() -> None:
    assert shown("a\N{RIGHT-TO-LEFT OVERRIDE}b\x00") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    assert len(shown("a" * 500)) < 100


@given(st.binary(max_size=200), st.sampled_from(sorted(KINDS)))
def test_any_bytes_have_an_answer(content: bytes, ending: str) -> None:
    assert is_refused(f"a{ending}", content) in (True, False)
    assert is_refused(f"a{ending}", KINDS[ending].begins + content) in (True, False)


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=4), st.sampled_from([".docx", ".png", ".jpg", ".pdf"]))
def test_a_file_that_was_tampered_with_has_an_answer(at: int, new: bytes, ending: str) -> None:
    whole = {".docx": package(), ".png": png(), ".jpg": jpeg(), ".pdf": PDF}[ending]
    place = at % len(whole)
    assert is_refused(f"a{ending}", whole[:place] + new + whole[place + len(new) :]) in (True, False)
