"""The list of tasks: its condition for a cell says what the rule says."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from tests.builders import START, make_resolution, noon
from tracker.boards.task_list import four_cells, in_cell
from tracker.boards.words import matching
from tracker.choices import FieldStatus, Stage, TaskKind
from tracker.models import Task
from tracker.rules.text import fold
from tracker.templatetags.tracker import status_on

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)
DAYS = [None, date(2026, 6, 14), TODAY, date(2026, 6, 16)]


@pytest.fixture
def tasks() -> None:
    """Every meeting of a kind, a stage, a deadline and a day on which it was done."""
    resolution = make_resolution()
    stages = [Stage.ASSIGNED, Stage.INSTITUTIONALIZED, Stage.SUSPENDED, Stage.WITHDRAWN]
    Task.objects.bulk_create(
        Task(
            code=f"{n}",
            resolution=resolution,
            title_vi="Việc",
            title_en="x",
            kind=kind,
            stage=stage,
            effective_due_on=due,
            done_on=done,
            assigned_on=START,
            stage_since=START,
            suspended_until=date(2027, 1, 1),
            recorded_at=noon(START),
        )
        for n, (kind, stage, due, done) in enumerate(product(TaskKind, stages, DAYS, DAYS))
    )


@pytest.mark.parametrize("status", FieldStatus)
def test_the_condition_agrees_with_the_rule(tasks: None, status: FieldStatus) -> None:
    ruled = {task.pk for task in Task.objects.all() if status_on(task, TODAY) == status}
    asked = set(Task.objects.filter(in_cell(status, TODAY)).values_list("pk", flat=True))
    assert asked == ruled and asked


def test_the_cells_add_up(tasks: None) -> None:
    ruled = [status_on(task, TODAY) for task in Task.objects.all()]
    cells = four_cells(Task.objects.all(), TODAY)
    assert cells.total == len([status for status in ruled if status])
    assert cells.open_overdue == ruled.count(FieldStatus.OPEN_OVERDUE)


@pytest.mark.parametrize("text", ["VIỆC", "viec x", "x  viêc", "iệ"])
def test_words_match_in_any_order_and_without_marks(tasks: None, text: str) -> None:
    assert matching(Task.objects.all(), text).count() == Task.objects.count()


@pytest.mark.parametrize("text", ["việc khác", "v%c", "_"])
def test_every_word_must_match(tasks: None, text: str) -> None:
    assert fold(text)
    assert not matching(Task.objects.all(), text).exists()
