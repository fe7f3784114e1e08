"""The life of a task."""

import itertools

import pytest

from tracker.choices import Stage
from tracker.rules.stages import (
    OPEN,
    STAGE_ORDER,
    can_decide,
    can_derive,
    can_move,
    claimable,
    claimable_from,
    is_open,
    needs_reason,
)

EVERY_MOVE = list(itertools.product(Stage, Stage))


def test_every_stage_is_open_or_closed():
    assert {stage for stage in Stage if not is_open(stage)} == {
        Stage.INSTITUTIONALIZED,
        Stage.SUSPENDED,
        Stage.WITHDRAWN,
    }


@pytest.mark.parametrize("stage", [Stage.INSTITUTIONALIZED, Stage.SUSPENDED, Stage.WITHDRAWN])
def test_nobody_sets_by_hand_what_is_derived_or_decided(stage):
    assert not claimable(stage)
    assert not any(can_move(other, stage) or can_move(stage, other) for other in Stage)


def test_a_report_moves_forward_any_and_backward_one():
    assert can_move(Stage.ASSIGNED, Stage.PROMULGATED)
    assert can_move(Stage.APPRAISAL, Stage.APPRAISAL)
    assert can_move(Stage.APPRAISAL, Stage.CONSULTATION)
    assert not can_move(Stage.APPRAISAL, Stage.DRAFTING)


def test_the_form_offers_what_a_report_may_claim():
    assert claimable_from(Stage.CONSULTATION) == STAGE_ORDER[2:6]
    assert claimable_from(Stage.SUSPENDED) == ()


def test_only_evidence_institutionalizes_and_a_lapse_assigns_again():
    into = {before for before, after in EVERY_MOVE if after == Stage.INSTITUTIONALIZED and can_derive(before, after)}
    assert into == OPEN
    assert can_derive(Stage.INSTITUTIONALIZED, Stage.ASSIGNED)
    assert not can_derive(Stage.INSTITUTIONALIZED, Stage.PROMULGATED)


def test_a_suspended_task_is_taken_up_again():
    assert can_decide(Stage.SUSPENDED, Stage.DRAFTING)
    assert can_decide(Stage.SUSPENDED, Stage.WITHDRAWN)
    assert not can_decide(Stage.WITHDRAWN, Stage.SUSPENDED)
    assert not can_decide(Stage.INSTITUTIONALIZED, Stage.WITHDRAWN)


def test_staying_is_a_report_on_an_open_task_only():
    assert {stage for stage in Stage if can_move(stage, stage)} == OPEN
    assert not any(can_decide(stage, stage) or can_derive(stage, stage) for stage in Stage)


def test_each_move_belongs_to_one_kind_of_mover():
    for before, after in EVERY_MOVE:
        assert sum(rule(before, after) for rule in (can_move, can_decide, can_derive)) <= 1


def test_steps_back_and_decisions_need_a_reason():
    assert needs_reason(Stage.APPRAISAL, Stage.CONSULTATION)
    assert needs_reason(Stage.DRAFTING, Stage.SUSPENDED)
    assert not needs_reason(Stage.ASSIGNED, Stage.PLANNED)
    assert not needs_reason(Stage.PLANNED, Stage.PLANNED)
    assert not needs_reason(Stage.INSTITUTIONALIZED, Stage.ASSIGNED)


def test_codes_from_a_row_are_as_good_as_members():
    assert can_move("assigned", "planned")
    assert not is_open("withdrawn")
