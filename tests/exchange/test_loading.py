"""The shipped content loads whole, through the services, or not at all."""

import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from tracker import clock
from tracker.choices import Clock, Stage
from tracker.exchange import demo
from tracker.exchange.fixtures import FixtureError, day_of, read_folder
from tracker.models import Body, Event, Flag, Responsibility, StageChange, Succession, Task, seals

# One process of the test runner loads the content once for all of these.
pytestmark = [pytest.mark.xdist_group("content"), pytest.mark.timeout(600)]
FOLDER = Path(settings.BASE_DIR) / "fixtures"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The demonstration in the database, once for this module; taken back afterwards."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        _forget_the_statistics()
        demo.load(
            read_folder(FOLDER), password="mot-mat-khau-dai", today=TODAY, at=clock.start_of(TODAY).replace(hour=12)
        )
        yield
        transaction.set_rollback(True)


def _forget_the_statistics():
    """Make the tables new: those whose rows other tests rolled back PostgreSQL takes for empty, and plans badly."""
    if connection.vendor == "postgresql":
        seals.lift()
        names = ", ".join(model._meta.db_table for model in apps.get_app_config("tracker").get_models())
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {names} CASCADE")
        seals.install()


@pytest.fixture
def content(loaded, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def test_all_tasks_and_objectives_are_there(content):
    real = Task.objects.filter(is_demo=False)
    assert real.exclude(kind="objective").count() == 71
    assert real.filter(kind="objective").count() == 6


def test_every_stage_and_every_clock_occurs(content):
    assert set(Task.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert set(Flag.objects.open().values_list("clock", flat=True)) == set(Clock.values)


def test_every_task_of_the_sources_has_one_accountable_body(content):
    held = Responsibility.objects.valid_on(TODAY).filter(role="A", task__is_demo=False)
    assert set(Counter(held.values_list("task", flat=True)).values()) == {1}
    assert held.count() == 71


def test_the_commission_succeeded_another_in_2025(content):
    succession = Succession.objects.get(
        on=date(2025, 2, 3), members__body__code="BTGDVTW", members__is_predecessor=False
    )
    assert "BDVTW" in {body.code for body in succession.predecessors}


def test_the_repeal_of_the_inspection_law_lapsed_its_task(content):
    task = Task.objects.get(code="3.14")
    assert StageChange.objects.get(task=task, is_lapse=True).on == date(2025, 7, 1)


def test_no_flag_of_a_task_lies_before_its_assignment_or_after_today(content):
    flags = Flag.objects.select_related("task").prefetch_related("steps")
    assert [flag for flag in flags if flag.since <= flag.task.assigned_on] == []
    # A flag of a day to come reminds of it: it stands because a step was taken.
    assert [flag for flag in flags if flag.since > TODAY and not flag.steps.all()] == []


def test_what_was_loaded_left_its_events_and_searchable_text(content):
    assert Event.objects.filter(kind="task.created").count() == Task.objects.count()
    assert not Body.objects.filter(folded="").exists()


def test_the_cast_signs_in(content, client, django_db_blocker):
    names = {"official", "official2", "commission", "editor", "supervisor", "admin"}
    users = {user.username: user for user in User.objects.filter(username__in=names)}
    assert set(users) == names
    assert all(user.check_password("mot-mat-khau-dai") for user in users.values())


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "fixtures"
    shutil.copytree(FOLDER, copy)
    return copy


def spoil(folder, name, change):
    path = folder / name
    data = json.loads(path.read_text())
    change(data["rows"])
    path.write_text(json.dumps(data))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("10_bodies.json", lambda rows: rows[3].update(parent="NIRGENDS"), "10_bodies.json, row 4"),
        ("10_bodies.json", lambda rows: rows[3].update(kind="club"), "[kind]"),
        ("10_bodies.json", lambda rows: rows[3].pop("code"), "[code]"),
        ("20_resolutions.json", lambda rows: rows[0].update(signed_on="2016-02-31"), "20_resolutions.json, row 1"),
        (
            "60_calendars.json",
            lambda rows: rows[0].update(days_off=[{"day": "2020-01-01"}]),
            "60_calendars.json, row 1",
        ),
        ("61_policies.json", lambda rows: rows[0].pop("limits"), "“limits” is missing"),
        ("50_instruments.json", lambda rows: rows[1].update(signed_on="2013-02-31"), "'2013-02-31' is no day"),
        ("40_responsibilities.json", lambda rows: rows[9].update(role="Q"), "40_responsibilities.json, row 10"),
        ("40_responsibilities.json", lambda rows: rows[9].update(task="99.9"), "40_responsibilities.json, row 10"),
        ("73_demo_plan.json", lambda rows: rows[2].update(task="99.9"), "73_demo_plan.json, row 3"),
    ],
)
def test_a_broken_row_names_its_file_and_nothing_is_loaded(folder, name, change, said):
    spoil(folder, name, change)
    with pytest.raises(FixtureError) as told:
        demo.load(read_folder(folder), password="x" * 12, today=TODAY, at=clock.now())
    assert said in str(told.value)
    assert not Body.objects.exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "body"}', '{"type": "body", "rows": [1]}'])
def test_a_broken_file_is_named(folder, text):
    (folder / "10_bodies.json").write_text(text)
    with pytest.raises(FixtureError, match=r"10_bodies\.json"):
        read_folder(folder)


def test_days_are_given_by_date_or_offset():
    assert day_of({"ago": 3}, TODAY) == date(2026, 11, 20)
    assert day_of({"in": 3}, TODAY) == date(2026, 11, 26)
    assert day_of("2026-12-31", TODAY) == day_of({"day": "2026-12-31"}, TODAY) == date(2026, 12, 31)
    with pytest.raises(ValueError, match="is no day"):
        day_of({"soon": 3}, TODAY)


@pytest.mark.django_db
def test_the_command_refuses_a_database_in_use():
    from tests.builders import make_task

    make_task()
    with pytest.raises(CommandError, match="holds tasks already"):
        call_command("loaddemo")
    call_command("loaddemo", if_empty=True)
