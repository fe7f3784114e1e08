"""Evidence that a task became a rule: declared by a body, verified by somebody else against what they saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from tracker.choices import Coverage, EvidenceState, Rank, TaskKind
from tracker.clock import local_day
from tracker.errors import Conflict, Stale, refuse
from tracker.models import Body, Institutionalization, Instrument, Task, TaskLevel
from tracker.policies import require
from tracker.rules.articles import Spans, carried, told
from tracker.rules.citations import UnreadArticles, parse_articles
from tracker.rules.instruments import level_of_rank
from tracker.services import clocks, history, notices
from tracker.services.evidence import settle_evidence
from tracker.services.staleness import hash_of, mark


@transaction.atomic
def declare(task: Task, instrument: Instrument, *, by: Any, at: datetime, **facts: Any) -> Institutionalization:
    """Declare that `instrument` makes `task` a rule at a level. It counts only once somebody else has verified it.

    `facts` are level, body, on, articles (a citation such as "Điều 5–7, khoản 2 Điều 9"; none: the whole instrument),
    coverage, note_vi, note_en, source, is_illustration and continues. Raises ValidationError that names the field.
    """
    require(by, "evidence.declare", task)
    clocks.settle(Task.objects.filter(pk=task.pk), through=local_day(at), at=at)
    evidence = _declared(task, instrument, by=by, at=at, **facts)
    clocks.wind([task.pk], at=at, cause=f"evidence:{evidence.pk}")
    return evidence


def _declared(
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
    if task.kind == TaskKind.OBJECTIVE:
        raise refuse(task=_("An objective or principle is not institutionalized by one instrument."))
    evidence = _returned(task, instrument, level) or Institutionalization(
        task=task, instrument=instrument, level=level, recorded_at=at
    )
    evidence.state, evidence.version = EvidenceState.DECLARED, evidence.version + 1 if evidence.pk else 1
    values = {"articles": cited(articles), "coverage": coverage, "body": body, "declared_by": by, **texts}
    for name, value in {**values, "declared_on": on or local_day(at)}.items():
        setattr(evidence, name, value)
    if error := _rank_error(task, level, instrument):
        raise error
    evidence.full_clean(exclude=["declared_by"])
    evidence.save()
    after = history.values_of(evidence, "instrument", "level", "articles", "coverage")
    history.record("evidence.declared", evidence, by=by, at=at, on=evidence.declared_on, task=task, after=after)
    return evidence


def spans_of(articles: str, *, field: str = "articles") -> Spans:
    """Return the ranges that a citation names; raise ValidationError on `field` where it cannot be read."""
    try:
        return parse_articles(articles)
    except UnreadArticles as error:
        message = _("“%(part)s” is not understood: write it as Điều 5–7, khoản 2 Điều 9.")
        raise refuse(**{field: message % {"part": error.part[:60]}}) from error


def cited(articles: str) -> str:
    """Return the citation with single spaces; raise ValidationError on `articles` where it cannot be read."""
    spans_of(articles)
    return " ".join(articles.split())


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


def carry_over(
    rows: Iterable[Institutionalization],
    successor: Instrument,
    pairs: Sequence[tuple[Spans, Spans]],
    *,
    by: Any,
    at: datetime,
) -> list[Institutionalization]:
    """Declare on `successor` what `rows` lean on and `pairs` continue; somebody else verifies it.

    Left out is what the successor was declared for already, and where its rank is not enough. The caller winds the
    clocks.
    """
    known = set(Institutionalization.objects.filter(instrument=successor).values_list("task", "level"))
    found = []
    for row in rows:
        spans = carried(row.spans, pairs)
        is_known = (row.task_id, row.level) in known
        if spans is None or is_known or _rank_error(row.task, row.level, successor):
            continue
        with translation.override("vi"):
            articles = told(spans)
        facts: dict[str, Any] = {"level": row.level, "articles": articles, "coverage": row.coverage, "body": row.body}
        found.append(_declared(row.task, successor, by=by, at=at, continues=row, **facts))
    return found


def _rank_error(task: Task, level: str, instrument: Instrument) -> ValidationError | None:
    row = TaskLevel.objects.filter(task=task, level=level).first()
    if row is None:
        return refuse(level=_("The task need not reach this level: choose one of its levels."))
    if row.accepted_ranks and instrument.rank not in row.accepted_ranks:
        accepted = ", ".join(str(Rank(rank).label) for rank in row.accepted_ranks)
        return refuse(instrument=_("At this level the task needs one of: %(ranks)s.") % {"ranks": accepted})
    return None


def change(
    evidence: Institutionalization, *, articles: str, coverage: str, by: Any, at: datetime, version: int
) -> Institutionalization:
    """Correct what was declared. Where it was verified, the verification is stale until somebody verifies it again.

    Raises ValidationError that names the field, Stale where `version` is no longer the current one.
    """
    require(by, "evidence.change", evidence)
    if evidence.state not in (EvidenceState.DECLARED, EvidenceState.VERIFIED):
        raise Conflict(_("This evidence is %(state)s by now.") % {"state": evidence.get_state_display().lower()})
    fields = {"articles": cited(articles), "coverage": coverage}
    with clocks.changing(evidence.task, at=at, cause=f"evidence:{evidence.pk}"):
        rows = Institutionalization.objects.filter(pk=evidence.pk)
        before = history.values_of(evidence, *fields)
        # Whoever corrects it declares it: they cannot verify their own words.
        changes = {**fields, "declared_by": by, "declared_on": local_day(at)}
        for name, value in fields.items():
            setattr(evidence, name, value)
        evidence.clean_fields()
        if not rows.filter(version=version).update(version=F("version") + 1, **changes):
            raise Stale(rows.values_list("version", flat=True).get())
        evidence.refresh_from_db()
        history.record("evidence.changed", evidence, by=by, at=at, task=evidence.task, before=before, after=fields)
        mark(rows, by=by, at=at)
        settle_evidence(Task.objects.filter(pk=evidence.task_id), day=local_day(at), at=at)
    evidence.refresh_from_db()
    return evidence


def verify(
    evidence: Institutionalization, *, by: Any, at: datetime, note: str = "", version: int | None = None
) -> Institutionalization:
    """Verify what was declared, or what has changed since it was verified, bound to what was seen.

    The stage of the task follows from it. Raises Conflict where it has been decided by now, Stale where `version` is
    no longer the current one.
    """
    require(by, "evidence.verify", evidence)
    if error := _rank_error(evidence.task, evidence.level, evidence.instrument):
        raise error
    seen = hash_of(evidence)
    with clocks.changing(evidence.task, at=at, cause=f"evidence:{evidence.pk}"):
        decision = {"verified_by": by, "verified_on": local_day(at), "content_hash": seen, "stale_since": None}
        _decide(evidence, EvidenceState.VERIFIED, by=by, at=at, note=note, version=version, **decision)
        settle_evidence(Task.objects.filter(pk=evidence.task_id), day=local_day(at), at=at)
    return evidence


def send_back(
    evidence: Institutionalization, *, by: Any, at: datetime, note: str, version: int | None = None
) -> Institutionalization:
    """Return what was declared, or what has changed since it was verified, with the reason."""
    require(by, "evidence.verify", evidence)
    if not note.strip():
        raise refuse(note=_("Say what is missing, so that the body can mend it."))
    with clocks.changing(evidence.task, at=at, cause=f"evidence:{evidence.pk}"):
        return _decide(evidence, EvidenceState.RETURNED, by=by, at=at, note=note, version=version)


def _decide(
    evidence: Institutionalization,
    state: EvidenceState,
    *,
    by: Any,
    at: datetime,
    note: str,
    version: int | None,
    **fields: Any,
) -> Institutionalization:
    rows = Institutionalization.objects.awaiting_verification().filter(pk=evidence.pk)
    expected = rows if version is None else rows.filter(version=version)
    changed = expected.update(state=state, decision_note=note.strip(), version=F("version") + 1, **fields)
    evidence.refresh_from_db()
    if not changed:
        if version is not None and evidence.version != version:
            raise Stale(evidence.version)
        raise Conflict(_("This evidence has been decided by now."))
    after = {"state": state, "content_hash": evidence.content_hash}
    kind = f"evidence.{state}"
    history.record(kind, evidence, by=by, at=at, task=evidence.task, after=after, why=note.strip())
    notices.evidence_decided(evidence, at=at)
    return evidence
