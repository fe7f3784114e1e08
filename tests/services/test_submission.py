"""Who submits; more time in the same step; what the commission asks; what a body corrects after the acceptance."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import make_body, make_cast, make_instrument, make_policy, make_post, make_task, make_user, noon
from tracker.boards.lateness import shares_of, together
from tracker.boards.report_page import report_dossier
from tracker.boards.waiting import waits
from tracker.choices import Clock, Duty, ReportState, Stage
from tracker.errors import Conflict, Stale
from tracker.models import Body, Event, Flag, Message, ProgressReport, Tenure
from tracker.rules.waiting import BallCode, BallWhy
from tracker.services import bodies, extensions, questions, reports, tasks

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 2)
TIME = {"letter_number": "12/BC", "letter_on": DAY, "signer": "An", "wanted_on": date(2026, 9, 30), "reason": "Late"}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(noon(DAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast():
    """The cast; Lien leads body A by holding its head post."""
    made = make_cast()
    post = make_post(make_body("BO-A"), holder="Trần Văn An", since=date(2026, 1, 5))
    made["lien"] = make_user("lien", Duty.OFFICIAL, make_body("BO-A"), email="lien@example.invalid", language="en")
    made["lien"].cadre = post.tenures.get().cadre
    made["lien"].save()
    made["lan"].email, made["lan"].language = "lan@example.invalid", "en"
    made["lan"].save()
    return made


@pytest.fixture
def reserved(cast):
    """Body A lets its leader alone submit."""
    admin = make_user("admin_a", Duty.BODY_ADMIN, make_body("BO-A"))
    return bodies.set_submission(Body.objects.get(code="BO-A"), specialists_submit=False, by=admin, at=noon(DAY))


def draft(task, by, **facts):
    values = {"stage": Stage.PLANNED, "done_text": "Plan issued", **facts}
    return reports.save_draft(task, body=Body.objects.get(code="BO-A"), by=by, at=noon(DAY), **values)


def submitted(task, cast, **facts):
    return reports.submit(draft(task, cast["lan"], **facts), by=cast["lan"], at=noon(DAY))


def told(user):
    return list(Message.objects.filter(user=user).order_by("pk").values_list("subject", flat=True))


def test_specialists_submit_unless_their_body_says_otherwise(cast):
    assert submitted(make_task(), cast).submitted_by == cast["lan"]


def test_where_the_leader_submits_a_specialist_hands_the_draft_over(cast, reserved):
    task = make_task()
    report = draft(task, cast["lan"])
    with pytest.raises(PermissionDenied):
        reports.submit(report, by=cast["lan"], at=noon(DAY))
    reports.hand_to_leader(report, by=cast["lan"], at=noon(DAY))
    assert told(cast["lien"]) == [f"{task.code}: a report awaits you"]
    reports.submit(report, by=cast["lien"], at=noon(DAY))
    assert (report.state, report.author, report.submitted_by) == (ReportState.SUBMITTED, cast["lan"], cast["lien"])
    assert report.handed_at is None


def test_the_leader_gives_a_draft_back_with_a_note(cast, reserved):
    report = reports.hand_to_leader(draft(make_task(), cast["lan"]), by=cast["lan"], at=noon(DAY))
    with pytest.raises(PermissionDenied):
        reports.give_back(report, note="Mend it", by=cast["lan"], at=noon(DAY))
    with pytest.raises(ValidationError):
        reports.give_back(report, note=" ", by=cast["lien"], at=noon(DAY))
    reports.give_back(report, note="Which plan?", by=cast["lien"], at=noon(DAY))
    assert (report.state, report.handed_at, report.leader_note) == (ReportState.DRAFT, None, "Which plan?")
    assert told(cast["lan"])[-1].endswith("your draft was given back")
    with pytest.raises(Conflict):
        reports.give_back(report, note="Again", by=cast["lien"], at=noon(DAY))


def test_what_a_specialist_changes_no_longer_awaits_the_leader(cast, reserved):
    task = make_task()
    reports.hand_to_leader(draft(task, cast["lan"]), by=cast["lan"], at=noon(DAY))
    assert draft(task, cast["lien"], done_text="Mended by the leader").handed_at is not None
    assert draft(task, cast["lan"], done_text="Changed again").handed_at is None


def test_whoever_acts_in_the_head_post_leads_and_nobody_after_their_time(cast, reserved):
    report = draft(make_task(), cast["lan"])
    Tenure.objects.update(valid_to=DAY)
    with pytest.raises(PermissionDenied):
        reports.submit(report, by=cast["lien"], at=noon(DAY))
    tenure = Tenure.objects.get()
    Tenure.objects.create(cadre=tenure.cadre, post=tenure.post, valid_from=DAY, is_acting=True, recorded_at=noon(DAY))
    assert reports.submit(report, by=cast["lien"], at=noon(DAY)).state == ReportState.SUBMITTED


def test_only_the_administrator_of_the_body_says_who_submits(cast):
    body = Body.objects.get(code="BO-A")
    other = make_user("admin_b", Duty.BODY_ADMIN, make_body("BO-B"))
    for user in (cast["lan"], cast["lien"], cast["hoa"], cast["quang"], other):
        with pytest.raises(PermissionDenied):
            bodies.set_submission(body, specialists_submit=False, by=user, at=noon(DAY))
    with pytest.raises(ValidationError):  # nobody leads body B: nobody could submit
        bodies.set_submission(make_body("BO-B"), specialists_submit=False, by=other, at=noon(DAY))
    admin = make_user("admin_a", Duty.BODY_ADMIN, make_body("BO-A"))
    with pytest.raises(Stale):
        bodies.set_submission(body, specialists_submit=False, by=admin, at=noon(DAY), version=body.version + 1)
    bodies.set_submission(body, specialists_submit=False, by=admin, at=noon(DAY), version=body.version)
    assert Event.objects.get(kind="body.submission").after == {"specialists_submit": False}


def test_a_report_asks_for_more_time_when_it_is_submitted_and_not_before(cast):
    task = make_task(due_on=date(2026, 6, 30))
    report = draft(task, cast["lan"], time_asked=TIME)
    assert not task.extensions.exists() and report.time_asked["wanted_on"] == "2026-09-30"
    reports.submit(report, by=cast["lan"], at=noon(DAY))
    extension = task.extensions.get()
    assert (extension.letter_number, extension.wanted_on, extension.body.code) == ("12/BC", TIME["wanted_on"], "BO-A")


def test_a_request_that_is_refused_holds_the_whole_report_back(cast):
    task = make_task(due_on=date(2026, 6, 30))
    report = draft(task, cast["lan"], time_asked={**TIME, "wanted_on": date(2026, 6, 1)})
    with pytest.raises(ValidationError) as error:
        reports.submit(report, by=cast["lan"], at=noon(DAY))
    assert "wanted_on" in error.value.message_dict
    report.refresh_from_db()
    assert report.state == ReportState.DRAFT and not task.extensions.exists()


def test_a_question_gives_the_ball_to_the_body_until_it_answers(cast, today):
    make_policy(limits=[("review", 5, "working")], clocks=("review",))
    make_task()  # so that no two rows have the same key by chance
    task = make_task()
    report = submitted(task, cast)
    row = questions.ask(report, question="Which plan?", by=cast["hoa"], at=noon(DAY), version=report.version)
    task.refresh_from_db()
    assert (task.reported_since, task.review_limit_on) == (None, None)
    ball = waits([task.pk], DAY)[task.pk].ball
    assert (ball.code, ball.why) == (BallCode.ACCOUNTABLE, BallWhy.QUESTION)
    assert told(cast["lan"]) == [f"{task.code}: a question on your report"]
    later = DAY + timedelta(days=7)
    today.move_to(noon(later))
    questions.answer(report, answer="Plan 12", by=cast["lan"], at=noon(later))
    task.refresh_from_db()
    assert (task.reported_since, task.review_limit_on) == (later, date(2026, 2, 23))  # Tet lies between
    row.refresh_from_db()
    assert (row.answer, row.answered_by, row.answered_on) == ("Plan 12", cast["lan"], later)
    assert waits([task.pk], later)[task.pk].ball.code == BallCode.COMMISSION


def test_questions_one_at_a_time_from_the_commission_alone(cast):
    report = submitted(make_task(), cast)
    for user in (cast["lan"], cast["minh"], cast["quang"], cast["vinh"]):
        with pytest.raises(PermissionDenied):
            questions.ask(report, question="?", by=user, at=noon(DAY))
    with pytest.raises(Conflict):
        questions.answer(report, answer="Nobody asked", by=cast["lan"], at=noon(DAY))
    questions.ask(report, question="Which plan?", by=cast["hoa"], at=noon(DAY))
    with pytest.raises(Conflict):
        questions.ask(report, question="And when?", by=cast["hoa"], at=noon(DAY))
    with pytest.raises(PermissionDenied):
        questions.answer(report, answer="Not mine", by=cast["minh"], at=noon(DAY))
    with pytest.raises(Stale):
        questions.answer(report, answer="Old", by=cast["lan"], at=noon(DAY), version=report.version - 1)


def test_a_report_may_be_decided_before_the_answer(cast):
    report = submitted(make_task(), cast)
    questions.ask(report, question="Which plan?", by=cast["hoa"], at=noon(DAY))
    reports.send_back(report, note="No answer", by=cast["hoa"], at=noon(DAY))
    row = report.questions.get()
    assert row.answered_at is not None and row.answer == ""
    with pytest.raises(Conflict):
        questions.answer(report, answer="Too late", by=cast["lan"], at=noon(DAY))


def test_days_of_an_open_question_lie_with_the_body(cast, today):
    task = make_task(due_on=date(2026, 1, 30))
    report = submitted(task, cast)  # Monday 2 February
    moments = [(questions.ask, 4, {"question": "Which?", "by": cast["hoa"]})]
    moments += [(questions.answer, 9, {"answer": "This", "by": cast["lan"]})]
    for act, day, facts in moments:
        today.move_to(noon(date(2026, 2, day)))
        act(report, at=noon(date(2026, 2, day)), **facts)
    today.move_to(noon(date(2026, 2, 11)))
    found = shares_of(Flag.objects.filter(task=task, clock=Clock.DUE), date(2026, 2, 11))
    # The commission 2-3 and 9-11 February, the body 4-6.
    assert {share.label: share.days for share in together(found.values())} == {"the commission": 5, "Body BO-A": 3}


def corrected(report, cast, **facts):
    values = {"stage": Stage.PLANNED, "done_text": "Plan 13 issued", "why": "The wrong plan", **facts}
    return reports.correct(report, by=cast["lan"], at=noon(DAY), **values)


def test_a_correction_reopens_an_accepted_report_and_keeps_what_was_accepted(cast):
    task = make_task()
    report = submitted(task, cast)
    reports.accept(report, by=cast["hoa"], at=noon(DAY))
    seen = report.decided_version
    corrected(report, cast)
    assert report.is_reopened and (report.decided_version, report.decided_by) == (seen, cast["hoa"])
    event = Event.objects.get(kind="report.corrected")
    assert event.before["done_text"] == "Plan issued" and event.after["done_text"] == "Plan 13 issued"
    assert event.why == "The wrong plan"
    task.refresh_from_db()
    assert (task.stage, task.last_report_on, task.reported_since) == (Stage.PLANNED, DAY, DAY)
    reports.accept(report, by=cast["hoa"], at=noon(DAY))
    assert (report.state, report.decided_version) == (ReportState.ACCEPTED, seen + 2)
    kinds = [row.kind for row in report_dossier(report, DAY).past]
    assert kinds == ["report.accepted", "report.corrected", "report.accepted"]


def test_a_corrected_report_of_a_stage_that_the_task_has_left_does_not_take_it_back(cast):
    task = make_task()
    report = submitted(task, cast)
    reports.accept(report, by=cast["hoa"], at=noon(DAY))
    task.refresh_from_db()
    tasks.record_stage(task, Stage.DRAFTING, on=DAY, by=cast["quang"], at=noon(DAY))
    reports.accept(corrected(report, cast), by=cast["hoa"], at=noon(DAY))
    task.refresh_from_db()
    assert task.stage == Stage.DRAFTING
    reports.accept(corrected(report, cast, stage=Stage.CONSULTATION), by=cast["hoa"], at=noon(DAY))
    task.refresh_from_db()
    assert task.stage == Stage.CONSULTATION


def test_a_correction_that_is_returned_is_no_accepted_report(cast):
    task = make_task()
    report = submitted(task, cast)
    reports.accept(report, by=cast["hoa"], at=noon(DAY))
    corrected(report, cast)
    reports.send_back(report, note="Worse", by=cast["hoa"], at=noon(DAY))
    task.refresh_from_db()
    assert task.last_report_on is None


def test_corrections_are_for_accepted_reports_of_one_s_own_body_with_a_reason(cast):
    report = submitted(make_task(), cast)
    with pytest.raises(Conflict):
        corrected(report, cast)
    reports.accept(report, by=cast["hoa"], at=noon(DAY))
    with pytest.raises(ValidationError):
        corrected(report, cast, why=" ")
    with pytest.raises(ValidationError):
        corrected(report, cast, stage=Stage.INSTITUTIONALIZED)
    report.refresh_from_db()
    with pytest.raises(Stale):
        corrected(report, cast, version=report.version - 1)
    for name in ("minh", "hoa", "quang"):
        with pytest.raises(PermissionDenied):
            reports.correct(report, stage=Stage.PLANNED, done_text="x", why="y", by=cast[name], at=noon(DAY))
    assert ProgressReport.objects.get().done_text == "Plan issued"


def test_whoever_submitted_does_not_decide(cast, reserved):
    cast["lien"].memberships.create(
        body=make_body("BDV"), root=make_body("HTCT"), duty=Duty.COMMISSION, valid_from=date(2026, 1, 1)
    )
    report = reports.submit(draft(make_task(), cast["lan"]), by=cast["lien"], at=noon(DAY))
    with pytest.raises(PermissionDenied):
        reports.accept(report, by=cast["lien"], at=noon(DAY))


def test_an_instrument_that_changes_after_the_acceptance_is_told(cast):
    instrument = make_instrument()
    report = submitted(make_task(), cast, instrument=instrument)
    reports.accept(report, by=cast["hoa"], at=noon(DAY))
    assert not report_dossier(ProgressReport.objects.get(), DAY).has_changed
    instrument.title_vi = "Nghị định khác"
    instrument.save()
    assert report_dossier(ProgressReport.objects.get(), DAY).has_changed


def test_a_request_of_the_report_is_decided_like_any_other(cast):
    task = make_task(due_on=date(2026, 6, 30))
    submitted(task, cast, time_asked=TIME)
    granted = {"due_on": TIME["wanted_on"], "decision_number": "7"}
    extensions.grant(task.extensions.get(), by=cast["hoa"], at=noon(DAY), **granted)
    task.refresh_from_db()
    assert task.due_on == TIME["wanted_on"]
