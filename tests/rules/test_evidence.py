"""When evidence makes a task a rule."""

import re
import unicodedata
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.choices import Coverage, EvidenceState, Level, Rank
from tracker.rules.evidence import Evidence, complete_since, content_hash, covers, is_complete, next_change_on

LAW = Evidence(level=Level.CENTRAL, rank=Rank.LAW, in_force_on=date(2023, 7, 1))
RULES = Evidence(level=Level.COMMUNE, rank=Rank.COMMUNE_DOCUMENT, in_force_on=date(2024, 3, 1))
BOTH = {Level.CENTRAL: frozenset({Rank.LAW, Rank.DECREE}), Level.COMMUNE: frozenset()}
SEEN = {
    "number": "10/2022/QH15",
    "rank": Rank.LAW,
    "title": "Luật Thực hiện dân chủ ở cơ sở",
    "signed_on": date(2022, 11, 10),
    "in_force_on": date(2023, 7, 1),
    "articles": "Điều 1, Điều 5",
}
FIRST = date(2026, 1, 1)
NEAR = st.integers(0, 30).map(lambda days: FIRST + timedelta(days))
ROWS = st.lists(
    st.builds(Evidence, level=st.sampled_from(list(BOTH)), rank=st.just(Rank.LAW), in_force_on=NEAR,
              ends_on=st.one_of(st.none(), NEAR)),
    max_size=5,
)  # fmt: skip


def test_a_level_is_covered_from_the_first_to_the_last_day_in_force():
    law = replace(LAW, ends_on=date(2025, 7, 1))
    days = [date(2023, 6, 30), date(2023, 7, 1), date(2025, 6, 30), date(2025, 7, 1)]
    central = {Level.CENTRAL: frozenset()}
    assert [covers(central, [law], day)[Level.CENTRAL] for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    "change",
    [
        {"state": EvidenceState.DRAFT},
        {"state": EvidenceState.DECLARED},
        {"state": EvidenceState.RETURNED},
        {"coverage": Coverage.PARTIAL},
        {"is_stale": True},
        {"rank": Rank.CIRCULAR},
        {"in_force_on": None},
        {"level": Level.PROVINCE},
    ],
)
def test_evidence_that_is_not_whole_covers_nothing(change):
    assert not covers(BOTH, [replace(LAW, **change)], date(2026, 1, 1))[Level.CENTRAL]


def test_two_parts_are_not_a_whole():
    part = replace(LAW, coverage=Coverage.PARTIAL)
    assert not covers(BOTH, [part, part], date(2026, 1, 1))[Level.CENTRAL]


def test_every_level_counts_and_no_level_is_not_complete():
    assert covers(BOTH, [LAW], date(2026, 1, 1)) == {Level.CENTRAL: True, Level.COMMUNE: False}
    assert not is_complete(BOTH, [LAW], date(2026, 1, 1))
    assert is_complete(BOTH, [LAW, RULES], date(2026, 1, 1))
    assert not is_complete({}, [LAW], date(2026, 1, 1))


def test_it_is_done_on_the_day_the_last_level_came_into_force():
    assert complete_since(BOTH, [LAW, RULES], date(2026, 1, 1)) == RULES.in_force_on
    assert complete_since(BOTH, [LAW], date(2026, 1, 1)) is None


def test_a_successor_in_force_the_same_day_leaves_no_break():
    old = replace(LAW, ends_on=date(2025, 7, 1))
    new = replace(LAW, in_force_on=date(2025, 7, 1))
    central = {Level.CENTRAL: frozenset()}
    assert complete_since(central, [old, new], date(2026, 1, 1)) == LAW.in_force_on
    assert next_change_on(central, [old, new], date(2025, 1, 1)) is None
    assert next_change_on(central, [old], date(2025, 1, 1)) == date(2025, 7, 1)


@given(ROWS, NEAR)
def test_since_and_next_change_agree_with_looking_day_by_day(rows, on):
    every = [FIRST + timedelta(days) for days in range(62)]
    state = {day: is_complete(BOTH, rows, day) for day in every}
    later = [day for day in every if day > on and state[day] != state[on]]
    assert next_change_on(BOTH, rows, on) == (later[0] if later else None)
    since = on
    while state.get(since - timedelta(1)):
        since -= timedelta(1)
    assert complete_since(BOTH, rows, on) == (since if state[on] else None)


def test_what_was_seen_has_a_hash_that_stays_the_same_for_ever():
    assert content_hash(**SEEN) == "be5a183b3c8a22be52e013f34f527f5921a1cc22a419a764523cda19721a2622"
    assert re.fullmatch(r"[0-9a-f]{64}", content_hash(**SEEN))


def test_composition_and_spaces_are_no_change():
    other = {**SEEN, "title": unicodedata.normalize("NFD", SEEN["title"]), "articles": " Điều 1,\n Điều 5 "}
    assert content_hash(**other) == content_hash(**SEEN)


@pytest.mark.parametrize("key", sorted(SEEN))
def test_every_fact_that_was_seen_counts(key):
    changed = {**SEEN, key: date(2020, 1, 1) if key.endswith("_on") else "other"}
    assert content_hash(**changed) != content_hash(**SEEN)
    assert content_hash(**SEEN, coverage=Coverage.PARTIAL) != content_hash(**SEEN)


def test_a_fact_that_is_unknown_is_hashed_too():
    assert content_hash(**{**SEEN, "signed_on": None}) != content_hash(**SEEN)
