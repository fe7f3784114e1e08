"""The pages of the queues: one shape, filters in the address and under a name, decisions on one row and on many."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from accounts.models import User
from tests.asking import asked, obstructed
from tests.builders import make_body, make_cast, make_cell, make_instrument, make_resolution, make_task, make_user, noon
from tests.working import TODAY, client_of, flag_of, frozen, get, scan_today, submitted, text
from tracker.boards.queues import QUEUES
from tracker.choices import Duty, Level, ReportState, Role
from tracker.models import Flag, ProgressReport, SavedFilter, Task
from tracker.services import institutionalizations, saved_filters
from tracker.services.decisions import seen_of
from tracker.views.trails import ROUTES

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
PAGES = {code: ROUTES[queue.code][0] for code, queue in QUEUES.items()}
each_queue = pytest.mark.parametrize("code", PAGES)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def waiting(cast, **facts):
    """A task that waits in every queue in which something is decided."""
    task = make_task(levels=[(Level.CENTRAL, [])], due_on=date(2026, 5, 29), **facts)
    submitted(task, cast["lan"], done_text="Plan 12 was issued")
    institutionalizations.declare(task, make_instrument(), level=Level.CENTRAL, by=cast["lan"], at=noon(TODAY))
    asked(task, cast["lan"], on=TODAY, wanted_on=date(2026, 12, 31))
    obstructed(task, cast["lan"], on=TODAY)
    scan_today()
    return task


def send(user, page, *rows, query="", **values):
    chosen = [f"{row.pk}:{seen_of(row)}" for row in rows]
    data = {"row": chosen, "decision": "accept", "note": "", **values}
    return client_of(user).post(reverse(page) + query, data)


def decide(user, report, trail=None, **values):
    data = {"decision": "accept", "note": "", "seen": report.version, **(trail or {}), **values}
    return client_of(user).post(reverse("report_decide", args=[report.pk]), data)


@each_queue
def test_every_queue_shows_its_rows_the_others_with_their_counts_and_its_filter(cast, code):
    task = waiting(cast)
    Task.objects.filter(pk=task.pk).update(lapsed_since=TODAY, unowned_since=TODAY)
    response = get(cast["hoa"], PAGES[code])
    page = text(response)
    assert task.title_en in page and f"<h1>{QUEUES[code].code.label}</h1>" in page
    assert [row.code.value for row, _url, _number in response.context["tabs"]] == list(QUEUES)
    assert all(number.number >= 1 for _row, _url, number in response.context["tabs"])
    assert 'aria-current="page"' in page and 'name="age"' in page and " style=" not in page


@each_queue
def test_the_filter_is_in_the_address_and_the_count_is_that_of_the_filter(cast, code):
    task = waiting(cast, title_en="Land for housing")
    Task.objects.filter(pk=task.pk).update(lapsed_since=TODAY, unowned_since=TODAY)
    assert "Land for housing" in text(get(cast["hoa"], PAGES[code], q="land", order="-since", rows="200"))
    none = get(cast["hoa"], PAGES[code], q="quite another")
    assert "Land for housing" not in text(none).split("<main")[1] and none.context["length"].number == 0
    assert get(cast["hoa"], PAGES[code], body="BO-A").context["length"].number >= 1
    assert get(cast["hoa"], PAGES[code], body="BO-B").context["length"].number == 0


@each_queue
@pytest.mark.parametrize("value", ["nope", "\x00", "a" * 300, "' OR 1=1 --", "١", "-1", "99999999999999999999"])
def test_a_wrong_filter_is_named_and_breaks_nothing(cast, code, value):
    for name in (*QUEUES[code].fields, "page"):
        assert get(cast["hoa"], PAGES[code], **{name: value}).status_code == 200, name


def test_the_filters_take_many_bodies_whatever_their_number(cast, monkeypatch):
    monkeypatch.setattr("tracker.forms.registers.MOST_CHOICES", 1)
    waiting(cast)
    make_task(accountable=make_body("BO-Z"))
    response = get(cast["hoa"], "review", body="BO-Z")
    assert not response.context["form"].errors and response.context["length"].number == 0


def test_who_reads_which_queue(cast):
    review = {code for code, queue in QUEUES.items() if queue.action == "review.read"}
    for name, user in cast.items():
        for code, page in PAGES.items():
            allowed = name == "hoa" or (name in ("quang", "vinh") and code not in review)
            assert get(user, page).status_code == (200 if allowed else 403), (name, code)
    assert [row.code for row, _url, _number in get(cast["vinh"], "lapsed").context["tabs"]] == [
        "overdue",
        "lapsed",
        "unowned",
    ]


def test_who_only_reads_chooses_and_decides_nothing(cast):
    task = waiting(cast)
    for name in ("quang", "vinh"):
        assert 'name="row"' not in text(get(cast[name], "overdue"))
        assert send(cast[name], "overdue", flag_of(task), note="Seen").status_code == 403
    for page in ("lapsed", "unowned"):
        assert client_of(cast["hoa"]).post(reverse(page)).status_code == 405


def test_many_reports_are_accepted_in_one_act_with_a_line_for_each(cast):
    first, second = (submitted(make_task(), cast["lan"]) for _number in range(2))
    stale = submitted(make_task(), cast["lan"])
    chosen = [f"{first.pk}:1", f"{second.pk}:{second.version}", f"{first.pk}:{first.version}", "999999:1", "nope"]
    chosen = [f"{row.pk}:{row.version}" for row in (first, second)] + [f"{stale.pk}:99", "999999:1", "nope"]
    client = client_of(cast["hoa"])
    response = client.post(reverse("review"), {"row": chosen, "decision": "accept", "note": ""})
    assert (response.status_code, response.url) == (302, reverse("queue_decided"))
    page = text(client.get(response.url))
    assert "2 rows decided." in page and "1 changed meanwhile" in page and "1 is not there any more." in page
    assert "Somebody changed this after you opened it" in page and stale.task.title_en in page
    states = dict(ProgressReport.objects.values_list("pk", "state"))
    assert states == {first.pk: "accepted", second.pk: "accepted", stale.pk: "submitted"}


def test_many_are_returned_with_one_reason_which_is_needed(cast):
    rows = [submitted(make_task(), cast["lan"]) for _number in range(2)]
    refused = send(cast["hoa"], "review", *rows, decision="return")
    page = text(refused)
    assert "Say what is missing" in page and page.count(" checked>") >= 2
    assert send(cast["hoa"], "review", *rows, decision="return", note="Add the dates").status_code == 302
    assert set(ProgressReport.objects.values_list("state", "decision_note")) == {("returned", "Add the dates")}


def test_evidence_extensions_obstacles_and_flags_are_decided_in_one_act(cast):
    task = waiting(cast)
    evidence, request = task.institutionalizations.get(), task.extensions.get()
    flag, obstacle = flag_of(task), task.obstacles.get()
    assert send(cast["hoa"], "review_extensions", request).status_code == 200  # no number of the decision
    assert send(cast["hoa"], "review_extensions", request, number="45-QĐ/TU").status_code == 302
    assert send(cast["hoa"], "review_obstacles", obstacle).status_code == 200  # no word of how it ended
    assert send(cast["hoa"], "review_obstacles", obstacle, note="It came").status_code == 302
    assert send(cast["hoa"], "overdue", flag).status_code == 200
    flag.refresh_from_db()
    if flag.closed_on is None:
        assert send(cast["hoa"], "overdue", flag, note="We call them").status_code == 302
    assert send(cast["hoa"], "review_evidence", evidence).status_code == 302
    for row in (evidence, request, obstacle):
        row.refresh_from_db()
    assert (evidence.state, request.state, request.granted_on) == ("verified", "granted", date(2026, 12, 31))
    assert obstacle.end_note == "It came"


@pytest.mark.parametrize("rows", [[], ["nope"], ["\x00:1"], ["-1:1"], [f"{2**63}:1"], ["1" * 40]])
def test_a_selection_that_is_none_decides_nothing_and_says_so(cast, rows):
    report = submitted(make_task(), cast["lan"])
    response = client_of(cast["hoa"]).post(reverse("review"), {"row": rows, "decision": "accept"})
    assert "Nothing is chosen" in text(response)
    report.refresh_from_db()
    assert report.state == ReportState.SUBMITTED


def test_a_row_of_another_jurisdiction_is_like_one_that_does_not_exist(cast):
    far = make_user("far", Duty.COMMISSION, make_body("BDV"), make_body("BO-B"))
    hidden = submitted(make_task(), cast["lan"])
    theirs, missing = (
        client_of(far).post(reverse("review"), {"row": f"{pk}:1", "decision": "accept"}) for pk in (hidden.pk, 999_999)
    )
    assert "None of the chosen rows" in text(theirs) and "None of the chosen rows" in text(missing)
    assert str(hidden.task.code) not in text(theirs).split("<main")[1]


def test_what_one_sent_oneself_can_be_read_and_not_chosen(cast):
    own = submitted(make_task(), cast["lan"])
    ProgressReport.objects.filter(pk=own.pk).update(author=cast["hoa"])
    other = submitted(make_task(), cast["lan"])
    page = text(get(cast["hoa"], "review"))
    assert f'value="{other.pk}:{other.version}"' in page and f'value="{own.pk}:' not in page
    assert "a colleague does" in page


def test_a_task_that_others_answer_for_is_read_and_not_chosen(cast):
    far = make_user("far", Duty.COMMISSION, make_body("BDV"), make_body("BO-B"))
    task = make_task()
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    report = submitted(task, cast["lan"])
    page = text(get(far, "review"))
    assert task.title_en in page and 'name="row"' not in page
    assert send(far, "review", report).status_code == 302
    report.refresh_from_db()
    assert report.state == ReportState.SUBMITTED


def test_after_a_decision_the_next_of_the_same_filter_and_order_opens(cast):
    days = [TODAY - timedelta(days=number) for number in (3, 2, 1)]
    first, second, third = (submitted(make_task(title_vi="Đất đai"), cast["lan"], on=day) for day in days)
    submitted(make_task(title_vi="Việc khác"), cast["lan"], on=TODAY - timedelta(days=9))
    query = urlencode({"q": "dat dai", "order": "-since"})
    trail = {"queue": "reports", "filter": query}
    response = decide(cast["hoa"], second, trail)
    assert response.url == reverse("report", args=[first.pk]) + "?" + urlencode(trail)
    page = text(client_of(cast["hoa"]).get(response.url))
    assert f'name="filter" value="{query.replace("&", "&amp;")}"' in page and "Skip to the next one" in page
    assert decide(cast["hoa"], first, trail).url.startswith(reverse("report", args=[third.pk]))
    client = client_of(cast["hoa"])
    data = {"decision": "accept", "seen": third.version, **trail}
    last = client.post(reverse("report_decide", args=[third.pk]), data)
    assert last.url == reverse("review") + "?" + query
    assert "nothing else in this queue" in text(client.get(last.url))


def test_every_kind_of_decision_goes_on_to_the_next_one(cast):
    tasks = [waiting(cast) for _number in range(2)]
    hoa = client_of(cast["hoa"])

    def goes_on(code, route, items, **values):
        trail = {"queue": code, "filter": ""}
        response = hoa.post(reverse(route, args=[items[0].pk]), {**values, **trail})
        assert response.status_code == 302, response.context and response.context["form"].errors
        return response.url == reverse(ROUTES[QUEUES[code].code][1], args=[items[1].pk]) + "?" + urlencode(trail)

    evidence = [task.institutionalizations.get() for task in tasks]
    requests = [task.extensions.get() for task in tasks]
    waits = [task.obstacles.get() for task in tasks]
    flags = list(Flag.objects.late_on(TODAY).order_by("since", "id")[:2])
    note = {"note": "Seen by us"}
    assert goes_on("overdue", "flag_acknowledge", flags, version=flags[0].version, **note)
    assert goes_on(
        "evidence",
        "evidence_decide",
        evidence,
        decision="return",
        seen=institutionalizations.hash_of(evidence[0]),
        **note,
    )
    assert goes_on("extensions", "extension_decide", requests, decision="refuse", version=1, **note)
    assert goes_on("obstacles", "obstacle_end", waits, version=1, **note)


def test_without_a_queue_a_decision_leads_to_its_queue(cast):
    report = submitted(make_task(), cast["lan"])
    submitted(make_task(), cast["lan"])
    assert decide(cast["hoa"], report).url == reverse("review")


@pytest.mark.parametrize("queue", ["nope", "evidence", "\x00", ""])
@pytest.mark.parametrize("query", ["", "page=2&evil=1", "\x00", "q=" + "x" * 5000, "order=nope&rows=7"])
def test_a_forged_trail_leads_nowhere_else(cast, queue, query):
    report = submitted(make_task(), cast["lan"])
    response = decide(cast["hoa"], report, {"queue": queue, "filter": query})
    assert response.url == reverse("review")


def test_a_trail_carries_what_the_queue_knows_and_nothing_else(cast):
    first, second = (submitted(make_task(), cast["lan"]) for _number in range(2))
    response = decide(cast["hoa"], first, {"queue": "reports", "filter": "rows=200&evil=1&page=3&order=nope"})
    assert response.url == reverse("report", args=[second.pk]) + "?queue=reports&filter=rows%3D200"


def test_a_decision_that_was_refused_keeps_its_trail(cast):
    report = submitted(make_task(), cast["lan"])
    page = text(decide(cast["hoa"], report, {"queue": "reports", "filter": "rows=200"}, decision="return"))
    assert 'name="queue" value="reports"' in page and 'name="filter" value="rows=200"' in page


def test_a_filter_is_saved_shown_beside_the_queue_renamed_shared_and_deleted(cast):
    hoa, colleague = client_of(cast["hoa"]), make_user("c", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"))
    data = {"name": "Old land", "filter": "q=land&age=30&page=4&evil=1"}
    assert hoa.post(reverse("filter_save", args=["reports"]), data).url == reverse("review") + "?age=30&q=land"
    saved = SavedFilter.objects.get()
    assert saved.query == {"age": "30", "q": "land"}
    page = text(hoa.get(reverse("review") + "?q=land&age=30"))
    assert 'href="/review/?age=30&amp;q=land" aria-current="true">Old land</a>' in page
    assert "Old land" not in text(get(colleague, "review"))
    values = {"name": "Older land", "is_shared": "on", "version": saved.version}
    edit = reverse("filter_edit", args=[saved.pk])
    assert "Old land" in text(hoa.get(edit))
    assert hoa.post(edit, values).status_code == 302
    assert "Older land" in text(get(colleague, "review")) and "shared by" in text(get(colleague, "review"))
    stale = hoa.post(edit, {**values, "name": "Mine"})
    assert "Mine" in text(stale, 409) and SavedFilter.objects.get().name == "Older land"
    assert hoa.post(reverse("filter_delete", args=[saved.pk])).status_code == 302
    assert not SavedFilter.objects.exists()


def test_a_saved_filter_of_another_is_not_found_and_a_queue_that_is_none_neither(cast):
    saved = saved_filters.save("overdue", name="Mine", query={}, by=cast["hoa"], at=noon(TODAY))
    for name in ("quang", "vinh", "lan"):
        assert get(cast[name], "filter_edit", saved.pk).status_code == 404
        assert client_of(cast[name]).post(reverse("filter_delete", args=[saved.pk])).status_code == 404
    assert client_of(cast["hoa"]).post(reverse("filter_save", args=["nope"]), {"name": "x"}).status_code == 404
    assert client_of(cast["lan"]).post(reverse("filter_save", args=["overdue"]), {"name": "x"}).status_code == 403


def test_a_name_that_is_missing_or_taken_is_told_on_the_page(cast):
    hoa = client_of(cast["hoa"])
    for name in ("", "Mine", "Mine"):
        response = hoa.post(reverse("filter_save", args=["reports"]), {"name": name, "filter": "age=7"})
    assert SavedFilter.objects.count() == 1
    assert "already" in text(hoa.get(response.url))


def test_what_people_wrote_is_escaped(cast):
    evil = "<script>alert(1)</script>"
    task = waiting(cast, title_en=evil, title_vi=evil, resolution=make_resolution(title_en=evil, number=""))
    ProgressReport.objects.update(done_text=evil, hindrance_text=evil)
    task.obstacles.update(reason=evil)
    Task.objects.update(lapsed_since=TODAY, unowned_since=TODAY)
    for code, page in PAGES.items():
        saved_filters.save(code, name=evil, query={"q": evil}, by=cast["hoa"], at=noon(TODAY))
        assert "<script>alert" not in text(get(cast["hoa"], page, q=evil)), code
        assert "<script>alert" not in text(get(cast["hoa"], page)), code


def test_the_keys_are_named_and_can_be_switched_off(cast):
    waiting(cast)
    page = text(get(cast["hoa"], "review"))
    assert 'id="keys" hidden' in page and 'id="keys-on"' in page and "tracker/queue" in page
    assert all(f"<kbd>{key}</kbd>" in page for key in ("j", "k", "x", "a", "r", "Enter", "?"))


QUERIES = {"reports": 12, "evidence": 12, "extensions": 12, "obstacles": 12, "lapsed": 12, "unowned": 12, "overdue": 20}


@each_queue
def test_three_times_the_rows_take_no_query_more(cast, django_assert_max_num_queries, code):
    counts = []
    for times in (1, 2):
        for _number in range(times):
            task = waiting(cast)
            make_cell(task, make_body(), Role.RESPONSIBLE)
        Task.objects.update(lapsed_since=TODAY, unowned_since=TODAY)
        client = client_of(cast["hoa"])
        with django_assert_max_num_queries(QUERIES[code]) as captured:
            text(client.get(reverse(PAGES[code])))
        counts.append(len(captured))
    assert counts[0] == counts[1]
