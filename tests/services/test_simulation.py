"""A simulated draft says what applying it then does, and writes nothing."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction

from tests.builders import make_body, make_calendar, make_policy, make_resolution, make_task, noon
from tracker.choices import Level, Rank, Stage
from tracker.models import Flag, Policy, PolicyLimit, PolicyStep, Recalculation, Task
from tracker.services import clocks, policies, recalculations, tasks
from tracker.services.simulation import simulate

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 1, 5)
TODAY = date(2026, 3, 16)
STEPS = [
    PolicyStep(clock=clock, number=1, offset_days=0, addressee="commission", repeat_days=10)
    for clock in ("due", "stage", "silence", "unowned", "submit")
]


def draft_of(changed, **scope):
    """A draft: the limits of the default policy with some of them changed; None drops one."""
    before = Policy.objects.get(code="default", applied_at__isnull=False)
    found = {(row.clock, row.stage): (row.days, row.unit) for row in before.limits.all()} if not scope else {}
    found |= changed
    limits = [PolicyLimit(clock=c, stage=s, days=row[0], unit=row[1]) for (c, s), row in found.items() if row]
    policy = Policy(code="own" if scope else "default", calendar=make_calendar(), **scope)
    steps = [PolicyStep(clock=s.clock, number=1, offset_days=0, addressee="holder", repeat_days=5) for s in STEPS]
    return policies.draft(policy, limits=limits, steps=steps, by=None, at=noon(TODAY))


def late_now():
    return set(Flag.objects.filter(closed_on=None, since__lte=TODAY).values_list("task", "clock"))


def applied(draft):
    """What the flags are after the draft was applied for today; taken back."""
    with transaction.atomic():
        draft.valid_from = TODAY
        draft.save()
        policies.apply(draft, by=None, at=noon(TODAY))
        recalculations.run_waiting(at=noon(TODAY))
        found = late_now()
        transaction.set_rollback(True)
    return found


@pytest.fixture
def world():
    make_policy()
    other, commune = make_resolution(), make_body("XA")
    rows = [make_task(on=MONDAY + timedelta(days=offset)) for offset in (0, 3, 12, 33, 40, 61)]
    rows += [make_task(due_on=TODAY - timedelta(days=3)), make_task(due_on=TODAY + timedelta(days=3))]
    rows += [make_task(resolution=other, levels=[(Level.CENTRAL, [Rank.DECREE]), (Level.COMMUNE, [])])]
    rows += [make_task(accountable=commune), make_task(on=date(2025, 2, 3))]
    for task in rows[:3]:
        tasks.record_stage(task, Stage.DRAFTING, on=date(2026, 1, 26), by=None, at=noon(date(2026, 1, 26)))
    rested = rows[3]
    tasks.suspend(
        rested, until=date(2026, 3, 2), reason="Chờ luật", document="CV 1", by=None, at=noon(date(2026, 2, 9))
    )
    clocks.settle(Task.objects.all(), through=TODAY, at=noon(TODAY))
    return rows


W, C = "working", "calendar"
DRAFTS = [
    {("stage", "assigned"): (5, W)},
    {("stage", "assigned"): (200, W)},
    {("stage", "drafting"): (20, W), ("silence", ""): (30, C)},
    {("due", ""): (30, W)},
    {("due", ""): (40, C), ("silence", ""): None},
    {("stage", "assigned"): None},
    {("submit", ""): (10, W)},
    {("unowned", ""): (1, W)},
]


@pytest.mark.parametrize("of", ["everything", "resolution", "rank", "task"])
def test_it_says_what_applying_does(world, of):
    scope = {
        "everything": {},
        "resolution": {"resolution": world[8].resolution},
        "rank": {"level": Level.CENTRAL, "rank": Rank.DECREE},
        "task": {"task": world[3]},
    }[of]
    for changed in DRAFTS:
        limits = changed if of == "everything" else {key: row or (300, W) for key, row in changed.items()}
        with transaction.atomic():
            assert_said_is_done(draft_of(limits, **scope), changed)
            transaction.set_rollback(True)


def assert_said_is_done(draft, changed):
    before = late_now()
    said = simulate(draft, on=TODAY)
    after = applied(draft)
    found = {line.what: (line.opens, line.closes) for line in said.clocks if line.moved}
    opened, closed = Counter(clock for _, clock in after - before), Counter(clock for _, clock in before - after)
    assert found == {clock: (opened[clock], closed[clock]) for clock in opened | closed}, changed


def test_it_counts_by_body_level_and_resolution(world):
    said = simulate(draft_of({("stage", "assigned"): (300, W)}), on=TODAY)
    assert said.closes > 1
    assert {line.what.code for line in said.bodies} >= {"XA"}
    assert sum(line.moved for line in said.bodies) == said.opens + said.closes
    assert sum(line.moved for line in said.resolutions) == said.opens + said.closes
    assert {line.what for line in said.levels} == {Level.CENTRAL, Level.COMMUNE}


def test_it_writes_nothing_and_a_draft_decides_nothing(world):
    draft = draft_of({("stage", "assigned"): (3, W)})
    before = list(Task.objects.order_by("pk").values()), list(Flag.objects.order_by("pk").values())
    simulate(draft, on=TODAY)
    clocks.settle(Task.objects.all(), through=TODAY, at=noon(TODAY))
    assert (list(Task.objects.order_by("pk").values()), list(Flag.objects.order_by("pk").values())) == before
    assert not Recalculation.objects.exists()


def test_a_draft_that_only_moves_steps_opens_and_closes_nothing(world):
    said = simulate(draft_of({}), on=TODAY)
    assert (said.opens, said.closes, said.clocks) == (0, 0, [])


def test_the_number_of_queries_is_that_of_the_limits(world, django_assert_max_num_queries):
    draft = draft_of({("stage", "assigned"): (5, W), ("due", ""): (30, W), ("silence", ""): (30, C)})
    with django_assert_max_num_queries(30):
        simulate(draft, on=TODAY)
