"""How late, on whom it lay, and what stays known of it: against a naive walk through the days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.choices import Lateness, Stage
from tracker.rules.lateness import Hold, Late, Outcome, Party, days_late, outcome, split
from tracker.rules.workdays import Workdays, make_up_days, public_holidays

FIRST = date(2026, 1, 1)
CALENDAR = Workdays.between(
    date(2025, 1, 1), date(2027, 12, 31), off=public_holidays(2025, 2027), work=make_up_days(2025, 2027)
)
DAYS = st.integers(0, 120).map(lambda number: FIRST + timedelta(days=number))
HOLDS = st.builds(
    lambda party, start, length, body: Hold(party, start, start + timedelta(days=length) if length else None, body),
    st.sampled_from([Party.COMMISSION, Party.OTHER, Party.ACCOUNTABLE]),
    DAYS,
    st.integers(0, 40),
    st.integers(1, 3),
)
MONDAY, FRIDAY = date(2026, 6, 1), date(2026, 6, 5)


def walked(since, through):
    return [since + timedelta(days=number) for number in range((through - since).days + 1)]


def naive(since, through, holds):
    """Ask, day by day, who comes first."""
    found = {}
    for day in walked(since, through):
        covering = [hold for hold in holds if hold.covers(day)]
        first = min(covering, key=lambda hold: (list(Party).index(hold.party), hold.start, hold.body), default=None)
        key = (first.party, first.body) if first else (Party.NOBODY, None)
        found[key] = found.get(key, 0) + CALENDAR.is_working(day)
    return {key: number for key, number in found.items() if number}


@given(since=DAYS, length=st.integers(0, 90), holds=st.lists(HOLDS, max_size=8))
def test_the_split_is_that_of_a_walk_through_the_days_and_adds_up(since, length, holds):
    through = since + timedelta(days=length)
    shares = split(since=since, through=through, holds=holds, workdays=CALENDAR)
    assert {(share.party, share.body): share.days for share in shares} == naive(since, through, holds)
    assert sum(share.days for share in shares) == days_late(since, through, CALENDAR)
    assert list(shares) == sorted(shares, key=lambda share: -share.days)


@given(since=DAYS, length=st.integers(-3, 90))
def test_days_late_are_the_working_days_of_the_walk(since, length):
    through = since + timedelta(days=length)
    assert days_late(since, through, CALENDAR) == sum(CALENDAR.is_working(day) for day in walked(since, through))


def test_what_awaits_a_decision_comes_before_an_obstacle_and_that_before_the_accountable_body():
    holds = [
        Hold(Party.ACCOUNTABLE, FIRST, None, 1),
        Hold(Party.OTHER, MONDAY + timedelta(days=1), None, 2),
        Hold(Party.COMMISSION, MONDAY + timedelta(days=3)),
    ]
    shares = split(since=MONDAY, through=FRIDAY, holds=holds, workdays=CALENDAR)
    assert [(share.party, share.body, share.days) for share in shares] == [
        (Party.COMMISSION, None, 2),
        (Party.OTHER, 2, 2),
        (Party.ACCOUNTABLE, 1, 1),
    ]


def test_the_day_of_the_decision_is_the_body_s_again():
    report = Hold(Party.COMMISSION, MONDAY, FRIDAY)
    shares = split(since=MONDAY, through=FRIDAY, holds=[report], workdays=CALENDAR)
    assert {share.party: share.days for share in shares} == {Party.COMMISSION: 4, Party.NOBODY: 1}


def test_nothing_is_split_where_nothing_is_late():
    assert split(since=FRIDAY, through=MONDAY, holds=[], workdays=CALENDAR) == ()
    assert split(since=date(2026, 6, 6), through=date(2026, 6, 7), holds=[], workdays=CALENDAR) == ()


def of(*late, stage=Stage.DRAFTING, extensions=0, due_on=date(2026, 5, 29), today=date(2026, 6, 30)):
    return outcome(
        due_on=due_on,
        original_due_on=None,
        extension_count=extensions,
        stage=stage,
        late=[(period, CALENDAR) for period in late],
        today=today,
    )


DONE = Late(MONDAY, FRIDAY, is_done=True)
EXTENDED = Late(MONDAY, FRIDAY)


@pytest.mark.parametrize(
    ("late", "facts", "code", "days", "text"),
    [
        ([], {"stage": Stage.INSTITUTIONALIZED}, Lateness.ON_TIME, 0, "On time"),
        ([DONE], {"stage": Stage.INSTITUTIONALIZED}, Lateness.LATE, 5, "Late by 5 working days"),
        (
            [],
            {"stage": Stage.INSTITUTIONALIZED, "extensions": 2},
            Lateness.ON_TIME_EXTENDED,
            0,
            "On time, after 2 extensions",
        ),
        (
            [EXTENDED, Late(date(2026, 6, 15), date(2026, 6, 16), is_done=True)],
            {"stage": Stage.INSTITUTIONALIZED, "extensions": 1},
            Lateness.LATE_EXTENDED,
            6,
            "Late by 6 working days, after 1 extension",
        ),
        ([], {}, Lateness.OPEN, 0, "In progress, not late so far"),
        ([Late(MONDAY)], {"today": FRIDAY}, Lateness.OPEN_LATE, 5, "In progress, late by 5 working days so far"),
        ([EXTENDED], {"extensions": 1}, Lateness.OPEN_WAS_LATE, 4, None),
        ([EXTENDED], {"stage": Stage.WITHDRAWN}, Lateness.LATE, 4, "Late by 4 working days"),
        ([], {"stage": Stage.WITHDRAWN}, None, 0, ""),
        ([], {"due_on": None}, None, 0, ""),
    ],
)
def test_the_lasting_class(late, facts, code, days, text):
    found = of(*late, **facts)
    assert (found.code, found.days_late) == (code, days)
    if text is not None:
        assert found.text == text


def test_a_weekend_late_is_late_though_no_working_day_was_lost():
    saturday, sunday = date(2026, 6, 6), date(2026, 6, 7)
    found = of(Late(saturday, sunday, is_done=True), stage=Stage.INSTITUTIONALIZED)
    assert found.code == Lateness.LATE and found.text == "Late by less than one working day"


def test_done_before_the_flag_began_was_never_late():
    late = Late(MONDAY, MONDAY - timedelta(days=3), is_done=True)
    assert of(late, stage=Stage.INSTITUTIONALIZED) == Outcome(Lateness.ON_TIME)


def test_a_flag_that_only_reminds_is_not_late():
    assert of(Late(FRIDAY), today=MONDAY).code == Lateness.OPEN


@given(late=st.lists(st.tuples(DAYS, st.integers(0, 30), st.booleans()), max_size=5), today=DAYS)
def test_what_was_late_stays_so_and_never_grows_less(late, today):
    rows = [Late(since, since + timedelta(days=length), is_done) for since, length, is_done in late]
    then, later = (of(*rows, today=day) for day in (today, today + timedelta(days=9)))
    assert later.days_late >= then.days_late
    assert then.code == Lateness.OPEN or later.code != Lateness.OPEN
