"""The step from calendars without versions: a database with data in it comes through, and what it says is kept."""

from datetime import date, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
BEFORE = [("tracker", "0001_initial")]
AT_ONCE = "0001_squashed_0015_fewer_indexes"
NOW = datetime(2026, 3, 2, 5, tzinfo=timezone.get_fixed_timezone(0))


def by_steps():
    """An executor that goes step by step, as a database does that was there before the steps were made one."""
    executor = MigrationExecutor(connection)
    executor.recorder.record_unapplied("tracker", AT_ONCE)  # that its steps are, says the same
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    return executor


def migrate(targets):
    executor = by_steps()
    executor.migrate(targets)
    return by_steps().loader.project_state(targets).apps


def latest():
    return [node for node in by_steps().loader.graph.leaf_nodes("tracker") if node[1] != AT_ONCE]


def tables():
    """What the database says of the columns, indexes and constraints of each table, whatever their order and number."""
    read = connection.introspection
    with connection.cursor() as cursor:
        return {
            name: (
                sorted((column.name, str(column.type_code)) for column in read.get_table_description(cursor, name)),
                sorted(
                    ("" if label.startswith(("__unnamed", "fk_")) else label, str(said))
                    for label, said in read.get_constraints(cursor, name).items()
                ),
            )
            for name in read.table_names(cursor)
            if name.startswith("tracker_")
        }


def fill(apps):
    def make(name, **values):
        return apps.get_model("tracker", name).objects.create(**values)

    calendar = make("Calendar", code="VN", name_vi="Lịch", name_en="Calendar", first_year=2025, last_year=2027)
    make("CalendarDay", calendar=calendar, day=date(2026, 3, 2), is_working=True, ordinal=1)
    policy = make("Policy", code="default", calendar=calendar, valid_from=date(2016, 1, 1))
    make("PolicyStep", policy=policy, clock="due", number=1, offset_days=0, addressee="accountable")
    make("PolicyStep", policy=policy, clock="due", number=2, offset_days=10, addressee="commission")
    body = make("Body", code="HTCT", name_vi="Hệ thống", name_en="System", kind="system", level="central")
    resolution = make("Resolution", code="R", kind="resolution", title_vi="NQ", title_en="R", issuer=body)
    values = {"title_vi": "N", "title_en": "T", "assigned_on": date(2026, 1, 5), "stage_since": date(2026, 1, 5)}
    task = make("Task", code="1", resolution=resolution, stage="assigned", recorded_at=NOW, **values)
    make("StageChange", task=task, to_stage="assigned", on=date(2026, 2, 2), recorded_at=NOW, is_lapse=True)
    flag = make(
        "Flag",
        task=task,
        clock="due",
        policy=policy,
        limit_on=date(2026, 2, 10),
        since=date(2026, 2, 11),
        opened_at=NOW,
    )
    make("FlagStep", flag=flag, number=1, due_on=date(2026, 2, 11), addressee="accountable", body=body)


def number_in_two_spellings(apps):
    for number in ("59/2023/NĐ-CP", "59/2023/nd-cp", "75/2015/QH13"):
        apps.get_model("tracker", "Instrument").objects.create(number=number, rank="decree", title_vi="N")


def moved_by_hand(apps):
    """A task whose deadline a granted extension moved twice, first from one that followed from its age."""
    make = lambda name, **values: apps.get_model("tracker", name).objects.create(**values)  # noqa: E731
    resolution = apps.get_model("tracker", "Resolution").objects.get()
    values = {"title_vi": "N", "title_en": "T", "assigned_on": date(2026, 1, 5), "stage_since": date(2026, 1, 5)}
    task = make("Task", code="2", resolution=resolution, recorded_at=NOW, due_on="2026-09-01", **values)
    event = {"kind": "task.deadline", "object_kind": "task", "object_id": "2", "task": task}
    first = {"due_on": "2026-07-01", "original_due_on": "2026-03-01"}
    make("Event", at=NOW, on=date(2026, 3, 2), before={"due_on": None}, after=first, **event)
    second = {"due_on": "2026-09-01", "original_due_on": "2026-03-01"}
    make("Event", at=NOW, on=date(2026, 6, 2), before=first, after=second, **event)


def test_a_database_of_the_first_step_comes_through_and_ends_in_the_tables_that_a_new_one_gets_at_once():
    at_once = tables()
    try:
        fill(migrate(BEFORE))
        apps = migrate([("tracker", "0006_recalculation_ranges")])
        number_in_two_spellings(apps)
        moved_by_hand(apps)
    finally:
        apps = migrate(latest())
    assert tables() == at_once
    calendars_have_their_first_version_and_flags_keep_theirs(apps)
    both_rows_of_a_number_are_kept(apps)
    moves_of_deadlines_are_read_back_from_the_history(apps)


def calendars_have_their_first_version_and_flags_keep_theirs(apps):
    rows = lambda name: apps.get_model("tracker", name).objects  # noqa: E731
    flag, version = rows("Flag").get(), rows("CalendarVersion").get()
    assert flag.calendar_version == version
    assert (version.number, version.first_year, version.valid_from) == (1, 2025, date(2025, 1, 1))
    assert version.days.get().ordinal == 1
    step = flag.steps.get()
    assert (step.addressee, step.reached) == ("holder", "holder")
    assert list(rows("PolicyStep").order_by("number").values_list("repeat_days", flat=True)) == [None, 10]
    assert rows("Task").get(code="1").lapsed_since == date(2026, 2, 2)
    assert rows("Calendar").create(code="X", name_vi="X", name_en="X").pk != version.pk


def both_rows_of_a_number_are_kept(apps):
    rows = apps.get_model("tracker", "Instrument").objects.order_by("pk")
    first, second, third = rows.values_list("number_key", flat=True)
    assert (first, third) == ("59-2023-nd-cp", "75-2015-qh13") and second.startswith("59-2023-nd-cp =")


def moves_of_deadlines_are_read_back_from_the_history(apps):
    moves = apps.get_model("tracker", "DeadlineMove").objects.order_by("id")
    assert list(moves.values_list("due_before", "due_after", "on")) == [
        (date(2026, 3, 1), date(2026, 7, 1), date(2026, 3, 2)),
        (date(2026, 7, 1), date(2026, 9, 1), date(2026, 6, 2)),
    ]
