"""Two at once, with real threads behind a barrier, on both databases: one decision, one flag, nothing lost."""

import threading
from collections import Counter
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection

from tests.builders import make_body, make_cast, make_instrument, make_task, noon
from tracker.choices import ReportState, Role, Stage
from tracker.errors import Conflict, Stale
from tracker.models import Event, Flag, FlagStep, Institutionalization, JobRun, ProgressReport, Responsibility, Task
from tracker.services import institutionalizations, matrix, reports, scan

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4
DAY = date(2026, 4, 20)


def together(*acts):
    """Run the acts at once, each in a thread; return what each returned or raised, by name."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        barrier.wait()
        try:
            results[number] = act() and "done"
        except (Conflict, DatabaseError, ValidationError) as error:
            results[number] = type(error).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(results)


def fresh(report):
    return ProgressReport.objects.get(pk=report.pk)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_reviewers_one_decides(_):
    cast, task = make_cast(), make_task()
    draft = reports.save_draft(
        task, body=make_body("BO-A"), by=cast["lan"], at=noon(DAY), stage=Stage.PLANNED, done_text="Kế hoạch"
    )
    report = reports.submit(draft, by=cast["lan"], at=noon(DAY))
    outcome = together(
        lambda: reports.accept(fresh(report), by=cast["hoa"], at=noon(DAY)),
        lambda: reports.send_back(fresh(report), by=cast["hoa"], at=noon(DAY), note="Thiếu"),
    )
    assert outcome == {"done": 1, Conflict.__name__: 1}
    assert Event.objects.filter(task=task, kind__in=["report.accepted", "report.returned"]).count() == 1
    task.refresh_from_db()
    is_accepted = fresh(report).state == ReportState.ACCEPTED
    assert (task.stage == Stage.PLANNED) == is_accepted


def test_two_scans_open_each_flag_once():
    for _ in range(ROUNDS):
        task = make_task(due_on=date(2026, 2, 10))
        outcome = together(*[lambda: scan.run(DAY, at=noon(DAY), force=True)] * 3)
        assert outcome == {"done": 3}
        kinds = Counter(Flag.objects.filter(task=task).values_list("clock", flat=True))
        assert kinds == {"due": 1, "stage": 1, "silence": 1}
        told = Event.objects.filter(task=task, kind="flag.opened").count()
        assert told == 3
        steps = FlagStep.objects.filter(flag__task=task).values_list("flag", "number", "due_on")
        assert len(steps) == len(set(steps))
        JobRun.objects.all().delete()


def test_three_ticks_run_a_period_once():
    make_task(due_on=date(2026, 2, 10))
    together(*[lambda: scan.run_period(DAY, at=noon(DAY))] * 3)
    assert JobRun.objects.filter(job="scan").count() == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_flagger_against_official_never_leaves_a_done_task_flagged(_):
    cast, task = make_cast(), make_task(due_on=date(2026, 2, 10), levels=[("central", [])])
    evidence = institutionalizations.declare(
        task, make_instrument(), level="central", by=cast["lan"], at=noon(date(2026, 2, 9))
    )
    outcome = together(
        lambda: institutionalizations.verify(
            Institutionalization.objects.get(pk=evidence.pk), by=cast["hoa"], at=noon(DAY)
        ),
        lambda: scan.run(DAY, at=noon(DAY), force=True),
    )
    assert outcome == {"done": 2}
    assert Task.objects.get(pk=task.pk).stage == Stage.INSTITUTIONALIZED
    assert not Flag.objects.open().filter(task=task).exists()


@pytest.mark.parametrize("_", range(ROUNDS))
def test_two_editors_leave_one_accountable_body(_):
    task = make_task(accountable=False)

    def assign(body):
        return matrix.assign(
            Task.objects.get(pk=task.pk), body=body, role=Role.ACCOUNTABLE, on=DAY, by=None, at=noon(DAY)
        )

    first, second = make_body("BO-A"), make_body("BO-B")
    assert together(lambda: assign(first), lambda: assign(second)) == {"done": 1, "ValidationError": 1}
    assert Responsibility.objects.filter(task=task, role=Role.ACCOUNTABLE).count() == 1


def test_of_two_changes_of_one_version_one_is_stale():
    task = make_task()
    version = task.version
    outcome = together(
        *[
            lambda code=code: matrix.assign(
                Task.objects.get(pk=task.pk),
                body=make_body(code),
                role=Role.INFORMED,
                on=DAY,
                by=None,
                at=noon(DAY),
                version=version,
            )
            for code in ("BO-A", "BDV")
        ]
    )
    assert outcome == {"done": 1, Stale.__name__: 1}
