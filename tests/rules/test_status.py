"""The four cells on any day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.choices import FieldStatus
from tracker.rules.status import FourCells, count_cells, due_status

DUE = date(2026, 11, 20)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("done_on", "today", "status"),
    [
        (None, DUE, FieldStatus.OPEN_IN_TIME),
        (None, DUE + timedelta(1), FieldStatus.OPEN_OVERDUE),
        (DUE, DUE + timedelta(9), FieldStatus.DONE_ON_TIME),
        (DUE + timedelta(1), DUE + timedelta(9), FieldStatus.DONE_LATE),
    ],
)
def test_the_deadline_day_itself_is_in_time(done_on, today, status):
    assert due_status(due_on=DUE, done_on=done_on, today=today) == status


@given(DAYS, st.one_of(st.none(), DAYS))
def test_a_standing_duty_is_never_overdue(today, done_on):
    done_on = done_on and min(done_on, today)
    expected = FieldStatus.DONE_ON_TIME if done_on else FieldStatus.OPEN_IN_TIME
    assert due_status(due_on=None, done_on=done_on, today=today) == expected


@given(DAYS, DAYS, DAYS)
def test_what_was_done_keeps_its_cell_for_ever(due_on, done_on, later):
    later = max(done_on, later)
    on_that_day = due_status(due_on=due_on, done_on=done_on, today=done_on)
    assert due_status(due_on=due_on, done_on=done_on, today=later) == on_that_day


def test_a_day_before_it_was_done_is_refused():
    with pytest.raises(ValueError, match="2026-11-20"):
        due_status(due_on=None, done_on=DUE, today=DUE - timedelta(1))


@given(st.lists(st.sampled_from(FieldStatus)))
def test_the_cells_add_up(statuses):
    cells = count_cells(statuses)
    assert cells.total == len(statuses)
    assert cells.open_overdue == statuses.count(FieldStatus.OPEN_OVERDUE)
    assert cells.done == len([status for status in statuses if status.startswith("done")])


def test_codes_from_a_row_are_counted_and_others_refused():
    assert count_cells(["done_late", "done_late"]) == FourCells(done_late=2)
    with pytest.raises(ValueError, match="nearly"):
        count_cells(["nearly"])
