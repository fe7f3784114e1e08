"""Obstacles: who declares one, who sees and ends it, and that no clock stops for it."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from tests.asking import asked, obstructed
from tests.builders import make_body, make_cast, make_task, make_user, noon
from tracker.boards.waiting import waits
from tracker.choices import Duty
from tracker.errors import Conflict, Stale
from tracker.models import Event, Obstacle, Task
from tracker.rules.waiting import BallCode, BallWhy
from tracker.services import obstacles

pytestmark = pytest.mark.django_db
TODAY, EARLIER = date(2026, 6, 15), date(2026, 6, 1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def cast():
    return make_cast()


def test_a_declared_obstacle_puts_the_ball_with_the_other_body_and_stops_no_clock(cast):
    task = make_task(due_on=date(2026, 7, 31))
    limits = Task.objects.filter(pk=task.pk).values_list("effective_due_on", "stage_limit_on", "silence_limit_on").get()
    obstructed(task, cast["lan"], on=TODAY, since=EARLIER)
    wait = waits([task.pk], TODAY)[task.pk]
    assert (wait.ball.code, wait.body.code, wait.since, wait.days) == (BallCode.OTHER, "BO-B", EARLIER, 14)
    assert (wait.label, wait.reason) == ("Body BO-B", "Its opinion is missing")
    after = Task.objects.filter(pk=task.pk).values_list("effective_due_on", "stage_limit_on", "silence_limit_on").get()
    assert after == limits


def test_what_awaits_the_commission_stands_before_the_obstacle(cast):
    task = make_task(due_on=date(2026, 7, 31))
    obstructed(task, cast["lan"], on=TODAY)
    asked(task, cast["lan"], on=TODAY, wanted_on=date(2026, 9, 30))
    assert waits([task.pk], TODAY)[task.pk].ball.why == BallWhy.REQUEST


@pytest.mark.parametrize("name", ["lan", "minh", "hoa"])
def test_either_body_and_the_commission_end_it(cast, name):
    task = make_task()
    obstacle = obstructed(task, cast["lan"], on=TODAY)
    obstacles.end(obstacle, note="Sent on Monday", by=cast[name], at=noon(TODAY))
    assert (obstacle.ended_on, obstacle.ended_by, obstacle.end_note) == (TODAY, cast[name], "Sent on Monday")
    assert waits([task.pk], TODAY)[task.pk].ball.code == BallCode.ACCOUNTABLE
    kinds = Event.objects.filter(task=task, kind__startswith="obstacle").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["obstacle.declared", "obstacle.ended"]


def test_the_body_that_is_waited_on_sees_the_obstacle_and_nothing_else_of_the_task(cast):
    task = make_task()
    obstacle = obstructed(task, cast["lan"], on=TODAY)
    assert list(Obstacle.objects.visible_to(cast["minh"])) == [obstacle]
    assert not Task.objects.visible_to(cast["minh"]).exists()
    assert not Event.objects.visible_to(cast["minh"]).exists()
    stranger = make_user("stranger", Duty.OFFICIAL, make_body("BO-C"))
    assert not Obstacle.objects.visible_to(stranger).exists()


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"since": date(2026, 6, 16)}, "since"),
        ({"since": date(2026, 1, 4)}, "since"),
        ({"body": "BO-A"}, "body"),
        ({"declared_body": "BO-B"}, "declared_body"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_wrong_obstacle_names_its_field(cast, facts, field):
    values = {name: make_body(value) if "body" in name else value for name, value in facts.items()}
    with pytest.raises(ValidationError) as error:
        obstructed(make_task(), cast["lan"], on=TODAY, **values)
    assert field in error.value.message_dict and not Obstacle.objects.exists()


def test_a_body_that_has_ended_is_not_waited_on(cast):
    gone = make_body("BO-C", valid_to=date(2026, 3, 1))
    with pytest.raises(ValidationError) as error:
        obstructed(make_task(), cast["lan"], on=TODAY, body=gone)
    assert "body" in error.value.message_dict


def test_it_is_recorded_once_and_anew_after_its_end(cast):
    task = make_task()
    obstacle = obstructed(task, cast["lan"], on=TODAY)
    with pytest.raises(Conflict):
        obstructed(task, cast["lan"], on=TODAY)
    obstacles.end(obstacle, note="Sent", by=cast["minh"], at=noon(TODAY))
    assert obstructed(task, cast["lan"], on=TODAY).pk != obstacle.pk


def test_only_the_accountable_body_declares(cast):
    task = make_task()
    for name in ("minh", "hoa", "quang", "vinh"):
        with pytest.raises(PermissionDenied):
            obstructed(task, cast[name], on=TODAY)


def test_nobody_else_ends_it_and_the_note_says_how(cast):
    obstacle = obstructed(make_task(), cast["lan"], on=TODAY)
    third = make_user("third", Duty.OFFICIAL, make_body("BO-C"))
    for user in (cast["quang"], cast["vinh"], third):
        with pytest.raises(PermissionDenied):
            obstacles.end(obstacle, note="Done", by=user, at=noon(TODAY))
    with pytest.raises(ValidationError):
        obstacles.end(obstacle, note="", by=cast["minh"], at=noon(TODAY))


def test_an_end_that_came_second_is_told(cast):
    obstacle = obstructed(make_task(), cast["lan"], on=TODAY)
    seen = obstacle.version
    obstacles.end(obstacle, note="Sent", by=cast["minh"], at=noon(TODAY))
    with pytest.raises(Stale):
        obstacles.end(obstacle, note="Sent", by=cast["lan"], at=noon(TODAY), version=seen)
    with pytest.raises(Conflict) as error:
        obstacles.end(obstacle, note="Sent", by=cast["lan"], at=noon(TODAY))
    assert not isinstance(error.value, Stale)
