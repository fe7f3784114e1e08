"""Working days against a naive count, and the public holidays of Viet Nam."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.rules.workdays import Workdays, make_up_days, public_holidays

FIRST, LAST = date(2024, 1, 1), date(2027, 12, 31)
OFF, WORK = public_holidays(2024, 2027), make_up_days(2024, 2027)
CALENDAR = Workdays.between(FIRST, LAST, off=OFF, work=WORK)
MIDDLE = st.dates(date(2025, 1, 1), date(2026, 12, 31))


def naive(day):
    return day in WORK or (day.weekday() < 5 and day not in OFF)


def naive_count(start, end):
    return sum(naive(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def naive_add(day, days):
    step, left = (1 if days > 0 else -1), abs(days)
    while left:
        day += timedelta(days=step)
        left -= naive(day)
    return day


@given(MIDDLE)
def test_a_day_is_worked_as_counted_by_hand(day):
    assert CALENDAR.is_working(day) == naive(day)


@given(MIDDLE, MIDDLE)
def test_count_is_the_naive_count(one, other):
    start, end = sorted((one, other))
    assert CALENDAR.count(start, end) == naive_count(start, end)
    assert CALENDAR.count(end, start) == -naive_count(start, end)


@given(MIDDLE, st.integers(-150, 150))
def test_add_is_the_naive_walk(day, days):
    assert CALENDAR.add(day, days) == naive_add(day, days)


@given(MIDDLE, st.integers(1, 150))
def test_add_and_count_agree(day, days):
    assert CALENDAR.count(day, CALENDAR.add(day, days)) == days


@given(st.dates(FIRST, FIRST + timedelta(days=30)), st.integers(0, 400), st.sets(st.dates(FIRST, LAST), max_size=30))
def test_rows_build_the_same_calendar_again(first, length, work):
    built = Workdays.between(first, first + timedelta(days=length), off=OFF, work=work)
    again = Workdays.from_rows([(day, is_working) for day, is_working, _ in built.rows()], off=OFF)
    assert again == built
    assert [ordinal for *_, ordinal in built.rows()] == [built.ordinal(day) for day, *_ in built.rows()]


def test_tet_moves_with_the_moon():
    assert OFF[date(2025, 1, 29)] == ("Lunar New Year", "Tết Nguyên Đán")
    assert OFF[date(2026, 2, 17)] == ("Lunar New Year", "Tết Nguyên Đán")


def test_tet_is_passed_over():
    assert CALENDAR.add(date(2026, 2, 13), 1) == date(2026, 2, 23)


def test_a_swapped_saturday_is_worked():
    assert date(2026, 8, 22) in WORK
    assert CALENDAR.is_working(date(2026, 8, 22))
    assert not CALENDAR.is_working(date(2026, 8, 31))


def test_a_swap_over_new_year_is_known():
    assert date(2014, 12, 27) in make_up_days(2014, 2014)


def test_only_the_years_asked_for_are_given():
    assert {day.year for day in public_holidays(2015, 2016)} == {2015, 2016}


def test_a_decided_working_day_wins_over_a_holiday():
    tet = date(2026, 2, 17)
    assert Workdays.between(FIRST, LAST, off=OFF, work={tet}).is_working(tet)


def test_days_off_are_named_and_weekends_are_not_holidays():
    lost = CALENDAR.days_off(date(2026, 4, 24), date(2026, 5, 4))
    assert [day for day, _ in lost] == [date(2026, 4, 27), date(2026, 4, 30), date(2026, 5, 1)]
    assert lost[1][1] == ("Liberation Day/Reunification Day", "Ngày Chiến thắng")


def test_zero_days_is_the_day_itself_even_on_a_sunday():
    assert CALENDAR.add(date(2026, 11, 22), 0) == date(2026, 11, 22)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: CALENDAR.ordinal(date(2023, 12, 31)),
        lambda: CALENDAR.is_working(date(2028, 1, 1)),
        lambda: CALENDAR.add(date(2028, 1, 1), 0),
        lambda: CALENDAR.add(LAST, 1),
        lambda: CALENDAR.add(FIRST, -1),
        lambda: CALENDAR.count(FIRST, date(2028, 1, 1)),
    ],
)
def test_days_outside_the_calendar_name_its_range(ask):
    with pytest.raises(ValueError, match="2024-01-01 to 2027-12-31"):
        ask()


def test_a_calendar_has_no_gap():
    with pytest.raises(ValueError, match="consecutive"):
        Workdays.from_rows([(date(2026, 1, 1), False), (date(2026, 1, 3), False)], off={})
    with pytest.raises(ValueError, match="consecutive"):
        Workdays.between(LAST, FIRST, off={})
