"""How Vietnamese text is searched (without marks) and put in order (as a dictionary does)."""

import re
import unicodedata
from collections.abc import Iterator

# Đ, and the letters that foreign keyboards and scanners put in its place.
_CROSSED_D = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d"})

_BREVE, _CIRCUMFLEX, _HORN = "\u0306", "\u0302", "\u031b"
_LETTERS = {
    ("a", _BREVE): "a1",
    ("a", _CIRCUMFLEX): "a2",
    ("e", _CIRCUMFLEX): "e1",
    ("o", _CIRCUMFLEX): "o1",
    ("o", _HORN): "o2",
    ("u", _HORN): "u1",
}
_LEVEL_TONE = "00"
_TONES = {"\u0300": "01", "\u0309": "02", "\u0303": "03", "\u0301": "04", "\u0323": "05"}


def fold(text: str) -> str:
    """Return `text` as people search it: lower case, đ→d, no marks, single spaces.

    Composed and decomposed input give the same answer, and folding twice changes nothing.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).lower())
    letters = "".join(sign for sign in plain if unicodedata.category(sign) not in {"Mn", "Mc", "Me", "Cf"})
    return " ".join(letters.translate(_CROSSED_D).split())


def sort_key(name: str) -> str:
    """Return a key of digits and lower-case letters whose bytewise order is that of a Vietnamese dictionary.

    Letters: a ă â b c d đ e ê g h i k l m n o ô ơ p q r s t u ư v x y (f j w z in their Latin place, digits first,
    other scripts last). Order is word by word; in a word tones only break ties: ngang, huyền, hỏi, ngã, sắc, nặng.
    Each sign takes two places, so that no collation of a database reads two letters as one.
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).lower())
    return "".join(_word_key(word) for word in _words(text))


def _words(text: str) -> Iterator[str]:
    """Split at everything that is neither a letter, a digit nor a mark on one."""
    return iter(re.findall(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*", text))


def _word_key(word: str) -> str:
    # A tone is below every letter ("04" < "10" < "a0"), so "án" stands before "ang".
    tones = "".join(_TONES[sign] for sign in word if sign in _TONES) or _LEVEL_TONE
    return "".join(_letters(word)) + tones


def _letters(word: str) -> Iterator[str]:
    for letter, marks in re.findall(r"([^\u0300-\u036f])([\u0300-\u036f]*)", word):
        yield _letter_key(letter, marks)


def _letter_key(letter: str, marks: str) -> str:
    if letter == "đ":
        return "d1"
    if "0" <= letter <= "9":
        return f"1{letter}"
    if not "a" <= letter <= "z":
        return f"z9{ord(letter):08d}"
    return next((_LETTERS[letter, mark] for mark in marks if (letter, mark) in _LETTERS), f"{letter}0")
