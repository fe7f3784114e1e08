"""The queues: overdue, desk, review and matrix, by the rows that they give and the queries that they take."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import User
from accounts.policies import scope_of
from tests.asking import asked, obstructed
from tests.builders import (
    make_body,
    make_cast,
    make_cell,
    make_policy,
    make_provision,
    make_resolution,
    make_task,
    noon,
)
from tests.working import TODAY, flag_of, four_tasks, frozen, scan_today, submitted, verified
from tracker.boards.desk import desk
from tracker.boards.matrix import MatrixFilter, State, matrix
from tracker.boards.queues import OVERDUE, QUEUES, REPORTS
from tracker.boards.queues.shape import Wanted, counts, length_of, page_of
from tracker.choices import BodyKind, Level, Role, TaskKind
from tracker.services import extensions, flags, reports

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def late_task(**facts):
    return make_task(due_on=TODAY - timedelta(days=20), **facts)


def overdue(user, **wanted):
    return page_of(OVERDUE, user, TODAY, Wanted(**wanted)).rows


def found(cast, **wanted):
    return [row.task.code for row in overdue(cast["hoa"], **wanted)]


def test_a_flag_says_why_since_when_how_far_and_on_whom(cast):
    task = late_task()
    scan_today()
    row = overdue(cast["hoa"], clock="due")[0]
    assert (row.task, row.since, row.days, row.body.code) == (task, TODAY - timedelta(days=19), 19, "BO-A")
    assert (row.more.step, row.more.days_late) == (2, 14)
    assert "26" in row.why and row.more.wait.ball.code == "accountable"
    length = page_of(OVERDUE, cast["hoa"], TODAY, Wanted(clock="due")).length
    assert (length.number, length.parts) == (1, {"due": 1})


def test_the_filters_of_overdue_leave_what_they_name(cast):
    first = late_task(levels=[(Level.COMMUNE, [])], title_vi="Dân vận khéo")
    second = late_task(accountable=make_body("BO-B"), resolution=make_resolution(code="NQ-X"))
    scan_today()
    assert found(cast, clock="due", level="commune") == [first.code]
    assert found(cast, clock="due", body=second.responsibilities.get().body) == [second.code]
    assert found(cast, clock="due", resolution=second.resolution) == [second.code]
    assert found(cast, clock="due", q="dan van") == [first.code]
    assert found(cast, clock="due", step=2, acknowledged="no", order="-since") == [second.code, first.code]
    assert found(cast, step=9) == found(cast, acknowledged="yes") == found(cast, body=make_body("UBKT")) == []


def test_overdue_counts_nothing_that_the_reader_may_not_see(cast):
    late_task()
    scan_today()
    assert overdue(cast["minh"]) == []
    assert page_of(OVERDUE, cast["minh"], TODAY, Wanted()).length.number == 0
    assert [row.number for row in counts(cast["minh"], TODAY, list(QUEUES.values()))] == [0] * 7


def test_the_desk_groups_flags_by_task_and_shows_what_ends_soon(cast):
    late = late_task()
    soon = make_task(due_on=TODAY + timedelta(days=30))
    make_task(due_on=TODAY + timedelta(days=31), on=TODAY)
    scan_today()
    board = desk(cast["lan"], TODAY, scope_of(cast["lan"]).body_ids)
    shown = {row.task: sorted(flag.flag.clock for flag in row.flags) for row in board.late}
    assert shown[late] == ["due", "silence", "stage"] and "due" not in shown.get(soon, [])
    assert (soon, 30) in [(row.task, row.days) for row in board.soon]
    assert board.open_tasks == 3


def test_the_desk_follows_a_report_to_its_end(cast):
    task = make_task()
    bodies = scope_of(cast["lan"]).body_ids
    report = submitted(task, cast["lan"])
    waiting = desk(cast["lan"], TODAY, bodies)
    assert (waiting.awaiting, waiting.pending) == ([report], {task.pk: report.pk})
    reports.send_back(report, by=cast["hoa"], at=noon(TODAY), note="Add the dates")
    assert desk(cast["lan"], TODAY, bodies).returned == [report]
    submitted(task, cast["lan"])
    assert desk(cast["lan"], TODAY, bodies).returned == []


def test_the_desk_of_the_body_that_is_waited_on_says_who_waits_and_why(cast):
    task = make_task()
    obstacle = obstructed(task, cast["lan"], on=TODAY, since=TODAY - timedelta(days=3))
    row = desk(cast["minh"], TODAY, scope_of(cast["minh"]).body_ids).waits_on_us[0]
    assert (row.obstacle, row.days, row.may_read) == (obstacle, 3, False)
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    assert desk(cast["minh"], TODAY, scope_of(cast["minh"]).body_ids).waits_on_us[0].may_read
    assert desk(cast["lan"], TODAY, scope_of(cast["lan"]).body_ids).waits_on_us == []


def test_the_desk_follows_a_request_to_its_decision(cast):
    task, bodies = late_task(), scope_of(cast["lan"]).body_ids
    scan_today()
    assert desk(cast["lan"], TODAY, bodies).requests.askable == {task.pk}
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=TODAY + timedelta(days=90))
    requests = desk(cast["lan"], TODAY, bodies).requests
    assert (requests.pending, requests.decided, requests.askable) == ([extension], [], set())
    extensions.refuse_(extension, note="No", by=cast["hoa"], at=noon(TODAY))
    assert desk(cast["lan"], TODAY, bodies).requests.decided == [extension]
    assert desk(cast["lan"], TODAY + timedelta(days=31), bodies).requests.decided == []


def test_reminders_are_soon_and_not_late(cast):
    make_policy(
        limits=[("due", 250, "working")], ladder=((1, -5, "holder", None), (2, 0, "holder", 5)), clocks=("due",)
    )
    task = make_task(due_on=TODAY + timedelta(days=4))
    scan_today()
    assert flag_of(task).since > TODAY
    board = desk(cast["lan"], TODAY, scope_of(cast["lan"]).body_ids)
    assert [row.task for row in board.soon] == [task] and board.late == []
    assert found(cast) == []


def test_overdue_tells_on_whom_the_days_lay_and_what_is_snoozed(cast):
    first, second = late_task(), late_task()
    obstructed(first, cast["lan"], on=TODAY, since=TODAY - timedelta(days=4))
    scan_today()
    rows = [row.more for row in overdue(cast["hoa"], clock="due")]
    assert [(share.label, share.days) for share in rows[0].shares] == [("Body BO-A", 11), ("Body BO-B", 3)]
    assert all(sum(share.days for share in row.shares) == row.days_late for row in rows)
    until = TODAY + timedelta(days=3)
    flags.snooze(flag_of(second), until=until, reason="Wait", by=cast["hoa"], at=noon(TODAY))
    assert found(cast, clock="due", snoozed="yes") == [second.code]
    assert found(cast, clock="due", snoozed="no") == [first.code]


def test_a_desk_without_tasks_is_empty(cast):
    late_task()
    scan_today()
    assert desk(cast["minh"], TODAY, scope_of(cast["minh"]).body_ids).is_empty


def test_the_review_queue_begins_with_the_oldest(cast):
    newer, older = make_task(), make_task()
    submitted(newer, cast["lan"], on=date(2026, 6, 10))
    submitted(older, cast["lan"], on=date(2026, 6, 1))
    rows = page_of(REPORTS, cast["hoa"], TODAY, Wanted()).rows
    assert [(row.task, row.days) for row in rows] == [(older, 14), (newer, 5)]
    assert length_of(REPORTS, cast["hoa"], TODAY).number == 2
    assert length_of(REPORTS, cast["minh"], TODAY).number == 0


def test_the_matrix_has_letters_states_and_groups(cast):
    made = four_tasks(cast)
    make_cell(made["open_in_time"], make_body("MTTQ", kind=BodyKind.MASS), Role.RESPONSIBLE)
    make_cell(made["open_in_time"], make_body("MTTQ"), Role.CONSULTED)
    objective = make_task(kind=TaskKind.OBJECTIVE)
    board = matrix(cast["hoa"], TODAY, MatrixFilter())
    assert [body.code for body in board.bodies] == ["BO-A", "MTTQ"]
    states = {row.task: (row.state, row.cells) for group in board.groups for row in group.rows}
    assert states[made["open_in_time"]] == (State.OPEN_IN_TIME, ["A", "RC"])
    assert [states[task][0].value for task in made.values()] == list(made)
    assert [row.task for row in board.objectives] == [objective]


def test_a_flag_of_another_clock_shows_in_the_matrix(cast):
    make_task(due_on=TODAY + timedelta(days=300))
    scan_today()
    assert matrix(cast["hoa"], TODAY, MatrixFilter(state="flagged")).groups[0].rows[0].state == State.FLAGGED
    assert matrix(cast["hoa"], date(2026, 1, 10), MatrixFilter(state="flagged")).groups == []


def test_the_filters_of_the_matrix_narrow_rows_and_columns(cast):
    first, second = make_task(), make_task(resolution=make_resolution(code="NQ-X"))
    make_cell(second, make_body("MTTQ", kind=BodyKind.MASS), Role.SUPERVISES)
    shown = {
        name: matrix(cast["hoa"], TODAY, MatrixFilter(**{name: value}))
        for name, value in {"kind": "mass", "role": "S", "resolution": "NQ-X", "level": "commune"}.items()
    }
    rows = {name: [row.task for group in board.groups for row in group.rows] for name, board in shown.items()}
    assert rows == {"kind": [second], "role": [second], "resolution": [second], "level": []}
    assert [body.code for body in shown["role"].bodies] == ["MTTQ"]
    assert first not in rows["resolution"]


def test_the_matrix_of_an_older_day_knows_nothing_later(cast):
    task = make_task(levels=[(Level.CENTRAL, [])])
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE, on=date(2026, 5, 1))
    verified(task, cast, on=date(2026, 5, 1))
    before, after = (matrix(cast["hoa"], day, MatrixFilter()) for day in (date(2026, 4, 30), date(2026, 5, 1)))
    assert [len(board.bodies) for board in (before, after)] == [1, 2]
    assert [board.groups[0].rows[0].state for board in (before, after)] == [State.OPEN_IN_TIME, State.DONE_ON_TIME]


def test_rows_are_grouped_by_the_division_of_the_document(cast):
    resolution = make_resolution()
    top = make_provision(resolution, label="XV")
    parts = [make_provision(resolution, label=f"XV.{number}", parent=top) for number in (1, 2)]
    leaf = make_provision(resolution, label="XV.1.1", parent=parts[0])
    for position, place in enumerate((parts[0], leaf, parts[1], top, None)):
        make_task(resolution=resolution, provision=place, position=position)
    board = matrix(cast["hoa"], TODAY, MatrixFilter())
    labels = [(group.provision and group.provision.label, len(group.rows)) for group in board.groups]
    assert labels == [("XV.1", 2), ("XV.2", 1), ("XV", 1), (None, 1)]


def test_an_official_sees_the_rows_of_their_body_only(cast):
    make_task()
    make_task(accountable=make_body("BO-B"))
    assert matrix(cast["minh"], TODAY, MatrixFilter()).rows == 1


def test_the_queues_ask_as_often_as_they_say(cast, django_assert_num_queries):
    bodies = scope_of(cast["lan"]).body_ids
    scope_of(cast["hoa"])
    for _times in range(2):
        for number in range(3):
            task = late_task(levels=[(Level.CENTRAL, [])])
            make_cell(task, make_body(), Role.RESPONSIBLE)
            obstructed(task, cast["lan"], on=TODAY)
            if number == 1:
                submitted(task, cast["lan"])
            if number == 2:
                asked(task, cast["lan"], on=TODAY, wanted_on=TODAY + timedelta(days=90))
        scan_today()
        with django_assert_num_queries(12):
            assert overdue(cast["hoa"])
        with django_assert_num_queries(4):
            assert matrix(cast["hoa"], TODAY, MatrixFilter()).rows
        with django_assert_num_queries(15):
            board = desk(cast["lan"], TODAY, bodies)
            assert board.late and board.requests.pending
