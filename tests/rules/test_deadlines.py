"""Deadlines as the field writes them."""

import contextlib
import pickle
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.rules.deadlines import DeadlineError, format_deadline, parse_deadline

DAYS = st.dates(date(1945, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "due_on", "precision"),
    [
        ("31/12/2026", date(2026, 12, 31), "day"),
        ("1/2/2026", date(2026, 2, 1), "day"),
        ("31-12-2026", date(2026, 12, 31), "day"),
        ("31.12.2026", date(2026, 12, 31), "day"),
        ("2026-12-31", date(2026, 12, 31), "day"),
        ("Ngày 30 tháng 6 năm 2026", date(2026, 6, 30), "day"),
        ("29/02/2028", date(2028, 2, 29), "day"),
        ("12/2026", date(2026, 12, 31), "month"),
        ("Tháng 2/2028", date(2028, 2, 29), "month"),
        ("tháng 11 năm 2026", date(2026, 11, 30), "month"),
        ("Quý IV/2026", date(2026, 12, 31), "quarter"),
        ("Quý 4 năm 2026", date(2026, 12, 31), "quarter"),
        ("QUY ii/2026", date(2026, 6, 30), "quarter"),
        ("  quý  III - 2026 ", date(2026, 9, 30), "quarter"),
        ("Quy\u0301 I/2026", date(2026, 3, 31), "quarter"),
        ("Q4/2026", date(2026, 12, 31), "quarter"),
        ("Quarter 1 2026", date(2026, 3, 31), "quarter"),
        ("Trong quý I/2027", date(2027, 3, 31), "quarter"),
        ("Năm 2026", date(2026, 12, 31), "year"),
        ("2026", date(2026, 12, 31), "year"),
        ("Trong năm 2026", date(2026, 12, 31), "year"),
    ],
)
def test_a_dated_form_ends_on_its_last_day(text, due_on, precision):
    deadline = parse_deadline(text)
    assert (deadline.kind, deadline.due_on, deadline.precision) == ("dated", due_on, precision)
    assert deadline.recurrence is None


@pytest.mark.parametrize(
    ("text", "recurrence"),
    [
        ("Hằng năm", "yearly"),
        ("Hàng năm", "yearly"),
        ("HANG NAM", "yearly"),
        ("Yearly", "yearly"),
        ("Hằng quý", "quarterly"),
        ("Hằng tháng", "monthly"),
    ],
)
def test_a_recurring_form_has_no_day(text, recurrence):
    deadline = parse_deadline(text)
    assert (deadline.kind, deadline.due_on, deadline.recurrence) == ("recurring", None, recurrence)


@pytest.mark.parametrize("text", ["Thường xuyên", "thuong xuyen", "Thường xuyên, liên tục", "Ongoing"])
def test_a_standing_duty_has_neither_day_nor_period(text):
    deadline = parse_deadline(text)
    assert (deadline.kind, deadline.due_on, deadline.recurrence) == ("standing", None, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("31/02/2026", "day"),
        ("29/2/2027", "day"),
        ("0/12/2026", "day"),
        ("12/31/2026", "month"),
        ("13/2026", "month"),
        ("00/2026", "month"),
        ("Quý V/2026", "quarter"),
        ("Quý 5 năm 2026", "quarter"),
        ("Quý IIII/2026", "quarter"),
        ("31/12/26", "no_year"),
        ("31/12", "no_year"),
        ("12/26", "no_year"),
        ("Quý IV", "no_year"),
        ("Tháng 12", "no_year"),
        ("31/12/0026", "year"),
        ("Năm 2101", "year"),
        ("Trước ngày 31/12/2026", "before"),
        ("sớm nhất có thể", "unknown"),
        ("2026-2030", "unknown"),
        ("31/12/2026 hoặc 2027", "unknown"),
        ("٣١/١٢/٢٠٢٦", "unknown"),
        ("9" * 1_000_000, "unknown"),
    ],
)
def test_a_doubtful_form_is_refused(text, code):
    with pytest.raises(DeadlineError) as refused:
        parse_deadline(text)
    assert refused.value.code == code


def test_the_refusal_says_what_would_be_right():
    with pytest.raises(DeadlineError) as refused:
        parse_deadline("31/02/2026")
    assert refused.value.params == {"day": 31, "month": "02", "year": 2026, "last": 28}
    assert str(refused.value) == refused.value.message
    assert "28/02/2026" in refused.value.message


@pytest.mark.parametrize("text", ["", "x", "trước 1/1/2026", "1/1", "1/1/1900", "Quý V/2026", "13/2026", "32/1/2026"])
def test_every_refusal_reads_as_a_sentence(text):
    with pytest.raises(DeadlineError) as refused:
        parse_deadline(text)
    assert refused.value.message.endswith(".")
    assert "%" not in refused.value.message


FORMS = st.sampled_from(["%d/%m/{}", "%m/{}", "Tháng %m năm {}", "Năm {}"])


@given(DAYS, FORMS, st.sampled_from(["vi", "en", "en-gb"]))
def test_a_deadline_reads_back_as_it_was_written(day, form, language):
    deadline = parse_deadline(day.strftime(form).format(day.year))
    again = parse_deadline(format_deadline(deadline, language))
    assert replace(again, text="") == replace(deadline, text="")


@pytest.mark.parametrize(
    ("text", "vietnamese", "english"),
    [
        ("q4 2026", "Quý IV/2026", "Q4/2026"),
        ("1/3/2026", "01/03/2026", "01/03/2026"),
        ("03/2026", "Tháng 3/2026", "3/2026"),
        ("2026", "Năm 2026", "Year 2026"),
        ("annually", "Hằng năm", "Yearly"),
        ("hàng quý", "Hằng quý", "Quarterly"),
        ("every month", "Hằng tháng", "Monthly"),
        ("ongoing", "Thường xuyên", "Ongoing"),
    ],
)
def test_a_deadline_is_written_as_an_office_writes_it(text, vietnamese, english):
    deadline = parse_deadline(text)
    assert (format_deadline(deadline, "vi"), format_deadline(deadline, "en")) == (vietnamese, english)
    for form in (vietnamese, english):
        assert replace(parse_deadline(form), text="") == replace(deadline, text="")


@given(st.text(max_size=90))
def test_any_text_is_a_deadline_or_a_refusal(text):
    with contextlib.suppress(DeadlineError):
        deadline = parse_deadline(text)
        assert (deadline.due_on is not None) == (deadline.kind == "dated")


def test_a_refusal_crosses_the_border_of_a_process():
    again = pickle.loads(pickle.dumps(DeadlineError("no_year", text="31/12")))  # noqa: S301
    assert (again.code, again.params) == ("no_year", {"text": "31/12"})
