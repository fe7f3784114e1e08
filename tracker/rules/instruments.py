"""What the number of an instrument says, and how ranks stand to one another and to levels."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from tracker.choices import SIDE_RANKS, Level, Rank
from tracker.rules.text import fold

LADDER: tuple[Rank, ...] = tuple(rank for rank in Rank if rank not in SIDE_RANKS)
"""From the constitution down to the documents of a commune. Source: the Law on promulgation of legal documents."""

FIRST_YEAR, LAST_YEAR = 1945, 2100
LONGEST = 80


@dataclass(frozen=True, slots=True)
class InstrumentNumber:
    """A number taken apart: "59/2023/NĐ-CP" is serial 59, year 2023, suffix NĐ-CP; `guess_rank` None is doubtful."""

    serial: str
    year: int | None
    suffix: str
    guess_rank: Rank | None


DRAFT_PREFIX = "DT-"
"""What stands for a number as long as a document has none (dự thảo, draft): DT-12."""

DOUBT_FORM, DOUBT_RANK = "form", "rank"
"""The number has no form that is known; its form says another rank."""

_DASHES = re.compile(r"\s*[\u2010-\u2015\u2212-]\s*")
_SLASHES = re.compile(r"\s*/\s*")
_PARTS = re.compile(r"[\s/-]+")

_NUMBER = re.compile(
    r"(?P<serial>\d{1,5}[a-z]?)"
    r"(?:/(?P<year>\d{4}))?"
    r"[/-](?P<suffix>[a-zđ][\w&]*(?:[/-][\w&]+)*)",
    re.IGNORECASE,
)
_WORDS = (
    ("hiến pháp", Rank.CONSTITUTION),
    ("constitution", Rank.CONSTITUTION),
    ("bộ luật", Rank.LAW),
    ("luật", Rank.LAW),
    ("law", Rank.LAW),
    ("code", Rank.LAW),
    ("pháp lệnh", Rank.ORDINANCE),
    ("ordinance", Rank.ORDINANCE),
)
# The National Assembly numbers its laws and resolutions alike, its Standing Committee ordinances and resolutions, and
# people's councils and committees of provinces and communes theirs: no rank is guessed from those.
_SUFFIXES = (
    (r"nđ-cp", Rank.DECREE),
    (r"nq-cp", Rank.GOVERNMENT_RESOLUTION),
    (r"qđ-ttg", Rank.PM_DECISION),
    (r"ttlt[-/].+", Rank.JOINT_CIRCULAR),
    (r"tt-.+", Rank.CIRCULAR),
    (r"nqlt[-/].+", Rank.JOINT_RESOLUTION),
    (r"pl-ubtvqh\d*", Rank.ORDINANCE),
    (r"(?:l|qđ)-ctn", Rank.PRESIDENT_ORDER),
    (r"(?:qđ|qđi|qyđ|qc)/tw", Rank.PARTY_REGULATION),
)
_LEVELS = {
    Rank.PROVINCIAL_RESOLUTION: Level.PROVINCE,
    Rank.PROVINCIAL_DECISION: Level.PROVINCE,
    Rank.COMMUNE_DOCUMENT: Level.COMMUNE,
    Rank.CONVENTION: Level.COMMUNE,
}


def parse_number(text: str) -> InstrumentNumber | None:
    """Return the parts of an instrument's number, or None where it is doubtful.

    Words before it are read too, as in "Luật số 75/2015/QH13". Numbers of one document only: a text with two is
    doubtful. Source: Decree 30/2020 on clerical work; Law on promulgation of legal documents, on numbering.
    """
    if len(text) > LONGEST * 4:
        return None
    written = " ".join(unicodedata.normalize("NFC", text).split())
    found = list(re.finditer(rf"(?<![\w/-]){_NUMBER.pattern}(?![\w/-])", written, re.IGNORECASE))
    if len(found) != 1 or len(found[0].group()) > LONGEST:
        return None
    serial, year, suffix = found[0].group("serial", "year", "suffix")
    if year and not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    guess = _rank(written[: found[0].start()].lower(), suffix.lower())
    return InstrumentNumber(serial, int(year) if year else None, suffix, guess)


def is_draft_number(text: str) -> bool:
    """Tell whether the number only stands for one that is still to come."""
    return re.fullmatch(rf"{DRAFT_PREFIX}\d+", text.strip(), re.IGNORECASE) is not None


def number_key(text: str) -> str:
    """Return what all spellings of one number share: 59/2023/NĐ-CP, "59 / 2023 / nd–cp", Nghị định 059/2023/NĐ-CP.

    Words before the number do not count, words after it do: they tell apart the documents of two units.
    """
    written = " ".join(unicodedata.normalize("NFC", text).split())
    written = _SLASHES.sub("/", _DASHES.sub("-", written))
    if parse_number(written):
        found = next(re.finditer(_NUMBER.pattern, written, re.IGNORECASE))
        written = written[found.start() :]
    return _PARTS.sub("-", fold(written)).strip("-").lstrip("0")


def doubts(number: str, rank: str) -> tuple[str, ...]:
    """Return what is doubtful of a number beside a rank: DOUBT_FORM, DOUBT_RANK or nothing.

    The name of a draft and a rank that the number leaves open are not doubtful.
    """
    if is_draft_number(number):
        return ()
    parsed = parse_number(number)
    if parsed is None:
        return (DOUBT_FORM,)
    return (DOUBT_RANK,) if parsed.guess_rank not in (None, rank) else ()


def level_of_rank(rank: str) -> Level | None:
    """Return the level whose bodies issue instruments of `rank`; None for those issued at any level."""
    if rank in LADDER:
        return _LEVELS.get(Rank(rank), Level.CENTRAL)
    return _LEVELS.get(Rank(rank))


def ranks_at_least(rank: str) -> tuple[Rank, ...]:
    """Return the ranks of the ladder from the highest down to `rank`; a rank beside the ladder is only itself."""
    known = Rank(rank)
    return LADDER[: LADDER.index(known) + 1] if known in LADDER else (known,)


def _rank(words: str, suffix: str) -> Rank | None:
    for form, rank in _SUFFIXES:
        if re.fullmatch(form, suffix):
            return rank
    if re.fullmatch(r"qh\d*", suffix) and words.startswith(("nghị quyết", "resolution")):
        return Rank.NA_RESOLUTION
    if re.fullmatch(r"(?:qh|ubtvqh)\d*", suffix):
        return next((rank for word, rank in _WORDS if words.startswith(word)), None)
    return None
