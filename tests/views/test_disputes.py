"""Pages of disputes, corrections, questions and the leader: they lead on, keep what was typed, show both values."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from tests.asking import asked, obstructed
from tests.builders import make_body, make_cast, make_cell, make_post, make_task, make_user, noon
from tests.working import TODAY, client_of, frozen, get, submitted, text
from tracker.choices import DisputeState, Duty, ReportState, Role, Stage
from tracker.models import Body, Dispute, ProgressReport, Responsibility
from tracker.services import bodies, disputes, extensions, obstacles, questions, reports, tasks

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def cast() -> dict[str, User]:
    """The cast; Lien leads body A, Ba administers it."""
    made = make_cast()
    post = make_post(make_body("BO-A"), holder="Trần Văn An")
    made["lien"] = make_user("lien", Duty.OFFICIAL, make_body("BO-A"), cadre=post.tenures.get().cadre)
    made["ba"] = make_user("ba", Duty.BODY_ADMIN, make_body("BO-A"))
    return made


@pytest.fixture
def task():
    return make_task(due_on=TODAY + timedelta(days=30))


def post(user, name, pk, status=302, **values):
    response = client_of(user).post(reverse(name, args=[pk]), values)
    assert response.status_code == status, response.status_code
    return response


def reserve(cast):
    post(cast["ba"], "body_submission", "BO-A", specialists_submit="no", version=Body.objects.get(code="BO-A").version)


def written(task, **changes):
    body = Body.objects.get(code="BO-A").pk
    return {"body": body, "stage": "planned", "done_text": "Plan 12 was issued", "version": 0, **changes}


def test_the_administrator_says_who_submits_and_the_form_follows(cast, task):
    assert "Submit to the commission" in text(get(cast["lan"], "report_new", task.pk))
    assert reverse("body_submission", args=["BO-A"]) in text(get(cast["ba"], "body", "BO-A"))
    reserve(cast)
    page = text(get(cast["lan"], "report_new", task.pk))
    assert "Hand to the leader" in page and "Submit to the commission" not in page
    assert "Submit to the commission" in text(get(cast["lien"], "report_new", task.pk))


def test_a_draft_goes_to_the_leader_and_back_and_on(cast, task):
    reserve(cast)
    post(cast["lan"], "report_new", task.pk, hand="1", **written(task))
    report = ProgressReport.objects.get()
    assert report.handed_at is not None
    assert "Reports for you to submit" in text(get(cast["lien"], "desk"))
    assert "With the leader of your body" in text(get(cast["lan"], "desk"))
    post(cast["lien"], "report_give_back", report.pk, 200, note=" ", version=report.version)
    post(cast["lien"], "report_give_back", report.pk, note="Which plan?", version=report.version)
    assert "Which plan?" in text(get(cast["lan"], "desk")) and "Which plan?" in text(
        get(cast["lan"], "report", report.pk)
    )
    report.refresh_from_db()
    post(cast["lan"], "report_hand", report.pk, version=report.version)
    report.refresh_from_db()
    assert client_of(cast["lan"]).post(reverse("report_submit", args=[report.pk])).status_code == 403
    post(cast["lien"], "report_submit", report.pk, version=report.version)
    report.refresh_from_db()
    assert (report.state, report.submitted_by) == (ReportState.SUBMITTED, cast["lien"])


LETTER = {
    "time-letter_number": "12/BC-BOA",
    "time-letter_on": f"{TODAY:%Y-%m-%d}",
    "time-signer": "Trần Văn An",
    "time-wanted_on": "2026-09-30",
    "time-reason": "The draft law was sent back",
}


def test_more_time_is_asked_for_in_the_same_step_and_kept_with_the_draft(cast, task):
    assert 'name="time-letter_number"' in text(get(cast["lan"], "report_new", task.pk))
    post(cast["lan"], "report_new", task.pk, draft="1", **written(task), **LETTER)
    report = ProgressReport.objects.get()
    page = text(get(cast["lan"], "report_edit", report.pk))
    assert "12/BC-BOA" in page and "The draft law was sent back" in page
    assert not task.extensions.exists() and "12/BC-BOA" in text(get(cast["lan"], "report", report.pk))
    post(cast["lan"], "report_submit", report.pk, version=report.version)
    assert task.extensions.get().wanted_on == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"time-signer": ""}, "signer"),
        ({"time-wanted_on": "2026-05-01"}, "wanted_on"),
        ({"time-letter_on": "x"}, "letter_on"),
    ],
)
def test_a_wrong_request_in_a_report_names_its_field_and_submits_nothing(cast, task, wrong, field):
    response = post(cast["lan"], "report_new", task.pk, 200, submit="1", **{**written(task), **LETTER, **wrong})
    assert field in response.context["form"].time.errors
    page = text(response)
    assert "Plan 12 was issued" in page and "The draft law was sent back" in page
    assert not ProgressReport.objects.exists() and not task.extensions.exists()


def test_a_body_that_only_carries_out_is_not_offered_more_time(cast, task):
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    assert "time-letter_number" not in text(get(cast["minh"], "report_new", task.pk))
    asked(task, cast["lan"], on=TODAY, wanted_on=date(2026, 9, 30))
    assert "time-letter_number" not in text(get(cast["lan"], "report_new", task.pk))


def test_the_commission_asks_and_the_body_answers(cast, task):
    report = submitted(task, cast["lan"])
    assert "Ask before you decide" in text(get(cast["hoa"], "report", report.pk))
    post(cast["hoa"], "report_ask", report.pk, question="Which plan?", version=report.version)
    assert "Which plan?" in text(get(cast["lan"], "desk"))
    page = text(get(cast["lan"], "report", report.pk))
    assert "Asked, awaits the answer" in page and "waits for the answer" in page
    response = post(cast["lan"], "report_answer", report.pk, 409, answer="My own answer", version=report.version)
    assert "My own answer" in text(response, 409)
    report.refresh_from_db()
    post(cast["lan"], "report_answer", report.pk, answer="Plan 12", version=report.version)
    page = text(get(cast["hoa"], "report", report.pk))
    assert "Plan 12" in page and "awaits the commission" in page


def test_an_accepted_report_is_corrected_and_shows_what_was_decided(cast, task):
    report = submitted(task, cast["lan"])
    reports.accept(report, by=cast["hoa"], at=noon(TODAY), note="Good")
    assert reverse("report_correct", args=[report.pk]) in text(get(cast["lan"], "report", report.pk))
    assert reverse("report_correct", args=[report.pk]) not in text(get(cast["hoa"], "report", report.pk))
    values = written(task, stage="assigned", done_text="Plan 13", version=report.version)
    assert "why" in post(cast["lan"], "report_correct", report.pk, 200, **values).context["form"].errors
    post(cast["lan"], "report_correct", report.pk, **values, why="The wrong plan")
    page = text(get(cast["hoa"], "report", report.pk))
    for words in ("Decided on version 2", "Plan 13", "Plan issued", "The wrong plan", "Good", "Your decision"):
        assert words in page, words
    response = post(cast["lan"], "report_correct", report.pk, **values, why="Again")
    assert response.url == reverse("report", args=[report.pk])


def test_a_dispute_goes_from_the_task_to_the_editor_and_back(cast, task):
    assert reverse("dispute_new", args=[task.pk]) in text(get(cast["lan"], "task", task.pk))
    cell = task.responsibilities.get(role="A")
    values = {"cell": cell.pk, "reason": "A decree gives it to B", "answer_by": "2026-06-22", "wanted_body": "BO-B"}
    make_body("BO-B")
    post(cast["lan"], "dispute_new", task.pk, **values)
    dispute = Dispute.objects.get()
    for user, name, *args in ((cast["lan"], "desk"), (cast["quang"], "dispute_list"), (cast["hoa"], "task", task.pk)):
        assert reverse("dispute", args=[dispute.pk]) in text(get(user, name, *args))
    page = text(get(cast["quang"], "dispute", dispute.pk))
    assert "Uphold" in page and "Body BO-B (BO-B)" in page
    decision = {"decision": "uphold", "new_body": "BO-B", "moved_on": "2026-06-22", "version": dispute.version}
    post(cast["quang"], "dispute_decide", dispute.pk, **decision, note="Decree 7")
    held = Responsibility.objects.get(task=task, role="A", valid_to=None)
    assert (held.body.code, held.valid_from) == ("BO-B", date(2026, 6, 22))
    assert "Decree 7" in text(get(cast["lan"], "desk"))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"decision": "uphold", "new_body": "", "moved_on": "2026-06-22"}, "new_body"),
        ({"decision": "uphold", "new_body": "BO-B", "moved_on": ""}, "moved_on"),
        ({"decision": "uphold", "new_body": "no such", "moved_on": "2026-06-22"}, "new_body"),
        ({"decision": "reject", "note": ""}, "note"),
    ],
)
def test_a_wrong_decision_on_a_dispute_keeps_what_was_typed(cast, task, values, field):
    dispute = _disputed(task, cast)
    values = {"note": "My own note", **values}
    response = post(cast["quang"], "dispute_decide", dispute.pk, 200, version=dispute.version, **values)
    assert field in response.context["deciding"].errors
    assert values["note"] in text(response)
    assert Dispute.objects.get().state == DisputeState.OPEN


def _disputed(task, cast, **facts):
    cell = task.responsibilities.get(role="A")
    values = {"cell": cell, "reason": "Not ours", "answer_by": TODAY, **facts}
    return disputes.open_dispute(task, by=cast["lan"], at=noon(TODAY), **values)


def test_a_decision_on_a_dispute_that_came_second_shows_the_first_beside_it(cast, task):
    dispute = _disputed(task, cast)
    disputes.reject(dispute, note="The decree names you", by=cast["quang"], at=noon(TODAY))
    values = {"decision": "reject", "note": "My own note", "version": 1}
    page = text(post(cast["quang"], "dispute_decide", dispute.pk, 409, **values), 409)
    assert "My own note" in page and page.count("The decree names you") == 2 and "It says now" in page


def test_the_body_takes_a_dispute_back(cast, task):
    dispute = _disputed(task, cast)
    post(cast["lan"], "dispute_withdraw", dispute.pk, note="Settled", version=dispute.version)
    assert Dispute.objects.get().state == DisputeState.WITHDRAWN


def test_the_editor_corrects_from_the_history(cast, task):
    tasks.record_stage(task, Stage.CONSULTATION, on=TODAY, by=cast["quang"], at=noon(TODAY))
    assert reverse("corrections", args=[task.pk]) in text(get(cast["quang"], "task", task.pk))
    assert reverse("corrections", args=[task.pk]) not in text(get(cast["hoa"], "task", task.pk))
    page = text(get(cast["quang"], "corrections", task.pk))
    cell = task.responsibilities.get(role="A")
    named = [("correct_stage", task), ("correct_deadline", task), ("correct_cell", cell)]
    assert [name for name, row in named if reverse(name, args=[row.pk]) not in page] == []
    why = {"why": "The wrong line", "version": task.version}
    post(cast["quang"], "correct_stage", task.pk, stage="planned", on="2026-06-12", **why)
    task.refresh_from_db()
    assert (task.stage, task.stage_since) == (Stage.PLANNED, date(2026, 6, 12))
    page = text(get(cast["hoa"], "task", task.pk))
    assert "Consultation: entered in error, corrected" in page and "The wrong line" in page
    post(cast["quang"], "correct_deadline", task.pk, due_on="2026-09-01", why="A digit", version=task.version)
    task.refresh_from_db()
    assert task.due_on == date(2026, 9, 1)
    values = {"body": "BO-B", "role": "A", "valid_from": "2026-02-02", "version": task.version}
    make_body("BO-B")
    post(cast["quang"], "correct_cell", cell.pk, why="The wrong body", **values)
    assert "entered in error, never held" in text(get(cast["hoa"], "task", task.pk))


def test_a_correction_on_an_older_task_shows_both_values(cast, task):
    seen = task.version
    post(cast["quang"], "correct_deadline", task.pk, due_on="2026-09-01", why="A digit", version=seen)
    values = {"due_on": "2026-10-01", "why": "My own reason", "version": seen}
    response = post(cast["quang"], "correct_deadline", task.pk, 409, **values)
    page = text(response, 409)
    assert "2026-10-01" in page and "1 Sep 2026" in page and "My own reason" in page
    task.refresh_from_db()
    assert response.context["form"]["version"].value() == str(task.version)
    post(cast["quang"], "correct_deadline", task.pk, **{**values, "version": task.version})
    task.refresh_from_db()
    assert task.due_on == date(2026, 10, 1)


def test_a_suspension_is_corrected_on_its_page(cast, task):
    tasks.suspend(task, until=date(2026, 9, 1), reason="Why", by=cast["hoa"], at=noon(TODAY))
    page = text(get(cast["quang"], "corrections", task.pk))
    assert reverse("correct_suspension", args=[task.pk]) in page
    post(cast["quang"], "correct_suspension", task.pk, until="2026-07-01", why="A digit", version=task.version)
    task.refresh_from_db()
    assert task.suspended_until == date(2026, 7, 1)


def stale_report(cast, task):
    reports.save_draft(
        task, body=make_body("BO-A"), by=cast["lien"], at=noon(TODAY), stage="assigned", done_text="Theirs"
    )
    return (
        cast["lan"],
        "report_new",
        task.pk,
        written(task, draft="1", done_text="Mine"),
        ("Mine", "Theirs", "Assigned"),
    )


def stale_extension(cast, task):
    extension = asked(task, cast["lan"], on=TODAY, wanted_on=date(2026, 9, 30))
    thu = make_user("thu", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"))
    extensions.refuse_(extension, note="Theirs", by=thu, at=noon(TODAY))
    values = {"due_on": "2026-08-31", "decision_number": "7", "version": 1, "decision": "grant", "note": "Mine"}
    return cast["hoa"], "extension_decide", extension.pk, values, ("Mine", "Theirs", "30 Sep 2026")


def stale_obstacle(cast, task):
    obstacle = obstructed(task, cast["lan"], on=TODAY)
    obstacles.end(obstacle, note="Theirs", by=cast["minh"], at=noon(TODAY))
    return cast["lan"], "obstacle_end", obstacle.pk, {"note": "Mine", "version": 1}, ("Mine", "Theirs")


def stale_suspension(cast, task):
    seen = task.version
    paper = {"document": "45-QĐ/TU", "reason": "Theirs", "until": date(2026, 9, 1)}
    tasks.suspend(task, by=cast["quang"], at=noon(TODAY), **paper)
    values = {"document": "46-QĐ/TU", "reason": "Mine", "until": "2026-08-03", "version": seen}
    return cast["hoa"], "task_suspend", task.pk, values, ("Mine", "Theirs", "45-QĐ/TU", "1 Sep 2026")


def stale_submission(cast, task):
    body = Body.objects.get(code="BO-A")
    bodies.set_submission(body, specialists_submit=False, by=cast["ba"], at=noon(TODAY))
    values = {"specialists_submit": "yes", "version": body.version - 1}
    return cast["ba"], "body_submission", "BO-A", values, ("The leader of the body",)


def stale_question(cast, task):
    report = submitted(task, cast["lan"])
    questions.ask(report, question="Theirs", by=cast["hoa"], at=noon(TODAY))
    thu = make_user("thu", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"))
    return thu, "report_ask", report.pk, {"question": "Mine", "version": report.version - 1}, ("Mine", "Theirs")


@pytest.mark.parametrize(
    "case", [stale_report, stale_extension, stale_obstacle, stale_suspension, stale_submission, stale_question]
)
def test_whoever_was_too_late_sees_both_values(cast, task, case):
    user, name, pk, values, shown = case(cast, task)
    page = text(post(user, name, pk, 409, **values), 409)
    assert [words for words in shown if words not in page] == []
    assert "It says now" in page or case is stale_question  # there the question itself stands above


def test_stored_text_is_escaped(cast, task):
    dispute = _disputed(task, cast, reason=EVIL)
    report = submitted(task, cast["lan"], done_text=EVIL)
    questions.ask(report, question=EVIL, by=cast["hoa"], at=noon(TODAY))
    questions.answer(report, answer=EVIL, by=cast["lan"], at=noon(TODAY))
    reports.accept(report, by=cast["hoa"], at=noon(TODAY), note=EVIL)
    correction = {"stage": "assigned", "done_text": "x", "why": EVIL}
    reports.correct(report, by=cast["lan"], at=noon(TODAY), **correction)
    pages = [("task", task.pk), ("dispute", dispute.pk), ("dispute_list",), ("report", report.pk)]
    for name, *args in pages:
        page = text(get(cast["hoa"], name, *args))
        assert "<script>alert" not in page and " style=" not in page, name
    assert "<script>alert" not in text(get(cast["lan"], "desk"))


def test_the_list_takes_as_many_queries_for_any_number_of_disputes(cast, task, django_assert_num_queries):
    client = client_of(cast["quang"])
    for number in (1, 3):
        for _more in range(number):
            _disputed(make_task(), cast)
        with django_assert_num_queries(5):
            text(client.get(reverse("dispute_list")))


def test_a_decision_on_a_corrected_report_is_bound_to_the_new_version(cast, task):
    report = submitted(task, cast["lan"])
    seen = report.version
    reports.accept(report, by=cast["hoa"], at=noon(TODAY))
    correction = {"stage": "assigned", "done_text": "Plan 13", "why": "The wrong plan"}
    reports.correct(report, by=cast["lan"], at=noon(TODAY), **correction)
    values = {"decision": "return", "note": "My own note", "seen": seen}
    response = post(cast["hoa"], "report_decide", report.pk, 409, **values)
    page = text(response, 409)
    assert "My own note" in page and "Plan 13" in page
    report.refresh_from_db()
    assert response.context["form"]["seen"].value() == str(report.version)
    post(cast["hoa"], "report_decide", report.pk, **{**values, "seen": report.version})
    report.refresh_from_db()
    assert report.state == ReportState.RETURNED
