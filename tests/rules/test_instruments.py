"""Numbers and ranks of instruments."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.choices import SIDE_RANKS, Level, Rank
from tracker.rules.instruments import (
    DOUBT_FORM,
    DOUBT_RANK,
    LADDER,
    InstrumentNumber,
    doubts,
    is_draft_number,
    level_of_rank,
    number_key,
    parse_number,
    ranks_at_least,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Luật số 75/2015/QH13", InstrumentNumber("75", 2015, "QH13", Rank.LAW)),
        ("Law 75/2015/QH13", InstrumentNumber("75", 2015, "QH13", Rank.LAW)),
        ("Nghị quyết số 198/2025/QH15", InstrumentNumber("198", 2025, "QH15", Rank.NA_RESOLUTION)),
        ("59/2023/NĐ-CP", InstrumentNumber("59", 2023, "NĐ-CP", Rank.DECREE)),
        ("42/2014/QĐ-TTg", InstrumentNumber("42", 2014, "QĐ-TTg", Rank.PM_DECISION)),
        ("76/NQ-CP", InstrumentNumber("76", None, "NQ-CP", Rank.GOVERNMENT_RESOLUTION)),
        ("30c/NQ-CP", InstrumentNumber("30c", None, "NQ-CP", Rank.GOVERNMENT_RESOLUTION)),
        ("217-QĐ/TW", InstrumentNumber("217", None, "QĐ/TW", Rank.PARTY_REGULATION)),
        ("08-QC/TW", InstrumentNumber("08", None, "QC/TW", Rank.PARTY_REGULATION)),
        ("01/2026/TT-BNV", InstrumentNumber("01", 2026, "TT-BNV", Rank.CIRCULAR)),
        ("03/2020/TTLT-BTP-BNV", InstrumentNumber("03", 2020, "TTLT-BTP-BNV", Rank.JOINT_CIRCULAR)),
        ("  12/2018/NQLT/CP-UBTVQH-MTTQ ", InstrumentNumber("12", 2018, "NQLT/CP-UBTVQH-MTTQ", Rank.JOINT_RESOLUTION)),
        ("34/2007/PL-UBTVQH11", InstrumentNumber("34", 2007, "PL-UBTVQH11", Rank.ORDINANCE)),
    ],
)
def test_a_number_is_taken_apart(text, number):
    assert parse_number(text) == number
    assert parse_number(unicodedata.normalize("NFD", text)) == number


@pytest.mark.parametrize("text", ["75/2015/QH13", "25-NQ/TW", "05/2026/NQ-HĐND", "7/2026/QĐ-UBND", "01/2022/UBTVQH15"])
def test_a_rank_that_the_number_leaves_open_is_not_guessed(text):
    assert parse_number(text).guess_rank is None


@pytest.mark.parametrize(
    "text",
    ["", "Hiến pháp 2013", "75/2015", "2015", "75/1215/QH13", "1/NĐ-CP, 2/NĐ-CP", "/2015/QH13", "9" * 999],
)
def test_what_is_no_single_number_is_doubtful(text):
    assert parse_number(text) is None


@given(st.text(max_size=100))
def test_any_text_has_an_answer(text):
    number = parse_number(text)
    assert number is None or number.serial


def test_the_ladder_is_an_order():
    assert ranks_at_least(Rank.CONSTITUTION) == (Rank.CONSTITUTION,)
    assert Rank.LAW in ranks_at_least(Rank.DECREE)
    assert Rank.CIRCULAR not in ranks_at_least(Rank.DECREE)
    assert ranks_at_least(Rank.COMMUNE_DOCUMENT) == LADDER


@pytest.mark.parametrize("rank", sorted(SIDE_RANKS))
def test_ranks_beside_the_ladder_are_a_set(rank):
    assert ranks_at_least(rank) == (rank,)
    assert all(rank not in ranks_at_least(other) for other in LADDER)


def test_each_rank_has_the_level_that_issues_it():
    assert level_of_rank(Rank.LAW) == level_of_rank(Rank.JOINT_CIRCULAR) == Level.CENTRAL
    assert level_of_rank(Rank.PROVINCIAL_DECISION) == Level.PROVINCE
    assert level_of_rank(Rank.COMMUNE_DOCUMENT) == level_of_rank("convention") == Level.COMMUNE
    assert level_of_rank(Rank.INTERNAL_REGULATION) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("59/2023/NĐ-CP", "59 / 2023 / nd – cp"),
        ("59/2023/NĐ-CP", "Nghị định số 59/2023/NĐ-CP"),
        ("02/2011/QH13", "2/2011/QH13"),
        ("217-QĐ/TW", "217/QĐ-TW"),
        ("Hiến pháp 2013", "hien  phap 2013"),
    ],
)
def test_spellings_of_one_number_share_a_key(one, other):
    assert number_key(one) == number_key(other) != ""
    assert number_key(unicodedata.normalize("NFD", one)) == number_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("59/2023/NĐ-CP", "59/2022/NĐ-CP"),
        ("59/2023/NĐ-CP", "59/2023/NQ-CP"),
        ("5/2026/QĐ-UBND (Hà Nội)", "5/2026/QĐ-UBND (Huế)"),
        ("DT-1", "DT-11"),
    ],
)
def test_other_numbers_have_other_keys(one, other):
    assert number_key(one) != number_key(other)


@given(st.text(max_size=100))
def test_the_key_of_any_text_is_that_of_its_key(text):
    assert number_key(number_key(text)) == number_key(text)


@pytest.mark.parametrize(
    ("number", "rank", "found"),
    [
        ("59/2023/NĐ-CP", Rank.DECREE, ()),
        ("59/2023/NĐ-CP", Rank.LAW, (DOUBT_RANK,)),
        ("25-NQ/TW", Rank.PARTY_REGULATION, ()),
        ("five", Rank.LAW, (DOUBT_FORM,)),
        ("DT-12", Rank.LAW, ()),
    ],
)
def test_a_doubtful_number_is_told(number, rank, found):
    assert doubts(number, rank) == found


def test_the_name_of_a_draft_is_no_number():
    assert is_draft_number(" dt-12 ") and not is_draft_number("DT-12/2026") and not is_draft_number("12/2026/QĐ-TTg")
