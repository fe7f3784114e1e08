"""Frozen reports: numbered, hashed, never written again; the next one says what changed and why."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from tests.boards.test_figures import LEVELS, extend
from tests.builders import make_body, make_cast, make_instrument, make_task, make_user, noon
from tests.working import TODAY, frozen, scan_today, verified
from tracker.boards import figures
from tracker.boards import frozen as board
from tracker.boards.four_cell import Wanted
from tracker.choices import ChangeWhy, Duty, Level, Role
from tracker.models import Event, FrozenReport, Task
from tracker.models.figures import FrozenError
from tracker.rules.status import FourCells
from tracker.services import frozen as service
from tracker.services import institutionalizations, matrix, tasks

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
EARLIER = date(2026, 5, 31)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def freeze(cast, day: date = TODAY, *, at=None, by: str = "resolution", **narrow) -> FrozenReport:
    made = service.freeze(Wanted(day=day, **narrow), group=by, by=cast["hoa"], at=at or noon(TODAY))
    return FrozenReport.objects.get(pk=made.pk)


def test_a_report_says_what_the_figures_said(cast):
    for days in (-20, 5, 30):
        make_task(due_on=TODAY + timedelta(days=days))
    for by in ("resolution", "body", "level", "month"):
        report = freeze(cast, by=by)
        live = figures.report(cast["hoa"], Wanted(day=TODAY), by, at=noon(TODAY), is_now=True)
        read = board.report_of(report)
        same = [(line.label, line.cells, line.extended, line.rank, line.median) for line in live.lines]
        assert [(line.label, line.cells, line.extended, line.rank, line.median) for line in read.lines] == same
        assert read.total.cells == live.total.cells
    assert board.report_of(freeze(cast)).total.cells == FourCells(open_in_time=2, open_overdue=1)


def test_numbers_count_on_without_a_gap_each_year_and_each_says_which_was_before(cast):
    reports = [freeze(cast), freeze(cast), freeze(cast, by="body"), freeze(cast)]
    assert [report.number for report in reports] == [1, 2, 3, 4]
    assert [report.previous_id for report in reports] == [None, reports[0].pk, None, reports[1].pk]
    assert Event.objects.filter(kind="figures.frozen").count() == 4


def test_a_report_is_never_written_again(cast):
    make_task()
    report = freeze(cast)
    report.remark = "Better"
    for act in (report.save, report.delete, FrozenReport.objects.all().delete):
        with pytest.raises(FrozenError):
            act()
    with pytest.raises(FrozenError):
        FrozenReport.objects.update(remark="Better")
    assert board.is_intact(FrozenReport.objects.get())


def test_whoever_writes_past_the_guards_is_found_out(cast):
    make_task()
    report = freeze(cast)
    report.rows[0]["tasks"] = {}
    super(FrozenReport, report).save(update_fields=["rows"])
    assert not board.is_intact(FrozenReport.objects.get())


def test_later_changes_leave_a_report_and_a_new_one_of_the_same_day_alone(cast):
    task = make_task(due_on=date(2026, 5, 1))
    before = freeze(cast, EARLIER)
    extend(task, cast, until=date(2026, 8, 1), on=TODAY)
    again = freeze(cast, EARLIER, at=noon(TODAY))
    assert before.rows == again.rows and board.changes(again) == []


def why(report: FrozenReport) -> dict[int, list[str]]:
    return {change.task: [str(why) for why in change.why] for change in board.changes(report)}


def test_each_difference_is_explained(cast):
    due = {"levels": LEVELS}
    names = ("same", "overdue", "extended", "suspended", "withdrawn", "done", "late_entry", "lapsed")
    ends = dict.fromkeys(names, date(2026, 12, 1)) | {"overdue": date(2026, 6, 5), "extended": date(2026, 5, 1)}
    made = {name: make_task(due_on=ends[name], **due) for name in names}
    verified(made["lapsed"], cast, on=date(2026, 4, 1), ends_on=date(2026, 6, 10))
    made["suspended"] = make_task(due_on=date(2026, 5, 20))
    with time_machine.travel(noon(EARLIER), tick=False):
        first = freeze(cast, EARLIER, at=noon(EARLIER))
    extend(made["extended"], cast, until=date(2026, 9, 1), on=date(2026, 6, 2))
    stop = {"reason": "Wait", "document": "1/KL", "new_due_on": date(2026, 9, 1), "until": date(2026, 8, 1)}
    tasks.suspend(made["suspended"], **stop, by=cast["hoa"], at=noon(date(2026, 6, 3)))
    tasks.withdraw(made["withdrawn"], reason="Replaced", by=cast["hoa"], at=noon(date(2026, 6, 4)))
    verified(made["done"], cast, on=date(2026, 6, 8))
    in_force = make_instrument(signed_on=date(2026, 5, 2), in_force_on=date(2026, 5, 3))
    early = {"level": Level.CENTRAL, "by": cast["lan"], "at": noon(date(2026, 6, 8))}
    evidence = institutionalizations.declare(made["late_entry"], in_force, on=date(2026, 6, 8), **early)
    institutionalizations.verify(evidence, by=cast["hoa"], at=noon(date(2026, 6, 9)))
    made["new"] = make_task(on=date(2026, 6, 7))
    made["entered"] = make_task(on=date(2026, 5, 4))
    Task.objects.filter(pk=made["entered"].pk).update(recorded_at=noon(date(2026, 6, 7)))
    scan_today()
    found = why(freeze(cast, TODAY))
    told = {name: found.get(task.pk) for name, task in made.items()}
    assert first.pk and told == {
        "same": None,
        "overdue": [ChangeWhy.TIME],
        "extended": [ChangeWhy.EXTENDED],
        "suspended": [ChangeWhy.SUSPENDED],
        "withdrawn": [ChangeWhy.WITHDRAWN],
        "done": [ChangeWhy.DONE],
        "late_entry": [ChangeWhy.DONE_EARLIER],
        "lapsed": [ChangeWhy.REOPENED],
        "new": [ChangeWhy.ASSIGNED],
        "entered": [ChangeWhy.ENTERED_LATE],
    }


def test_another_accountable_body_is_told_where_bodies_are_counted(cast):
    task = make_task()
    freeze(cast, EARLIER, by="body")
    day = date(2026, 6, 5)
    matrix.end(task.responsibilities.get(), on=day, by=None, at=noon(day))
    matrix.assign(task, body=make_body("BO-B"), role=Role.ACCOUNTABLE, on=day, by=None, at=noon(day))
    assert why(freeze(cast, by="body")) == {task.pk: [ChangeWhy.BODY]}


def test_what_is_recorded_on_the_day_after_freezing_is_explained_too(cast):
    freeze(cast, at=noon(TODAY) - timedelta(hours=2))
    task = make_task(on=TODAY)
    assert why(freeze(cast)) == {task.pk: [ChangeWhy.ENTERED_LATE]}


def test_only_the_commission_freezes_and_only_within_its_jurisdiction(cast):
    province = make_body("TINH", level=Level.PROVINCE)
    local = make_user("binh", Duty.COMMISSION, make_body("BDV-TINH"), province)
    for who in ("lan", "quang", "vinh"):
        with pytest.raises(PermissionDenied):
            service.freeze(Wanted(day=TODAY), group="body", by=cast[who], at=noon(TODAY))
    with pytest.raises(PermissionDenied):
        service.freeze(Wanted(day=TODAY), group="body", by=local, at=noon(TODAY))
    make_task(accountable=province)
    make_task()
    made = service.freeze(Wanted(day=TODAY, below=province), group="body", by=local, at=noon(TODAY))
    assert board.report_of(made).total.cells.total == 1
    assert [*FrozenReport.objects.visible_to(local)] == [made]
    assert not FrozenReport.objects.visible_to(cast["lan"]).exists()


def test_a_day_to_come_one_cell_and_too_many_tasks_are_refused(cast, monkeypatch):
    make_task()
    make_task()
    monkeypatch.setattr(board, "MOST_TASKS", 1)
    for wanted in (Wanted(day=TODAY + timedelta(days=1)), Wanted(day=TODAY, status="done_late"), Wanted(day=TODAY)):
        with pytest.raises(ValidationError):
            service.freeze(wanted, group="body", by=cast["hoa"], at=noon(TODAY))
    assert not FrozenReport.objects.exists()


def test_the_number_of_queries_does_not_grow(cast, django_assert_max_num_queries):
    make_task(due_on=date(2026, 6, 5))
    freeze(cast, EARLIER)
    for _number in range(5):
        make_task(due_on=date(2026, 6, 5))
    report = FrozenReport.objects.select_related("previous").get(pk=freeze(cast).pk)
    with django_assert_max_num_queries(5):
        assert len(board.changes(report)) == 6
