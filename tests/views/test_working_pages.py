"""Desk, overdue, review, overview and matrix: what they show, to whom, with how many queries and how many bytes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_cast, make_cell, make_resolution, make_task, noon
from tests.working import TODAY, client_of, flag_of, four_tasks, frozen, get, scan_today, submitted, text
from tracker.choices import BodyKind, Level, Role, TaskKind
from tracker.models import Responsibility
from tracker.services import flags

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
PAGES = ["desk", "overview", "matrix", "overdue", "review"]
BAD_VALUES = ["nope", "\x00", "a" * 300, "' OR 1=1 --", "١", "-1", "99999999999999999999"]


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def late_task(**facts):
    task = make_task(due_on=TODAY - timedelta(days=20), **facts)
    scan_today()
    return task


def test_the_desk_tells_what_waits_why_and_the_next_step(cast):
    task = late_task()
    page = text(get(cast["lan"], "desk"))
    assert task.title_en in page and "The deadline was" in page and "14 working days" in page
    assert reverse("report_new", args=[task.pk]) in page


def test_the_desk_of_a_supervisor_offers_no_report(cast):
    task = make_task(accountable=make_body("UBKT"), due_on=TODAY - timedelta(days=20))
    scan_today()
    page = text(get(cast["vinh"], "desk"))
    assert task.title_en in page and reverse("report_new", args=[task.pk]) not in page


def test_a_task_whose_report_waits_asks_for_nothing(cast):
    task = late_task()
    submitted(task, cast["lan"])
    page = text(get(cast["lan"], "desk"))
    assert reverse("report_new", args=[task.pk]) not in page and "With the commission" in page


def test_overdue_shows_filters_and_orders(cast):
    task = late_task()
    page = text(get(cast["hoa"], "overdue", clock="due", order="-since"))
    assert task.title_en in page and "14 working days" in page and "The accountable body" in page
    assert task.title_en not in text(get(cast["hoa"], "overdue", q="quite another"))


def test_the_commission_acknowledges_and_returns_to_where_it_was(cast):
    flag = flag_of(late_task())
    values = {"note": "We call them", "version": flag.version, "next": "/overdue/?clock=due"}
    response = client_of(cast["hoa"]).post(reverse("flag_acknowledge", args=[flag.pk]), values)
    assert response.url == "/overdue/?clock=due"
    assert "We call them" in text(get(cast["hoa"], "overdue"))


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_it_returns_to_a_page_of_ours_only(cast, url):
    flag = flag_of(late_task())
    values = {"note": "Seen", "version": flag.version, "next": url}
    assert client_of(cast["hoa"]).post(reverse("flag_acknowledge", args=[flag.pk]), values).url == reverse("overdue")


def test_an_acknowledgement_that_came_second_keeps_its_note(cast):
    flag = flag_of(late_task())
    flags.acknowledge(flag, note="First", by=cast["hoa"], at=noon(TODAY))
    values = {"note": "My own note", "version": flag.version - 1}
    url = reverse("flag_acknowledge", args=[flag.pk])
    assert "My own note" in text(client_of(cast["hoa"]).post(url, values), 409)
    assert "My own note" in text(client_of(cast["hoa"]).post(url, values, headers={"HX-Request": "true"}))
    flag.refresh_from_db()
    assert flag.acknowledged_note == "First"


def test_an_acknowledgement_says_what_will_be_done(cast):
    flag = flag_of(late_task())
    response = client_of(cast["hoa"]).post(reverse("flag_acknowledge", args=[flag.pk]), {"version": flag.version})
    assert "note" in response.context["form"].errors and response.status_code == 200


def test_the_overview_counts_and_draws_as_of_any_day(cast):
    four_tasks(cast)
    page = get(cast["hoa"], "overview")
    assert "In progress, overdue" in text(page) and text(page).count('<svg class="chart') == 3
    assert (page.context["total"].total, page.context["total"].open_overdue) == (4, 1)
    then = get(cast["hoa"], "overview", as_of="2026-03-01")
    assert (then.context["total"].total, then.context["total"].done, then.context["total"].open_overdue) == (4, 0, 0)
    assert "?status=" not in text(then) and "?as_of=2026-03-01" in text(then)


def test_the_cells_of_the_overview_lead_to_the_same_tasks(cast):
    four_tasks(cast)
    page = get(cast["hoa"], "overview")
    for param, extra, _title, _head, rows in page.context["tables"]:
        for status, number in rows[0].numbers:
            query = f"{param}={rows[0].key}{extra}&status={status}"
            listed = client_of(cast["hoa"]).get(f"{reverse('task_list')}?{query}")
            assert len(listed.context["page"].rows) == number, query


def test_the_matrix_shows_letters_states_and_objectives(cast):
    task = late_task()
    make_cell(task, make_body("MTTQ", kind=BodyKind.MASS), Role.SUPERVISES)
    objective = make_task(kind=TaskKind.OBJECTIVE)
    page = text(get(cast["hoa"], "matrix"))
    assert f"<tr class=o><th scope=row><a href=/tasks/{task.pk}/>" in page and ">A</a>" in page and ">S</a>" in page
    assert page.index("Objectives and principles") < page.index(objective.title_en) < page.index(task.title_en)


def test_the_matrix_of_seventy_tasks_and_thirty_bodies_is_small(cast, django_assert_max_num_queries):
    bodies = [make_body(f"B-{number}", name_vi=f"Bộ Nông nghiệp và Môi trường {number}") for number in range(30)]
    title = "Quy định trách nhiệm của cơ quan nhà nước, cán bộ, công chức bằng pháp luật"
    made = [make_task(title_vi=f"{title} {number}", accountable=bodies[0]) for number in range(70)]
    since = {"valid_from": made[0].assigned_on, "recorded_at": noon(made[0].assigned_on), "role": Role.CONSULTED}
    fill = [Responsibility(task=task, body=body, **since) for task in made for body in bodies[1:]]
    Responsibility.objects.bulk_create(fill)
    client = client_of(cast["hoa"], "vi")
    with django_assert_max_num_queries(12):
        response = client.get(reverse("matrix"))
    assert text(response).count("<td>") + text(response).count("<td ") >= 2100
    assert len(response.content) <= 150_000


@pytest.mark.parametrize("value", BAD_VALUES)
def test_wrong_filters_are_named_and_break_nothing(cast, value):
    late_task()
    names = {
        "overdue": ["clock", "body", "resolution", "level", "step", "acknowledged", "order", "page", "q"],
        "matrix": ["resolution", "level", "kind", "role", "state", "as_of", "page"],
        "overview": ["as_of"],
    }
    for page, parameters in names.items():
        for parameter in parameters:
            assert get(cast["hoa"], page, **{parameter: value}).status_code == 200, (page, parameter)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "1929-01-01"])
def test_an_impossible_day_is_named_and_today_is_shown(cast, day):
    page = get(cast["hoa"], "overview", as_of=day)
    assert page.context["day"] == TODAY and page.context["form"].errors["as_of"]


def test_who_may_read_which_page(cast):
    expected = {
        "lan": {"desk": 200, "overview": 403, "matrix": 200, "overdue": 403, "review": 403},
        "minh": {"desk": 200, "overview": 403, "matrix": 200, "overdue": 403, "review": 403},
        "hoa": {"desk": 200, "overview": 200, "matrix": 200, "overdue": 200, "review": 200},
        "quang": {"desk": 200, "overview": 200, "matrix": 200, "overdue": 200, "review": 403},
        "vinh": {"desk": 200, "overview": 200, "matrix": 200, "overdue": 200, "review": 403},
    }
    found = {name: {page: get(user, page).status_code for page in PAGES} for name, user in cast.items()}
    assert found == expected


@pytest.mark.parametrize("name", PAGES)
def test_nobody_reads_a_page_unnamed_and_nobody_posts_to_one_that_reads(client, cast, name):
    response = client.get(reverse(name))
    assert response.status_code == 302 and reverse("account_login") in response.url
    if name not in ("overdue", "review"):
        assert client_of(cast["hoa"]).post(reverse(name)).status_code == 405


def test_who_may_acknowledge(cast):
    flag = flag_of(late_task())
    url = reverse("flag_acknowledge", args=[flag.pk])
    values = {"note": "x", "version": 1}
    statuses = {name: client_of(user).post(url, values).status_code for name, user in cast.items() if name != "hoa"}
    assert statuses == {"lan": 403, "minh": 404, "quang": 403, "vinh": 403}
    assert '<form class="form" method="post"' not in text(get(cast["vinh"], "overdue"))


def test_another_body_sees_nothing_of_it(cast):
    task = late_task()
    for name in ("desk", "matrix"):
        assert task.code not in text(get(cast["minh"], name)).split("<main")[1]


def test_what_people_wrote_is_escaped(cast):
    evil = "<script>alert(1)</script>"
    task = make_task(
        title_en=evil, title_vi=evil, due_on=TODAY - timedelta(days=20), resolution=make_resolution(title_en=evil)
    )
    make_cell(task, make_body(short_en=evil), Role.CONSULTED)
    submitted(task, cast["lan"], done_text=evil)
    scan_today()
    for name in PAGES:
        page = text(get(cast["hoa"], name))
        assert "<script>alert" not in page and " style=" not in page and "onclick" not in page


QUERIES = {
    ("lan", "desk"): 22,
    ("hoa", "desk"): 22,
    ("hoa", "overview"): 15,
    ("hoa", "matrix"): 8,
    ("hoa", "overdue"): 20,
    ("hoa", "review"): 11,
}


@pytest.mark.parametrize(("who", "page"), QUERIES, ids="-".join)
def test_three_times_the_rows_take_no_query_more(cast, django_assert_max_num_queries, who, page):
    client, counts = client_of(cast[who]), []
    for times in (1, 2):
        for _number in range(2 * times):
            task = late_task(levels=[(Level.CENTRAL, [])])
            make_cell(task, make_body(), Role.RESPONSIBLE)
            submitted(task, cast["lan"])
        with django_assert_max_num_queries(QUERIES[who, page]) as captured:
            text(client.get(reverse(page)))
        counts.append(len(captured))
    assert counts[0] == counts[1]
