"""New rules reach exactly the tasks that they change, range by range, whoever dies or writes meanwhile."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from tests.builders import make_calendar, make_policy, make_resolution, make_task, noon
from tests.poison import CHANGING, poison
from tracker.boards.governing import Rules
from tracker.choices import Clock, DayKind, JobState, Level, Rank, Stage
from tracker.errors import Conflict
from tracker.models import (
    CalendarVersion,
    DayOff,
    JobRun,
    Policy,
    PolicyLimit,
    PolicyStep,
    Recalculation,
    SetAside,
    Task,
)
from tracker.services import calendars, clocks, policies, recalculations, scan, tasks
from tracker.services.crossings import rewind
from tracker.services.limits import COLUMNS
from tracker.services.reach import reached

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 1, 5)
START = date(2026, 2, 2)
STEPS = ((1, 0, "holder", None), (2, 10, "commission", 10))


def new_version(*, code="default", on=START, steps=STEPS, at=None, by=None, **changed):
    """The default policy with other days for some clocks, or a policy for a scope."""
    scope = {name: changed.pop(name) for name in ("task", "resolution", "level", "rank") if name in changed}
    before = policies.latest(code)
    days = {(row.clock, row.stage): (row.days, row.unit) for row in before.limits.all()} if before else {}
    days |= {tuple((*name.split("_"), "")[:2]): (count, "working") for name, count in changed.items()}
    limits = [PolicyLimit(clock=c, stage=s, days=n, unit=unit) for (c, s), (n, unit) in days.items()]
    ladder = [
        PolicyStep(clock=clock, number=number, offset_days=offset, addressee=addressee, repeat_days=repeat)
        for clock in ("due", "stage", "silence", "unowned")
        for number, offset, addressee, repeat in steps
    ]
    policy = Policy(code=code, calendar=make_calendar(), valid_from=on, **scope)
    return policies.create(policy, limits=limits, steps=ladder, by=by, at=at or noon(MONDAY))


def limits_by(rules):
    """The limit of every clock of every open task by `rules`, in a transaction that is taken back."""
    with transaction.atomic():
        for pk in Task.objects.values_list("pk", flat=True):
            rewind(clocks.Batch.of([pk]), day=START, at=noon(START), rules=rules)
        found = {row[0]: row[1:] for row in Task.objects.open().values_list("pk", *COLUMNS.values())}
        transaction.set_rollback(True)
    return found


@pytest.fixture
def various():
    """Tasks of every kind of scope: with a deadline and without, in several stages, of two resolutions."""
    make_policy(ladder=STEPS)
    other = make_resolution()
    rows = [make_task(), make_task(due_on=date(2026, 5, 4)), make_task(resolution=other)]
    rows += [make_task(levels=[(Level.CENTRAL, [Rank.DECREE])]), make_task(on=date(2026, 1, 20))]
    tasks.record_stage(rows[0], Stage.DRAFTING, on=date(2026, 1, 12), by=None, at=noon(date(2026, 1, 12)))
    closed = make_task()
    tasks.withdraw(closed, reason="Đã bãi bỏ", by=None, at=noon(date(2026, 1, 12)))
    return rows


CHANGES = [
    {"due": 200},
    {"stage_assigned": 10},
    {"stage_drafting": 10},
    {"silence": 60},
    {"steps": ((1, -5, "holder", None), *((n + 1, *rest) for n, *rest in STEPS))},
    {"code": "a", "resolution": 2, "due": 30},
    {"code": "b", "level": Level.CENTRAL, "rank": Rank.DECREE, "stage_assigned": 3},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_the_tasks_reached_are_those_that_change(various, change):
    if "resolution" in change:
        change = {**change, "resolution": various[2].resolution}
    before = limits_by(Rules.on(START))
    new_version(**change)
    rules = Rules.on(START)
    after = limits_by(rules)
    moved = {pk for pk in after if before[pk] != after[pk]}
    found = set(Task.objects.filter(reached(Rules.on(START - timedelta(days=1)), rules)).values_list("pk", flat=True))
    assert moved <= found
    if "steps" not in change and "code" not in change:
        assert found == moved
    assert found


def test_steps_that_remind_of_nothing_reach_nobody(various):
    new_version(steps=((1, 0, "commission", 5),))
    assert not Task.objects.filter(reached(Rules.on(MONDAY), Rules.on(START))).exists()


def test_a_more_specific_policy_hides_a_change_below_it(various):
    task = various[0]
    new_version(code="own", task=task, stage_drafting=40, on=date(2026, 1, 12))
    new_version(stage_drafting=10)
    reached_ids = Task.objects.filter(reached(Rules.on(START - timedelta(days=1)), Rules.on(START)))
    assert task.pk not in reached_ids.values_list("pk", flat=True)


def test_a_calendar_reaches_the_limits_from_its_first_other_day_on(various):
    old = CalendarVersion.objects.get()
    new = CalendarVersion.objects.create(
        calendar=old.calendar, number=2, first_year=2024, last_year=2028, valid_from=START, applied_at=noon(MONDAY)
    )
    DayOff.objects.create(calendar=new, day=date(2026, 3, 10), kind=DayKind.OFF, name_vi="Nghỉ", name_en="Off")
    calendars.write_days(new)
    CalendarVersion.objects.filter(pk=old.pk).update(valid_to=START)
    before, after = Rules.on(START - timedelta(days=1)), Rules.on(START)
    moved = {pk for pk, row in limits_by(after).items() if row != limits_by(before)[pk]}
    found = set(Task.objects.filter(reached(before, after)).values_list("pk", flat=True))
    assert moved <= found
    assert moved


def test_applying_writes_ranges_and_the_workers_bring_checks_forward(various, monkeypatch):
    monkeypatch.setattr(recalculations, "RANGE", 2)
    new_version(stage_assigned=10)
    whole = Recalculation.objects.get()
    assert (whole.from_on, whole.finished_at) == (START, None)
    assert whole.ranges.count() >= 3
    assert recalculations.is_due(noon(MONDAY))
    assert not recalculations.is_over(START)
    done = recalculations.run_waiting(at=noon(MONDAY))
    whole.refresh_from_db()
    assert done == whole.ranges.filter(state=JobState.DONE).count() == whole.ranges.count()
    assert whole.finished_at
    assert not recalculations.is_due(noon(MONDAY))
    assert {row.next_check_on <= START for row in Task.objects.filter(stage=Stage.ASSIGNED)} == {True}


def test_only_changed_rows_are_written(various):
    before = dict(Task.objects.values_list("pk", "next_check_on"))
    new_version(stage_drafting=10)
    recalculations.run_waiting(at=noon(MONDAY))
    changed = {pk for pk, day in Task.objects.values_list("pk", "next_check_on") if day != before[pk]}
    assert changed == {various[0].pk}
    assert sum(JobRun.objects.filter(recalculation__isnull=False).values_list("looked_at", flat=True)) == 1


def test_a_range_whose_worker_died_is_taken_over_and_one_in_work_is_left(various):
    new_version(stage_assigned=10)
    run = JobRun.objects.get(recalculation__isnull=False)
    JobRun.objects.filter(pk=run.pk).update(
        state=JobState.RUNNING, attempts=1, lease_until=noon(MONDAY) + recalculations.LEASE
    )
    assert recalculations.run_waiting(at=noon(MONDAY)) == 0
    assert scan.catch_up(START, at=noon(MONDAY)) is None
    with pytest.raises(Conflict):
        scan.run(START, at=noon(MONDAY), force=True)
    assert recalculations.run_waiting(at=noon(MONDAY) + timedelta(minutes=11)) == 1
    run.refresh_from_db()
    assert (run.state, run.attempts) == (JobState.DONE, 2)


def test_the_scan_lets_new_rules_reach_the_tasks_first(various):
    new_version(stage_assigned=10)
    scan.catch_up(START, at=noon(START))
    flag = various[1].flags.get(clock=Clock.STAGE)
    assert (flag.since, flag.policy.version) == (START, 2)
    assert Recalculation.objects.get().finished_at


def test_a_task_that_the_database_refuses_keeps_the_rules_from_nobody_else(various):
    broken = various[1]
    poison(broken, CHANGING)
    new_version(stage_assigned=10)
    recalculations.run_waiting(at=noon(MONDAY))
    assert Recalculation.objects.get().finished_at
    assert SetAside.objects.get().task == broken
    others = Task.objects.filter(stage=Stage.ASSIGNED).exclude(pk=broken.pk)
    assert {row.next_check_on <= START for row in others} == {True}


def test_rules_of_today_are_settled_at_once(various):
    scan.run(START, at=noon(START))
    new_version(stage_assigned=10, at=noon(START))
    recalculations.run_waiting(at=noon(START))
    assert various[1].flags.get(clock=Clock.STAGE).since == START


def test_a_change_made_meanwhile_is_kept(various):
    task = various[1]
    new_version(stage_assigned=10)
    tasks.record_stage(task, Stage.DRAFTING, on=MONDAY, by=None, at=noon(MONDAY))
    recalculations.run_waiting(at=noon(MONDAY))
    task.refresh_from_db()
    assert (task.stage, task.next_check_on) == (Stage.DRAFTING, START)
    recalculations.run_waiting(at=noon(START))
    clocks.settle(Task.objects.all(), through=START, at=noon(START))
    task.refresh_from_db()
    assert not task.flags.filter(clock=Clock.STAGE).exists()
    assert task.next_check_on > START


def test_a_policy_of_a_scope_ends_and_the_default_takes_over(various):
    task = various[0]
    policy = new_version(code="own", task=task, stage_drafting=3, on=date(2026, 1, 12))
    recalculations.run_waiting(at=noon(date(2026, 1, 12)))
    scan.run(START - timedelta(days=1), at=noon(START - timedelta(days=1)))
    assert task.flags.open().filter(clock=Clock.STAGE).exists()
    policies.end(policy, on=START, document="Công văn 12", by=None, at=noon(START - timedelta(days=1)))
    scan.run(START, at=noon(START))
    assert task.flags.get(clock=Clock.STAGE).closed_on == START


def test_without_tasks_there_is_nothing_to_do():
    make_policy()
    new_version(due=10)
    assert Recalculation.objects.get().finished_at
    assert not JobRun.objects.filter(recalculation__isnull=False).exists()


def test_examining_takes_the_same_statements_for_any_number_of_tasks(various, django_assert_num_queries):
    new_version(stage_assigned=10)
    run = JobRun.objects.get(recalculation__isnull=False)
    with django_assert_num_queries(11):  # two of them the savepoint of the write
        recalculations._reach(run, START, at=noon(MONDAY))
