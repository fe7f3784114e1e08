"""When evidence makes a task a rule: what was verified, and which levels are covered on a day."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracker.choices import Coverage, EvidenceState

Levels = Mapping[str, Set[str]]
"""The levels that a task must reach, each with the ranks that are enough there (empty: any)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One link task ↔ instrument at a level. In force in [in_force_on, ends_on); stale counts as declared only."""

    level: str
    rank: str
    in_force_on: date | None
    ends_on: date | None = None
    coverage: str = Coverage.FULL
    state: str = EvidenceState.VERIFIED
    is_stale: bool = False


def content_hash(
    *,
    number: str,
    rank: str,
    title: str,
    signed_on: date | None,
    in_force_on: date | None,
    articles: str,
    coverage: str = Coverage.FULL,
    files: Iterable[str] = (),
) -> str:
    """Return the SHA-256 (hex) of what a verifier saw, over canonical JSON: sorted keys, UTF-8, NFC, single spaces.

    `files` are the SHA-256 of the files of the instrument, in any order. The end of the instrument is not part of it:
    an end takes effect by its date and must not undo the days before.
    """
    texts = {"number": number, "rank": rank, "title": title, "articles": articles, "coverage": coverage}
    dates = {"signed_on": signed_on, "in_force_on": in_force_on}
    content: dict[str, Any] = {
        **{key: _canonical(text) for key, text in texts.items()},
        **{key: day and day.isoformat() for key, day in dates.items()},
    }
    if seen := sorted(files):
        content["files"] = seen
    return digest_of(content)


def joint_hash(level: str, parts: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of a set of pieces of evidence at `level`; `parts` are their hashes, in any order."""
    return digest_of({"level": level, "parts": sorted(parts)})


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of canonical JSON: sorted keys, no spaces, UTF-8."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def counts(evidence: Evidence, accepted_ranks: Set[str], on: date) -> bool:
    """Tell whether the evidence alone covers its level on `on`: verified, in full, in force, of an accepted rank.

    Partial evidence never counts by itself, however much of it there is: only a verifier's decision makes it whole.
    """
    is_verified = evidence.state == EvidenceState.VERIFIED and not evidence.is_stale
    is_enough = evidence.coverage == Coverage.FULL and (not accepted_ranks or evidence.rank in accepted_ranks)
    return is_verified and is_enough and _in_force(evidence, on)


def covers(levels: Levels, evidence: Iterable[Evidence], on: date) -> dict[str, bool]:
    """Return for each level that the task must reach whether it is covered on `on`, in the order of `levels`."""
    rows = list(evidence)
    return {
        level: any(row.level == level and counts(row, ranks, on) for row in rows) for level, ranks in levels.items()
    }


def is_complete(levels: Levels, evidence: Iterable[Evidence], on: date) -> bool:
    """Tell whether the task is institutionalized on `on`: it must reach a level, and every such level is covered."""
    covered = covers(levels, evidence, on)
    return bool(covered) and all(covered.values())


def complete_since(levels: Levels, evidence: Iterable[Evidence], on: date) -> date | None:
    """Return since which day the task has been covered without a break through `on`; None if it is not: `done_on`."""
    rows = list(evidence)
    since = None
    for day in sorted((day for day in _turning_days(rows) if day <= on), reverse=True):
        if not is_complete(levels, rows, day):
            break
        since = day
    return since


def next_change_on(levels: Levels, evidence: Iterable[Evidence], on: date) -> date | None:
    """Return the first day after `on` on which the task becomes, or is no longer, covered; None if that stands."""
    rows = list(evidence)
    now = is_complete(levels, rows, on)
    later = sorted(day for day in _turning_days(rows) if day > on)
    return next((day for day in later if is_complete(levels, rows, day) != now), None)


def _in_force(evidence: Evidence, on: date) -> bool:
    if evidence.in_force_on is None or evidence.in_force_on > on:
        return False
    return evidence.ends_on is None or on < evidence.ends_on


def _turning_days(rows: Iterable[Evidence]) -> set[date]:
    return {day for row in rows for day in (row.in_force_on, row.ends_on) if day is not None}


def _canonical(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
