"""The shape that all queues have: filters, orders, pages, counts, reasons, and what comes next."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import User
from accounts.policies import scope_of
from tests.asking import asked, obstructed
from tests.builders import make_body, make_cast, make_instrument, make_post, make_resolution, make_task, noon
from tests.working import TODAY, frozen, scan_today, submitted, verified
from tracker.boards.queues import EVIDENCE, EXTENSIONS, LAPSED, OBSTACLES, OVERDUE, QUEUES, REPORTS, UNOWNED, counting
from tracker.boards.queues.counting import lengths
from tracker.boards.queues.shape import FIELDS, Wanted, counts, next_of, page_of, place_of
from tracker.choices import Level, Role
from tracker.models import ProgressReport, Responsibility, Task
from tracker.services import endings, institutionalizations, matrix, reports

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def rows(queue, user, **wanted):
    return page_of(queue, user, TODAY, Wanted(**wanted)).rows


def reported(cast, number, **facts):
    """Reports on tasks of body A, the first submitted the longest ago."""
    days = [TODAY - timedelta(days=number - place) for place in range(number)]
    return [submitted(make_task(**facts), cast["lan"], on=day) for day in days]


def lapsed_task(cast, **facts):
    task = make_task(levels=[(Level.CENTRAL, [])], **facts)
    instrument = verified(task, cast, on=date(2026, 3, 2))
    endings.end(instrument, endings.Ending(on=date(2026, 6, 1)), by=None, at=noon(date(2026, 6, 1)))
    scan_today()
    task.refresh_from_db()
    return task, instrument


def test_a_report_says_who_reported_what_and_since_when(cast):
    task = make_task()
    obstructed(task, cast["lan"], on=TODAY)
    report = submitted(task, cast["lan"], stage="planned", on=date(2026, 6, 8))
    row = rows(REPORTS, cast["hoa"])[0]
    assert (row.item, row.task, row.since, row.days) == (report, task, date(2026, 6, 8), 7)
    assert "8 Jun 2026" in row.why and row.body.code == "BO-A" and row.may_decide
    assert [obstacle.body.code for obstacle in row.obstacles] == ["BO-B"]


def test_evidence_an_extension_and_an_obstacle_say_why_they_wait(cast):
    task = make_task(levels=[(Level.CENTRAL, [])], due_on=TODAY + timedelta(days=9))
    instrument = make_instrument(number="9/2026/NĐ-CP")
    institutionalizations.declare(task, instrument, level=Level.CENTRAL, by=cast["lan"], at=noon(TODAY))
    asked(task, cast["lan"], on=TODAY, wanted_on=date(2026, 12, 31))
    obstructed(task, cast["lan"], on=TODAY, reason="Its opinion is missing")
    assert "9/2026/NĐ-CP" in rows(EVIDENCE, cast["hoa"])[0].why
    assert "31 Dec 2026" in rows(EXTENSIONS, cast["hoa"])[0].why
    assert "Body BO-B" in rows(OBSTACLES, cast["hoa"])[0].why
    assert all(rows(queue, cast["hoa"])[0].may_decide for queue in (EVIDENCE, EXTENSIONS, OBSTACLES))


def test_a_lapsed_task_names_the_instrument_that_ended_and_since_when(cast):
    task, instrument = lapsed_task(cast)
    row = rows(LAPSED, cast["hoa"])[0]
    assert (row.task, row.since, row.days, row.more) == (task, date(2026, 6, 1), 14, instrument)
    assert instrument.number in row.why and "1 Jun 2026" in row.why and not row.may_decide
    verified(task, cast, on=TODAY)
    assert rows(LAPSED, cast["hoa"]) == []


def test_an_unowned_task_says_whether_the_body_or_the_holder_is_missing(cast):
    vacant = make_task(post=make_post(make_body("BO-A"), title_vi="Vụ trưởng", title_en="Director"))
    nobodys = make_task()
    cell = Responsibility.objects.get(task=nobodys)
    matrix.end(cell, on=date(2026, 6, 8), by=None, at=noon(date(2026, 6, 8)))
    scan_today()
    found = {row.task: row for row in rows(UNOWNED, cast["hoa"])}
    assert set(found) == {vacant, nobodys}
    assert "Director" in found[vacant].why and found[vacant].body.code == "BO-A"
    assert "No body" in found[nobodys].why
    assert (found[nobodys].body, found[nobodys].since) == (None, date(2026, 6, 8))


@pytest.mark.parametrize("queue", [REPORTS, EVIDENCE, EXTENSIONS, OBSTACLES, OVERDUE], ids=lambda row: row.code.value)
def test_the_common_filters_leave_what_they_name(cast, queue):
    other = make_body("BO-C")
    first = make_task(levels=[(Level.COMMUNE, [])], title_vi="Dân vận khéo", due_on=date(2026, 5, 29))
    second = make_task(levels=[(Level.CENTRAL, [])], due_on=date(2026, 5, 29), resolution=make_resolution(code="NQ-X"))
    for task in (first, second):
        submitted(task, cast["lan"])
        level = task.levels.get().level
        institutionalizations.declare(task, make_instrument(), level=level, by=cast["lan"], at=noon(TODAY))
        asked(task, cast["lan"], on=TODAY, wanted_on=date(2026, 12, 31))
        obstructed(task, cast["lan"], on=TODAY)
    scan_today()
    Responsibility.objects.filter(task=second, role=Role.ACCOUNTABLE).update(body=other)

    def left(**wanted):
        return {row.task for row in rows(queue, cast["hoa"], **wanted)}

    assert left() == {first, second} and left(level="commune") == left(q="dan van") == {first}
    assert left(body=other) == left(resolution=second.resolution) == {second}
    assert left(body=other, level="commune") == left(q="quite another") == set()


def test_age_leaves_what_waits_as_long_and_orders_turn(cast):
    old, *_rest, new = reported(cast, 5)
    assert [row.item for row in rows(REPORTS, cast["hoa"], age=5)] == [old]
    assert rows(REPORTS, cast["hoa"], order="-since")[0].item == new
    by_task = [row.task.position for row in rows(REPORTS, cast["hoa"], order="task")]
    assert by_task == sorted(by_task)


def test_pages_follow_one_another_and_end_where_counting_ends(cast, monkeypatch):
    made = reported(cast, 5)
    first, second = (page_of(REPORTS, cast["hoa"], TODAY, Wanted(rows=2, page=page)) for page in (1, 2))
    assert [row.item for row in (*first.rows, *second.rows)] == made[:4]
    assert (first.has_next, first.previous_number, second.previous_number, second.next_number) == (True, None, 1, 3)
    monkeypatch.setattr("tracker.boards.queues.shape.MOST", 4)
    cut = page_of(REPORTS, cast["hoa"], TODAY, Wanted(rows=2, page=9))
    assert (cut.number, cut.has_next, cut.is_cut) == (2, False, True)


def test_counts_are_those_of_the_filter_and_of_each_queue(cast):
    made = reported(cast, 3)
    obstructed(made[0].task, cast["lan"], on=TODAY)
    length = page_of(REPORTS, cast["hoa"], TODAY, Wanted(age=3)).length
    assert (length.number, length.shown) == (1, "1")
    others = counts(cast["hoa"], TODAY, list(QUEUES.values()))
    numbers = {code: row.number for code, row in zip(QUEUES, others, strict=True)}
    assert (numbers["reports"], numbers["obstacles"], numbers["evidence"], numbers["lapsed"]) == (3, 1, 0, 0)


def test_beyond_its_bound_a_count_says_more_than(cast, monkeypatch):
    reported(cast, 4)
    monkeypatch.setattr(counting, "MOST", 3)
    found = lengths([ProgressReport.objects.all(), Task.objects.none(), Task.objects.all()])
    assert [row.is_more for row in found] == [True, False, True] and "3" in found[0].shown
    monkeypatch.setattr(counting, "MOST", 4)
    assert [(row.number, row.shown) for row in lengths([ProgressReport.objects.all()])] == [(4, "4")]


def test_the_next_one_follows_in_the_order_and_begins_again(cast):
    first, second, third = reported(cast, 3)
    wanted = Wanted(order="-since")
    place = place_of(REPORTS, second.pk, TODAY, wanted)
    assert next_of(REPORTS, cast["hoa"], TODAY, wanted, place) == first
    reports.accept(second, by=cast["hoa"], at=noon(TODAY))
    assert place_of(REPORTS, second.pk, TODAY, wanted) == place
    last = place_of(REPORTS, first.pk, TODAY, wanted)
    reports.accept(first, by=cast["hoa"], at=noon(TODAY))
    assert next_of(REPORTS, cast["hoa"], TODAY, wanted, last) == third
    reports.accept(third, by=cast["hoa"], at=noon(TODAY))
    assert next_of(REPORTS, cast["hoa"], TODAY, wanted, ()) is None


@pytest.mark.parametrize("order", ["since", "-since", "task", "-step", "clock"])
def test_every_order_has_a_next_one_until_all_were_seen(cast, order):
    for number in range(4):
        make_task(due_on=date(2026, 5, 20 + number))
    scan_today()
    wanted = Wanted(order=order)
    shown = [row.item for row in rows(OVERDUE, cast["hoa"], order=order)]
    walked, place = [], ()
    for _row in shown:
        walked.append(next_of(OVERDUE, cast["hoa"], TODAY, wanted, place))
        place = place_of(OVERDUE, walked[-1].pk, TODAY, wanted)
    assert walked == shown and len(shown) >= 8


def test_the_next_one_is_never_ones_own_nor_that_of_another_jurisdiction(cast):
    task = make_task(levels=[(Level.CENTRAL, [])])
    institutionalizations.declare(task, make_instrument(), level=Level.CENTRAL, by=None, at=noon(TODAY))
    own = task.institutionalizations.get()
    task.institutionalizations.update(declared_by=cast["hoa"])
    assert rows(EVIDENCE, cast["hoa"])[0].may_decide is False
    assert next_of(EVIDENCE, cast["hoa"], TODAY, Wanted(), ()) is None
    task.institutionalizations.update(declared_by=cast["lan"])
    assert next_of(EVIDENCE, cast["hoa"], TODAY, Wanted(), ()) == own


def test_what_can_be_asked_is_named_once():
    assert all(set(FIELDS) <= set(queue.fields) for queue in QUEUES.values())
    assert set(OVERDUE.fields) - set(FIELDS) == {"clock", "step", "acknowledged", "snoozed"}
    names = set(Wanted.__dataclass_fields__) - {"page"}
    assert names == set(OVERDUE.fields)


ROWS = {"reports": 4, "evidence": 5, "extensions": 4, "obstacles": 4, "lapsed": 4, "unowned": 3, "overdue": 12}


def test_two_hundred_rows_with_their_reasons_take_twelve_queries_at_most(cast, django_assert_max_num_queries):
    scope_of(cast["hoa"])
    _fill(cast, 201)
    for code, queue in QUEUES.items():
        with django_assert_max_num_queries(ROWS[code]):
            found = page_of(queue, cast["hoa"], TODAY, Wanted(rows=200))
        assert len(found.rows) == 200 and all(row.why for row in found.rows) and found.has_next, code
        with django_assert_max_num_queries(1):
            counts(cast["hoa"], TODAY, list(QUEUES.values()))


def _fill(cast, number):
    """One task that waits in every queue, and as many others by copies of its rows."""
    task, _instrument = lapsed_task(cast, due_on=date(2026, 5, 29))
    submitted(task, cast["lan"])
    institutionalizations.declare(task, make_instrument(), level=Level.CENTRAL, by=cast["lan"], at=noon(TODAY))
    asked(task, cast["lan"], on=TODAY, wanted_on=date(2026, 12, 31))
    obstructed(task, cast["lan"], on=TODAY)
    scan_today()
    Task.objects.filter(pk=task.pk).update(unowned_since=TODAY)
    task.refresh_from_db()
    made = Task.objects.bulk_create(_copy(task, code=f"{task.code}+{place}") for place in range(number - 1))
    models = [Responsibility, *(queue.model for queue in QUEUES.values() if queue.task)]
    for model in models:
        rows = list(model.objects.filter(task=task))
        model.objects.bulk_create(_copy(row, task=other) for other in made for row in rows)


def _copy(row, **changes):
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    values |= {f"{name}_id" if name == "task" else name: getattr(value, "pk", value) for name, value in changes.items()}
    return type(row)(**values)
