"""A verification is bound to what was seen: what changes afterwards is stale, and counts as declared."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Membership, User
from tests.builders import START, make_body, make_cast, make_instrument, make_task, noon
from tracker.boards.clock_record import Record
from tracker.boards.lateness import shares_of
from tracker.choices import Coverage, EvidenceState, Stage
from tracker.errors import Conflict, Stale
from tracker.models import Event, Institutionalization, JointCoverage, StageChange
from tracker.services import endings, institutionalizations, joint_coverages, scan, staleness

pytestmark = pytest.mark.django_db
LEVELS = [("central", [])]
DAY, LATER, LAST = date(2026, 4, 1), date(2026, 5, 5), date(2026, 6, 1)


@pytest.fixture
def cast():
    return make_cast()


def declared(task, cast, **facts):
    instrument = facts.pop("instrument", None) or make_instrument()
    facts = {"level": "central", "body": make_body("BO-A"), "by": cast["lan"], "at": noon(DAY), **facts}
    return institutionalizations.declare(task, instrument, **facts)


def verified(task, cast, **facts):
    return institutionalizations.verify(declared(task, cast, **facts), by=cast["hoa"], at=noon(DAY))


def renamed(instrument, title, cast, on=LATER):
    with staleness.changing(instrument, by=cast["quang"], at=noon(on)):
        instrument.title_vi = title
        instrument.save(update_fields=["title_vi"])


def fresh(row):
    row.refresh_from_db()
    return row


def corrected(evidence, cast, by="lan", on=LATER, **facts):
    facts = {"articles": "Điều 9", "coverage": Coverage.FULL, "version": evidence.version, **facts}
    return institutionalizations.change(evidence, by=cast[by], at=noon(on), **facts)


def test_a_changed_instrument_makes_what_leans_on_it_stale_and_opens_the_task(cast):
    task = make_task(levels=LEVELS)
    evidence = verified(task, cast)
    assert fresh(task).stage == Stage.INSTITUTIONALIZED
    renamed(evidence.instrument, "Tên khác", cast)
    assert (fresh(evidence).state, evidence.stale_since, evidence.is_stale) == (EvidenceState.VERIFIED, LATER, True)
    assert (fresh(task).stage, task.stage_since, task.declared_since) == (Stage.ASSIGNED, LATER, LATER)
    assert StageChange.objects.get(task=task, is_lapse=True).on == LATER
    assert Event.objects.get(kind="evidence.stale").task == task


def test_what_is_put_right_again_is_as_it_was_verified(cast):
    task = make_task(levels=LEVELS)
    evidence = verified(task, cast)
    before = evidence.instrument.title_vi
    renamed(evidence.instrument, "Tên khác", cast)
    renamed(evidence.instrument, before, cast, on=LAST)
    assert (fresh(evidence).stale_since, fresh(task).stage, task.declared_since) == (
        None,
        Stage.INSTITUTIONALIZED,
        None,
    )


def test_spaces_and_unicode_forms_make_nothing_stale(cast):
    evidence = verified(make_task(levels=LEVELS), cast)
    renamed(evidence.instrument, f"  {evidence.instrument.title_vi} ", cast)
    assert fresh(evidence).stale_since is None


def test_what_is_stale_is_verified_again_by_another_than_who_changed_it(cast):
    task = make_task(levels=LEVELS)
    evidence = corrected(verified(task, cast, articles="Điều 5"), cast)
    assert (evidence.stale_since, evidence.declared_by, fresh(task).stage) == (LATER, cast["lan"], Stage.ASSIGNED)
    with pytest.raises(PermissionDenied):
        institutionalizations.verify(evidence, by=cast["lan"], at=noon(LAST))
    institutionalizations.verify(evidence, by=cast["hoa"], at=noon(LAST))
    assert (fresh(evidence).stale_since, evidence.verified_on, fresh(task).stage) == (
        None,
        LAST,
        Stage.INSTITUTIONALIZED,
    )


def test_who_declared_it_does_not_verify_what_another_corrected_nor_who_verified_it_correct_it(cast):
    evidence = corrected(verified(make_task(levels=LEVELS), cast, articles="Điều 5"), cast, by="quang")
    commission = cast["hoa"].memberships.get()
    for name in ("lan", "quang"):
        Membership.objects.create(
            user=cast[name], body=commission.body, root=commission.root, duty="commission", valid_from=START
        )
        with pytest.raises(PermissionDenied):
            institutionalizations.verify(evidence, by=User.objects.get(pk=cast[name].pk), at=noon(LAST))
    Membership.objects.create(
        user=cast["hoa"], body=commission.body, root=commission.root, duty="editor", valid_from=START
    )
    with pytest.raises(PermissionDenied):
        institutionalizations.change(
            evidence,
            articles="Điều 7",
            coverage=Coverage.FULL,
            by=User.objects.get(pk=cast["hoa"].pk),
            at=noon(LAST),
            version=evidence.version,
        )


def test_what_is_stale_can_be_returned(cast):
    evidence = corrected(verified(make_task(levels=LEVELS), cast, articles="Điều 5"), cast)
    institutionalizations.send_back(evidence, by=cast["hoa"], at=noon(LAST), note="Không có Điều 9")
    assert fresh(evidence).state == EvidenceState.RETURNED


def test_two_who_correct_at_once_make_one_change(cast):
    evidence = verified(make_task(levels=LEVELS), cast, articles="Điều 5")
    first = corrected(Institutionalization.objects.get(), cast)
    with pytest.raises(Stale):
        corrected(evidence, cast, articles="Điều 10")
    assert fresh(evidence).articles == first.articles == "Điều 9"


def test_a_stranger_corrects_nothing_and_a_returned_one_is_declared_anew_instead(cast):
    evidence = verified(make_task(levels=LEVELS), cast)
    with pytest.raises(PermissionDenied):
        corrected(evidence, cast, by="hoa")
    returned = declared(make_task(levels=LEVELS), cast)
    institutionalizations.send_back(returned, by=cast["hoa"], at=noon(DAY), note="Thiếu")
    with pytest.raises(Conflict):
        corrected(returned, cast, by="quang")


def test_while_it_is_stale_the_ball_is_the_commissions(cast):
    task = make_task(levels=LEVELS, due_on=date(2026, 4, 20))
    evidence = verified(task, cast)
    renamed(evidence.instrument, "Tên khác", cast)
    scan.run(LAST, at=noon(LAST))
    record = Record.of(task, LAST)
    assert record.facts(record.course()).declared_since == LATER
    flag = task.flags.open().get(clock="due")
    (share,) = shares_of([flag], LAST)[flag.pk]
    assert share.body is None


# Several parts


def parts(task, cast, *articles):
    return [verified(task, cast, coverage=Coverage.PARTIAL, articles=text) for text in articles]


def joined(task, rows, cast, by="hoa", on=LATER, **facts):
    facts = {"seen": staleness.hash_of_set("central", rows), **facts}
    return joint_coverages.decide(task, "central", rows, by=cast[by], at=noon(on), **facts)


def test_parts_make_a_whole_only_by_a_decision_on_the_set(cast):
    task = make_task(levels=LEVELS)
    rows = parts(task, cast, "Điều 1-3", "Điều 4-6")
    assert fresh(task).stage == Stage.ASSIGNED
    row = joined(task, rows, cast, note="Đủ các nội dung")
    assert (fresh(task).stage, task.done_on) == (Stage.INSTITUTIONALIZED, date(2026, 3, 2))
    assert set(row.parts.all()) == set(rows)
    assert Event.objects.get(kind="evidence.joined").why == "Đủ các nội dung"


def test_the_whole_begins_when_its_last_part_is_in_force_and_ends_with_its_first(cast):
    task = make_task(levels=LEVELS)
    late = make_instrument(in_force_on=date(2026, 5, 20))
    rows = [*parts(task, cast, "Điều 1"), verified(task, cast, coverage=Coverage.PARTIAL, instrument=late)]
    joined(task, rows, cast)
    assert fresh(task).stage == Stage.ASSIGNED
    scan.run(LAST, at=noon(LAST))
    assert (fresh(task).stage, task.done_on) == (Stage.INSTITUTIONALIZED, date(2026, 5, 20))
    ending = endings.Ending(on=date(2026, 7, 1))
    endings.end(rows[0].instrument, ending, by=cast["quang"], at=noon(LAST))
    scan.run(date(2026, 7, 2), at=noon(date(2026, 7, 2)))
    assert (fresh(task).stage, task.stage_since) == (Stage.ASSIGNED, date(2026, 7, 1))


def test_a_changed_part_makes_the_whole_stale(cast):
    task = make_task(levels=LEVELS)
    rows = parts(task, cast, "Điều 1", "Điều 2")
    joined(task, rows, cast)
    corrected(rows[0], cast, coverage=Coverage.PARTIAL)
    assert (fresh(task).stage, JointCoverage.objects.get().stale_since) == (Stage.ASSIGNED, LATER)
    again = institutionalizations.verify(rows[0], by=cast["hoa"], at=noon(LAST))
    assert fresh(task).stage == Stage.ASSIGNED
    joined(task, [again, rows[1]], cast, on=LAST)
    assert fresh(task).stage == Stage.INSTITUTIONALIZED


def test_what_is_put_together_is_checked(cast):
    task, other = make_task(levels=LEVELS), make_task(levels=LEVELS)
    rows = parts(task, cast, "Điều 1", "Điều 2")
    whole = verified(task, cast)
    for wrong in (rows[:1], [rows[0], *parts(other, cast, "Điều 3")], [rows[0], whole]):
        with pytest.raises(ValidationError) as refused:
            joined(task, wrong, cast)
        assert list(refused.value.message_dict) == ["parts"]
    with pytest.raises(PermissionDenied):
        joined(task, rows, cast, by="lan")
    with pytest.raises(Stale):
        joined(task, rows, cast, seen="0" * 64)
    assert not JointCoverage.objects.exists()


def test_two_reviewers_put_the_same_together_once(cast):
    task = make_task(levels=LEVELS)
    rows = parts(task, cast, "Điều 1", "Điều 2")
    joined(task, rows, cast)
    with pytest.raises(Conflict):
        joined(task, rows, cast)
    assert JointCoverage.objects.count() == 1
