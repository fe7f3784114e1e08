"""The figures as a page: each number is a link to the list that shows exactly those tasks."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from tests.boards.test_figures import LEVELS, extend
from tests.builders import make_body, make_cast, make_resolution, make_task, noon
from tests.working import TODAY, client_of, four_tasks, frozen, get, text, verified
from tracker.choices import Grouping
from tracker.models import FrozenReport

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
NUMBER = re.compile(r'<a href="(/tasks/\?[^"]+)">(\d+)</a>')
ROW = re.compile(r'<th scope="row" class="cell-title"><a href="/tasks/\d+/">')


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.mark.parametrize("by", Grouping)
@pytest.mark.parametrize("day", ["2026-05-20", "2026-06-15"])
def test_each_number_leads_to_so_many_tasks(cast, by, day):
    four_tasks(cast)
    late = make_task(levels=LEVELS, due_on=date(2026, 4, 1), resolution=make_resolution(code="R2"))
    extend(late, cast, until=date(2026, 5, 19), on=date(2026, 4, 10))
    verified(late, cast, on=date(2026, 5, 15))
    make_task(accountable=False, kind="standing")
    client = client_of(cast["hoa"])
    page = text(client.get(reverse("figures"), {"by": by, "as_of": day}))
    links = NUMBER.findall(page)
    assert len(links) > 4
    for url, number in links:
        assert len(ROW.findall(text(client.get(html.unescape(url))))) == int(number), url


def test_filters_narrow_the_figures_and_the_links(cast):
    make_task(accountable=make_body("BO-C", parent=make_body("BO-B")))
    make_task()
    page = text(get(cast["hoa"], "figures", below="BO-B", by="body"))
    links = dict((number, html.unescape(url)) for url, number in NUMBER.findall(page))
    assert set(links) == {"1"} and "below=BO-B" in links["1"]


def test_the_list_shows_how_tasks_stood_on_the_day(cast):
    task = make_task(levels=LEVELS, due_on=date(2026, 5, 1))
    extend(task, cast, until=date(2026, 9, 1), on=date(2026, 6, 1))
    then = text(get(cast["hoa"], "task_list", as_of="2026-05-31"))
    now = text(get(cast["hoa"], "task_list", as_of="2026-06-15"))
    assert "overdue" in then.split("<tbody>")[1] and "overdue" not in now.split("<tbody>")[1]


@pytest.mark.parametrize("query", [{"as_of": "2027-01-01"}, {"below": "NO"}, {"due_from": "x"}, {"level": "moon"}])
def test_a_wrong_filter_is_told_and_no_number_shown(cast, query):
    make_task()
    for name in ("figures", "task_list"):
        page = text(get(cast["hoa"], name, **{"as_of": "2026-06-15", **query}))
        assert not NUMBER.findall(page) and not ROW.findall(page) and "error" in page


def test_files_come_as_downloads_with_the_filters_of_the_page(cast):
    make_task(due_on=date(2026, 5, 1))
    for kind, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("docx", b"PK")):
        answer = get(cast["hoa"], "figures_file", kind, by="month", as_of="2026-06-01")
        assert answer.status_code == 200 and answer.content.startswith(start)
        assert answer["Content-Disposition"] == f'attachment; filename="bao-cao-2026-06-01.{kind}"'
    assert get(cast["hoa"], "figures_file", "exe").status_code == 404
    assert get(cast["hoa"], "figures_file", "csv", as_of="2027-01-01").status_code == 302


def test_the_commission_freezes_what_it_sees(cast):
    make_task(due_on=date(2026, 5, 1))
    client = client_of(cast["hoa"])
    assert "Freeze these figures" in text(client.get(reverse("figures")))
    answer = client.post(f"{reverse('figures_freeze')}?as_of=2026-05-31&by=body", {"remark": "Monthly"}, follow=True)
    page = text(answer)
    report = FrozenReport.objects.get()
    assert (report.day, report.query, report.remark) == (date(2026, 5, 31), {"by": "body"}, "Monthly")
    assert report.sha256 in page and "unchanged" in page and "first one on this question" in page
    assert "1/2026" in text(client.get(reverse("frozen_list")))
    with time_machine.travel(noon(TODAY) - timedelta(hours=2), tick=False):
        client.post(f"{reverse('figures_freeze')}?by=body", {})
    make_task(on=TODAY)
    client.post(f"{reverse('figures_freeze')}?by=body", {})
    page = text(client.get(reverse("frozen_report", args=[FrozenReport.objects.latest("pk").pk])))
    assert "assigned earlier, entered since" in page
    assert client.get(reverse("frozen_file", args=[report.pk, "csv"])).content.decode().count(report.sha256) == 1


def test_who_may_not_freeze_is_not_offered_it(cast):
    make_task()
    assert "Freeze these figures" not in text(get(cast["vinh"], "figures"))
    assert get(cast["lan"], "figures").status_code == 403


def test_the_number_of_queries_does_not_grow(cast, django_assert_max_num_queries):
    client = client_of(cast["hoa"])
    client.get(reverse("figures"))
    for _times in range(2):
        for _number in range(3):
            make_task(accountable=make_body(), due_on=date(2026, 5, 1))
        with django_assert_max_num_queries(9):
            client.get(reverse("figures"), {"by": "body"})
        with django_assert_max_num_queries(9):
            client.get(reverse("task_list"), {"as_of": "2026-06-01"})
