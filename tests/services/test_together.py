"""Many tasks that change together are wound as one by one, in a number of statements that does not grow."""

from contextlib import ExitStack
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import make_policy, make_task, noon
from tracker.choices import Clock, Stage
from tracker.models import Flag, Task
from tracker.models.statements import Batch
from tracker.services import clocks, tasks

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 1, 5)
LATE = MONDAY + timedelta(days=120)


@pytest.fixture
def late_tasks():
    """Seven tasks, late in their stage, with one between them that nobody touches."""
    make_policy()
    rows = [make_task() for _ in range(8)]
    clocks.settle(Task.objects.all(), through=LATE, at=noon(LATE))
    del rows[3]
    return rows


def move(rows):
    for task in rows:
        tasks.record_stage(task, Stage.DRAFTING, on=LATE, by=None, at=noon(LATE))


def state(rows):
    names = ("stage", "stage_limit_on", "effective_due_on", "silence_limit_on", "next_check_on", "stage_since")
    flags = Flag.objects.filter(task__in=rows).order_by("task", "clock", "since")
    kept = flags.values_list("clock", "since", "closed_on", "closed_why", "policy", "calendar_version")
    return list(Task.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk").values_list(*names)), list(kept)


def test_together_gives_what_one_by_one_gives(late_tasks):
    first, second = late_tasks[:3], late_tasks[3:6]
    move(first)
    with clocks.together(at=noon(LATE)):
        move(second)
        assert Flag.objects.open().filter(task__in=second, clock=Clock.STAGE).count() == 3
    assert state(second) == state(first)
    assert not Flag.objects.open().filter(task__in=second, clock=Clock.STAGE).exists()


def test_winding_five_tasks_takes_as_many_statements_as_winding_two(late_tasks):
    assert cost_of(late_tasks[:2]) == cost_of(late_tasks[2:])


def cost_of(rows):
    """The statements at the end of a block in which the tasks changed."""
    wound = CaptureQueriesContext(connection)
    with ExitStack() as stack:
        stack.enter_context(wound)
        stack.enter_context(clocks.together(at=noon(LATE)))
        move(rows)
        changed = len(connection.queries) - wound.initial_queries
    return len(wound) - changed


def move_and_fail(rows):
    with clocks.together(at=noon(LATE)):
        move(rows)
        raise RuntimeError


def test_nothing_is_wound_where_the_block_fails(late_tasks):
    before = state(late_tasks)
    with pytest.raises(RuntimeError):
        move_and_fail(late_tasks)
    assert state(late_tasks) == before
    # The next change is wound at once again.
    move(late_tasks[:1])
    assert not Flag.objects.open().filter(task=late_tasks[0], clock=Clock.STAGE).exists()


@pytest.mark.parametrize(("ids", "chosen"), [([5], ()), ([7, 5, 6], ()), ([5, 7], (5, 7))])
def test_a_batch_of_keys_in_a_row_is_a_range(ids, chosen):
    batch = Batch.of(ids)
    assert (batch.first, batch.last, batch.chosen) == (min(ids), max(ids), chosen)
