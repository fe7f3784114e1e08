"""A task is institutionalized only by verified evidence in force at every level, and lapses when that ends."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import make_cast, make_cell, make_instrument, make_policy, make_task, noon
from tracker.choices import Coverage, EvidenceState, Rank, Role, Stage
from tracker.errors import Conflict
from tracker.models import Flag, Institutionalization, StageChange
from tracker.services import endings, institutionalizations, scan

pytestmark = pytest.mark.django_db
LEVELS = [("central", ["law", "decree"])]
DAY = date(2026, 4, 1)


@pytest.fixture
def cast():
    return make_cast()


def declared(task, cast, on=DAY, **overrides):
    instrument = overrides.pop("instrument", None) or make_instrument()
    return institutionalizations.declare(task, instrument, level="central", by=cast["lan"], at=noon(on), **overrides)


def verify(evidence, cast, on=DAY):
    return institutionalizations.verify(evidence, by=cast["hoa"], at=noon(on))


def ended(evidence, cast, on, at=date(2026, 6, 1)):
    endings.end(evidence.instrument, endings.Ending(on=on), by=cast["quang"], at=noon(at))


def test_declaring_alone_changes_no_stage(cast):
    task = make_task(levels=LEVELS)
    declared(task, cast)
    task.refresh_from_db()
    assert task.stage == Stage.ASSIGNED


def test_verified_evidence_in_force_institutionalizes_on_the_day_it_came_into_force(cast):
    task = make_task(levels=LEVELS)
    verify(declared(task, cast), cast)
    task.refresh_from_db()
    assert (task.stage, task.done_on, task.next_check_on) == (Stage.INSTITUTIONALIZED, date(2026, 3, 2), None)


def test_nobody_verifies_what_they_declared(cast):
    task = make_task(levels=LEVELS)
    evidence = declared(task, cast)
    with pytest.raises(PermissionDenied):
        institutionalizations.verify(evidence, by=cast["lan"], at=noon(DAY))


def test_two_decisions_make_one(cast):
    evidence = declared(make_task(levels=LEVELS), cast)
    verify(evidence, cast)
    with pytest.raises(Conflict):
        institutionalizations.send_back(evidence, by=cast["hoa"], at=noon(DAY), note="Thiếu điều khoản")
    assert Institutionalization.objects.get().state == EvidenceState.VERIFIED


def test_what_was_returned_can_be_mended_and_declared_again(cast):
    task = make_task(levels=LEVELS)
    evidence = declared(task, cast)
    institutionalizations.send_back(evidence, by=cast["hoa"], at=noon(DAY), note="Thiếu điều khoản")
    again = declared(task, cast, instrument=evidence.instrument, articles="Điều 5")
    assert (again.pk, again.state, again.articles) == (evidence.pk, EvidenceState.DECLARED, "Điều 5")
    verify(again, cast)
    task.refresh_from_db()
    assert task.stage == Stage.INSTITUTIONALIZED


def test_a_rank_that_the_level_does_not_accept_is_refused_by_name(cast):
    task = make_task(levels=LEVELS)
    with pytest.raises(ValidationError) as refused:
        declared(task, cast, instrument=make_instrument(rank=Rank.CIRCULAR))
    assert list(refused.value.message_dict) == ["instrument"]


def test_every_level_must_be_covered(cast):
    task = make_task(levels=[*LEVELS, ("province", [])])
    verify(declared(task, cast), cast)
    task.refresh_from_db()
    assert task.stage == Stage.ASSIGNED


def test_a_part_is_not_the_whole(cast):
    task = make_task(levels=LEVELS)
    verify(declared(task, cast, coverage=Coverage.PARTIAL), cast)
    task.refresh_from_db()
    assert task.stage == Stage.ASSIGNED


def test_articles_that_cannot_be_read_are_refused_by_name(cast):
    with pytest.raises(ValidationError) as refused:
        declared(make_task(levels=LEVELS), cast, articles="Điều 7-5")
    assert list(refused.value.message_dict) == ["articles"]
    assert not Institutionalization.objects.exists()


def test_an_instrument_that_comes_into_force_later_counts_from_that_day(cast):
    task = make_task(levels=LEVELS)
    verify(declared(task, cast, instrument=make_instrument(in_force_on=date(2026, 5, 4))), cast)
    task.refresh_from_db()
    assert (task.stage, task.next_check_on <= date(2026, 5, 4)) == (Stage.ASSIGNED, True)
    scan.run(date(2026, 5, 10), at=noon(date(2026, 5, 10)))
    task.refresh_from_db()
    assert (task.stage, task.done_on) == (Stage.INSTITUTIONALIZED, date(2026, 5, 4))


def test_a_repeal_reopens_the_task_on_its_day_even_if_nobody_looks(cast):
    task = make_task(levels=LEVELS)
    evidence = verify(declared(task, cast), cast)
    ended(evidence, cast, on=date(2026, 7, 1))
    task.refresh_from_db()
    assert (task.stage, task.next_check_on) == (Stage.INSTITUTIONALIZED, date(2026, 7, 1))
    scan.run(date(2026, 7, 10), at=noon(date(2026, 7, 10)))
    task.refresh_from_db()
    assert (task.stage, task.stage_since, task.done_on) == (Stage.ASSIGNED, date(2026, 7, 1), None)
    assert StageChange.objects.get(task=task, is_lapse=True).on == date(2026, 7, 1)


def test_a_lapsed_task_was_not_late_while_it_was_done(cast):
    task = make_task(levels=LEVELS, due_on=date(2026, 5, 4))
    evidence = verify(declared(task, cast), cast)
    ended(evidence, cast, on=date(2026, 7, 1))
    scan.run(date(2026, 10, 30), at=noon(date(2026, 10, 30)))
    since = dict(task.flags.open().values_list("clock", "since"))
    assert (since["due"], since["silence"]) == (date(2026, 7, 1), date(2026, 9, 30))


def test_a_repeal_entered_late_reopens_the_task_on_its_true_day(cast):
    task = make_task(levels=LEVELS)
    evidence = verify(declared(task, cast), cast)
    ended(evidence, cast, on=date(2026, 4, 20))
    task.refresh_from_db()
    assert (task.stage, task.stage_since) == (Stage.ASSIGNED, date(2026, 4, 20))


def test_slow_verification_makes_nobody_late(cast):
    task = make_task(levels=LEVELS, due_on=date(2026, 3, 10))
    evidence = declared(task, cast, on=date(2026, 3, 9))
    scan.run(date(2026, 4, 20), at=noon(date(2026, 4, 20)))
    verify(evidence, cast, on=date(2026, 4, 21))
    flag = task.flags.get(clock="due")
    task.refresh_from_db()
    assert (task.done_on, flag.closed_on, flag.closed_why) == (date(2026, 3, 2), task.done_on, "institutionalized")
    assert not Flag.objects.was_late(date(2026, 4, 21)).filter(pk=flag.pk).exists()


def test_slow_verification_stays_a_lateness_of_the_commission(cast):
    task = make_task(levels=LEVELS)
    make_policy(limits=[("unverified", 10, "working")], clocks=("unverified",), code="own", task=task)
    evidence = declared(task, cast, on=date(2026, 3, 9))
    scan.run(date(2026, 4, 20), at=noon(date(2026, 4, 20)))
    verify(evidence, cast, on=date(2026, 4, 21))
    flag = task.flags.get(clock="unverified")
    assert (flag.since, flag.closed_on) == (date(2026, 3, 24), date(2026, 4, 21))
    assert Flag.objects.was_late(date(2026, 4, 21)).filter(pk=flag.pk).exists()


def test_a_stranger_declares_nothing(cast):
    task = make_task(levels=LEVELS)
    make_cell(task, make_task(accountable=False).resolution.issuer, Role.LEADS)
    with pytest.raises(PermissionDenied):
        institutionalizations.declare(task, make_instrument(), level="central", by=cast["minh"], at=noon(DAY))
