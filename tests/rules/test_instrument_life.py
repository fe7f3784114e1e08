"""The life of an instrument, and whether people were asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.choices import RECORDED_PHASES, Consulted, InstrumentStatus, Phase, Rank
from tracker.models import Instrument
from tracker.rules.consultation import consulted, wrong_number
from tracker.rules.instrument_life import STATUS_OF, Step, phase_on, standing, wrong_with_life

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 40).map(lambda days: FIRST + timedelta(days))
MAYBE = st.none() | DAYS


@dataclass
class Dates:
    signed_on: date | None = None
    promulgated_on: date | None = None
    in_force_on: date | None = None
    ends_on: date | None = None


def steps(*rows: tuple[Phase, int]) -> list[Step]:
    return [Step(number, phase, FIRST + timedelta(days)) for number, (phase, days) in enumerate(rows, 1)]


def on(days: int) -> date:
    return FIRST + timedelta(days)


def test_the_phase_is_that_of_the_last_change() -> None:
    life = steps((Phase.PLANNED, 0), (Phase.DRAFTING, 5), (Phase.CONSULTATION, 9))
    dates = Dates(signed_on=on(20), in_force_on=on(30))
    found = [phase_on(life, dates, on(day)) for day in (-1, 0, 5, 19, 20, 29, 30)]
    assert found == [
        None, Phase.PLANNED, Phase.DRAFTING, Phase.CONSULTATION, Phase.SIGNED, Phase.SIGNED, Phase.IN_FORCE,
    ]  # fmt: skip


def test_a_draft_may_go_back() -> None:
    life = steps((Phase.SUBMITTED, 5), (Phase.DRAFTING, 9))
    assert phase_on(life, Dates(), on(10)) == Phase.DRAFTING


def test_a_correction_takes_the_place_of_a_row() -> None:
    life = [*steps((Phase.DRAFTING, 5)), Step(2, Phase.DRAFTING, on(3), corrects=1)]
    assert [row.pk for row in standing(life)] == [2]
    assert standing([*life, Step(3, Phase.DRAFTING, None, corrects=2)]) == []


@given(
    st.lists(st.tuples(st.sampled_from(RECORDED_PHASES), st.integers(0, 40)), max_size=5),
    MAYBE,
    MAYBE,
    MAYBE,
    MAYBE,
    DAYS,
)
def test_the_phase_agrees_with_the_status(rows, signed, promulgated, force, ends, day) -> None:
    if promulgated and (signed is None or promulgated < signed):
        promulgated = None
    instrument = Instrument(signed_on=signed, promulgated_on=promulgated, in_force_on=force, ends_on=ends)
    assert STATUS_OF[phase_on(steps(*rows), instrument, day)] == instrument.status_on(day)


def test_every_phase_has_a_status() -> None:
    assert set(STATUS_OF) == {None, *Phase} and set(STATUS_OF.values()) == set(InstrumentStatus)


@pytest.mark.parametrize(
    ("life", "dates"),
    [
        (steps((Phase.DRAFTING, 11)), Dates()),
        (steps((Phase.DRAFTING, 9)), Dates(signed_on=on(8))),
        (steps((Phase.DRAFTING, 3), (Phase.DRAFTING, 5)), Dates()),
        (steps((Phase.DRAFTING, 3), (Phase.PLANNED, 5)), Dates()),
    ],
)
def test_what_cannot_have_happened_is_refused(life: list[Step], dates: Dates) -> None:
    assert wrong_with_life(life, dates, today=on(10))


def test_what_was_forgotten_is_put_in_later() -> None:
    assert wrong_with_life(steps((Phase.DRAFTING, 5), (Phase.PLANNED, 2)), Dates(), today=on(10)) is None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"rank": Rank.PARTY_REGULATION}, Consulted.NOT_NEEDED),
        ({"rank": Rank.PM_DECISION}, Consulted.NOT_NEEDED),
        ({"signed_on": None}, Consulted.TO_COME),
        ({"signed_on": on(11)}, Consulted.TO_COME),
        ({"closed": [on(7)]}, Consulted.HELD),
        ({"closed": [on(8)]}, Consulted.UNASKED),
        ({"closed": [on(8), on(7)]}, Consulted.HELD),
        ({}, Consulted.UNASKED),
        ({"is_known": False}, Consulted.UNKNOWN),
        ({"is_known": False, "closed": [on(7)]}, Consulted.HELD),
    ],
)
def test_silence_accuses_nobody(facts, expected) -> None:
    values = {"rank": Rank.DECREE, "signed_on": on(8), "closed": [], "is_known": True, "today": on(10), **facts}
    assert consulted(values.pop("rank"), **values) == expected


@pytest.mark.parametrize("number", ["", "125/MTTW-BTT", "45/BC-BTP", "1234/BNV-VP", "7a/TTr-TTg", "12-CV/BDVTW"])
def test_a_number_of_a_document_is_taken(number: str) -> None:
    assert wrong_number(number) is None


@pytest.mark.parametrize(
    "number", ["Bà Nguyễn Thị A", "125/MTTW của ông Bình", "0912345678", "12/Trần Văn An", "a@b.vn"]
)
def test_a_name_is_no_number(number: str) -> None:
    assert wrong_number(number)
