"""Eight at once, again and again, with real threads behind a barrier: nothing lost, nothing twice, no contradiction.

A few rounds in the suite, 200 in the long profile, on both databases.
"""

import threading
from collections import Counter
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from tests.asking import asked
from tests.builders import make_body, make_cast, make_instrument, make_task, make_user, noon
from tracker.choices import Duty, EvidenceState, ExtensionState, ReportState, Stage
from tracker.errors import Conflict
from tracker.models import Event, Extension, Flag, Institutionalization, ProgressReport, Task
from tracker.services import clocks, extensions, institutionalizations, questions, reports

THREADS = 8
DAY, EARLIER, LATER = date(2026, 4, 20), date(2026, 2, 9), date(2026, 9, 30)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
rounds = pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.full)])


class Crew:
    """Eight threads that stay: each round they wait for one another, act at the same moment, and tell how it went."""

    def __init__(self):
        self.begin, self.end = threading.Barrier(THREADS + 1), threading.Barrier(THREADS + 1)
        self.acts, self.results, self.is_over = [], [None] * THREADS, False
        self.threads = [threading.Thread(target=self._work, args=[number]) for number in range(THREADS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.is_over = True
        self.begin.wait(60)
        for thread in self.threads:
            thread.join(60)

    def _work(self, number):
        try:
            while True:
                self.begin.wait(600)
                if self.is_over:
                    return
                self.results[number] = told(self.acts[number])
                self.end.wait(600)
        finally:
            connection.close()

    def at_once(self, *acts):
        """Let the acts, eight of them, happen at once; return how many went how."""
        self.acts = acts
        self.begin.wait(60)
        self.end.wait(120)
        return Counter(self.results)


def told(act):
    try:
        act()
    except (Conflict, DatabaseError, ValidationError) as error:
        return type(error).__name__
    return "done"


@pytest.fixture
def cast():
    made = make_cast()
    made["reviewers"] = [made["hoa"]] + [
        make_user(f"reviewer{number}", Duty.COMMISSION, make_body("BDV"), make_body("HTCT")) for number in range(7)
    ]
    return made


def handed_in(cast, *, on=DAY, **facts):
    """A task with a submitted report that claims the next stage."""
    task = make_task(**facts)
    draft = reports.save_draft(
        task, body=make_body("BO-A"), by=cast["lan"], at=noon(on), stage=Stage.PLANNED, done_text="Kế hoạch"
    )
    return task, reports.submit(draft, by=cast["lan"], at=noon(on))


def events_of(task, *kinds):
    return Event.objects.filter(task=task, kind__in=kinds).count()


@rounds
def test_of_eight_reviewers_of_a_report_one_decides(cast, rounds):
    with Crew() as crew:
        for _round in range(rounds):
            task, report = handed_in(cast)

            def decide(number, pk=report.pk):
                row, who = ProgressReport.objects.get(pk=pk), {"by": cast["reviewers"][number], "at": noon(DAY)}
                if number % 4 == 3:
                    return questions.ask(row, question="Which number?", **who)
                return reports.accept(row, **who) if number % 2 else reports.send_back(row, note="Thiếu", **who)

            outcome = crew.at_once(*[lambda number=number: decide(number) for number in range(THREADS)])
            report.refresh_from_db()
            task.refresh_from_db()
            asked_about = events_of(task, "report.asked")
            assert report.state in (ReportState.ACCEPTED, ReportState.RETURNED)
            assert outcome == {"done": 1 + asked_about, "Conflict": 7 - asked_about} and asked_about <= 1
            assert events_of(task, "report.accepted", "report.returned") == 1
            assert (task.stage == Stage.PLANNED) == (report.state == ReportState.ACCEPTED)
            assert task.last_report_on == (DAY if report.state == ReportState.ACCEPTED else None)
            assert task.reported_since is None


@rounds
def test_of_eight_verifiers_of_evidence_one_decides(cast, rounds):
    with Crew() as crew:
        for _round in range(rounds):
            task = make_task(levels=[("central", [])])
            evidence = institutionalizations.declare(
                task, make_instrument(), level="central", by=cast["lan"], at=noon(EARLIER)
            )

            def decide(number, pk=evidence.pk):
                row = Institutionalization.objects.select_related("task", "instrument").get(pk=pk)
                who = {"by": cast["reviewers"][number], "at": noon(DAY)}
                if number % 2:
                    return institutionalizations.verify(row, **who)
                return institutionalizations.send_back(row, note="Thiếu", **who)

            outcome = crew.at_once(*[lambda number=number: decide(number) for number in range(THREADS)])
            assert outcome == {"done": 1, "Conflict": 7}
            evidence.refresh_from_db()
            task.refresh_from_db()
            is_verified = evidence.state == EvidenceState.VERIFIED
            assert events_of(task, "evidence.verified", "evidence.returned") == 1
            assert (task.stage == Stage.INSTITUTIONALIZED) == is_verified
            assert (evidence.verified_by_id is not None) == is_verified


@rounds
def test_of_eight_who_decide_on_a_request_one_does(cast, rounds):
    with Crew() as crew:
        for _round in range(rounds):
            task = make_task(due_on=date(2026, 6, 30))
            request = asked(task, cast["lan"], on=DAY, wanted_on=LATER)

            def decide(number, pk=request.pk):
                row, who = Extension.objects.get(pk=pk), {"by": cast["reviewers"][number], "at": noon(DAY)}
                if number % 2:
                    return extensions.grant(row, due_on=LATER, decision_number=str(number), **who)
                return extensions.refuse_(row, note="No ground", **who)

            outcome = crew.at_once(*[lambda number=number: decide(number) for number in range(THREADS)])
            assert outcome == {"done": 1, "Conflict": 7}
            request.refresh_from_db()
            task.refresh_from_db()
            is_granted = request.state == ExtensionState.GRANTED
            assert events_of(task, "extension.granted", "extension.refused") == 1
            assert (task.extension_count, task.due_on == LATER) == (int(is_granted), is_granted)


@rounds
def test_the_scan_against_officials_and_reviewers_never_leaves_a_done_task_flagged(cast, rounds):
    """One reviewer verifies, one accepts a report, the others are scans of the task that turned late."""
    with Crew() as crew:
        for _round in range(rounds):
            facts = {"due_on": date(2026, 4, 17), "levels": [("central", [])]}
            task, report = handed_in(cast, on=EARLIER, **facts)
            evidence = institutionalizations.declare(
                task, make_instrument(), level="central", by=cast["lan"], at=noon(EARLIER)
            )

            def settle(pk=task.pk):
                return clocks.settle(Task.objects.filter(pk=pk), through=DAY, at=noon(DAY))

            def verify(pk=evidence.pk):
                row = Institutionalization.objects.select_related("task", "instrument").get(pk=pk)
                return institutionalizations.verify(row, by=cast["hoa"], at=noon(DAY))

            def accept(pk=report.pk):
                return reports.accept(ProgressReport.objects.get(pk=pk), by=cast["reviewers"][1], at=noon(DAY))

            outcome = crew.at_once(verify, accept, *[settle] * 6)
            assert outcome == {"done": 8}
            task.refresh_from_db()
            assert task.stage == Stage.INSTITUTIONALIZED and task.last_report_on == EARLIER
            assert not Flag.objects.open().filter(task=task).exists()
            flags = Counter(Flag.objects.filter(task=task).values_list("clock", flat=True))
            assert flags["due"] == 1 and max(flags.values()) == 1
            opened, closed = events_of(task, "flag.opened"), events_of(task, "flag.closed")
            assert opened == closed == sum(flags.values())


@rounds
def test_what_is_submitted_eight_times_is_one_report(cast, rounds):
    """Eight clicks on one form that saves and submits; then eight on the button of one draft."""
    with Crew() as crew:
        for _round in range(rounds):
            task, other = make_task(due_on=date(2026, 6, 30)), make_task()
            facts = {"letter_number": "12/BC", "letter_on": DAY, "signer": "An", "wanted_on": LATER, "reason": "Late"}
            draft = reports.save_draft(
                other, body=make_body("BO-A"), by=cast["lan"], at=noon(DAY), stage=Stage.PLANNED, done_text="Kế hoạch"
            )

            def send(pk=task.pk, facts=facts):
                row, who = Task.objects.get(pk=pk), {"by": cast["lan"], "at": noon(DAY)}
                texts = {"stage": Stage.PLANNED, "done_text": "Kế hoạch", "time_asked": facts, "version": 0}
                with transaction.atomic():
                    return reports.submit(reports.save_draft(row, body=make_body("BO-A"), **texts, **who), **who)

            outcome = crew.at_once(*[send] * THREADS)
            assert outcome["done"] == 1 and set(outcome) <= {"done", "Conflict", "Stale", "IntegrityError"}
            assert [report.state for report in task.reports.all()] == [ReportState.SUBMITTED]
            assert task.extensions.count() == 1 and events_of(task, "report.submitted") == 1

            def press(pk=draft.pk):
                return reports.submit(ProgressReport.objects.get(pk=pk), by=cast["lan"], at=noon(DAY))

            assert crew.at_once(*[press] * THREADS) == {"done": 1, "Conflict": 7}
            assert other.reports.count() == 1 and events_of(other, "report.submitted") == 1
