"""Lists of days: days and kinds as people write them, and that nothing breaks the reader."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.choices import DayKind
from tracker.rules.day_lists import day_of, kind_of, read_list

HEADS = "ngày;loại;tên;tên tiếng Anh;văn bản\n"


@pytest.mark.parametrize("text", ["30/04/2027", "30/4/2027", "2027-04-30", "2027-4-30"])
def test_a_day_is_read_as_people_write_it(text):
    assert day_of(text) == date(2027, 4, 30)


@pytest.mark.parametrize("text", ["", "30/04/27", "31/04/2027", "04-30-2027", "2027/04/30", "٣٠/٠٤/٢٠٢٧", "0000-01-01"])
def test_what_is_no_day_is_not_guessed(text):
    assert day_of(text) is None


@pytest.mark.parametrize("text", ["làm bù", "LAM BU", "Ngày làm bù", "work", "Make-up"])
def test_a_kind_is_read_with_or_without_marks(text):
    assert kind_of(text) == DayKind.WORK


def test_the_line_of_a_row_is_that_in_the_file():
    found = read_list(HEADS + '\n30/04/2027;off;"two\nlines";b;c\n\n03/05/2027;off;a;b;c\n')
    assert [(line.number, line.name_vi) for line in found.lines] == [(3, "two lines"), (6, "a")]


@given(st.one_of(st.binary(), st.text()), st.booleans())
def test_whatever_is_sent_is_read_or_told(data, with_heads):
    heads = HEADS if isinstance(data, str) else HEADS.encode()
    found = read_list(heads + data if with_heads else data)
    assert found.lines or found.troubles
    assert all(str(trouble.told()) for trouble in found.troubles)
