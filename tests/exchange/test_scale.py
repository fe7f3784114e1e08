"""The tracker for measurements: what is copied is as what is wound, so that the figures are those of real tasks."""

from datetime import date

import pytest

from tests.builders import noon
from tracker.boards.governing import Rules
from tracker.exchange import scale
from tracker.models import Task
from tracker.models.statements import Batch
from tracker.services.crossings import rewind

pytestmark = pytest.mark.django_db
SATURDAY = date(2026, 5, 9)


@pytest.fixture
def seeded():
    scale.ensure_rules()
    scale.seed(800, at=noon(SATURDAY), due=20)


def tasks():
    return list(Task.objects.order_by("pk").values())


def test_copied_tasks_are_as_if_their_clocks_were_wound(seeded):
    before = tasks()
    rewind(Batch(before[0]["id"], before[-1]["id"]), day=SATURDAY, at=noon(SATURDAY), rules=Rules.on(SATURDAY))
    assert tasks() == before
    assert {row["due_on"] for row in before[:20]} == {date(2026, 5, 10)}
    assert len({row["due_on"] for row in before[20:]}) == scale.PERIOD


def test_every_task_has_its_three_cells_and_nothing_but_the_due_ones_is_checked_soon(seeded):
    assert Task.objects.get(code="QM800").responsibilities.count() == 3
    assert Task.objects.to_check(date(2026, 5, 31)).count() == 20
