"""Evidence that a task became a rule: declared by a body, verified by somebody else against what they saw."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import Coverage, EvidenceState, Rank, TaskKind
from tracker.clock import local_day
from tracker.errors import Conflict, refuse
from tracker.models import Body, Institutionalization, Instrument, Task, TaskLevel
from tracker.policies import require
from tracker.rules.evidence import content_hash
from tracker.rules.instruments import level_of_rank
from tracker.services import clocks, history, notices
from tracker.services.evidence import settle_evidence


@transaction.atomic
def declare(
    task: Task,
    instrument: Instrument,
    *,
    level: str,
    by: Any,
    at: datetime,
    body: Body | None = None,
    on: date | None = None,
    articles: str = "",
    coverage: str = Coverage.FULL,
    **texts: Any,
) -> Institutionalization:
    """Declare that `instrument` makes `task` a rule at `level`. It counts only once somebody else has verified it.

    `texts` are note_vi, note_en, source and is_illustration.
    """
    require(by, "evidence.declare", task)
    if task.kind == TaskKind.OBJECTIVE:
        raise refuse(task=_("An objective or principle is not institutionalized by one instrument."))
    evidence = _returned(task, instrument, level) or Institutionalization(
        task=task, instrument=instrument, level=level, recorded_at=at
    )
    evidence.state, evidence.version = EvidenceState.DECLARED, evidence.version + 1 if evidence.pk else 1
    values = {"articles": articles, "coverage": coverage, "body": body, "declared_by": by, **texts}
    for name, value in {**values, "declared_on": on or local_day(at)}.items():
        setattr(evidence, name, value)
    _check_rank(evidence)
    evidence.full_clean(exclude=["declared_by"])
    evidence.save()
    after = history.values_of(evidence, "instrument", "level", "articles", "coverage")
    history.record("evidence.declared", evidence, by=by, at=at, on=evidence.declared_on, task=task, after=after)
    clocks.wind([task.pk], at=at, cause=f"evidence:{evidence.pk}")
    return evidence


def _returned(task: Task, instrument: Instrument, level: str) -> Institutionalization | None:
    """What was returned is declared anew on its own row; the history keeps both declarations and the return."""
    rows = Institutionalization.objects.filter(task=task, instrument=instrument, level=level)
    found: Institutionalization | None = rows.filter(state=EvidenceState.RETURNED).first()
    return found


def declare_all_levels(
    task: Task, instrument: Instrument, *, articles: str, body: Body, by: Any, at: datetime
) -> list[Institutionalization]:
    """Declare the instrument at each level of the task that it serves and where it is not declared yet."""
    rows = task.institutionalizations.filter(instrument=instrument).exclude(state=EvidenceState.RETURNED)
    known = set(rows.values_list("level", flat=True))
    own = level_of_rank(Rank(instrument.rank))
    levels = [row.level for row in task.levels.all() if row.level not in known and own in (None, row.level)]
    return [declare(task, instrument, level=level, articles=articles, body=body, by=by, at=at) for level in levels]


def _check_rank(evidence: Institutionalization) -> None:
    row = TaskLevel.objects.filter(task=evidence.task, level=evidence.level).first()
    if row is None:
        raise refuse(level=_("The task need not reach this level: choose one of its levels."))
    if row.accepted_ranks and evidence.instrument.rank not in row.accepted_ranks:
        accepted = ", ".join(str(Rank(rank).label) for rank in row.accepted_ranks)
        raise refuse(instrument=_("At this level the task needs one of: %(ranks)s.") % {"ranks": accepted})


def verify(evidence: Institutionalization, *, by: Any, at: datetime, note: str = "") -> Institutionalization:
    """Verify what was declared, bound to what was seen. The stage of the task follows from it."""
    require(by, "evidence.verify", evidence)
    _check_rank(evidence)
    seen = hash_of(evidence)
    with clocks.changing(evidence.task, at=at, cause=f"evidence:{evidence.pk}"):
        _decide(
            evidence,
            EvidenceState.VERIFIED,
            by=by,
            at=at,
            note=note,
            verified_by=by,
            verified_on=local_day(at),
            content_hash=seen,
        )
        settle_evidence(Task.objects.filter(pk=evidence.task_id), day=local_day(at), at=at)
    return evidence


def send_back(evidence: Institutionalization, *, by: Any, at: datetime, note: str) -> Institutionalization:
    """Return what was declared, with the reason."""
    require(by, "evidence.verify", evidence)
    if not note.strip():
        raise refuse(note=_("Say what is missing, so that the body can mend it."))
    with clocks.changing(evidence.task, at=at, cause=f"evidence:{evidence.pk}"):
        return _decide(evidence, EvidenceState.RETURNED, by=by, at=at, note=note)


def hash_of(evidence: Institutionalization) -> str:
    """Return the SHA-256 of what a verifier sees now: the instrument, the articles, the coverage."""
    instrument = evidence.instrument
    return content_hash(
        number=instrument.number,
        rank=instrument.rank,
        title=instrument.title_vi,
        signed_on=instrument.signed_on,
        in_force_on=instrument.in_force_on,
        articles=evidence.articles,
        coverage=evidence.coverage,
    )


def _decide(
    evidence: Institutionalization, state: EvidenceState, *, by: Any, at: datetime, note: str, **fields: Any
) -> Institutionalization:
    rows = Institutionalization.objects.filter(pk=evidence.pk, state=EvidenceState.DECLARED)
    if not rows.update(state=state, decision_note=note.strip(), version=F("version") + 1, **fields):
        raise Conflict(_("This evidence has been decided by now."))
    evidence.refresh_from_db()
    after = {"state": state, "content_hash": evidence.content_hash}
    kind = f"evidence.{state}"
    history.record(kind, evidence, by=by, at=at, task=evidence.task, after=after, why=note.strip())
    notices.evidence_decided(evidence, at=at)
    return evidence
