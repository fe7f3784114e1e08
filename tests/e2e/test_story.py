"""The whole story in a browser, with and without JavaScript: an official reports, the days pass, the scan flags, the
commission sees and acknowledges, and the API tells it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from tests.builders import make_cast, make_instrument, make_task, noon
from tests.working import PDF
from tracker.clock import local_today
from tracker.models import Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "mot-mat-khau-dai"
PLAN = "The plan was issued on Monday"


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def page(request: Any, browser: Any) -> Iterator[Any]:
    context = browser.new_context(java_script_enabled=request.param == "with JavaScript", locale="en-GB")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def task(settings: Any, tmp_path: Any, transactional_db: None) -> Task:
    """A task of Lan's body that is due in ten days."""
    settings.MEDIA_ROOT = tmp_path
    for user in make_cast().values():
        user.language = "en"
        user.save()
    make_instrument(number="59/2026/ND-CP")
    today = local_today()
    return make_task(on=today - timedelta(days=20), due_on=today + timedelta(days=10), title_en="Hold a dialogue")


def sign_in(page: Any, site: str, name: str) -> None:
    page.goto(site)
    page.fill("[name=login]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main form[action='/accounts/login/'] button")


def sign_out(page: Any) -> None:
    page.locator("details.menu:has(form[action='/accounts/logout/']) summary").click()
    page.click("form[action='/accounts/logout/'] button")
    page.wait_for_url("**/accounts/login/**")


def report(page: Any, task: Task) -> None:
    """From the desk: open the form of the task, fill it in with evidence, submit it."""
    page.wait_for_url("**/desk/")
    page.locator(f"a[href='{reverse('report_new', args=[task.pk])}']").first.click()
    page.select_option("[name=stage]", "drafting")
    page.fill("[name=done_text]", PLAN)
    page.fill("[name=hindrance_text]", "Few staff")
    page.fill("[name=instrument_number]", "59/2026/nd-cp")
    page.set_input_files("[name=files]", {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.click("button[name=submit]")
    page.wait_for_url("**/reports/*/")
    text = page.inner_text("main")
    assert PLAN in text and "plan.pdf" in text and "59/2026/ND-CP" in text


def accept(page: Any) -> None:
    """From the start page of the commission: find the report in the queue and accept it."""
    page.wait_for_url("**/overview/")
    page.click("nav a[href='/review/']")
    page.locator("main a[href*='/reports/']").first.click()
    assert PLAN in page.inner_text("main")
    page.click("button[value=accept]")
    page.wait_for_url("**/review/")


def acknowledge(page: Any, task: Task) -> None:
    """On the page of what is overdue: read the reason, write what will be done."""
    page.click("nav a[href='/overdue/']")
    row = page.locator("tbody tr", has_text=task.code).filter(has_text="Deadline")
    assert row.locator(".cell-why .sub").inner_text().strip()
    row.get_by_role("link", name="Acknowledge").click()
    page.fill("textarea[name=note]", "A letter goes out today")
    page.click("main .button-main")
    page.wait_for_selector(".messages")
    page.click("nav a[href='/overdue/']")
    page.wait_for_selector(".cell-ack .pill.tone-done")
    assert "A letter goes out today" in page.inner_text("main")


def told_by_api(site: str, task: Task) -> dict[str, Any]:
    out = StringIO()
    call_command("create_token", user="hoa", scope=["read"], stdout=out, stderr=StringIO())
    api = http.client.HTTPConnection(site.removeprefix("http://"), timeout=10)
    headers = {"Authorization": f"Bearer {out.getvalue().strip()}"}
    api.request("GET", f"/api/v1/flags/?task={task.code}&clock=due", headers=headers)
    (row,) = json.load(api.getresponse())["results"]
    api.close()
    return row


def test_from_the_report_to_the_flag_that_the_api_tells(page: Any, live_server: Any, task: Task) -> None:
    site, begin = live_server.url, local_today()
    sign_in(page, site, "lan")
    report(page, task)
    sign_out(page)
    sign_in(page, site, "hoa")
    accept(page)
    task.refresh_from_db()
    assert task.stage == "drafting"
    sign_out(page)

    with time_machine.travel(noon(begin + timedelta(days=30)), tick=True):
        call_command("scan", stdout=StringIO())
        sign_in(page, site, "hoa")
        acknowledge(page, task)
        flag = told_by_api(site, task)
        sign_out(page)
    assert flag["since"] == (begin + timedelta(days=11)).isoformat()
    assert flag["acknowledged_at"]
