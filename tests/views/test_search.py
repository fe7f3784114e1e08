"""Search over all registers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.builders import (
    make_body,
    make_cast,
    make_instrument,
    make_post,
    make_provision,
    make_resolution,
    make_task,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def filled() -> None:
    resolution = make_resolution(code="R1", title_vi="Nghị quyết đối thoại")
    make_provision(resolution, heading_vi="Đối thoại định kỳ")
    make_task(resolution=resolution, title_vi="Tổ chức đối thoại")
    make_post(make_body("BAN-DT", name_vi="Ban Đối thoại"), holder="Trần Đối Thoại")
    make_instrument(title_vi="Quy chế đối thoại")


def found(client: Client, text: str) -> dict[str, list[Any]]:
    groups = client.get(reverse("search"), {"q": text}).context["found"].groups
    return {group.noun: group.rows for group in groups}


@pytest.mark.parametrize("text", ["đối thoại", "THOAI doi", "  Thoại   ĐỐI "])
def test_every_noun_is_found_without_marks_and_in_any_order(
    client: Client, cast: dict[str, User], filled: None, text: str
) -> None:
    client.force_login(cast["hoa"])
    assert set(found(client, text)) == {"task", "body", "resolution", "provision", "instrument", "cadre"}


def test_an_office_holder_leads_to_their_body(client: Client, cast: dict[str, User], filled: None) -> None:
    client.force_login(cast["lan"])
    page = client.get(reverse("search"), {"q": "tran doi thoai"}).content.decode()
    assert reverse("body", args=["BAN-DT"]) in page


def test_tasks_of_another_body_are_not_found(client: Client, cast: dict[str, User], filled: None) -> None:
    client.force_login(cast["minh"])
    assert "task" not in found(client, "đối thoại")


def test_an_account_without_a_duty_finds_nothing(client: Client, filled: None) -> None:
    client.force_login(make_user("nobody", None, make_body("BO-A")))
    assert found(client, "đối thoại") == {}


def test_signs_of_patterns_are_plain_signs(client: Client, cast: dict[str, User], filled: None) -> None:
    client.force_login(cast["hoa"])
    assert found(client, "%") == found(client, "_") == found(client, "' OR 1=1") == {}


@pytest.mark.parametrize("text", ["", "   ", "\u0301", "a" * 201, "\x00"])
def test_without_words_nothing_is_asked(
    client: Client, cast: dict[str, User], filled: None, text: str, django_assert_num_queries: Any
) -> None:
    client.force_login(cast["hoa"])
    with django_assert_num_queries(3):
        assert found(client, text) == {}


def test_groups_are_limited_and_say_that_there_is_more(client: Client, cast: dict[str, User]) -> None:
    for _ in range(16):
        make_task()
    client.force_login(cast["hoa"])
    response = client.get(reverse("search"), {"q": "nhiem vu"})
    [group] = [group for group in response.context["found"].groups if group.noun == "task"]
    assert len(group.rows) == 15 and group.more
    assert f"{reverse('task_list')}?q=nhiem%20vu" in response.content.decode()


def test_what_was_typed_is_escaped(client: Client, cast: dict[str, User]) -> None:
    client.force_login(cast["hoa"])
    page = client.get(reverse("search"), {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_ten_queries_for_any_number_of_rows(
    client: Client, cast: dict[str, User], filled: None, django_assert_num_queries: Any
) -> None:
    client.force_login(cast["hoa"])
    for _ in range(2):
        with django_assert_num_queries(10):
            found(client, "đối thoại")
        for n in range(2):
            make_post(make_body(), holder=f"Lê Đối Thoại {n}")


def test_strangers_and_writers_are_refused(client: Client, cast: dict[str, User]) -> None:
    assert client.get(reverse("search")).status_code == 302
    client.force_login(cast["hoa"])
    assert client.post(reverse("search")).status_code == 405
