"""The clocks of one task, against a count by hand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.choices import Addressee, Clock, DayUnit, Stage, TaskKind
from tracker.rules.clocks import ClockFacts, Limit, Step, explain, late_since, limit_on, running, starts_on, steps_due
from tracker.rules.stages import OPEN
from tracker.rules.workdays import DAY, Workdays, make_up_days, public_holidays

WORKDAYS = Workdays.between(
    date(2024, 1, 1), date(2029, 12, 31), off=public_holidays(2024, 2029), work=make_up_days(2024, 2029)
)
FACTS = ClockFacts(stage=Stage.DRAFTING, stage_since=date(2026, 2, 11), assigned_on=date(2026, 1, 5))
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
UNITS = st.sampled_from(DayUnit)


def by_hand(start, days, unit, pauses=()):
    """Walk day by day: a day counts when it is worked (or any day is meant) and no suspension holds on it."""
    day = start
    while days:
        day += timedelta(1)
        paused = any(first <= day < resumed for first, resumed in pauses)
        days -= not paused and (unit == DayUnit.CALENDAR or WORKDAYS.is_working(day))
    return day


@given(DAYS, st.integers(0, 90), UNITS, st.sampled_from([Clock.STAGE, Clock.SILENCE, Clock.UNOWNED, Clock.DUE]))
def test_a_limit_is_the_last_day_counted_by_hand(start, days, unit, clock):
    facts = replace(FACTS, stage_since=start, assigned_on=start, unowned_since=start)
    assert limit_on(facts, Limit(clock, days, unit), WORKDAYS) == by_hand(start, days, unit)


@given(DAYS, st.integers(1, 60), st.lists(st.integers(0, 40), min_size=2, max_size=2))
def test_a_suspension_pauses_the_count_of_working_days(start, days, gaps):
    first = start + timedelta(gaps[0] + 1)
    resumed = first + timedelta(gaps[1])
    paused = max(WORKDAYS.count(first - timedelta(1), resumed - timedelta(1)), 0)
    in_time = by_hand(start, days, DayUnit.WORKING) >= first
    facts = replace(FACTS, stage_since=start, stage_paused_days=paused if in_time else 0)
    expected = by_hand(start, days, DayUnit.WORKING, ((first, resumed),))
    assert limit_on(facts, Limit(Clock.STAGE, days), WORKDAYS) == expected


def test_tet_is_passed_over_and_named():
    explanation = explain(FACTS, Clock.STAGE, Limit(Clock.STAGE, 5), WORKDAYS, date(2026, 2, 27))
    assert explanation.limit_on == date(2026, 2, 25)
    assert [day.day for day, _ in explanation.days_off] == [16, 17, 18, 19, 20]
    assert explanation.days_off[1][1] == ("Lunar New Year", "Tết Nguyên Đán")


def test_an_explanation_adds_up():
    explanation = explain(FACTS, Clock.STAGE, Limit(Clock.STAGE, 5), WORKDAYS, date(2026, 3, 2))
    assert (explanation.starts_on, explanation.start_reason_code) == (FACTS.stage_since, "stage")
    assert explanation.late_since == explanation.limit_on + timedelta(1)
    assert (explanation.days_waited, explanation.limit_days, explanation.days_late) == (8, 5, 3)
    assert explanation.is_running
    assert explanation.is_late


@given(DAYS, st.integers(0, 60), UNITS, st.integers(0, 100))
def test_waited_and_late_days_agree(start, days, unit, later):
    facts = replace(FACTS, stage_since=start)
    today = start + timedelta(later)
    explanation = explain(facts, Clock.STAGE, Limit(Clock.STAGE, days, unit), WORKDAYS, today)
    assert explanation.is_late == (today > explanation.limit_on)
    assert (explanation.days_waited > days) <= explanation.is_late
    if unit == DayUnit.WORKING:
        assert explanation.days_late == max(explanation.days_waited - days, 0)


def test_the_deadline_day_itself_is_not_late():
    facts = replace(FACTS, due_on=date(2026, 11, 20))
    limit = Limit(Clock.DUE, 10)
    assert not explain(facts, Clock.DUE, limit, WORKDAYS, date(2026, 11, 20)).is_late
    assert explain(facts, Clock.DUE, limit, WORKDAYS, date(2026, 11, 21)).is_late
    assert late_since(date(2026, 11, 20)) == date(2026, 11, 21)


def test_a_written_deadline_wins_over_the_age_rule_and_is_not_paused():
    facts = replace(FACTS, due_on=date(2026, 11, 20), paused_days=22)
    explanation = explain(facts, Clock.DUE, Limit(Clock.DUE, 10), WORKDAYS, date(2026, 11, 23))
    assert explanation.limit_on == facts.due_on
    assert (explanation.start_reason_code, explanation.limit_days, explanation.paused_days) == ("deadline", None, 0)
    assert explanation.days_off == ()


def test_without_a_deadline_the_age_rule_counts_from_the_assignment():
    assert limit_on(FACTS, Limit(Clock.DUE, 10), WORKDAYS) == by_hand(FACTS.assigned_on, 10, DayUnit.WORKING)
    assert limit_on(FACTS, Limit(Clock.DUE), WORKDAYS) is None


def test_silence_counts_from_the_last_accepted_report_else_from_the_assignment():
    assert starts_on(FACTS, Clock.SILENCE) == (FACTS.assigned_on, "assigned")
    reported = replace(FACTS, last_report_on=date(2026, 3, 2))
    assert starts_on(reported, Clock.SILENCE) == (date(2026, 3, 2), "report")


def test_an_owned_task_has_no_unowned_clock():
    assert limit_on(FACTS, Limit(Clock.UNOWNED, 5), WORKDAYS) is None
    assert running(replace(FACTS, unowned_since=date(2026, 3, 2)), Clock.UNOWNED)


def test_a_standing_duty_has_no_due_clock():
    standing = replace(FACTS, kind=TaskKind.STANDING)
    assert limit_on(standing, Limit(Clock.DUE, 10), WORKDAYS) is None
    assert not running(standing, Clock.DUE)
    assert running(standing, Clock.STAGE)


@pytest.mark.parametrize("clock", Clock)
def test_an_objective_has_no_clock(clock):
    objective = replace(FACTS, kind=TaskKind.OBJECTIVE, unowned_since=date(2026, 3, 2))
    assert not running(objective, clock)
    assert limit_on(objective, Limit(clock, 10), WORKDAYS) is None


@pytest.mark.parametrize("stage", sorted(set(Stage) - OPEN))
def test_a_closed_task_keeps_its_deadline_and_no_other_clock(stage):
    closed = replace(FACTS, stage=stage, unowned_since=date(2026, 3, 2))
    assert not any(running(closed, clock) for clock in Clock)
    assert limit_on(closed, Limit(Clock.DUE, 10), WORKDAYS) is not None
    assert all(limit_on(closed, Limit(clock, 10), WORKDAYS) is None for clock in Clock if clock != Clock.DUE)


def test_a_suspended_task_does_not_run():
    assert not any(running(replace(FACTS, suspended=True), clock) for clock in Clock)


def test_what_is_done_is_explained_through_the_day_it_was_done():
    done = replace(FACTS, stage=Stage.INSTITUTIONALIZED, due_on=date(2026, 11, 20), done_on=date(2026, 11, 18))
    explanation = explain(done, Clock.DUE, Limit(Clock.DUE), WORKDAYS, date(2026, 12, 31))
    assert (explanation.is_running, explanation.is_late, explanation.days_late) == (False, False, 0)
    assert explanation.counted_through == done.done_on


def test_steps_are_working_days_after_the_first_late_day():
    steps = [Step(1, 0, Addressee.HOLDER), Step(2, 3, Addressee.COMMISSION)]
    friday, saturday = date(2026, 11, 20), date(2026, 11, 21)
    days = [step.due_on for step in steps_due(friday, saturday, steps, WORKDAYS, through=saturday)]
    assert days == [date(2026, 11, 21), date(2026, 11, 26)]  # 24 November is Viet Nam Culture Day


def test_a_reminder_counts_from_the_last_day_in_time_and_says_nothing_once_its_day_has_passed():
    steps = [Step(1, -2, Addressee.HOLDER), Step(2, 0, Addressee.HOLDER)]
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    told = [
        (step.number, step.due_on) for step in steps_due(friday, monday, steps, WORKDAYS, through=date(2026, 11, 18))
    ]
    assert told == [(1, date(2026, 11, 19)), (2, monday)]
    assert [step.number for step in steps_due(friday, monday, steps, WORKDAYS, through=date(2026, 11, 19))] == [2]


def test_what_was_taken_comes_again_after_its_last_time_or_after_the_snooze():
    steps = [Step(1, 0, Addressee.HOLDER), Step(2, 3, Addressee.COMMISSION, repeat_days=5)]
    since, today = date(2026, 3, 2), date(2026, 3, 9)
    taken = {1: since, 2: date(2026, 3, 5)}
    assert [step.due_on for step in steps_due(since - DAY, since, steps, WORKDAYS, through=today, taken=taken)] == [
        date(2026, 3, 12)
    ]
    snoozed = steps_due(
        since - DAY, since, steps, WORKDAYS, through=today, taken=taken, snoozed_until=date(2026, 3, 20)
    )
    assert [step.due_on for step in snoozed] == [date(2026, 3, 20)]


def test_a_reminder_that_is_past_or_in_a_snooze_is_not_put_off():
    steps = [Step(1, -2, Addressee.HOLDER), Step(2, 1, Addressee.COMMISSION)]
    friday, saturday = date(2026, 11, 20), date(2026, 11, 21)
    for through in (date(2026, 11, 12), date(2026, 11, 23)):
        told = steps_due(friday, saturday, steps, WORKDAYS, through=through, snoozed_until=date(2026, 12, 1))
        assert [(step.number, step.due_on) for step in told] == [(2, date(2026, 12, 1))]


def test_the_next_step_is_told():
    facts = replace(FACTS, due_on=date(2026, 11, 20))
    steps = [Step(1, 0, Addressee.HOLDER), Step(2, 3, Addressee.COMMISSION)]
    explanation = explain(facts, Clock.DUE, Limit(Clock.DUE), WORKDAYS, date(2026, 11, 23), steps=steps)
    assert explanation.next_step.number == 2
    later = explain(facts, Clock.DUE, Limit(Clock.DUE), WORKDAYS, date(2026, 12, 23), steps=steps)
    assert later.next_step is None


def test_the_limit_of_another_clock_is_refused():
    with pytest.raises(ValueError, match="silence"):
        explain(FACTS, Clock.STAGE, Limit(Clock.SILENCE, 5), WORKDAYS, date(2026, 3, 2))


def test_a_clock_that_does_not_run_has_no_explanation():
    assert explain(FACTS, Clock.UNOWNED, Limit(Clock.UNOWNED, 5), WORKDAYS, date(2026, 3, 2)) is None


def test_nobody_is_late_or_silent_for_the_time_a_task_was_at_rest():
    facts = ClockFacts(
        stage=Stage.ASSIGNED,
        stage_since=date(2026, 7, 1),
        assigned_on=date(2026, 1, 5),
        due_on=date(2026, 5, 4),
        last_report_on=date(2026, 2, 2),
        running_since=date(2026, 7, 1),
    )
    assert starts_on(facts, Clock.SILENCE) == (date(2026, 7, 1), "resumed")
    explanation = explain(facts, Clock.DUE, Limit(Clock.DUE, 250), WORKDAYS, date(2026, 7, 2))
    assert (explanation.late_since, explanation.days_late) == (date(2026, 7, 1), 2)
