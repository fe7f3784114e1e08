"""The cells: one A, dated, never rewritten."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from tests.builders import make_body, make_cast, make_cell, make_post, make_task, noon
from tracker.choices import Role, TaskKind
from tracker.errors import Stale
from tracker.models import Responsibility
from tracker.services import matrix

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 2)


def assign(task, body, role=Role.ACCOUNTABLE, on=DAY, by=None, **overrides):
    return matrix.assign(task, body=body, role=role, on=on, by=by, at=noon(on), **overrides)


def test_a_second_accountable_body_is_refused_by_name():
    task = make_task()
    with pytest.raises(ValidationError) as refused:
        assign(task, make_body("BO-B"))
    assert list(refused.value.message_dict) == ["body"]


def test_the_database_holds_one_open_accountable_cell_by_itself():
    task = make_task()
    cell = Responsibility(task=task, body=make_body("BO-B"), role="A", valid_from=DAY, recorded_at=noon(DAY))
    with pytest.raises(IntegrityError), transaction.atomic():
        Responsibility.objects.bulk_create([cell])


def test_an_end_in_the_future_still_fills_the_time_until_then():
    task = make_task()
    matrix.end(task.responsibilities.get(), on=date(2026, 6, 1), by=None, at=noon(DAY))
    with pytest.raises(ValidationError):
        assign(task, make_body("BO-B"), on=date(2026, 5, 31))
    assert assign(task, make_body("BO-B"), on=date(2026, 6, 1)).pk


def test_yesterday_stays_as_it_was():
    task = make_task()
    matrix.end(task.responsibilities.get(), on=DAY, by=None, at=noon(DAY))
    assign(task, make_body("BO-B"))
    held = {day: Responsibility.objects.as_of(day).get().body.code for day in (date(2026, 2, 1), DAY)}
    assert held == {date(2026, 2, 1): "BO-A", DAY: "BO-B"}


def test_an_end_recorded_later_changes_no_older_picture():
    task = make_task()
    matrix.end(task.responsibilities.get(), on=date(2026, 1, 20), by=None, at=noon(DAY))
    assert Responsibility.objects.as_of(date(2026, 1, 25)).exists()
    assert not Responsibility.objects.as_of(DAY).exists()


def test_the_same_cell_twice_is_refused_and_several_roles_are_not():
    task, front = make_task(), make_body("MTTQ")
    make_cell(task, front, Role.RESPONSIBLE)
    make_cell(task, front, Role.CONSULTED)
    with pytest.raises(ValidationError, match="already holds"):
        make_cell(task, front, Role.CONSULTED)


def test_a_post_of_another_body_is_refused_by_name():
    task = make_task()
    with pytest.raises(ValidationError) as refused:
        assign(task, make_body("MTTQ"), Role.SUPERVISES, post=make_post(make_body("BO-B")))
    assert list(refused.value.message_dict) == ["post"]


def test_an_objective_has_no_accountable_body():
    with pytest.raises(ValidationError, match="objective"):
        assign(make_task(kind=TaskKind.OBJECTIVE), make_body("BO-B"))


def test_only_editors_assign():
    cast, task = make_cast(), make_task()
    for name in ("lan", "minh", "hoa", "vinh"):
        with pytest.raises(PermissionDenied):
            assign(task, make_body("MTTQ"), Role.INFORMED, by=cast[name])
    assert assign(task, make_body("MTTQ"), Role.INFORMED, by=cast["quang"]).pk


def test_a_stale_version_is_refused():
    task = make_task()
    with pytest.raises(Stale):
        assign(task, make_body("MTTQ"), Role.INFORMED, version=task.version - 1)
