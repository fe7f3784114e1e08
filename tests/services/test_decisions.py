"""Many rows decided in one act: each on its own, bound to what was seen, never one's own, the clocks wound once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from accounts.models import User
from tests.asking import asked, obstructed
from tests.builders import make_body, make_cast, make_instrument, make_task, make_user, noon
from tests.working import TODAY, flag_of, frozen, scan_today, submitted
from tracker.choices import Duty, EvidenceState, ExtensionState, Level, ReportState, Stage
from tracker.models import Event, Extension, Flag, Institutionalization, Instrument, Task
from tracker.services import clocks, extensions, institutionalizations, reports
from tracker.services.decisions import MOST, Decision, Outcome, decide, seen_of

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
ACCEPT, RETURN = Decision(accepts=True), Decision(accepts=False, note="Add the dates")


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def act(queue, rows, decision=ACCEPT, *, by, seen=None):
    chosen = {row.pk: seen_of(row) if seen is None else seen for row in rows}
    results = decide(queue, chosen, decision, by=by, at=noon(TODAY))
    for row in rows:
        row.refresh_from_db()
    return {result.task_id: result for result in results}


def outcomes(found):
    return [result.outcome.value for result in found.values()]


def declared(by, **facts):
    task = make_task(levels=[(Level.CENTRAL, [])])
    instrument = make_instrument(in_force_on=TODAY, signed_on=TODAY, **facts)
    return institutionalizations.declare(task, instrument, level=Level.CENTRAL, by=by, at=noon(TODAY))


def test_reports_are_accepted_together_and_their_tasks_move(cast):
    rows = [submitted(make_task(), cast["lan"], stage="planned") for _number in range(3)]
    assert outcomes(act("reports", rows, by=cast["hoa"])) == ["done"] * 3
    assert {(row.state, row.decided_by) for row in rows} == {(ReportState.ACCEPTED, cast["hoa"])}
    assert set(Task.objects.values_list("stage", "last_report_on")) == {(Stage.PLANNED, TODAY)}
    assert Event.objects.filter(kind="report.accepted").count() == 3


def test_together_the_tasks_are_left_as_one_by_one(cast):
    made = [submitted(make_task(assigned_on=date(2026, 1, 5)), cast["lan"], stage="planned") for _number in range(4)]
    scan_today()
    for row in made[:2]:
        reports.accept(row, by=cast["hoa"], at=noon(TODAY))
    act("reports", made[2:], by=cast["hoa"])
    names = ("stage", "silence_limit_on", "stage_limit_on", "review_limit_on", "next_check_on", "reported_since")
    states = [Task.objects.filter(pk=row.task_id).values_list(*names).get() for row in made]
    flags = [list(row.task.flags.order_by("clock").values_list("clock", "since", "closed_why")) for row in made]
    assert states[0] == states[2] and states[1] == states[3] and flags[0] == flags[2]


def test_each_flag_names_what_closed_it(cast):
    made = [submitted(make_task(due_on=TODAY - timedelta(days=90)), cast["lan"]) for _number in range(2)]
    requests = [asked(row.task, cast["lan"], on=TODAY, wanted_on=date(2026, 12, 31)) for row in made]
    scan_today()
    act("extensions", requests, Decision(accepts=True, number="45-QĐ/TU"), by=cast["hoa"])
    closed = Flag.objects.filter(clock="due").order_by("task").values_list("task", "closed_by")
    assert list(closed) == [(row.task_id, f"extension:{row.pk}") for row in requests]


def test_evidence_is_verified_together_against_what_was_seen(cast):
    rows = [declared(cast["lan"]) for _number in range(2)]
    assert outcomes(act("evidence", rows, by=cast["hoa"])) == ["done", "done"]
    assert all(row.state == EvidenceState.VERIFIED and row.content_hash for row in rows)
    assert set(Task.objects.values_list("stage", "done_on")) == {(Stage.INSTITUTIONALIZED, TODAY)}


def test_requests_are_granted_as_each_asked_or_refused_with_one_reason(cast):
    rows = [
        asked(make_task(due_on=TODAY + timedelta(days=5)), cast["lan"], on=TODAY, wanted_on=date(2026, 9, day))
        for day in (1, 2, 3)
    ]
    granted = act("extensions", rows[:2], Decision(accepts=True, number="45-QĐ/TU"), by=cast["hoa"])
    assert outcomes(granted) == ["done", "done"]
    assert [Task.objects.get(pk=row.task_id).effective_due_on for row in rows[:2]] == [
        row.wanted_on for row in rows[:2]
    ]
    assert outcomes(act("extensions", rows[2:], RETURN, by=cast["hoa"])) == ["done"]
    assert {row.decision_number for row in rows[:2]} == {"45-QĐ/TU"}
    assert (rows[2].state, rows[2].decision_note) == (ExtensionState.REFUSED, "Add the dates")


def test_flags_are_acknowledged_and_obstacles_ended_with_one_note(cast):
    made = [make_task(due_on=TODAY - timedelta(days=20)) for _number in range(2)]
    obstacles = [obstructed(task, cast["lan"], on=TODAY) for task in made]
    scan_today()
    flags = [flag_of(task) for task in made]
    note = Decision(accepts=True, note="We call them")
    assert outcomes(act("overdue", flags, note, by=cast["hoa"])) == ["done", "done"]
    assert outcomes(act("obstacles", obstacles, note, by=cast["hoa"])) == ["done", "done"]
    assert {row.acknowledged_note for row in flags} == {row.end_note for row in obstacles} == {"We call them"}


def test_a_row_that_changed_is_left_alone_and_the_others_are_decided(cast):
    first, second = (submitted(make_task(), cast["lan"]) for _number in range(2))
    chosen = {first.pk: seen_of(first), second.pk: seen_of(second)}
    reports.send_back(first, by=cast["hoa"], at=noon(TODAY), note="More")
    found = {row.task_id: row for row in decide("reports", chosen, ACCEPT, by=cast["hoa"], at=noon(TODAY))}
    assert found[first.task_id].outcome == Outcome.CHANGED and found[second.task_id].outcome == Outcome.DONE
    first.refresh_from_db()
    assert first.state == ReportState.RETURNED


def test_evidence_whose_instrument_changed_since_it_was_seen_is_left_alone(cast):
    evidence = declared(cast["lan"])
    seen = seen_of(evidence)
    instrument = Instrument.objects.get(pk=evidence.instrument_id)
    instrument.title_vi = "Một văn bản khác"
    instrument.save()
    assert outcomes(act("evidence", [evidence], by=cast["hoa"], seen=seen)) == ["changed"]
    assert evidence.state == EvidenceState.DECLARED


@pytest.mark.parametrize("seen", ["", "0", "1.", "nope", "x" * 100])
def test_a_version_that_nobody_saw_decides_nothing(cast, seen):
    report = submitted(make_task(), cast["lan"])
    assert outcomes(act("reports", [report], by=cast["hoa"], seen=seen)) == ["changed"]
    assert report.state == ReportState.SUBMITTED


def test_nobody_decides_on_their_own_in_a_crowd_either(cast):
    both = make_user("both", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"))
    make_user("helper", Duty.OFFICIAL, make_body("BO-A"))
    own = submitted(make_task(), cast["lan"])
    type(own).objects.filter(pk=own.pk).update(author=both)
    mine, evidence, request = (
        own,
        declared(cast["lan"]),
        asked(make_task(due_on=TODAY), cast["lan"], on=TODAY, wanted_on=date(2026, 9, 1)),
    )
    Institutionalization.objects.filter(pk=evidence.pk).update(declared_by=both)
    Extension.objects.filter(pk=request.pk).update(asked_by=both)
    for row in (mine, evidence, request):
        row.refresh_from_db()
    other = submitted(make_task(), cast["lan"])
    found = act("reports", [mine, other], by=both)
    assert (found[mine.task_id].outcome, found[other.task_id].outcome) == (Outcome.REFUSED, Outcome.DONE)
    assert "own" in found[mine.task_id].why
    assert outcomes(act("evidence", [evidence], by=both)) == ["refused"]
    assert outcomes(act("extensions", [request], Decision(accepts=True, number="1"), by=both)) == ["refused"]
    assert (mine.state, evidence.state, request.state) == ("submitted", "declared", "asked")


def test_what_one_may_not_read_gives_no_result_and_what_one_does_not_cover_is_refused(cast):
    far = make_user("far", Duty.COMMISSION, make_body("BDV"), make_body("BO-B"))
    hidden = submitted(make_task(), cast["lan"])
    assert act("reports", [hidden], by=far) == {}
    with pytest.raises(PermissionDenied):
        act("reports", [hidden], by=cast["lan"])
    with pytest.raises(PermissionDenied):
        act("reports", [hidden], by=cast["vinh"])
    assert hidden.state == ReportState.SUBMITTED


def test_a_refusal_of_the_service_stands_beside_its_row(cast):
    first, second = (
        asked(make_task(due_on=TODAY), cast["lan"], on=TODAY, wanted_on=date(2026, 9, 1)) for _number in range(2)
    )
    Task.objects.filter(pk=first.task_id).update(stage=Stage.WITHDRAWN)
    found = act("extensions", [first, second], Decision(accepts=True, number="1"), by=cast["hoa"])
    assert found[first.task_id].outcome == Outcome.REFUSED and "no longer open" in found[first.task_id].why
    assert (found[second.task_id].outcome, first.state, second.state) == (Outcome.DONE, "asked", "granted")
    assert not Event.objects.filter(kind="extension.granted", task=first.task).exists()


def test_a_row_that_cannot_be_written_fails_alone(cast, monkeypatch):
    first, second = (submitted(make_task(), cast["lan"]) for _number in range(2))
    accept = reports.accept

    def broken(report, **facts):
        accept(report, **facts)
        if report.pk == first.pk:
            raise IntegrityError("a trigger")

    monkeypatch.setattr(reports, "accept", broken)
    found = act("reports", [first, second], by=cast["hoa"])
    assert (found[first.task_id].outcome, found[second.task_id].outcome) == (Outcome.REFUSED, Outcome.DONE)
    assert (first.state, second.state) == (ReportState.SUBMITTED, ReportState.ACCEPTED)


def test_a_task_whose_clocks_cannot_be_wound_does_not_undo_the_others(cast, monkeypatch):
    first, second = (submitted(make_task(), cast["lan"]) for _number in range(2))
    wind = clocks._wind_batch

    def broken(ids, **facts):
        if first.task_id in ids:
            raise IntegrityError("a trigger")
        wind(ids, **facts)

    monkeypatch.setattr(clocks, "_wind_batch", broken)
    found = act("reports", [first, second], by=cast["hoa"])
    assert (found[first.task_id].outcome, found[second.task_id].outcome) == (Outcome.REFUSED, Outcome.DONE)
    assert (first.state, second.state) == (ReportState.SUBMITTED, ReportState.ACCEPTED)


def test_the_clocks_are_wound_once_for_all(cast, monkeypatch):
    made = [submitted(make_task(), cast["lan"]) for _number in range(6)]
    wound = []
    wind = clocks._wind_batch
    monkeypatch.setattr(clocks, "_wind_batch", lambda ids, **facts: (wound.append(len(ids)), wind(ids, **facts)))
    act("reports", made, by=cast["hoa"])
    assert wound == [6]


def test_two_hundred_rows_at_most_are_taken(cast):
    report = submitted(make_task(), cast["lan"])
    chosen = {-number: "1" for number in range(1, MOST + 1)} | {report.pk: seen_of(report)}
    assert decide("reports", chosen, ACCEPT, by=cast["hoa"], at=noon(TODAY)) == []


def test_a_flag_that_is_over_is_not_acknowledged(cast):
    task = make_task(due_on=TODAY - timedelta(days=20))
    scan_today()
    flag = flag_of(task)
    Flag.objects.filter(pk=flag.pk).update(closed_on=TODAY, closed_why="x")
    flag.refresh_from_db()
    assert outcomes(act("overdue", [flag], Decision(accepts=True, note="Seen"), by=cast["hoa"])) == ["refused"]


def test_a_request_that_was_decided_by_a_colleague_says_so(cast):
    request = asked(make_task(due_on=TODAY), cast["lan"], on=TODAY, wanted_on=date(2026, 9, 1))
    extensions.refuse_(request, note="No", by=cast["hoa"], at=noon(TODAY))
    found = act("extensions", [request], RETURN, by=cast["hoa"])
    assert outcomes(found) == ["refused"] and "decided by now" in found[request.task_id].why
