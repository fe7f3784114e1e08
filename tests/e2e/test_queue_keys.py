"""The keys of the queues: they move, choose, accept and open, rest while one types, and can be switched off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.models import User
from tests.builders import make_cast, make_task
from tests.working import client_of, submitted
from tracker.clock import local_today
from tracker.models import ProgressReport

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rows(transactional_db: None) -> list[ProgressReport]:
    """Four reports, the first waits the longest."""
    cast, today = make_cast(), local_today()
    return [submitted(make_task(), cast["lan"], on=today - timedelta(days=9 - number)) for number in range(4)]


@pytest.fixture
def page(browser: Any, live_server: Any, rows: list[ProgressReport]) -> Iterator[Any]:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(10_000)
    name = settings.SESSION_COOKIE_NAME
    value = client_of(User.objects.get(username="hoa")).cookies[name].value
    context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + reverse("review"))
    yield page
    context.close()


def states(rows: list[ProgressReport]) -> list[str]:
    return [ProgressReport.objects.get(pk=row.pk).state for row in rows]


def chosen(page: Any) -> list[bool]:
    return [box.is_checked() for box in page.locator("input[name=row]").all()]


def test_keys_move_choose_and_accept(page: Any, rows: list[ProgressReport]) -> None:
    for key in ("j", "x", "j", "j", "k", "x", "j", "j", "x", "x"):
        page.keyboard.press(key)
    assert chosen(page) == [True, True, False, False]
    page.keyboard.press("a")
    page.wait_for_url("**/queues/decided/")
    assert states(rows) == ["accepted", "accepted", "submitted", "submitted"]


def test_a_return_begins_with_its_reason_for_the_row_on_which_one_stands(page: Any, rows: list[ProgressReport]) -> None:
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.keyboard.type("a jar of ink and a box? x")
    assert page.input_value("#selection_note") == "a jar of ink and a box? x"
    assert chosen(page) == [True, False, False, False]
    page.click("button[value=return]")
    page.wait_for_url("**/queues/decided/")
    assert states(rows) == ["returned", "submitted", "submitted", "submitted"]


def test_a_row_is_opened_decided_and_the_next_one_opens_until_one_skips(page: Any, rows: list[ProgressReport]) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/reports/{rows[0].pk}/?*")
    page.keyboard.press("a")
    page.wait_for_url(f"**/reports/{rows[1].pk}/?*")
    page.keyboard.press("j")
    page.wait_for_url(f"**/reports/{rows[2].pk}/?*")
    assert states(rows) == ["accepted", "submitted", "submitted", "submitted"]


def test_the_keys_are_shown_and_can_be_switched_off(page: Any, rows: list[ProgressReport]) -> None:
    page.keyboard.press("?")
    page.uncheck("#keys-on")
    page.locator("h1").click()
    for key in ("j", "x", "a", "?"):
        page.keyboard.press(key)
    assert chosen(page) == [False] * 4 and states(rows) == ["submitted"] * 4
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert chosen(page) == [False] * 4 and not page.is_checked("#keys-on", timeout=1000)


def test_a_filter_without_reload_leaves_keys_and_choice_working(page: Any, rows: list[ProgressReport]) -> None:
    page.select_option("#id_order", "-since")
    page.wait_for_url("**order=-since*")
    page.wait_for_function(f"document.querySelector('[data-open]').href.includes('/reports/{rows[3].pk}/')")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert chosen(page) == [True, False, False, False]
    page.check("#choose-all")
    assert chosen(page) == [True] * 4
