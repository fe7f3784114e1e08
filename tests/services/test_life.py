"""The life of a task, whatever happens in whatever order: what trust.md says must never happen, never does.

People report, hand over, ask, decide, dispute, correct, declare, verify, suspend and move cells, days pass with the
scan and without it. After each act every invariant is looked at; an act that is refused has changed nothing.
"""

import itertools
from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.asking import asked
from tests.builders import make_body, make_cast, make_instrument, make_post, make_task, make_user, noon
from tracker.boards.explain import explain
from tracker.choices import Duty, EvidenceState, ReportState, Role, Stage
from tracker.errors import Conflict
from tracker.models import (
    Body,
    Dispute,
    Event,
    Extension,
    Flag,
    Institutionalization,
    Obstacle,
    ProgressReport,
    Responsibility,
    Task,
)
from tracker.rules.evidence import Evidence, is_complete
from tracker.rules.stages import OPEN
from tracker.services import (
    bodies,
    clocks,
    corrections,
    disputes,
    extensions,
    flags,
    institutionalizations,
    instruments,
    matrix,
    obstacles,
    questions,
    reports,
    tasks,
)
from tracker.services.limits import COLUMNS

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(7200)]
FIRST, LAST = date(2026, 2, 2), date(2027, 12, 1)
OFFICIALS = {"lan": "BO-A", "lien": "BO-A", "minh": "BO-B"}
DECIDERS = ("hoa", "thu")
EVERYBODY = (*OFFICIALS, *DECIDERS, "quang", "vinh")

officials, deciders = st.sampled_from(sorted(OFFICIALS)), st.sampled_from(DECIDERS)
anybody = st.sampled_from(EVERYBODY)
stages = st.sampled_from([*sorted(OPEN), Stage.INSTITUTIONALIZED, Stage.WITHDRAWN])
ahead, back = st.integers(0, 90).map(timedelta), st.integers(0, 40).map(timedelta)
yes = st.booleans()

# Which columns of which rows an act must tell of; the clocks of a task are the scan's.
WATCHED = {
    Task: ("stage", "due_on", "original_due_on", "kind", "assigned_on"),
    Responsibility: ("body", "role", "valid_from", "valid_to"),
    ProgressReport: ("state", "stage", "done_text", "author", "decided_by", "handed_at", "review_since"),
    Institutionalization: ("state", "articles", "declared_by", "verified_by", "content_hash"),
    Extension: ("state", "wanted_on", "granted_on", "decided_by"),
    Obstacle: ("since", "ended_on", "body"),
    Dispute: ("state", "reason", "decided_by", "new_body", "moved_on"),
    Flag: ("snoozed_until", "acknowledged_at"),
}
OF_A_BODY = (ProgressReport, Institutionalization, Extension, Dispute)
# What its body may change without a decision of others: a draft has its own version, the task's stays.
PRIVATE = {"report.drafted", "report.handed", "report.given_back"}
BESIDE_THE_TASK = PRIVATE | {"evidence.declared", "instrument.ended"}


class Life(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.traveller = time_machine.travel(noon(FIRST), tick=False)
        self.clock = self.traveller.start()
        self.day, self.is_settled = FIRST, True
        self.cast = make_cast()
        self.cast["lien"] = make_user("lien", Duty.OFFICIAL, make_body("BO-A"))
        self.cast["thu"] = make_user("thu", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"))
        post = make_post(make_body("BO-A"), holder="Trần Văn An")
        self.cast["lien"].cadre = post.tenures.get().cadre
        self.cast["lien"].save()
        levels = [("central", ["decree"])]
        self.task = make_task(due_on=date(2026, 5, 29), levels=levels, on=FIRST)
        matrix.assign(self.task, body=make_body("BO-B"), role=Role.RESPONSIBLE, on=FIRST, by=None, at=noon(FIRST))
        self.drafts = []
        self.versions, self.seen = {}, Event.objects.latest("id").pk

    def teardown(self):
        try:
            self._settle()
            self.explained()
        finally:
            self.traveller.stop()
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    # How somebody acts

    @property
    def at(self):
        return noon(self.day)

    def act(self, name, call):
        """Let `name` do something. What is refused has changed nothing; what is done is told, once, by an event."""
        before = self._rows()
        user = self.cast[name]
        try:
            with transaction.atomic():
                call({"by": user, "at": self.at})
        except (ValidationError, Conflict, PermissionDenied):
            assert self._rows() == before and self._news() == []
            return False
        self._check_told(name, user, before, self._rows())
        self.task.refresh_from_db()
        self.is_settled = self.is_settled or self.task.next_check_on is None or self.task.next_check_on > self.day
        return True

    def _rows(self):
        found = {}
        for model, columns in WATCHED.items():
            version = ("version",) if hasattr(model, "version") else ()
            for pk, *values in model.objects.values_list("pk", *columns, *version):
                found[model, pk] = (tuple(values[: len(columns)]), values[-1] if version else 0)
        return found

    def _news(self):
        return list(Event.objects.filter(id__gt=self.seen).order_by("id"))

    def _check_told(self, name, user, before, after):
        news = self._news()
        self.seen = news[-1].pk if news else self.seen
        own = [(row.kind, row.object_kind, row.object_id) for row in news if row.actor_id == user.pk]
        assert own and len(own) == len(set(own)), own
        told = {(row.object_kind, row.object_id) for row in news}
        changed = [key for key in after if after[key][0] != before.get(key, (None,))[0]]
        for model, pk in changed:
            assert (model._meta.model_name, str(pk)) in told, (model, pk)
        assert before.keys() <= after.keys()  # nothing is ever deleted
        if {kind for kind, *_ in own} - BESIDE_THE_TASK:
            assert after[Task, self.task.pk][1] > before[Task, self.task.pk][1], own
        for key in changed:
            if key in before and key[0] not in (Task, Responsibility):
                assert after[key][1] > before[key][1], key
        if name in OFFICIALS:
            self._check_own(name, changed)

    def _check_own(self, name, changed):
        """Officials change the rows of their own body alone, and no cell."""
        for model, pk in changed:
            assert model is not Responsibility
            if model in OF_A_BODY:
                assert model.objects.get(pk=pk).body.code == OFFICIALS[name]

    def _body(self, name):
        return make_body(OFFICIALS.get(name, "BO-A"))

    def _settle(self):
        clocks.settle(Task.objects.all(), through=self.day, at=self.at)
        self.task.refresh_from_db()
        self.is_settled = True
        self.seen = Event.objects.latest("id").pk

    def _pick(self, rows, number):
        found = list(rows.order_by("pk"))
        return found[number % len(found)] if found else None

    # What may happen

    @precondition(lambda self: self.day < LAST)
    @rule(days=st.integers(1, 25), is_scanned=yes)
    def days_pass(self, days, is_scanned):
        self.day = min(self.day + timedelta(days), LAST)
        self.clock.move_to(self.at)
        for user in self.cast.values():
            user.__dict__.pop("_scope", None)
        self.is_settled = False
        if is_scanned:
            self._settle()

    @rule(name=officials, stage=stages, names_one=yes, wants_time=yes, wait=ahead)
    def write(self, name, stage, names_one, wants_time, wait):
        instrument = make_instrument(signed_on=self.day, in_force_on=self.day) if names_one else None
        time = {"letter_number": "1", "letter_on": self.day, "signer": "An", "reason": "Late"}
        time = {**time, "wanted_on": self.day + wait} if wants_time else None
        values = {"stage": stage, "done_text": "Done", "instrument": instrument, "time_asked": time}
        self.act(name, lambda who: reports.save_draft(self.task, body=self._body(name), **values, **who))

    def _report(self, state):
        return ProgressReport.objects.filter(state=state).select_related("task", "body").order_by("pk").last()

    @rule(name=officials, how=st.sampled_from(["submit", "submit", "hand_to_leader", "give_back"]))
    def pass_on(self, name, how):
        if (report := self._report(ReportState.DRAFT)) is None:
            return
        more = {"note": "Mend it"} if how == "give_back" else {}
        self.act(name, lambda who: getattr(reports, how)(report, **more, **who))

    @rule(name=anybody, how=st.sampled_from(["accept", "accept", "send_back", "ask", "answer"]), is_stale=yes)
    def review(self, name, how, is_stale):
        if (report := self._report(ReportState.SUBMITTED)) is None:
            return
        version = report.version - 1 if is_stale and how != "answer" else report.version
        more = {"send_back": {"note": "No"}, "ask": {"question": "Which?"}, "answer": {"answer": "This"}}.get(how, {})
        module = reports if how in ("accept", "send_back") else questions
        done = self.act(name, lambda who: getattr(module, how)(report, version=version, **more, **who))
        assert not (done and version != report.version and is_stale and how != "answer") or report.version > version + 1

    @rule(name=officials, stage=stages)
    def correct_report(self, name, stage):
        if report := self._report(ReportState.ACCEPTED):
            values = {"stage": stage, "done_text": "Done otherwise", "why": "A wrong number"}
            self.act(name, lambda who: reports.correct(report, **values, **who))

    @rule(is_open=yes)
    def change_who_submits(self, is_open):
        body = make_body("BO-A")
        if body.specialists_submit != is_open:
            bodies.set_submission(body, specialists_submit=is_open, by=None, at=self.at)
            self.seen = Event.objects.latest("id").pk

    @rule(name=officials, start=ahead)
    def declare(self, name, start):
        instrument = make_instrument(signed_on=self.day, in_force_on=self.day + start)
        self.act(
            name,
            lambda who: institutionalizations.declare(
                self.task, instrument, level="central", body=self._body(name), **who
            ),
        )

    @rule(name=anybody, is_good=yes, number=st.integers(0, 5))
    def verify(self, name, is_good, number):
        rows = Institutionalization.objects.filter(state=EvidenceState.DECLARED).select_related("task", "instrument")
        if (evidence := self._pick(rows, number)) is None:
            return
        if is_good:
            self.act(name, lambda who: institutionalizations.verify(evidence, **who))
        else:
            self.act(name, lambda who: institutionalizations.send_back(evidence, note="No", **who))

    @rule(number=st.integers(0, 5), wait=ahead)
    def end_an_instrument(self, number, wait):
        rows = Institutionalization.objects.filter(state=EvidenceState.VERIFIED, instrument__ends_on=None)
        if evidence := self._pick(rows.select_related("instrument"), number):
            self.act("quang", lambda who: instruments.end(evidence.instrument, on=self.day + wait, **who))

    @rule(name=officials, wait=ahead)
    def ask_for_time(self, name, wait):
        self.act(
            name,
            lambda who: asked(self.task, who["by"], on=self.day, wanted_on=self.day + wait, body=self._body(name)),
        )

    @rule(name=anybody, is_granted=yes, wait=ahead)
    def decide_on_time(self, name, is_granted, wait):
        extension = Extension.objects.awaiting_decision().select_related("task").first()
        if extension is None:
            return
        if is_granted:
            grant = {"due_on": self.day + wait, "decision_number": "7"}
            self.act(name, lambda who: extensions.grant(extension, **grant, **who))
        else:
            self.act(name, lambda who: extensions.refuse_(extension, note="No", **who))

    @rule(name=st.sampled_from([*DECIDERS, "quang", "lan"]), wait=ahead, new_day=st.none() | ahead)
    def suspend(self, name, wait, new_day):
        values = {"until": self.day + wait, "reason": "Why", "document": "45"}
        values["new_due_on"] = None if new_day is None else self.day + new_day
        self.act(name, lambda who: tasks.suspend(self.task, **values, **who))

    @rule(name=st.sampled_from([*DECIDERS, "quang", "lan"]))
    def resume(self, name):
        self.act(name, lambda who: tasks.resume(self.task, reason="Why", **who))

    @rule(name=st.sampled_from(["thu", "quang", "lan"]), chance=st.integers(0, 5))
    def withdraw(self, name, chance):
        if chance == 0:
            self.act(name, lambda who: tasks.withdraw(self.task, reason="Why", **who))

    @rule(name=st.sampled_from(["quang", "quang", "hoa", "lan"]), wait=ahead, code=st.sampled_from(["BO-A", "BO-B"]))
    def move_a_cell(self, name, wait, code):
        """End the accountable cell that is open, or give it to somebody."""
        cell = Responsibility.objects.filter(role=Role.ACCOUNTABLE, valid_to=None).select_related("task").first()
        if cell is not None:
            self.act(name, lambda who: matrix.end(cell, on=self.day + wait, **who))
        else:
            values = {"body": make_body(code), "role": Role.ACCOUNTABLE, "on": self.day + wait}
            self.act(name, lambda who: matrix.assign(self.task, **values, **who))

    @rule(name=officials, number=st.integers(0, 3))
    def dispute(self, name, number):
        if cell := self._pick(Responsibility.objects.filter(valid_to=None).select_related("body"), number):
            values = {"cell": cell, "reason": "Not ours", "answer_by": self.day}
            self.act(name, lambda who: disputes.open_dispute(self.task, **values, **who))

    @rule(name=anybody, how=st.sampled_from(["uphold", "reject", "withdraw"]), code=st.sampled_from(["BO-A", "BO-C"]))
    def decide_on_a_dispute(self, name, how, code):
        dispute = Dispute.objects.open().select_related("task", "cell", "body").first()
        if dispute is None:
            return
        more = {"moved_on": self.day, "new_body": make_body(code)} if how == "uphold" else {"note": "No"}
        self.act(name, lambda who: getattr(disputes, how)(dispute, **more, **who))

    @rule(name=st.sampled_from(["quang", "quang", "hoa", "lan"]), stage=stages, ago=back)
    def correct_the_stage(self, name, stage, ago):
        values = {"stage": stage, "on": self.day - ago, "why": "The wrong task"}
        self.act(name, lambda who: corrections.correct_stage(self.task, **values, **who))

    @rule(name=st.sampled_from(["quang", "hoa"]), due=st.none() | st.integers(0, 200), is_suspension=yes)
    def correct_a_day(self, name, due, is_suspension):
        day = None if due is None else FIRST + timedelta(due)
        act, field = (
            (corrections.correct_suspension, "until") if is_suspension else (corrections.correct_deadline, "due_on")
        )
        self.act(name, lambda who: act(self.task, **{field: day}, why="A wrong digit", **who))

    @rule(number=st.integers(0, 3), code=st.sampled_from(["BO-A", "BO-B", "BO-C", ""]), ago=back)
    def correct_a_cell(self, number, code, ago):
        if cell := self._pick(Responsibility.objects.filter(valid_to=None).select_related("task"), number):
            body = make_body(code) if code else None
            day = max(FIRST, self.day - ago)
            self.act(
                "quang",
                lambda who: corrections.correct_cell(cell, body=body, valid_from=day, why="The wrong body", **who),
            )

    @rule(name=anybody, is_end=yes)
    def wait_on_another(self, name, is_end):
        if is_end and (obstacle := Obstacle.objects.open().select_related("task").first()):
            self.act(name, lambda who: obstacles.end(obstacle, note="Sent", **who))
        elif name in OFFICIALS:
            values = {"body": make_body("BO-C"), "declared_body": self._body(name), "since": self.day}
            self.act(name, lambda who: obstacles.declare(self.task, reason="It waits", **values, **who))

    @rule(name=anybody, wait=ahead)
    def snooze(self, name, wait):
        if flag := Flag.objects.open().select_related("task", "policy").order_by("pk").first():
            values = {"until": self.day + wait, "reason": "Wait"}
            self.act(name, lambda who: flags.snooze(flag, **values, **who))

    # What must hold

    @invariant()
    def a_done_task_is_not_flagged(self):
        closed = (Stage.INSTITUTIONALIZED, Stage.WITHDRAWN, Stage.SUSPENDED)
        assert not Flag.objects.open().filter(task__stage__in=closed).exists()

    @invariant()
    def one_body_is_accountable_on_any_day(self):
        cells = Responsibility.objects.filter(role=Role.ACCOUNTABLE).order_by("valid_from", "id")
        held = [cell for cell in cells if not cell.never_held]
        for earlier, later in itertools.pairwise(held):
            assert earlier.valid_to is not None and earlier.valid_to <= later.valid_from

    @invariant()
    def nobody_decided_on_their_own(self):
        for evidence in Institutionalization.objects.filter(state=EvidenceState.VERIFIED):
            assert evidence.verified_by_id not in (None, evidence.declared_by_id) and evidence.content_hash
        for report in ProgressReport.objects.exclude(decided_by=None):
            assert report.decided_by_id not in (report.author_id, report.submitted_by_id)
            assert report.decided_version is not None and report.decided_version < report.version
        for row in Extension.objects.exclude(decided_by=None):
            assert row.decided_by_id != row.asked_by_id
        for row in Dispute.objects.exclude(decided_by=None).exclude(state="withdrawn"):
            assert row.decided_by_id != row.raised_by_id

    @invariant()
    def versions_only_grow(self):
        for (model, pk), (_values, version) in self._rows().items():
            assert version >= self.versions.get((model, pk), 0), (model, pk)
            self.versions[model, pk] = version

    @invariant()
    def a_draft_is_for_its_body_alone(self):
        drafts = ProgressReport.objects.filter(state=ReportState.DRAFT)
        shown = list(drafts.values_list("pk", "version"))
        if shown == self.drafts:
            return
        self.drafts = shown
        for name, user in self.cast.items():
            seen = drafts.filter(pk__in=ProgressReport.objects.visible_to(user).values("pk"))
            assert all(OFFICIALS.get(name) == draft.body.code for draft in seen.select_related("body")), name
            told = Event.objects.visible_to(user).filter(kind__in=PRIVATE)
            assert all(OFFICIALS.get(name) == event.private_to.code for event in told.select_related("private_to"))

    @invariant()
    def the_task_says_since_when_it_waits(self):
        self.task.refresh_from_db()
        waiting = ProgressReport.objects.awaiting_review().order_by("review_since").first()
        assert self.task.reported_since == (waiting and waiting.review_since)
        request = Extension.objects.awaiting_decision().first()
        assert self.task.requested_since == (request and request.asked_on)

    @invariant()
    def only_one_thing_of_a_kind_awaits_a_decision(self):
        for code in set(OFFICIALS.values()):
            assert ProgressReport.objects.submitted().filter(body__code=code).count() <= 1
        assert Extension.objects.awaiting_decision().count() <= 1

    @invariant()
    def the_stage_is_what_the_evidence_says(self):
        if not self.is_settled:
            return
        rows = Institutionalization.objects.select_related("instrument")
        evidence = [
            Evidence(
                level=row.level,
                rank=row.instrument.rank,
                in_force_on=row.instrument.in_force_on,
                ends_on=row.instrument.ends_on,
                coverage=row.coverage,
                state=row.state,
            )
            for row in rows
        ]
        covered = is_complete({"central": {"decree"}}, evidence, self.day)
        if self.task.stage in OPEN or self.task.stage == Stage.INSTITUTIONALIZED:
            assert (self.task.stage == Stage.INSTITUTIONALIZED) == covered

    def explained(self):
        """What is explained of today is what is stored, however it came about."""
        for row in explain(self.task, on=self.day, today=self.day):
            stored = getattr(self.task, COLUMNS[row.clock])
            assert (row.clock, row.explanation and row.explanation.limit_on) == (row.clock, stored)
        late = Flag.objects.open().filter(Q(clock__in=COLUMNS), task=self.task, since__lte=self.day)
        for flag in late:
            assert getattr(self.task, COLUMNS[flag.clock]) < self.day
        assert Body.objects.get(code="BO-A").version >= 1


HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def test_no_life_of_a_task_breaks_what_must_hold(db):
    short = settings(max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=HEALTH)
    run_state_machine_as_test(Life, settings=settings(short, phases=[Phase.generate]))


@pytest.mark.full
def test_no_life_of_a_task_breaks_what_must_hold_in_many_lives(db):
    many = settings(max_examples=500, stateful_step_count=30, deadline=None, derandomize=False)
    run_state_machine_as_test(Life, settings=settings(many, suppress_health_check=HEALTH))
