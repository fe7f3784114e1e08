"""The digest: one mail a person a working day, of what they were not told yet, grouped by what they can do."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import Membership, User
from tests.builders import (
    make_body,
    make_calendar,
    make_cast,
    make_cell,
    make_policy,
    make_post,
    make_task,
    make_user,
    noon,
)
from tests.working import submitted
from tracker.boards.digest import Group, digest_of
from tracker.choices import DayKind, Duty, JobState, MessageKind, Role
from tracker.models import Calendar, CalendarDay, CalendarVersion, DayOff, Flag, JobRun, Message, StepRecipient, Task
from tracker.services import calendars, clocks, digests, mails, scan

pytestmark = pytest.mark.django_db
DUE = date(2026, 3, 13)  # a Friday
MONDAY = date(2026, 3, 16)
LADDER = ((1, -5, "holder", None), (2, 0, "head", None), (3, 5, "supervisor", None), (4, 10, "commission", 5))
HOUR = 7


@pytest.fixture
def cast() -> dict[str, User]:
    make_policy(limits=[("due", 250, "working")], ladder=LADDER, clocks=["due"])
    cast = make_cast()
    for name, user in cast.items():
        user.email, user.language = f"{name}@example.invalid", "en"
        user.save(update_fields=["email", "language"])
    post = make_post(make_body("BO-A"), holder="Lan")
    cast["lan"].cadre = post.tenures.get().cadre
    cast["lan"].save(update_fields=["cadre"])
    return cast


def mine(**facts: Any) -> Task:
    body = make_body("BO-A")
    return make_task(due_on=DUE, accountable=body, post=body.posts.get(), **facts)


def run(day: date, *, hour: int = 12) -> JobRun | None:
    """Scan the day as the job does, then write its digests."""
    scan.run(day, at=noon(day), force=True)
    return digests.catch_up(at=noon(day).replace(hour=hour), hour=HOUR)


def groups(user: User, day: date) -> dict[Group, list[str]]:
    found = digest_of(User.objects.get(pk=user.pk), day)
    return {part.group: [entry.task.code for entry in part.entries] for part in found.parts}


# Whom, what, when


def test_each_person_gets_one_mail_and_the_rows_point_to_it(cast: dict[str, User]) -> None:
    tasks = [mine() for _ in range(3)]
    job_run = run(MONDAY)
    message = Message.objects.get()
    assert (message.user, message.kind, message.key) == (
        cast["lan"],
        MessageKind.DIGEST,
        f"digest:{cast['lan'].pk}:{MONDAY}",
    )
    assert message.subject == "16/03/2026: 3 tasks to look at"
    assert all(f"http://localhost:8000/tasks/{task.pk}/" in message.text for task in tasks)
    assert set(StepRecipient.objects.values_list("digest", flat=True)) == {message.pk}
    assert (job_run.state, job_run.looked_at, job_run.stepped) == (JobState.DONE, 1, 1)


def test_the_same_day_again_changes_nothing(cast: dict[str, User]) -> None:
    mine()
    run(MONDAY)
    assert run(MONDAY) is None
    JobRun.objects.filter(job="digest").delete()
    mine()
    assert run(MONDAY).stepped == 0
    assert Message.objects.count() == 1
    assert StepRecipient.objects.filter(digest=None).exists()  # told on the next working day
    run(MONDAY + timedelta(days=1))
    assert not StepRecipient.objects.filter(digest=None).exists()


@pytest.mark.parametrize(
    ("day", "hour", "is_written"),
    [
        (MONDAY, 7, True),
        (MONDAY, 6, False),
        (date(2026, 3, 14), 12, False),  # a Saturday
        (date(2026, 4, 30), 12, False),  # a public holiday, a Thursday
    ],
)
def test_it_is_written_on_working_days_from_its_hour_on(
    cast: dict[str, User], day: date, hour: int, is_written: bool
) -> None:
    mine()
    assert (run(day, hour=hour) is not None) == is_written
    assert Message.objects.exists() == is_written


def test_a_day_that_is_not_scanned_yet_is_waited_for(cast: dict[str, User]) -> None:
    mine()
    scan.run(DUE, at=noon(DUE), force=True)
    assert digests.catch_up(at=noon(MONDAY), hour=HOUR) is None


def test_only_the_national_calendar_in_force_says_what_a_working_day_is(cast: dict[str, User]) -> None:
    base = make_calendar()
    local = Calendar(code="VN-A", name_vi="Lịch địa phương", name_en="Local", base=base, body=make_body("TINH-A"))
    off = DayOff(day=MONDAY, kind=DayKind.OFF, name_vi="Nghỉ", name_en="Off")
    calendars.create(local, by=None, at=noon(MONDAY), days_off=[off], first_year=2024, last_year=2028)
    draft = CalendarVersion.objects.create(calendar=base, number=2, valid_from=MONDAY)
    CalendarDay.objects.create(calendar=draft, day=MONDAY, is_working=False, ordinal=1)
    assert digests.is_working_day(MONDAY)
    assert [digests.is_working_day(date(2040, 1, day)) for day in (6, 7)] == [True, False]  # Friday, Saturday
    assert digests.last_working_day(date(2026, 3, 15)) == DUE


def test_nobody_without_an_address_is_asked_for(cast: dict[str, User]) -> None:
    mine()
    User.objects.update(email="")
    assert run(MONDAY).looked_at == 0
    User.objects.update(email="lan@example.invalid", is_active=False)
    assert run(MONDAY + timedelta(days=1)).looked_at == 0


# What it says


def test_it_groups_by_what_the_reader_can_do(cast: dict[str, User]) -> None:
    late, soon = mine(), mine()
    Task.objects.filter(pk=soon.pk).update(due_on=date(2026, 3, 20))
    clocks.wind([soon.pk], at=noon(date(2026, 3, 2)))
    scan.run(MONDAY, at=noon(MONDAY), force=True)
    assert groups(cast["lan"], MONDAY) == {Group.LATE: [late.code], Group.SOON: [soon.code]}
    run(MONDAY)
    assert groups(cast["lan"], MONDAY) == {}


@pytest.mark.parametrize(
    ("clock", "reached", "group"),
    [
        ("due", "holder", Group.LATE),
        ("due", "supervisor", Group.WATCH),
        ("due", "commission", Group.WATCH),
        ("review", "commission", Group.DECIDE),
        ("request", "commission", Group.DECIDE),
        ("unverified", "commission", Group.DECIDE),
        ("unverified", "supervisor", Group.WATCH),
        ("unowned", "commission", Group.UNOWNED),
        ("unowned", "head", Group.UNOWNED),
    ],
)
def test_a_flag_is_in_the_group_of_its_clock_and_of_whom_it_reached(
    cast: dict[str, User], clock: str, reached: str, group: Group
) -> None:
    task = mine()
    scan.run(MONDAY, at=noon(MONDAY), force=True)
    Flag.objects.update(clock=clock)
    row = StepRecipient.objects.latest("pk")
    type(row.step).objects.filter(pk=row.step_id).update(reached=reached)
    row.user = cast["hoa"]
    row.save()
    assert groups(cast["hoa"], MONDAY) == {group: [task.code]}


def test_a_flag_is_one_line_by_its_latest_step(cast: dict[str, User]) -> None:
    task = mine()
    scan.run(DUE + timedelta(days=1), at=noon(DUE), force=True)
    (entry,) = digest_of(cast["lan"], MONDAY).parts[0].entries
    assert (entry.task, [line.when for line in entry.lines]) == (
        task,
        ["Late since 14 Mar 2026: 1 working day. Step 2."],
    )
    assert StepRecipient.objects.filter(user=cast["lan"]).count() == 2


def test_the_flags_of_a_task_are_together_and_it_counts_once(cast: dict[str, User]) -> None:
    task = mine()
    scan.run(MONDAY, at=noon(MONDAY), force=True)
    other = Flag.objects.get()
    row = StepRecipient.objects.select_related("step").latest("pk")
    other.pk, other.clock = None, "submit"
    other.save()
    step = row.step
    step.pk, step.flag = None, other
    step.save()
    StepRecipient.objects.create(step=step, recipient="u1", user=cast["lan"])
    digest = digest_of(cast["lan"], MONDAY)
    ((entry,),) = [part.entries for part in digest.parts]
    assert (entry.task, [line.flag.clock for line in entry.lines], digest.count) == (task, ["due", "submit"], 1)


def test_a_reminder_says_how_much_is_left(cast: dict[str, User]) -> None:
    mine()
    scan.run(date(2026, 3, 9), at=noon(DUE), force=True)
    (entry,) = digest_of(cast["lan"], date(2026, 3, 9)).parts[0].entries
    assert entry.lines[0].when == "Last day in time: 13 Mar 2026, 4 working days left. Step 1."


def test_a_vacant_place_is_told_of(cast: dict[str, User]) -> None:
    make_task(due_on=DUE, accountable=make_body("BO-B"))
    run(MONDAY)
    message = Message.objects.get(user=cast["hoa"])
    assert "Nobody was there for whom it was meant (“Head of the accountable body”)" in message.text


def test_closed_flags_are_settled_and_not_listed(cast: dict[str, User]) -> None:
    closed, still = mine(), mine()
    scan.run(MONDAY, at=noon(MONDAY), force=True)
    Flag.objects.filter(task=closed).update(closed_on=MONDAY)
    run(MONDAY)
    message = Message.objects.get()
    assert still.title in message.text and closed.title not in message.text
    assert not StepRecipient.objects.filter(digest=None).exists()


def test_where_everything_has_closed_there_is_no_mail_and_nobody_is_looked_up(cast: dict[str, User]) -> None:
    mine()
    scan.run(MONDAY, at=noon(MONDAY), force=True)
    Flag.objects.update(closed_on=MONDAY)
    assert run(MONDAY).looked_at == 0
    assert StepRecipient.objects.filter(digest=None).exists() and not Message.objects.exists()


def test_who_may_not_read_the_task_any_more_is_not_told_of_it(cast: dict[str, User]) -> None:
    mine()
    scan.run(MONDAY, at=noon(MONDAY), force=True)
    with time_machine.travel(noon(MONDAY), tick=False):
        Membership.objects.filter(user=cast["lan"]).update(valid_to=MONDAY)
        run(MONDAY)
    assert not Message.objects.exists()


def test_a_long_digest_says_how_many_more_there_are(cast: dict[str, User], monkeypatch: Any) -> None:
    monkeypatch.setattr("tracker.boards.digest.MOST_ENTRIES", 2)
    for _ in range(5):
        mine()
    run(MONDAY)
    assert "And 3 more, on the pages." in Message.objects.get().text
    assert not StepRecipient.objects.filter(digest=None).exists()


def test_it_speaks_the_language_of_the_reader(cast: dict[str, User]) -> None:
    mine(title_vi="Cơ chế “Đảng lãnh đạo”", title_en="The mechanism")
    User.objects.update(language="vi")
    with translation.override("en"):
        run(MONDAY)
    message = Message.objects.get()
    assert (message.language, message.subject) == ("vi", "16/03/2026: 1 nhiệm vụ cần xem")
    for words in ("Gửi: lan", "VIỆC ĐANG CHẬM (1)", "Cơ chế “Đảng lãnh đạo”", "1 ngày làm việc", "14/03/2026"):
        assert words in message.text
    assert "The mechanism" not in message.text and 'lang="vi"' in message.html


def test_titles_are_escaped_and_stay_on_their_line(cast: dict[str, User]) -> None:
    evil = "<script>alert(1)</script>\n- 9.9 · Another task <img src=x>"
    mine(title_vi=evil, title_en=evil)
    run(MONDAY)
    message = Message.objects.get()
    assert "<script" not in message.html and "<img" not in message.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; - 9.9" in message.html
    assert "\n- 9.9" not in message.text


# Trouble


def test_one_who_cannot_be_told_stops_nobody_and_is_tried_again(cast: dict[str, User], monkeypatch: Any) -> None:
    make_user("duc", Duty.OFFICIAL, make_body("BO-B"), email="duc@example.invalid")
    mine()
    make_task(due_on=DUE, accountable=make_body("BO-B"), post=make_post(make_body("BO-B"), holder="Duc"))
    write = mails.write

    def broken(user: User, *args: Any, **kwargs: Any) -> Any:
        if user == cast["lan"]:
            raise DatabaseError("broken")
        return write(user, *args, **kwargs)

    monkeypatch.setattr(mails, "write", broken)
    failed = run(MONDAY)
    assert (failed.state, failed.error) == (JobState.FAILED, "DatabaseError('broken')")
    told = set(Message.objects.values_list("user__username", flat=True))
    assert told and "lan" not in told
    monkeypatch.undo()
    assert run(MONDAY).state == JobState.DONE
    assert set(Message.objects.values_list("user__username", flat=True)) == told | {"lan"}


def test_what_time_did_not_reach_goes_on_with_the_next_tick(cast: dict[str, User], monkeypatch: Any) -> None:
    mine()
    monkeypatch.setattr(digests, "RUN_SECONDS", -1)
    first = run(MONDAY)
    assert (first.state, first.stepped) == (JobState.RUNNING, 0)
    monkeypatch.undo()
    again = digests.catch_up(at=noon(MONDAY) + timedelta(minutes=1), hour=HOUR)
    assert (again.state, again.stepped, again.attempts) == (JobState.DONE, 1, 2)


def test_a_run_that_was_killed_is_taken_over_after_its_lease(cast: dict[str, User]) -> None:
    mine()
    scan.run(MONDAY, at=noon(MONDAY), force=True)
    digests._claim(MONDAY, noon(MONDAY))
    assert digests.catch_up(at=noon(MONDAY) + timedelta(minutes=1), hour=HOUR) is None
    assert digests.catch_up(at=noon(MONDAY) + timedelta(minutes=11), hour=HOUR).stepped == 1


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_tell_everybody_once(cast: dict[str, User]) -> None:
    for _ in range(4):
        mine()
    scan.run(MONDAY, at=noon(MONDAY), force=True)
    barrier, outcomes = threading.Barrier(3), Counter[str]()

    def tell() -> None:
        barrier.wait()
        try:
            outcomes[str(digests.tell(User.objects.get(username="lan"), MONDAY, at=noon(MONDAY)) is not None)] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes == {"True": 1, "False": 2}
    assert set(StepRecipient.objects.values_list("digest", flat=True)) == {Message.objects.get().pk}


def test_a_person_takes_as_many_queries_for_three_times_the_tasks(cast: dict[str, User]) -> None:
    counts = []
    for number in (2, 6):
        for _ in range(number):
            mine()
        make_cell(Task.objects.latest("pk"), make_body("QH"), Role.SUPERVISES)
        scan.run(MONDAY, at=noon(MONDAY), force=True)
        day = MONDAY + timedelta(days=number)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert digests.tell(User.objects.get(pk=cast["lan"].pk), day, at=noon(day))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 11, queries.captured_queries  # one of them fetches the person


def test_an_undecided_report_is_told_to_the_commission(cast: dict[str, User]) -> None:
    make_policy(code="ours", limits=[("review", 3, "working")], ladder=((1, 0, "commission", 5),), clocks=["review"])
    task = mine()
    submitted(task, cast["lan"], on=date(2026, 3, 9))
    day = date(2026, 3, 13)
    run(day)
    message = Message.objects.get(user=cast["hoa"])
    assert "YOUR DECISION IS WAITED FOR (1)" in message.text and task.title in message.text
