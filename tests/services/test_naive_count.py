"""Stored deadline, shown age, ladder and explanation are what a naive count day by day says, however days passed."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import naive
from tests.asking import asked
from tests.builders import make_body, make_cast, make_instrument, make_resolution, noon
from tracker.boards.explain import explain
from tracker.boards.lateness import flag_days, outcome_of
from tracker.choices import Clock, DayKind, EvidenceState, ExtensionState, Level, ReportState, Role, Stage
from tracker.errors import Conflict
from tracker.models import (
    Calendar,
    CalendarVersion,
    DayOff,
    Policy,
    PolicyLimit,
    PolicyStep,
    Responsibility,
    Task,
)
from tracker.services import (
    calendars,
    clocks,
    extensions,
    flags,
    institutionalizations,
    matrix,
    policies,
    recalculations,
    reports,
    tasks,
)
from tracker.services.limits import COLUMNS

pytestmark = pytest.mark.django_db
FIRST, END = date(2026, 1, 5), date(2026, 7, 1)
ENTERED = date(2026, 1, 2)
STAGES = naive.OPEN


def days_from(low, high):
    return st.integers(low, high).map(lambda number: FIRST + timedelta(number))


# What is drawn

UNITS = st.sampled_from(["working", "working", "calendar"])
LIMITS = {
    "due": st.tuples(st.integers(10, 60), UNITS),
    "submit": st.tuples(st.integers(5, 50), UNITS),
    "silence": st.tuples(st.integers(10, 40), UNITS),
    "review": st.tuples(st.integers(0, 6), UNITS),
    "request": st.tuples(st.integers(0, 6), UNITS),
    "unowned": st.tuples(st.integers(0, 8), UNITS),
    "unverified": st.tuples(st.integers(0, 8), UNITS),
    "lapsed": st.tuples(st.integers(0, 3), UNITS),
}


@st.composite
def limits(draw, *, is_whole):
    found = {}
    for clock, limit in LIMITS.items():
        if is_whole or draw(st.booleans()):
            found[clock, ""] = draw(limit)
    for stage in STAGES:
        if is_whole or draw(st.booleans()):
            found["stage", stage] = draw(st.tuples(st.integers(2, 25), UNITS))
    return found


@st.composite
def ladders(draw):
    steps = []
    for clock in naive.CLOCKS:
        offsets = sorted(draw(st.sets(st.integers(-6, 10), max_size=2)) | {draw(st.integers(0, 10))})
        for number, offset in enumerate(offsets, 1):
            steps.append((clock, number, offset, draw(st.integers(2, 9)) if number == len(offsets) else None))
    return tuple(steps)


@st.composite
def versions_of_policy(draw, code, *, is_whole):
    starts = [date(2016, 1, 1), *draw(st.sets(days_from(5, 70), max_size=1))]
    return [
        naive.Policy((code, number), start, draw(limits(is_whole=is_whole)), draw(ladders()))
        for number, start in enumerate(starts, 1)
    ]


@st.composite
def versions_of_calendar(draw, code, *, starts):
    found = []
    for number, start in enumerate(starts, 1):
        edits = draw(st.sets(days_from(0, 120), max_size=4))
        later = [day for day in edits if number == 1 or day >= start]
        work = frozenset(day for day in later if day.weekday() == 5)
        base = found[-1] if found else naive.Days(("", 0), start)
        found.append(naive.Days((code, number), start, base.off | (frozenset(later) - work), base.work | work))
    return found


@st.composite
def books(draw):
    second = draw(st.sets(days_from(10, 70), max_size=1))
    national = draw(versions_of_calendar("VN", starts=[date(2025, 1, 1), *second]))
    local = draw(versions_of_calendar("A", starts=[date(2025, 1, 1)])) if draw(st.booleans()) else []
    if local:  # a province begins with what the national calendar says when it begins
        edits = local[0]
        off, work = national[0].off - edits.work | edits.off, national[0].work - edits.off | edits.work
        local = [naive.Days(edits.name, edits.starts, frozenset(off), frozenset(work))]
    default = draw(versions_of_policy("default", is_whole=True))
    special = draw(versions_of_policy("special", is_whole=False)) if draw(st.booleans()) else []
    return naive.Book(default, special, national, local)


ACTS = (
    *("stage", "report", "report", "ask", "ask", "suspend", "resume", "snooze", "nothing"),
    *("answer", "answer", "prove", "prove", "prove"),
)
MOVES = st.tuples(st.integers(0, 18), st.sampled_from(ACTS), st.integers(1, 25))


@dataclass
class Life:
    """One task in the product and in the naive count, with the hand that acts on both."""

    task: Task
    count: naive.Task
    cast: dict
    is_daily: bool

    def go_to(self, day, traveller):
        while self.is_daily and self.count.today < day - timedelta(1):
            self._pass(self.count.today + timedelta(1))
        traveller.move_to(noon(day))
        self.count.live(day)

    def _pass(self, day):
        clocks.settle(Task.objects.all(), through=day, at=noon(day))
        self.count.live(day)

    def act(self, name, number):
        """Let one thing happen today; what the product refuses has not happened."""
        self.task.refresh_from_db()
        try:
            with transaction.atomic():
                told = getattr(self, f"_{name}")(noon(self.count.today), number)
        except (ValidationError, Conflict, PermissionDenied):
            return
        if told:
            self.count.act(*told)
            self.count.write(self.count.today)

    def _nothing(self, at, number):
        clocks.settle(Task.objects.all(), through=self.count.today, at=at)

    def _stage(self, at, number):
        on = max(self.count.today - timedelta(number), self.count.assigned) if number % 3 == 0 else self.count.today
        stage = STAGES[min(STAGES.index(self.task.stage) + 1, 5)] if self.task.stage in STAGES else "planned"
        tasks.record_stage(self.task, Stage(stage), on=on, by=None, at=at)
        return naive.Task.move_on, stage, on

    def _report(self, at, number):
        """Report, or decide on the report that waits."""
        if waiting := self.task.reports.filter(state=ReportState.SUBMITTED).first():
            return self._accept(waiting, at) if number % 3 else self._return(waiting, at)
        if self.task.stage not in STAGES[:4]:
            return None
        stage = STAGES[STAGES.index(self.task.stage) + number % 2]
        body = make_body("BO-A")
        report = reports.save_draft(self.task, body=body, by=self.cast["lan"], at=at, stage=stage, done_text="Done")
        reports.submit(report, by=self.cast["lan"], at=at)
        return (lambda count: setattr(count, "reported", count.today),)

    def _accept(self, report, at):
        was_open = self.task.is_open
        stage = STAGES.index(self.task.stage) if was_open else 0
        reports.accept(report, by=self.cast["hoa"], at=at)

        def accepted(count):
            count.last_report = max(count.last_report or date.min, count.reported)
            if count.stage in STAGES and STAGES.index(report.stage) >= stage - 1:
                count.move_on(report.stage, count.reported)
            count.reported = None

        return (accepted,)

    def _return(self, report, at):
        reports.send_back(report, note="Incomplete", by=self.cast["hoa"], at=at)
        return (lambda count: setattr(count, "reported", None),)

    def _ask(self, at, number):
        """Ask for more time, or decide on the request that waits."""
        if waiting := self.task.extensions.filter(state=ExtensionState.ASKED).first():
            return self._grant(waiting, at) if number % 3 else self._refuse(waiting, at)
        asked(self.task, self.cast["lan"], on=self.count.today, wanted_on=self.count.today + timedelta(3 * number))
        return (lambda count: setattr(count, "requested", count.today),)

    def _grant(self, extension, at):
        day = max(self.count.today, extension.wanted_on)
        extensions.grant(extension, due_on=day, decision_number="7", by=self.cast["hoa"], at=at)

        def granted(count):
            count.requested, count.due = None, day

        return (granted,)

    def _refuse(self, extension, at):
        extensions.refuse_(extension, note="No", by=self.cast["hoa"], at=at)
        return (lambda count: setattr(count, "requested", None),)

    def _suspend(self, at, number):
        until = self.count.today + timedelta(number)
        tasks.suspend(self.task, until=until, reason="Why", document="45", by=None, at=at)
        return naive.Task.suspend, until

    def _resume(self, at, number):
        if self.task.stage != Stage.SUSPENDED:
            return None
        tasks.resume(self.task, reason="Why", by=None, at=at)

        def resumed(count):
            start, _, *rest = count.suspended
            count.suspended = (start, count.today, *rest)

        return (resumed,)

    def _answer(self, at, number):
        """The accountable body stops answering for the task, or answers again."""
        cell = self.task.responsibilities.filter(role=Role.ACCOUNTABLE, valid_to=None).first()
        if cell is None:
            matrix.assign(self.task, body=make_body("BO-A"), role=Role.ACCOUNTABLE, on=self.count.today, by=None, at=at)
            return (lambda count: setattr(count, "disowned", None),)
        matrix.end(cell, on=self.count.today, by=None, at=at)
        return (lambda count: setattr(count, "disowned", count.today),)

    def _prove(self, at, number):
        """Declare an instrument in force from a day around today, for some time; or decide on what is declared."""
        waiting = self.task.institutionalizations.filter(state=EvidenceState.DECLARED).first()
        if waiting is None:
            return self._declare(at, number)
        if number % 4 == 0:
            institutionalizations.send_back(waiting, note="Incomplete", by=self.cast["hoa"], at=at)
            return (lambda count: count.evidence.pop(),)
        institutionalizations.verify(waiting, by=self.cast["hoa"], at=at)
        return (lambda count: setattr(count.evidence[-1], "is_verified", True),)

    def _declare(self, at, number):
        starts = self.count.today + timedelta(number - 15)
        ends = starts + timedelta(2 * number) if number % 3 else None
        instrument = make_instrument(signed_on=FIRST - timedelta(30), in_force_on=starts, ends_on=ends)
        institutionalizations.declare(
            self.task, instrument, level=Level.CENTRAL, body=make_body("BO-A"), by=self.cast["lan"], at=at
        )
        return (lambda count: count.evidence.append(naive.Evidence(count.today, starts, ends)),)

    def _snooze(self, at, number):
        flag = self.task.flags.open().order_by("clock").first()
        if flag is None:
            return None
        until = self.count.today + timedelta(number)
        flags.snooze(flag, until=until, reason="Why", by=None, at=at)

        def snoozed(count):
            next(row for row in count.standing() if row.clock == flag.clock).snoozed_until = until

        return (snoozed,)


def entered(book):
    """Write the rules of the naive count into the product; return the policies and calendars by their names."""
    at = noon(ENTERED)
    calendar = calendars.create(
        Calendar(code="VN", name_vi="VN", name_en="VN"),
        days_off=edits_of(book.national[0]), by=None, at=at, first_year=2025, last_year=2026,
    )  # fmt: skip
    for days in book.national[1:]:
        CalendarVersion.objects.filter(calendar=calendar, valid_to=None).update(valid_to=days.starts)
        version = CalendarVersion.objects.create(
            calendar=calendar,
            number=days.name[1],
            first_year=2025,
            last_year=2026,
            valid_from=days.starts,
            applied_at=at,
        )
        DayOff.objects.bulk_create([_of(version, edit) for edit in edits_of(days)])
        calendars.write_days(version)
    for days in book.local:
        local = Calendar(code="A", name_vi="A", name_en="A", base=calendar, body=make_body("BO-A"))
        calendars.create(local, days_off=edits_of(days), by=None, at=at, first_year=2025, last_year=2026)
    for policy in book.default:
        enter_policy(policy, calendar, at=at)
    return calendar


def edits_of(days):
    rows = [(day, DayKind.OFF) for day in sorted(days.off)] + [(day, DayKind.WORK) for day in sorted(days.work)]
    return [DayOff(day=day, kind=kind, name_vi="Ngày", name_en="Day") for day, kind in rows]


def _of(version, edit):
    edit.calendar = version
    return edit


def enter_policy(policy, calendar, *, at, **scope):
    code, number = policy.name
    row = Policy(code=code, version=number, calendar=calendar, valid_from=policy.starts, **scope)
    rows = [
        PolicyLimit(clock=clock, stage=stage, days=days, unit=unit)
        for (clock, stage), (days, unit) in policy.limits.items()
    ]
    steps = [
        PolicyStep(clock=clock, number=step, offset_days=offset, repeat_days=repeat, addressee="commission")
        for clock, step, offset, repeat in policy.steps
    ]
    policies.create(row, limits=rows, steps=steps, by=None, at=at)


def begun(book, *, assigned, due, is_daily):
    """Assign the task in both."""
    calendar, cast, at = entered(book), make_cast(), noon(assigned)
    task = Task(
        code="T",
        resolution=make_resolution(),
        title_vi="T",
        title_en="T",
        kind="duty",
        assigned_on=assigned,
        due_on=due,
    )
    cell = Responsibility(body=make_body("BO-A"), role="A", valid_from=assigned)
    tasks.create(task, levels=[(Level.CENTRAL, [])], cells=[cell], by=None, at=at)
    for policy in book.special:
        enter_policy(policy, calendar, at=at, **({"task": task}))
    recalculations.run_waiting(at=at)
    if book.special:
        clocks.wind([task.pk], at=at)
    count = naive.Task(book, assigned, due)
    count.settle(assigned)
    return Life(task, count, cast, is_daily)


# What must be equal


def check(life):
    task, count = life.task, life.count
    task.refresh_from_db()
    today = count.today
    stored = {clock: getattr(task, COLUMNS[Clock(clock)]) for clock in naive.CLOCKS}
    assert stored == {clock: count.limit(clock, today) for clock in naive.CLOCKS}
    rows = list(task.flags.select_related("policy", "calendar_version__calendar").prefetch_related("steps"))
    assert sorted(_row(flag) for flag in rows) == sorted(_text(flag.row) for flag in count.flags)
    assert sorted(_climbed(flag) for flag in rows) == sorted(_steps(flag) for flag in count.flags)
    late = [flag for flag in count.standing() if flag.since <= today]
    ages = task.flags.late_on(today).annotate(days=flag_days(today)).values_list("clock", "days")
    assert dict(ages) == {flag.clock: naive.days_late(flag.since, today, flag.calendar) for flag in late}
    late = [flag for flag in count.flags if flag.clock == "due" and flag.since <= (flag.closed or today)]
    by_day = sum(
        naive.days_late(flag.since, flag.closed - timedelta(1) if flag.closed else today, flag.calendar)
        for flag in late
    )
    assert outcome_of(task, rows, today).days_late == by_day


def _row(flag):
    names = (flag.policy.code, flag.policy.version), (flag.calendar_version.calendar.code, flag.calendar_version.number)
    return _text((flag.clock, flag.since, flag.limit_on, flag.closed_on, *names))


def _text(row):
    return tuple(str(value) for value in row)


def _climbed(flag):
    return str((flag.clock, flag.since, sorted((step.number, step.due_on) for step in flag.steps.all())))


def _steps(flag):
    return str((flag.clock, flag.since, sorted(flag.steps)))


def check_explained(life, day):
    """What is explained of a day, today or in the past, is what the count wrote down at its end."""
    rows = explain(life.task, on=day, today=life.count.today, clocks=[Clock(clock) for clock in naive.CLOCKS])
    journal = life.count.journal[day]
    for row in rows:
        limit, since, late, to_come = journal[row.clock.value]
        text = row.explanation
        assert (row.clock, text and text.limit_on) == (row.clock, limit)
        assert (row.clock, row.flagged_since) == (row.clock, since)
        if since is not None and text.limit_on == row.flag.limit_on:
            assert (row.clock, text.late_since, text.days_late) == (row.clock, since, late)
        if since is not None:
            told = [(step.number, step.due_on) for step in row.steps if not step.is_taken]
            assert (row.clock, told) == (row.clock, sorted(to_come, key=lambda step: (step[1], step[0])))


def play(book, assigned, due, acts, is_daily, past):
    with transaction.atomic(), time_machine.travel(noon(assigned), tick=False) as traveller:
        life = begun(book, assigned=assigned, due=due, is_daily=is_daily)
        check(life)
        for gap, act, number in [*acts, (30, "nothing", 1)]:
            day = life.count.today + timedelta(gap)
            life.go_to(day, traveller)
            life.act(act, number)
            if act == "nothing" or is_daily:
                clocks.settle(Task.objects.all(), through=day, at=noon(day))
            check_if_settled(life)
        for share in (100, *past):
            check_explained(life, assigned + (life.count.today - assigned) * share // 100)
        transaction.set_rollback(True)


def check_if_settled(life):
    clocks.settle(Task.objects.all(), through=life.count.today, at=noon(life.count.today))
    check(life)


LIVES = {
    "book": books(),
    "assigned": days_from(0, 40),
    "due_in": st.none() | st.integers(10, 70),
    "acts": st.lists(MOVES, min_size=2, max_size=8),
    "is_daily": st.booleans(),
    "past": st.lists(st.integers(0, 99), max_size=3),
}


def life(**drawn):
    due = drawn.pop("due_in")
    drawn["due"] = drawn["assigned"] + timedelta(due) if due else None
    play(**drawn)


HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=8, deadline=None, suppress_health_check=HEALTH, phases=[Phase.generate])
@given(**LIVES)
def test_clocks_are_what_a_count_day_by_day_says(db, **drawn):
    life(**drawn)


@pytest.mark.full
@pytest.mark.timeout(3600)
@settings(max_examples=300, deadline=None, derandomize=False, suppress_health_check=HEALTH)
@given(**LIVES)
def test_clocks_are_what_a_count_day_by_day_says_in_many_lives(db, **drawn):
    life(**drawn)
