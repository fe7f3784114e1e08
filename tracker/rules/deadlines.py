"""Deadlines as the field writes them: 31/12/2026, Quý IV/2026, Hằng năm, Thường xuyên, and their English forms."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from tracker.rules.text import fold

Kind = Literal["dated", "recurring", "standing"]
Recurrence = Literal["yearly", "quarterly", "monthly"]
Precision = Literal["day", "month", "quarter", "year"]

LONGEST = 80
FIRST_YEAR, LAST_YEAR = 1945, 2100

_MESSAGES = {
    "empty": _("The deadline is empty: write, for example, 31/12/2026, Quý IV/2026 or Thường xuyên."),
    "unknown": _(
        "“%(text)s” is not a deadline: write 31/12/2026, 12/2026, Quý IV/2026, Năm 2026, Hằng năm or Thường xuyên."
    ),
    "before": _("“%(text)s” leaves open whether that day still counts: write the last day in time, as 31/12/2026."),
    "no_year": _("“%(text)s” lacks a year of four digits: write, for example, 31/12/2026 or Quý IV/2026."),
    "year": _("The year %(year)s cannot be right: write a year from %(first)s to %(last)s."),
    "quarter": _("There is no quarter “%(quarter)s”: write I, II, III or IV, as in Quý IV/2026."),
    "month": _("There is no month %(month)s: write the day first, then a month from 1 to 12, as in 31/12/2026."),
    "day": _("There is no day %(day)s in %(month)s/%(year)s: that month ends on %(last)s/%(month)s/%(year)s."),
}


class DeadlineError(ValueError):
    """The text names no deadline. `code` is stable; `params` say what was read; `message` says what would be right."""

    def __init__(self, code: str, **params: object):
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def message(self) -> str:
        """The sentence for the reader, in the active language."""
        return str(_MESSAGES[self.code]) % self.params

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline read from `text`. Only a dated one has `due_on`, its last day in time, and `precision`."""

    text: str
    kind: Kind
    due_on: date | None = None
    recurrence: Recurrence | None = None
    precision: Precision | None = None


_RECURRENCES: dict[Recurrence, tuple[str, ...]] = {
    "yearly": ("hang nam", "dinh ky hang nam", "moi nam", "yearly", "annually", "annual", "every year"),
    "quarterly": ("hang quy", "dinh ky hang quy", "moi quy", "quarterly", "every quarter"),
    "monthly": ("hang thang", "dinh ky hang thang", "moi thang", "monthly", "every month"),
}
_RECURRING = {form: recurrence for recurrence, forms in _RECURRENCES.items() for form in forms}
_STANDING = {
    "thuong xuyen", "lien tuc", "thuong xuyen, lien tuc", "thuong xuyen lien tuc", "ongoing", "continuous", "standing",
}  # fmt: skip

_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_ROMAN = ("I", "II", "III", "IV")

_WITHIN = r"(?:(?:trong|het|den het|cuoi|by|by the end of|end of) )?"
_SLASH = r" ?[/.-] ?"
_QUARTER = r"(?:quy |quy|quarter |q)(?P<quarter>[ivx]+|\d+)"
_DATED = [
    rf"(?:ngay )?(?P<day>\d{{1,2}}){_SLASH}(?P<month>\d{{1,2}}){_SLASH}(?P<year>\d{{4}})",
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})",
    r"(?:ngay )?(?P<day>\d{1,2}) thang (?P<month>\d{1,2})(?: nam |/)(?P<year>\d{4})",
    rf"(?:thang |month )?(?P<month>\d{{1,2}}){_SLASH}(?P<year>\d{{4}})",
    r"thang (?P<month>\d{1,2}) nam (?P<year>\d{4})",
    rf"{_QUARTER}(?:{_SLASH}| nam | )(?P<year>\d{{4}})",
    r"(?:nam |year )?(?P<year>\d{4})",
]
_DATED_FORMS = [re.compile(_WITHIN + form, re.ASCII) for form in _DATED]
_WITHOUT_YEAR = re.compile(
    rf"{_WITHIN}(?:{_QUARTER}|thang \d{{1,2}}|(?:ngay )?\d{{1,2}}{_SLASH}\d{{1,2}}(?:{_SLASH}\d{{1,3}})?)", re.ASCII
)


def parse_deadline(text: str) -> Deadline:
    """Return the deadline that `text` names, without regard to case, marks and spaces.

    A month, quarter or year ends on its last day. Dates are day first. Raises DeadlineError for anything doubtful:
    an impossible day, a year of two digits, "before" a day. Source: the annexes of action plans (TT 5, Thời gian).
    """
    written = " ".join(text.split()) if len(text) <= LONGEST * 2 else text[: LONGEST * 2]
    if not written:
        raise DeadlineError("empty")
    if len(written) > LONGEST:
        raise DeadlineError("unknown", text=f"{written[:LONGEST]}…")
    words = fold(written)
    if words in _STANDING:
        return Deadline(written, "standing")
    if words in _RECURRING:
        return Deadline(written, "recurring", recurrence=_RECURRING[words])
    return _dated(written, words)


def _dated(written: str, words: str) -> Deadline:
    for form in _DATED_FORMS:
        if match := form.fullmatch(words):
            due_on, precision = _last_day(match.groupdict())
            return Deadline(written, "dated", due_on, precision=precision)
    if words.startswith(("truoc ", "before ")):
        raise DeadlineError("before", text=written)
    raise DeadlineError("no_year" if _WITHOUT_YEAR.fullmatch(words) else "unknown", text=written)


def _last_day(parts: dict[str, Any]) -> tuple[date, Precision]:
    year = int(parts["year"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DeadlineError("year", year=parts["year"], first=FIRST_YEAR, last=LAST_YEAR)
    if parts.get("quarter"):
        return _end_of_month(year, _quarter(parts["quarter"]) * 3), "quarter"
    if not parts.get("month"):
        return date(year, 12, 31), "year"
    month = int(parts["month"])
    if not 1 <= month <= 12:
        raise DeadlineError("month", month=month)
    if not parts.get("day"):
        return _end_of_month(year, month), "month"
    return _day(year, month, int(parts["day"])), "day"


def _quarter(numeral: str) -> int:
    if numeral not in _QUARTERS:
        raise DeadlineError("quarter", quarter=numeral.upper())
    return _QUARTERS[numeral]


def _end_of_month(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _day(year: int, month: int, day: int) -> date:
    last = _end_of_month(year, month)
    if not 1 <= day <= last.day:
        raise DeadlineError("day", day=day, month=f"{month:02}", year=year, last=last.day)
    return date(year, month, day)


_FIXED = {
    "vi": {"yearly": "Hằng năm", "quarterly": "Hằng quý", "monthly": "Hằng tháng", "standing": "Thường xuyên"},
    "en": {"yearly": "Yearly", "quarterly": "Quarterly", "monthly": "Monthly", "standing": "Ongoing"},
}
_DATE_FORMS: dict[str, dict[Precision, Callable[[date], str]]] = {
    "vi": {
        "day": lambda on: f"{on:%d/%m}/{on.year}",
        "month": lambda on: f"Tháng {on.month}/{on.year}",
        "quarter": lambda on: f"Quý {_ROMAN[on.month // 3 - 1]}/{on.year}",
        "year": lambda on: f"Năm {on.year}",
    },
    "en": {
        "day": lambda on: f"{on:%d/%m}/{on.year}",
        "month": lambda on: f"{on.month}/{on.year}",
        "quarter": lambda on: f"Q{on.month // 3}/{on.year}",
        "year": lambda on: f"Year {on.year}",
    },
}


def format_deadline(deadline: Deadline, language: str) -> str:
    """Return the deadline as an office writes it in `language` ("vi…" or else English); it parses back to the same."""
    code = "vi" if language.startswith("vi") else "en"
    if deadline.due_on is None:
        return _FIXED[code][deadline.recurrence or "standing"]
    return _DATE_FORMS[code][deadline.precision or "day"](deadline.due_on)
