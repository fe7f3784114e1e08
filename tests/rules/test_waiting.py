"""Who holds the ball."""

import itertools

import pytest

from tracker.choices import Stage
from tracker.rules.stages import OPEN
from tracker.rules.waiting import BallCode, BallWhy, ball


def holder(
    stage=Stage.DRAFTING, owned=True, report=False, evidence=False, request=False, obstacle=False, question=False
):
    return ball(
        has_accountable=owned,
        report_awaiting_review=report,
        evidence_awaiting_verification=evidence,
        request_awaiting_decision=request,
        is_obstructed=obstacle,
        question_awaiting_answer=question,
        stage=stage,
    )


@pytest.mark.parametrize("stage", sorted(OPEN))
def test_an_open_task_waits_on_its_accountable_body(stage):
    assert holder(stage).code == BallCode.ACCOUNTABLE


def test_what_awaits_a_decision_waits_on_the_commission():
    assert holder(report=True).why == BallWhy.REPORT
    assert holder(evidence=True).why == BallWhy.EVIDENCE
    assert holder(request=True, obstacle=True).why == BallWhy.REQUEST
    assert holder(report=True, owned=False).code == BallCode.COMMISSION


def test_an_obstacle_waits_on_another_body_whether_or_not_somebody_answers():
    assert holder(obstacle=True).code == holder(obstacle=True, owned=False).code == BallCode.OTHER


def test_a_question_is_the_body_s_to_answer():
    answer = holder(question=True)
    assert (answer.code, answer.why) == (BallCode.ACCOUNTABLE, BallWhy.QUESTION)
    assert holder(question=True, obstacle=True).code == BallCode.OTHER
    assert holder(question=True, evidence=True).code == BallCode.COMMISSION


def test_without_an_accountable_body_it_waits_on_nobody():
    assert holder(owned=False).code == BallCode.NOBODY


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (Stage.INSTITUTIONALIZED, BallCode.DONE),
        (Stage.WITHDRAWN, BallCode.DONE),
        (Stage.SUSPENDED, BallCode.SUSPENDED),
    ],
)
def test_a_closed_task_waits_on_nobody_whatever_is_pending(stage, code):
    for pending in itertools.product([True, False], repeat=6):
        assert holder(stage, *pending).code == code


def test_every_answer_has_words():
    for stage, *pending in itertools.product(Stage, *[[True, False]] * 6):
        answer = holder(stage, *pending)
        assert str(answer.label)
        assert str(answer.reason).endswith(".")
