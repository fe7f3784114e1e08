"""The life of a task: which stages follow which, and who may move it there."""

from __future__ import annotations

from tracker.choices import Stage

STAGE_ORDER: tuple[Stage, ...] = (
    Stage.ASSIGNED,
    Stage.PLANNED,
    Stage.DRAFTING,
    Stage.CONSULTATION,
    Stage.APPRAISAL,
    Stage.PROMULGATED,
    Stage.INSTITUTIONALIZED,
)
"""From the assignment to the rule in force; suspended and withdrawn stand beside this order."""

OPEN: frozenset[Stage] = frozenset(STAGE_ORDER[:-1])
"""The stages in which a task still waits."""

CLAIMABLE: tuple[Stage, ...] = STAGE_ORDER[:-1]


def is_open(stage: str) -> bool:
    """Tell whether a task in `stage` still waits: not done, not suspended, not withdrawn."""
    return stage in OPEN


def claimable(stage: str) -> bool:
    """Tell whether a report may claim `stage`.

    Institutionalized is derived from verified evidence and never set by hand; suspended and withdrawn are decided
    by the commission or the matrix editor.
    """
    return stage in OPEN


def can_move(from_stage: str, to_stage: str) -> bool:
    """Tell whether an accepted report may take a task from one stage to the other.

    Forward by any number of stages, backward by one, or no move at all; only among the open stages.
    """
    if not (claimable(from_stage) and claimable(to_stage)):
        return False
    return _position(to_stage) >= _position(from_stage) - 1


def can_decide(from_stage: str, to_stage: str) -> bool:
    """Tell whether the commission or the editor may decide the move, with a reason.

    They suspend or withdraw an open task, and take a suspended or withdrawn one up again in any open stage.
    """
    if to_stage in OPEN:
        return from_stage in (Stage.SUSPENDED, Stage.WITHDRAWN)
    if to_stage == Stage.WITHDRAWN:
        return from_stage in OPEN or from_stage == Stage.SUSPENDED
    return to_stage == Stage.SUSPENDED and from_stage in OPEN


def can_derive(from_stage: str, to_stage: str) -> bool:
    """Tell whether evidence alone moves the task: it became a rule, or the rule lapsed and it is assigned again."""
    if to_stage == Stage.INSTITUTIONALIZED:
        return from_stage in OPEN
    return from_stage == Stage.INSTITUTIONALIZED and to_stage == Stage.ASSIGNED


def needs_reason(from_stage: str, to_stage: str) -> bool:
    """Tell whether the move must say why: every step back, and every decision of the commission or the editor."""
    if can_decide(from_stage, to_stage):
        return True
    return can_move(from_stage, to_stage) and _position(to_stage) < _position(from_stage)


def claimable_from(stage: str) -> tuple[Stage, ...]:
    """Return the stages that a report on a task in `stage` may claim, in order: the choices of the form."""
    return tuple(target for target in CLAIMABLE if can_move(stage, target))


def _position(stage: str) -> int:
    return STAGE_ORDER.index(Stage(stage))
