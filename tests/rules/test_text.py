"""Searching without marks, and the order of a Vietnamese dictionary."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.rules.text import fold, sort_key

ALPHABET = list("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")
TONES = ["a", "à", "ả", "ã", "á", "ạ"]
VIETNAMESE = st.text(alphabet="aàảãáạăằặâấbcdđeêghiklmnoôơởpqrstuưựvxy AĂĐƯ-", max_size=30)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đổi mới  công tác\tdân vận", "doi moi cong tac dan van"),
        ("QUẢNG NGÃI", "quang ngai"),
        ("Nghị quyết số 25-NQ/TW", "nghi quyet so 25-nq/tw"),
        ("  Ủy ban\u00a0nhân dân ", "uy ban nhan dan"),
        ("Ðà Nẵng", "da nang"),
        ("ký\u200btự", "kytu"),
        ("", ""),
    ],
)
def test_text_is_searched_without_marks_and_case(text, folded):
    assert fold(text) == folded


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(VIETNAMESE)
def test_composed_and_decomposed_text_are_the_same(text):
    decomposed = unicodedata.normalize("NFD", text)
    assert fold(decomposed) == fold(text)
    assert sort_key(decomposed) == sort_key(text)


def test_letters_stand_in_the_order_of_the_alphabet():
    assert sorted(reversed(ALPHABET), key=sort_key) == ALPHABET


def test_each_letter_with_a_tone_stays_in_its_place():
    words = [letter + "\u0301" for letter in ALPHABET]
    assert sorted(reversed(words), key=sort_key) == words


def test_tones_break_ties_only():
    assert sorted(reversed(TONES), key=sort_key) == TONES
    assert sort_key("án") < sort_key("ang")
    assert sort_key("bạ") < sort_key("ban")


@pytest.mark.parametrize(
    "names",
    [
        ["an", "an bình", "án", "ang"],
        ["ba", "ba ba", "ba xạo", "bà", "bà ba"],
        ["Cà Mau", "Cao Bằng", "Cần Thơ", "Đà Nẵng", "Đắk Lắk", "Điện Biên", "Đồng Nai", "Gia Lai"],
        ["Hà Giang", "Hà Nội", "Hạ Long", "Hải Phòng", "Hậu Giang", "Hòa Bình", "Huế", "Hưng Yên"],
        ["Thanh Hóa", "Thành ủy", "Thị xã", "Thông tư", "Thủ tướng", "Tỉnh ủy", "Trung ương", "Ủy ban"],
        ["Ban 2", "Ban A", "Ban Ă", "Ban Z"],
    ],
)
def test_names_stand_as_in_a_dictionary(names):
    for shuffled in itertools.islice(itertools.permutations(names), 200):
        assert sorted(shuffled, key=sort_key) == names


def test_signs_between_words_do_not_count():
    assert sort_key("Đoàn – Hội") == sort_key("đoàn hội")


@given(st.text(max_size=60))
def test_key_is_of_digits_and_lower_case_letters_only(name):
    key = sort_key(name)
    assert set(key) <= set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert not any(first.isalpha() and second.isalpha() for first, second in itertools.pairwise(key))


def test_other_scripts_stand_last():
    assert sort_key("z") < sort_key("я") < sort_key("漢")
