"""The list of tasks and the page of one task."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.asking import asked, obstructed
from tests.builders import (
    START,
    make_body,
    make_cast,
    make_cell,
    make_instrument,
    make_post,
    make_provision,
    make_task,
    noon,
)
from tracker.choices import Level, Rank, Role, Stage, TaskKind, TaskLinkKind
from tracker.models import CalendarVersion, Flag, Task, TaskLink
from tracker.services import extensions, institutionalizations, reports

pytestmark = pytest.mark.django_db
BAD_VALUES = ["nope", "\x00", "a" * 300, "' OR 1=1 --", "١"]


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def hoa(client: Client, cast: dict[str, User]) -> Client:
    """A client signed in as commission staff, in English."""
    client.force_login(cast["hoa"])
    client.cookies["django_language"] = "en"
    return client


def codes(client: Client, **query: str) -> set[str]:
    """The codes of the tasks that the list shows."""
    page = client.get(reverse("task_list"), query)
    return {task.code for task in page.context["page"].rows}


def text_of(client: Client, task: Task) -> str:
    response = client.get(reverse("task", args=[task.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_who_answers_and_how_it_stands(hoa: Client) -> None:
    task = make_task(due_on=date(2026, 3, 2))
    page = hoa.get(reverse("task_list")).content.decode()
    assert task.title_en in page and "Body BO-A" in page
    assert "In progress, overdue" in page


def test_filters_leave_what_they_name(hoa: Client) -> None:
    first = make_task(levels=[(Level.COMMUNE, [])], due_on=date(2026, 3, 2))
    second = make_task(kind=TaskKind.STANDING, accountable=make_body("BO-B"))
    assert codes(hoa, level="commune") == {first.code}
    assert codes(hoa, kind="standing") == {second.code}
    assert codes(hoa, body="BO-B") == codes(hoa, body="BO-B", role="A") == {second.code}
    assert codes(hoa, body="BO-B", role="S") == set()
    assert codes(hoa, status="open_overdue") == {first.code}
    assert codes(hoa, stage="assigned", resolution=first.resolution.code) == {first.code, second.code}


def test_words_are_found_without_marks_in_any_order(hoa: Client) -> None:
    task = make_task(title_vi="Đối thoại với nhân dân")
    make_task()
    assert codes(hoa, q="NHÂN doi thoai") == {task.code}


@pytest.mark.parametrize("field", ["resolution", "body", "role", "stage", "status", "level", "kind"])
@pytest.mark.parametrize("value", BAD_VALUES)
def test_a_wrong_filter_names_its_field_and_shows_nothing(hoa: Client, field: str, value: str) -> None:
    make_task()
    response = hoa.get(reverse("task_list"), {field: value})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert response.context["page"].rows == []


def test_the_filter_bar_and_the_list_are_exchanged_together(hoa: Client) -> None:
    page = hoa.get(reverse("task_list"), headers={"HX-Request": "true"}).content.decode()
    assert 'id="board"' in page and 'hx-target="#board" hx-select="#board"' in page
    assert page.index('id="board"') < page.index('class="filters"')


@pytest.mark.parametrize("page", [*BAD_VALUES, "-1", "0", "99999999999"])
def test_a_wrong_page_number_is_the_first_page(hoa: Client, page: str) -> None:
    task = make_task()
    assert codes(hoa, page=page) == {task.code}


def test_pages_go_on_without_counting(hoa: Client) -> None:
    resolution = make_task().resolution
    Task.objects.bulk_create(
        Task(
            code=f"X{n}",
            resolution=resolution,
            title_vi="x",
            title_en="x",
            assigned_on=START,
            stage_since=START,
            recorded_at=noon(START),
            position=n,
        )
        for n in range(60)
    )
    first, second = codes(hoa), codes(hoa, page="2")
    assert len(first) == 50 and len(second) == 11
    assert not first & second


def test_officials_list_only_what_touches_their_body(client: Client, cast: dict[str, User]) -> None:
    mine, other = make_task(), make_task(accountable=make_body("BO-B"))
    client.force_login(cast["lan"])
    assert codes(client) == {mine.code}
    assert client.get(reverse("task", args=[other.pk])).status_code == 404
    assert client.get(reverse("task_by_code", args=[other.code])).status_code == 404


def test_the_page_says_source_roles_and_holders(hoa: Client) -> None:
    body = make_body("BO-A")
    post = make_post(body, holder="Nguyễn Thị Thử")
    task = make_task(
        accountable=body, post=post, source="P26", to_be_checked_vi="the day", derived_from_commentary=True
    )
    task.provision = make_provision(task.resolution, label="XV.2", text_vi="Nội dung", text_en="What it says")
    task.save(update_fields=["provision"])
    page = text_of(hoa, task)
    for part in ("XV.2", "What it says", "P26", "the day", "Derived from commentary", "Nguyễn Thị Thử"):
        assert part in page


def test_a_vacant_post_is_told(hoa: Client) -> None:
    body = make_body("BO-A")
    task = make_task(accountable=body, post=make_post(body))
    assert "vacant" in text_of(hoa, task)


def test_levels_say_what_covers_them_and_what_is_missing(hoa: Client, cast: dict[str, User]) -> None:
    task = make_task(levels=[(Level.CENTRAL, [Rank.DECREE]), (Level.COMMUNE, [])])
    instrument = make_instrument(number="1/2026/NĐ-CP")
    evidence = institutionalizations.declare(
        task, instrument, level=Level.CENTRAL, body=make_body("BO-A"), by=cast["lan"], at=noon(date(2026, 4, 1))
    )
    institutionalizations.verify(evidence, by=cast["hoa"], at=noon(date(2026, 4, 2)))
    known = hoa.get(reverse("task", args=[task.pk])).context["known"]
    assert [state.covering is not None for state in known.levels] == [True, False]
    assert [state.level for state in known.missing_levels] == [Level.COMMUNE]


def test_flags_come_with_their_reason_and_steps(hoa: Client) -> None:
    task = make_task(due_on=date(2026, 3, 2), on=date(2026, 1, 5))
    flag = Flag.objects.create(
        task=task,
        clock="due",
        policy=_policy(),
        calendar_version=CalendarVersion.objects.get(),
        limit_on=date(2026, 3, 2),
        since=date(2026, 3, 3),
        opened_at=noon(date(2026, 3, 3)),
    )
    flag.steps.create(number=1, due_on=date(2026, 3, 3), addressee="holder", reached="holder", body=make_body("BO-A"))
    page = text_of(hoa, task)
    assert "The deadline was" in page and "3 Mar 2026" in page
    assert reverse("flag_acknowledge", args=[flag.pk]) in page


def _policy() -> Any:
    from tests.builders import make_policy

    return make_policy()


def test_the_time_line_is_in_order_and_marks_what_is_ahead(hoa: Client) -> None:
    task = make_task(due_on=date(2027, 6, 1))
    moments = hoa.get(reverse("task", args=[task.pk])).context["known"].moments
    days = [moment.on for moment in moments]
    assert days == sorted(days)
    assert [moment.is_ahead for moment in moments] == [False, True]


def test_parts_are_rolled_up(hoa: Client) -> None:
    parent = make_task(levels=[(Level.COMMUNE, [])])
    children = [make_task(parent=parent) for _ in range(3)]
    Task.objects.filter(pk=children[0].pk).update(stage=Stage.INSTITUTIONALIZED, done_on=START)
    assert "1 of 3 done" in text_of(hoa, parent)


def test_related_tasks_are_shown_from_both_sides(hoa: Client) -> None:
    one, two = make_task(), make_task()
    TaskLink.objects.create(task=one, other=two, kind=TaskLinkKind.OVERLAPS)
    assert two.code in text_of(hoa, one) and one.code in text_of(hoa, two)


def test_a_related_task_of_another_body_stays_hidden(client: Client, cast: dict[str, User]) -> None:
    mine, other = make_task(), make_task(accountable=make_body("BO-B"), title_vi="Việc của người khác")
    TaskLink.objects.create(task=mine, other=other, kind=TaskLinkKind.OVERLAPS)
    client.force_login(cast["lan"])
    assert other.title_vi not in text_of(client, mine)


def test_a_draft_is_seen_by_its_body_alone(client: Client, cast: dict[str, User]) -> None:
    task = make_task()
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    reports.save_draft(
        task, body=make_body("BO-A"), by=cast["lan"], at=noon(START), stage="assigned", done_text="Bản nháp kín"
    )
    seen = {}
    for name, user in cast.items():
        client.force_login(user)
        seen[name] = "Bản nháp kín" in text_of(client, task)
    assert seen == {"lan": True, "minh": False, "hoa": False, "quang": False, "vinh": False}


def test_an_official_is_offered_to_report_and_a_supervisor_nothing(client: Client, cast: dict[str, User]) -> None:
    task = make_task()
    url = reverse("report_new", args=[task.pk])
    client.force_login(cast["lan"])
    assert url in text_of(client, task)
    client.force_login(cast["vinh"])
    assert url not in text_of(client, task)


def test_stored_text_is_escaped(hoa: Client) -> None:
    task = make_task(title_en="<script>alert(1)</script>", detail_en="<img src=x>", source="<b>")
    page = text_of(hoa, task)
    assert "<script>alert" not in page and "<img src=x" not in page and "<b>" not in page


def test_a_code_leads_to_its_page(hoa: Client) -> None:
    task = make_task(code="NQ/25 2.7a")
    response = hoa.get(reverse("task_by_code", args=[task.code]))
    assert response.headers["Location"] == reverse("task", args=[task.pk])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_reading_pages_refuse_to_write(hoa: Client, method: str) -> None:
    task = make_task()
    for url in (reverse("task_list"), reverse("task", args=[task.pk])):
        assert getattr(hoa, method)(url).status_code == 405


def _fill(task: Task, cast: dict[str, User], rows: int) -> None:
    for n in range(rows):
        body = make_body()
        make_cell(task, body, Role.RESPONSIBLE, post=make_post(body, holder=f"Người {n}"))
        TaskLink.objects.create(task=task, other=make_task(parent=task), kind=TaskLinkKind.OVERLAPS)
        obstructed(task, cast["lan"], on=date(2026, 2, 2), body=body)
        extension = asked(task, cast["lan"], on=date(2026, 2, 2), wanted_on=date(2027, 6, 30))
        extensions.refuse_(extension, note="No", by=cast["hoa"], at=noon(date(2026, 2, 3)))
        report = reports.save_draft(
            task, body=make_body("BO-A"), by=cast["lan"], at=noon(START), stage="assigned", done_text="Đã làm"
        )
        reports.submit(report, by=cast["lan"], at=noon(START))
        reports.accept(report, by=cast["hoa"], at=noon(START))
        institutionalizations.declare(
            task, make_instrument(), level=Level.CENTRAL, body=make_body("BO-A"), by=cast["lan"], at=noon(START)
        )
        flag = Flag.objects.create(
            task=task,
            clock="due",
            policy=_policy(),
            calendar_version=CalendarVersion.objects.get(),
            limit_on=START,
            since=date(2026, 2, 1 + n),
            opened_at=noon(START),
            closed_on=date(2026, 3, 1),
            closed_at=noon(START),
        )
        flag.steps.create(number=1, due_on=START, addressee="holder", reached="holder", body=body)


@pytest.mark.parametrize("name", ["lan", "hoa"])
def test_the_page_takes_as_many_queries_for_three_times_the_rows(
    client: Client, cast: dict[str, User], name: str, django_assert_max_num_queries: Any
) -> None:
    task = make_task(levels=[(Level.CENTRAL, [])])
    client.force_login(cast[name])
    _fill(task, cast, 1)
    with django_assert_max_num_queries(38) as few:
        text_of(client, task)
    _fill(task, cast, 2)
    with django_assert_max_num_queries(len(few)):
        text_of(client, task)


def test_the_list_takes_seven_queries_for_any_number_of_rows(hoa: Client, django_assert_num_queries: Any) -> None:
    for rows in (1, 2):
        for _ in range(rows):
            make_task()
        with django_assert_num_queries(7):
            codes(hoa)
