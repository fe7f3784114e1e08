"""Two at once, with real threads behind a barrier, on both databases: one decision, one flag, nothing lost."""

import threading
from collections import Counter
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection

from tests.asking import asked, obstructed
from tests.builders import make_body, make_cast, make_instrument, make_task, make_user, noon
from tracker.choices import Duty, ExtensionState, ReportState, Role, Stage
from tracker.errors import Conflict, Stale
from tracker.models import (
    Event,
    Extension,
    Flag,
    FlagStep,
    Institutionalization,
    Instrument,
    InstrumentFile,
    JobRun,
    Obstacle,
    ProgressReport,
    Responsibility,
    Task,
)
from tracker.services import (
    extensions,
    flags,
    institutionalizations,
    instrument_files,
    instrument_life,
    instruments,
    matrix,
    obstacles,
    policies,
    recalculations,
    reports,
    scan,
    tasks,
)

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


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_who_decide_on_a_request_one_does(_):
    cast, task = make_cast(), make_task(due_on=date(2026, 6, 30))
    colleague = make_user("thu", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"))
    extension = asked(task, cast["lan"], on=DAY, wanted_on=date(2026, 9, 30))

    def grant():
        row = Extension.objects.get(pk=extension.pk)
        return extensions.grant(row, due_on=row.wanted_on, decision_number="7", by=cast["hoa"], at=noon(DAY))

    def refuse():
        row = Extension.objects.get(pk=extension.pk)
        return extensions.refuse_(row, note="No ground", by=colleague, at=noon(DAY))

    assert together(grant, refuse) == {"done": 1, Conflict.__name__: 1}
    told = Event.objects.filter(task=task, kind__in=["extension.granted", "extension.refused"])
    assert told.count() == 1
    extension.refresh_from_db()
    task.refresh_from_db()
    is_granted = extension.state == ExtensionState.GRANTED
    assert (task.extension_count, task.due_on == date(2026, 9, 30)) == (int(is_granted), is_granted)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_body_that_asks_twice_at_once_has_one_request(_):
    cast, task = make_cast(), make_task(due_on=date(2026, 6, 30))

    def ask():
        return asked(Task.objects.get(pk=task.pk), cast["lan"], on=DAY, wanted_on=date(2026, 9, 30))

    assert together(ask, ask) == {"done": 1, Conflict.__name__: 1}
    assert Extension.objects.filter(task=task).count() == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_an_obstacle_is_declared_once_and_ended_once(_):
    cast, task = make_cast(), make_task()
    make_body("BO-B")

    def declare():
        return obstructed(Task.objects.get(pk=task.pk), cast["lan"], on=DAY)

    assert together(declare, declare) == {"done": 1, Conflict.__name__: 1}
    obstacle = Obstacle.objects.get(task=task)

    def end(user):
        return obstacles.end(Obstacle.objects.get(pk=obstacle.pk), note="Sent", by=user, at=noon(DAY))

    assert together(lambda: end(cast["lan"]), lambda: end(cast["minh"])) == {"done": 1, Conflict.__name__: 1}
    assert Event.objects.filter(task=task, kind="obstacle.ended").count() == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_who_snooze_a_flag_one_does(_):
    cast, task = make_cast(), make_task(due_on=date(2026, 2, 10))
    scan.run(DAY, at=noon(DAY), force=True)
    flag = Flag.objects.get(task=task, clock="due")
    seen = [Flag.objects.get(pk=flag.pk) for _number in range(2)]

    def snooze(row):
        return flags.snooze(row, until=date(2026, 5, 4), reason="Wait", by=cast["hoa"], at=noon(DAY))

    assert together(*[lambda row=row: snooze(row) for row in seen]) == {"done": 1, Conflict.__name__: 1}
    assert Event.objects.filter(task=task, kind="flag.snoozed").count() == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_task_is_not_granted_time_and_withdrawn_by_halves(_):
    cast, task = make_cast(), make_task(due_on=date(2026, 6, 30))
    extension = asked(task, cast["lan"], on=DAY, wanted_on=date(2026, 9, 30))

    def grant():
        row = Extension.objects.get(pk=extension.pk)
        return extensions.grant(row, due_on=row.wanted_on, decision_number="7", by=cast["hoa"], at=noon(DAY))

    def withdraw():
        return tasks.withdraw(Task.objects.get(pk=task.pk), reason="No longer owed", by=cast["quang"], at=noon(DAY))

    outcome = together(grant, withdraw)
    task.refresh_from_db()
    extension.refresh_from_db()
    assert task.stage == Stage.WITHDRAWN and outcome["done"] >= 1
    assert task.extension_count == int(extension.state == ExtensionState.GRANTED) == outcome["done"] - 1


def stricter():
    """The next version of the default policy, with a tenth of the days in the first stage."""
    fresh_version, limits, steps = policies.copy_of(policies.latest("default"))
    for limit in limits:
        limit.days = 3 if limit.stage == Stage.ASSIGNED else limit.days
    return policies.draft(fresh_version, limits=limits, steps=steps, by=None, at=noon(DAY - timedelta(days=1)))


@pytest.mark.parametrize("_", range(ROUNDS))
def test_tasks_that_are_changed_or_made_while_new_rules_reach_them_lose_nothing(_):
    """Applied and carried out by two workers, while one task moves on, one is reported on and others are assigned."""
    eve = DAY - timedelta(days=1)
    cast, mover, told = make_cast(), make_task(on=eve), make_task(on=eve)
    resolution, accountable = mover.resolution, make_body("BO-A")
    draft = stricter()

    def apply():
        policies.apply(draft, valid_from=DAY, document_vi="QĐ 1", by=None, at=noon(eve))
        return recalculations.run_waiting(at=noon(eve)) + 1

    def assign():
        made = [make_task(resolution=resolution, accountable=accountable, on=eve) for _number in range(5)]
        return bool(made)

    outcome = together(
        apply,
        lambda: recalculations.run_waiting(at=noon(eve)) + 1,
        lambda: tasks.record_stage(mover, Stage.DRAFTING, on=eve, by=None, at=noon(eve)),
        lambda: reports.save_draft(
            told, body=accountable, by=cast["lan"], at=noon(eve), stage=Stage.PLANNED, done_text="Kế hoạch"
        ),
        assign,
    )
    assert outcome == {"done": 5}
    recalculations.run_waiting(at=noon(eve))
    assert recalculations.is_over(DAY)
    mover.refresh_from_db()
    assert mover.stage == Stage.DRAFTING
    assert ProgressReport.objects.get(task=told).done_text == "Kế hoạch"
    scan.run(DAY, at=noon(DAY))
    assert Task.objects.filter(stage=Stage.ASSIGNED).count() == 6
    limits = {task.stage_limit_on for task in Task.objects.filter(stage=Stage.ASSIGNED)}
    assert limits == {date(2026, 4, 22)}


@pytest.mark.parametrize("_", range(ROUNDS))
def test_one_number_is_registered_once(_):
    def act(number):
        return lambda: instruments.register(
            Instrument(number=number, rank="decree", title_vi="N"), by=None, at=noon(DAY)
        )

    assert together(act("59/2023/NĐ-CP"), act("59/2023/nd-cp")) == {"done": 1, "Duplicate": 1}
    assert Instrument.objects.count() == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_of_two_who_change_an_instrument_one_is_told(_):
    pk = make_instrument().pk

    def act(title):
        found = Instrument.objects.get(pk=pk)
        return lambda: instruments.change(found, version=1, title_vi=title, by=None, at=noon(DAY))

    assert together(act("A"), act("B")) == {"done": 1, "Stale": 1}


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_file_is_replaced_once_and_a_change_corrected_once(_, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    instrument, who = make_instrument(), {"by": None, "at": noon(DAY)}
    first = instrument_files.add(instrument, SimpleUploadedFile("a.pdf", b"%PDF-1.7 0"), **who)
    wrong = instrument_life.record(instrument, phase="drafting", on=date(2026, 1, 6), **who)

    def revise(content):
        file = SimpleUploadedFile("a.pdf", b"%PDF-1.7 " + content)
        return lambda: instrument_files.add(instrument, file, replaces=first, **who)

    def correct():
        return instrument_life.correct(wrong, phase="planned", on=date(2026, 1, 6), **who)

    assert together(revise(b"1"), revise(b"2")) == {"done": 1, "Conflict": 1}
    assert InstrumentFile.objects.count() == 2 == sum(path.is_file() for path in tmp_path.rglob("*"))
    assert together(correct, correct) == {"done": 1, "Conflict": 1}
