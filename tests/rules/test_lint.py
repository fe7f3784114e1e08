"""What the linter of the matrix finds wrong, and what it leaves in peace."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.choices import BodyKind, Level, Role, TaskKind
from tracker.rules.lint import CATALOG, CellFacts, Finding, TaskFacts, idle_provisions, lint_task, overloaded

PARTY = CellFacts(role=Role.LEADS, body_code="BCT", body_kind=BodyKind.PARTY, body_level=Level.CENTRAL)
MINISTRY = CellFacts(role=Role.ACCOUNTABLE, body_code="BNV", body_kind=BodyKind.STATE, body_level=Level.CENTRAL)
COMMUNE = CellFacts(role=Role.RESPONSIBLE, body_code="X1", body_kind=BodyKind.STATE, body_level=Level.COMMUNE)
FRONT = CellFacts(role=Role.SUPERVISES, body_code="MTTQ", body_kind=BodyKind.MASS, body_level=Level.CENTRAL)
SOUND = TaskFacts(
    code="3.9",
    levels=(Level.CENTRAL, Level.COMMUNE),
    needs_state_document=True,
    cells=(PARTY, MINISTRY, COMMUNE, FRONT),
)


def codes(task):
    return {finding.code for finding in lint_task(task)}


def without(*cells, **changes):
    return replace(SOUND, cells=tuple(cell for cell in SOUND.cells if cell not in cells), **changes)


def changed(cell, **changes):
    return replace(SOUND, cells=tuple(replace(one, **changes) if one is cell else one for one in SOUND.cells))


def test_a_sound_task_has_no_finding():
    assert lint_task(SOUND) == ()


@pytest.mark.parametrize(
    ("task", "code"),
    [
        (without(MINISTRY), "no_accountable"),
        (changed(MINISTRY, body_kind=BodyKind.PARTY), "not_state"),
        (without(FRONT), "nobody_supervises"),
        (changed(FRONT, body_code="BNV"), "supervises_itself"),
        (without(PARTY), "no_leader"),
        (changed(PARTY, body_kind=BodyKind.STATE), "no_leader"),
        (changed(MINISTRY, has_post=False), "no_cadre"),
        (changed(FRONT, post_is_vacant=True), "post_vacant"),
        (changed(PARTY, body_ended=True), "body_ended"),
        (without(COMMUNE), "level_without_unit"),
        (replace(SOUND, missing_units=("Xã A",)), "units_missing"),
        (replace(SOUND, has_provision=False), "no_provision"),
    ],
)
def test_each_fault_is_found_alone(task, code):
    if code == "no_accountable":  # the centre then has no doer either
        assert codes(task) == {code, "level_without_unit"}
    else:
        assert codes(task) == {code}


def test_a_mass_organization_or_the_mobilization_agency_is_not_left_alone():
    front = replace(FRONT, role=Role.ACCOUNTABLE)
    agency = replace(PARTY, role=Role.RESPONSIBLE, is_mobilization=True)
    cells = (PARTY, front, agency, replace(FRONT, body_code="HDND", body_kind=BodyKind.STATE))
    assert "left_alone" in codes(replace(SOUND, cells=cells))
    assert "left_alone" not in codes(replace(SOUND, cells=(*cells, COMMUNE)))


def test_their_own_work_is_only_remarked():
    agency = replace(MINISTRY, body_kind=BodyKind.PARTY, is_mobilization=True)
    task = TaskFacts(code="4.1", cells=(PARTY, agency, FRONT))
    assert [(finding.code, finding.severity) for finding in lint_task(task)] == [("left_alone_own_work", "info")]


def test_a_party_task_may_be_accountable_to_a_party_organ():
    task = changed(MINISTRY, body_kind=BodyKind.PARTY)
    assert codes(replace(task, needs_state_document=False)) == set()


def test_internal_supervision_may_stand_beside():
    own = replace(FRONT, body_code="BNV")
    assert codes(replace(SOUND, cells=(*SOUND.cells, own))) == set()


def test_a_level_is_reached_by_a_cascade_or_by_a_body_of_every_level():
    assert codes(without(COMMUNE, unit_levels=frozenset({Level.COMMUNE}))) == set()
    assert codes(changed(COMMUNE, body_level=None)) == set()
    assert codes(changed(COMMUNE, role=Role.INFORMED)) == {"level_without_unit"}


def test_an_objective_stands_outside_the_division_of_roles():
    objective = TaskFacts(code="7.1", kind=TaskKind.OBJECTIVE, has_provision=False, levels=(Level.COMMUNE,))
    assert codes(objective) == {"no_provision"}
    assert codes(replace(objective, cells=(replace(PARTY, body_ended=True),))) == {"no_provision", "body_ended"}


def test_the_gravest_comes_first():
    bare = TaskFacts(code="1.1", has_provision=False, missing_units=("Xã A",))
    ranks = [finding.severity_rank for finding in lint_task(bare)]
    assert ranks == sorted(ranks)
    assert lint_task(bare)[0].code == "no_accountable"


def test_many_missing_units_are_counted_and_some_named():
    finding = lint_task(replace(SOUND, missing_units=tuple(f"Xã {n}" for n in range(3300))))[0]
    assert finding.params == {"count": 3300, "units": "Xã 0, Xã 1, Xã 2, Xã 3, Xã 4, …"}


def test_a_body_with_far_more_than_its_peers_is_told():
    loads = {"BNV": 13, "BTP": 4, "BYT": 4, "BNG": 3, "CP": 0}
    assert [finding.subject for finding in overloaded(loads)] == ["BNV"]
    assert overloaded({**loads, "BYT": 3})[0].params["median"] == "3.5"


@pytest.mark.parametrize("loads", [{}, {"BNV": 0}, {"BNV": 7, "BTP": 1, "BYT": 1}, {"BNV": 12, "BTP": 4, "BYT": 4}])
def test_small_numbers_and_three_times_accuse_nobody(loads):
    assert overloaded(loads) == ()


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 60), max_size=12))
def test_never_half_of_the_bodies_are_overloaded(loads):
    assert len(overloaded(loads)) * 2 <= len(loads)


def test_a_provision_without_a_task_is_told():
    assert [finding.subject for finding in idle_provisions([("XV.2.3", True), ("XV.2.4", False)])] == ["XV.2.4"]


@pytest.mark.parametrize("code", sorted(CATALOG))
def test_every_finding_has_reason_remedy_and_source(code):
    kind = CATALOG[code]
    assert re.fullmatch(r"policy|[PI]\d+(, [PI]\d+)*", kind.source)
    params = {name: "§" for name in re.findall(r"%\((\w+)\)s", f"{kind.reason} {kind.remedy}")}
    finding = Finding(code, "3.9", params)
    assert "%" not in finding.reason + finding.remedy
    assert finding.reason.endswith(".")
    assert finding.remedy.endswith(".")


def test_every_finding_of_the_linter_renders():
    bare = replace(MINISTRY, body_kind=BodyKind.MASS, has_post=False, body_ended=True)
    vacant = replace(FRONT, body_code="BNV", post_is_vacant=True)
    cells = (bare, vacant)
    for task in (replace(SOUND, cells=cells, missing_units=("X",)), replace(SOUND, cells=())):
        assert all(finding.reason and finding.remedy for finding in lint_task(task))
    assert overloaded({"BNV": 40, "BTP": 1, "BYT": 1})[0].reason
    assert idle_provisions([("XV.1", False)])[0].reason
