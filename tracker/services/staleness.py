"""Stale verifications: what was verified is no longer what stands, so it counts as declared until it is verified again.

The instrument, its files, the articles and the coverage are what was seen. Source: rulings.md, Evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db.models import F

from tracker.choices import EvidenceState
from tracker.clock import local_day
from tracker.models import Institutionalization, Instrument, InstrumentFile, JointCoverage
from tracker.rules.evidence import content_hash, joint_hash
from tracker.services import clocks, history
from tracker.services.evidence import settle_evidence


def hash_of(evidence: Institutionalization, files: Sequence[str] | None = None) -> str:
    """Return the SHA-256 of what a verifier sees now: the instrument and its files, the articles, the coverage.

    One query, none where the sums of the files are given, or the files of the instrument are prefetched.
    """
    instrument = evidence.instrument
    return content_hash(
        number=instrument.number,
        rank=instrument.rank,
        title=instrument.title_vi,
        signed_on=instrument.signed_on,
        in_force_on=instrument.in_force_on,
        articles=evidence.articles,
        coverage=evidence.coverage,
        files=[file.sha256 for file in instrument.files.all() if file.is_current] if files is None else files,
    )


def hash_of_set(level: str, parts: Iterable[Institutionalization]) -> str:
    """Return the SHA-256 of a set of evidence as a verifier sees it now. The instruments must be loaded."""
    return joint_hash(level, [hash_of(part) for part in parts])


@contextmanager
def changing(instrument: Instrument, *, by: Any, at: datetime, since: date | None = None) -> Iterator[None]:
    """Change an instrument or its files in the block: the tasks that lean on it follow, set-based.

    Their clocks are settled before it; after it what is stale says so, and what it covered is open again, from
    `since` (today, unless told).
    """
    rows = Institutionalization.objects.filter(instrument=instrument)
    ids = sorted(set(rows.values_list("task", flat=True)))
    with clocks.changing_many(ids, at=at, since=since, cause=f"instrument:{instrument.pk}") as tasks:
        yield
        mark(rows, by=by, at=at)
        settle_evidence(tasks, day=local_day(at), at=at)


def mark(rows: Any, *, by: Any, at: datetime) -> None:
    """Note which verified evidence among `rows` has changed since, and which is again as it was verified.

    The caller settles the evidence of the tasks afterwards.
    """
    day = local_day(at)
    verified = list(rows.filter(state=EvidenceState.VERIFIED).select_related("instrument", "task"))
    files = _sums({row.instrument_id for row in verified})
    differs = {row.pk for row in verified if hash_of(row, files[row.instrument_id]) != row.content_hash}
    stale = [row for row in verified if row.pk in differs and row.stale_since is None]
    again = [row for row in verified if row.pk not in differs and row.stale_since is not None]
    for kind, changed, since in (("evidence.stale", stale, day), ("evidence.as_verified", again, None)):
        if changed:
            _write(changed, since)
            history.record_many(kind, changed, by=by, at=at, fields=("content_hash",))
    if stale or again:
        _mark_sets(JointCoverage.objects.filter(parts__in=[*stale, *again]).distinct(), day, by=by, at=at)


def _sums(instruments: set[int]) -> defaultdict[int, list[str]]:
    """The SHA-256 of the current files of each instrument. One query."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for instrument, sha256 in (
        InstrumentFile.objects.current().filter(instrument__in=instruments).values_list("instrument", "sha256")
    ):
        found[instrument].append(sha256)
    return found


def _write(rows: Iterable[Institutionalization], since: date | None) -> None:
    keys = [row.pk for row in rows]
    Institutionalization.objects.filter(pk__in=keys).update(stale_since=since, version=F("version") + 1)


def _mark_sets(sets: Any, day: date, *, by: Any, at: datetime) -> None:
    """A decision on several parts is bound to all of them."""
    for row in sets.select_related("task").prefetch_related("parts__instrument"):
        is_stale = hash_of_set(row.level, row.parts.all()) != row.content_hash
        if is_stale != (row.stale_since is not None):
            row.stale_since = day if is_stale else None
            row.save(update_fields=["stale_since"])
            kind = "evidence.joint_stale" if is_stale else "evidence.joint_as_verified"
            history.record(kind, row, by=by, at=at, task=row.task, after={"level": row.level})
