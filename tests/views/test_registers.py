"""Resolutions, bodies and instruments: lists and pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.builders import (
    START,
    make_body,
    make_cast,
    make_cell,
    make_instrument,
    make_post,
    make_provision,
    make_resolution,
    make_task,
    make_user,
    noon,
)
from tracker.choices import (
    BodyKind,
    InstrumentLinkKind,
    InstrumentStatus,
    Level,
    ResolutionLinkKind,
    Role,
    Stage,
    SuccessionKind,
)
from tracker.models import InstrumentLink, ResolutionLink, Succession, Task
from tracker.services import institutionalizations

pytestmark = pytest.mark.django_db
LISTS = ["resolution_list", "body_list", "instrument_list"]


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def hoa(client: Client, cast: dict[str, User]) -> Client:
    client.force_login(cast["hoa"])
    client.cookies["django_language"] = "en"
    return client


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_resolution_shows_its_tree_with_tasks_and_state(hoa: Client) -> None:
    resolution = make_resolution(code="R1", to_be_checked_vi="the number")
    upper = make_provision(resolution, label="XV")
    task = make_task(resolution=resolution, provision=make_provision(resolution, label="XV.2", parent=upper))
    done = make_task(resolution=resolution)
    Task.objects.filter(pk=done.pk).update(stage=Stage.INSTITUTIONALIZED, done_on=START)
    known = hoa.get(reverse("resolution", args=["R1"])).context["known"]
    assert [node.provision.label for node in known.tree] == ["XV"]
    assert known.tree[0].children[0].tasks == [task]
    assert known.loose_tasks == [done]
    assert (known.cells.done, known.cells.total) == (1, 2)
    assert "the number" in page(hoa, "resolution", "R1")


def test_the_list_says_how_much_became_a_rule(hoa: Client) -> None:
    done = make_task(resolution=make_resolution(code="R1"))
    make_task(resolution=done.resolution)
    Task.objects.filter(pk=done.pk).update(stage=Stage.INSTITUTIONALIZED, done_on=START)
    assert "1 of 2" in page(hoa, "resolution_list")


def test_links_lead_back_and_forward(hoa: Client) -> None:
    later, earlier = (
        make_resolution(code="R1", title_en="The later"),
        make_resolution(code="R2", title_en="The earlier"),
    )
    ResolutionLink.objects.create(later=later, earlier=earlier, kind=ResolutionLinkKind.DEVELOPS)
    assert "this one develops" in page(hoa, "resolution", "R1")
    assert "this later one develops it" in page(hoa, "resolution", "R2")


def test_a_resolution_shows_officials_their_own_tasks_only(client: Client, cast: dict[str, User]) -> None:
    resolution = make_resolution(code="R1")
    make_task(resolution=resolution)
    make_task(resolution=resolution, accountable=make_body("BO-B"), title_vi="Việc của người khác")
    client.force_login(cast["lan"])
    known = client.get(reverse("resolution", args=["R1"])).context["known"]
    assert known.cells.total == len(known.loose_tasks) == 1
    assert "Việc của người khác" not in page(client, "resolution", "R1")


def test_a_body_shows_tasks_by_role_posts_and_holders(hoa: Client) -> None:
    body = make_body("BO-A", is_demo=True)
    make_post(body, holder="Nguyễn Thị Thử")
    task = make_task(accountable=body)
    make_cell(make_task(accountable=make_body("BO-B")), body, Role.SUPERVISES)
    roles = hoa.get(reverse("body", args=["BO-A"])).context["known"].roles
    assert [group.role for group in roles] == [Role.ACCOUNTABLE, Role.SUPERVISES]
    text = page(hoa, "body", "BO-A")
    assert "Nguyễn Thị Thử" in text and task.title_en in text and "Demonstration" in text


def test_open_tasks_stand_before_done_ones(hoa: Client) -> None:
    body = make_body("BO-A")
    done, later, sooner = make_task(), make_task(due_on=date(2027, 5, 3)), make_task(due_on=date(2026, 5, 4))
    Task.objects.filter(pk=done.pk).update(stage=Stage.INSTITUTIONALIZED, done_on=START)
    group = hoa.get(reverse("body", args=[body.code])).context["known"].roles[0]
    assert [cell.task for cell in group.cells] == [sooner, later, done]


def test_a_succession_is_told_on_both_sides(hoa: Client) -> None:
    old, new = make_body("CU", valid_to=date(2025, 2, 3)), make_body("MOI")
    succession = Succession.objects.create(code="S1", kind=SuccessionKind.MERGE, on=date(2025, 2, 3), act="01-QĐ/TW")
    succession.members.create(body=old, is_predecessor=True)
    succession.members.create(body=new, is_predecessor=False)
    assert "01-QĐ/TW" in page(hoa, "body", "CU") and "2 Feb 2025" in page(hoa, "body", "CU")
    assert old.name_en in page(hoa, "body", "MOI")


def test_bodies_are_filtered_by_kind_level_state_and_words(hoa: Client) -> None:
    make_body("DANG", kind=BodyKind.PARTY, level=Level.PROVINCE, name_vi="Đảng ủy tỉnh")
    make_body("CU", valid_to=date(2025, 2, 3))

    def found(**query: str) -> set[str]:
        return {row.code for row in hoa.get(reverse("body_list"), query).context["page"].rows}

    assert found(kind="party", level="province") == {"DANG"}
    assert found(state="ended") == {"CU"}
    assert found(q="tinh DANG") == {"DANG"}
    assert "CU" not in found(state="now")


def test_an_instrument_shows_its_status_and_the_tasks_that_lean_on_it(hoa: Client, cast: dict[str, User]) -> None:
    task = make_task(levels=[(Level.CENTRAL, [])])
    old = make_instrument(ends_on=date(2026, 7, 1), to_be_checked_vi="the day")
    new = make_instrument()
    InstrumentLink.objects.create(instrument=new, other=old, kind=InstrumentLinkKind.REPLACES)
    institutionalizations.declare(
        task, old, level=Level.CENTRAL, body=make_body("BO-A"), by=cast["lan"], at=noon(START)
    )
    text = page(hoa, "instrument", old.pk)
    assert task.code in text and "No longer in force" in text and "the day" in text
    assert "this later one replaces it" in text


@pytest.mark.parametrize("status", InstrumentStatus)
def test_the_status_filter_agrees_with_the_row(hoa: Client, status: InstrumentStatus) -> None:
    days = [None, date(2026, 1, 5), date(2027, 3, 1)]
    for signed in days:
        for entered in [day for day in days if day is None or signed is None or day >= signed]:
            for ends in [day for day in days if day is None or entered is None or day >= entered]:
                make_instrument(signed_on=signed, in_force_on=entered, ends_on=ends)
    response = hoa.get(reverse("instrument_list"), {"status": status.value})
    rows, today = response.context["page"].rows, response.context["today"]
    assert rows and {row.status_on(today) for row in rows} == {status}


@pytest.mark.parametrize("name", LISTS)
def test_a_register_is_closed_to_accounts_without_a_duty(client: Client, name: str) -> None:
    body = make_body("BO-A")
    make_instrument()
    make_task()
    client.force_login(make_user("nobody", None, body))
    assert client.get(reverse(name)).context["page"].rows == []
    assert client.get(reverse("body", args=["BO-A"])).status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_strangers_are_led_to_the_sign_in(client: Client, name: str) -> None:
    assert client.get(reverse(name)).headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_register_refuses_to_write(hoa: Client, name: str, method: str) -> None:
    assert getattr(hoa, method)(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("value", ["a" * 201, "\x00"])
def test_wrong_words_name_their_field(hoa: Client, name: str, value: str) -> None:
    response = hoa.get(reverse(name), {"q": value})
    assert list(response.context["form"].errors) == ["q"]
    assert response.context["page"].rows == []


@pytest.mark.parametrize(("name", "code"), [("resolution", "x" * 500), ("body", "KHONG-CO"), ("instrument", 999999)])
def test_what_is_not_there_is_not_found(hoa: Client, name: str, code: Any) -> None:
    assert hoa.get(reverse(name, args=[code])).status_code == 404


@pytest.mark.parametrize("path", ["/bodies/%00/", "/resolutions/a%00b/", "/tasks/by-code/%00/", f"/tasks/{10**30}/"])
def test_impossible_addresses_are_not_found(hoa: Client, path: str) -> None:
    assert hoa.get(path).status_code == 404


def _grow(times: int) -> None:
    resolution = make_resolution(code="R1") if times == 1 else Task.objects.get(code="FIRST").resolution
    body = make_body("BO-A")
    for n in range(times):
        code = "FIRST" if times == 1 else ""
        task = make_task(
            resolution=resolution, provision=make_provision(resolution), **({"code": code} if code else {})
        )
        child = make_body(parent=body)
        make_post(body, holder=f"Người {times} {n}", code=f"p{times}{n}")
        make_instrument(issuer=body)
        make_cell(task, child, Role.RESPONSIBLE)
        make_resolution(issuer=body)
        succession = Succession.objects.create(code=f"S{times}{n}", kind=SuccessionKind.SPLIT, on=START)
        succession.members.create(body=body, is_predecessor=True)
        succession.members.create(body=child, is_predecessor=False)


@pytest.mark.parametrize(
    ("name", "args", "queries"),
    [
        ("resolution_list", [], 5),
        ("resolution", ["R1"], 10),
        ("body_list", [], 5),
        ("body", ["BO-A"], 20),
        ("instrument_list", [], 4),
    ],
)
def test_pages_take_as_many_queries_for_three_times_the_rows(
    hoa: Client, name: str, args: list[str], queries: int, django_assert_num_queries: Any
) -> None:
    for times in (1, 2):
        _grow(times)
        with django_assert_num_queries(queries):
            page(hoa, name, *args)
