"""What happens to the parts of a task when something is decided on the task above them."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from tests.asking import asked
from tests.builders import make_body, make_cast, make_task, noon
from tracker.choices import Below, Stage
from tracker.models import DeadlineMove, Task
from tracker.services import below, clocks, tasks

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
AT = noon(TODAY)
DUE, OWN, NEW = date(2026, 6, 30), date(2026, 5, 29), date(2026, 12, 31)
PAPER = {"reason": "Luật sửa", "document": "45-QĐ/TU"}


@pytest.fixture
def tree():
    """A task, a part with its deadline and a part of that, and a part with a deadline of its own."""
    top = make_task(code="5", due_on=DUE, accountable=make_body("BO-A"))
    shared = make_task(code="5/1", parent=top, due_on=DUE, accountable=make_body("BO-B"))
    make_task(code="5/1/1", parent=shared, due_on=DUE, accountable=make_body("BO-C"))
    make_task(code="5/2", parent=top, due_on=OWN, accountable=make_body("BO-D"))
    return top


def column(name):
    return dict(Task.objects.order_by("code").values_list("code", name))


def test_parts_are_withdrawn_with_the_task_and_by_the_same_decision(tree):
    resting = make_task(code="5/3", parent=tree, accountable=make_body("BO-E"))
    tasks.suspend(resting, until=TODAY + timedelta(days=9), by=None, at=AT, **PAPER)
    below.withdraw(tree, below=Below.SAME, by=None, at=AT, **PAPER)
    assert set(column("stage").values()) == {Stage.WITHDRAWN}
    change = Task.objects.get(code="5/1/1").stage_changes.latest("id")
    assert (change.reason, change.document, change.on) == ("Luật sửa", "45-QĐ/TU", TODAY)


def test_parts_stay_where_nothing_else_is_said(tree):
    below.withdraw(tree, by=None, at=AT, **PAPER)
    assert column("stage") == {"5": Stage.WITHDRAWN} | dict.fromkeys(("5/1", "5/1/1", "5/2"), Stage.ASSIGNED)


def test_parts_rest_with_the_task_as_they_would_one_by_one(tree):
    alone = make_task(code="6", due_on=OWN, accountable=make_body("BO-F"))
    until = TODAY + timedelta(days=30)
    tasks.suspend(alone, until=until, by=None, at=AT, **PAPER)
    below.suspend(tree, below=Below.SAME, until=until, new_due_on=NEW, by=None, at=AT, **PAPER)
    assert set(column("stage").values()) == {Stage.SUSPENDED}
    assert column("due_on") == {"5": NEW, "5/1": NEW, "5/1/1": NEW, "5/2": OWN, "6": OWN}
    same = ("suspended_on", "suspended_until", "stage_since", "next_check_on", "effective_due_on", "stage_limit_on")
    assert Task.objects.values_list(*same).get(code="5/2") == Task.objects.values_list(*same).get(code="6")
    clocks.settle(Task.objects.all(), through=until, at=noon(until))
    assert set(column("stage").values()) == {Stage.ASSIGNED}


def test_more_time_for_the_task_reaches_the_parts_that_share_its_deadline(tree):
    cast = make_cast()
    extension = asked(tree, cast["lan"], on=TODAY, wanted_on=NEW)
    below.grant(extension, due_on=NEW, decision_number="7/QĐ", below=Below.SAME, by=cast["hoa"], at=AT)
    assert column("due_on") == {"5": NEW, "5/1": NEW, "5/1/1": NEW, "5/2": OWN}
    assert column("effective_due_on")["5/1"] == NEW
    assert column("original_due_on")["5/1"] == DUE
    told = Task.objects.get(code="5/1").events.get(kind="task.deadline")
    assert (told.before["due_on"], told.after["due_on"], told.why) == (str(DUE), str(NEW), "7/QĐ")
    assert DeadlineMove.objects.get(task__code="5/1").due_before == DUE
    assert column("version")["5/2"] == Task.objects.get(code="5/2").version


def test_nothing_happens_where_some_part_is_not_theirs_to_decide_on(tree):
    cast = make_cast()
    cast["hoa"].memberships.update(root=make_body("BO-A"))
    with pytest.raises(ValidationError) as refused:
        below.withdraw(tree, below=Below.SAME, by=cast["hoa"], at=AT, **PAPER)
    assert "3 parts" in refused.value.message_dict["below"][0]
    assert set(column("stage").values()) == {Stage.ASSIGNED}


def test_many_parts_cost_no_more_statements_than_few(tree, django_assert_max_num_queries):
    for number in range(12):
        make_task(code=f"5/9{number}", parent=tree, due_on=DUE, accountable=make_body("BO-G"))
    with django_assert_max_num_queries(130):
        below.suspend(tree, below=Below.SAME, until=NEW, new_due_on=NEW, by=None, at=AT, **PAPER)
