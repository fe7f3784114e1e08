"""Urging: the commission selects late flags and writes one letter to each accountable body, numbered and frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from tracker.boards.overdue import OverdueRow, rows_of
from tracker.choices import COMMISSION_CLOCKS, BodyKind, Level
from tracker.clock import local_day
from tracker.errors import Conflict, refuse
from tracker.models import Body, Obstacle, ProgressReport, Resolution, Task, Urging, UrgingItem
from tracker.policies import urging_body_id
from tracker.rules.letters import STANDING, LateTask, Letter, Office, cited, content, short
from tracker.services import history

MOST_FLAGS = 200
MOST_DAYS_TO_ANSWER = 366
REASON_LENGTH = 200
NOT_YET = {"answered_on__isnull": True}


@dataclass(frozen=True)
class Draft:
    """What one body would be told: its late tasks as rows of the annex, and the flags behind each, by task."""

    body: Body
    rows: list[LateTask]
    flags: dict[int, list[OverdueRow]]

    @property
    def flag_ids(self) -> list[int]:
        return [row.flag.pk for rows in self.flags.values() for row in rows]


@dataclass(frozen=True)
class Preview:
    """The letters that a selection would make, and why some of it can be in none: sentences that name the tasks."""

    sender_id: int
    drafts: list[Draft]
    refused: list[str]


def preview(flags: Any, *, day: date, by: Any) -> Preview:
    """Return one draft a body that is accountable on `day`, for the flags of the queryset `flags`. Five queries.

    Raises PermissionDenied when a body lies outside the jurisdiction of `by`; what is refused otherwise is told.
    """
    # The letter is Vietnamese whoever writes it: what the boards say in words must be too.
    with override("vi"):
        chosen = flags.select_related("task__provision")
        rows = rows_of(chosen, day, order=("task__resolution", "task__position", "task", "since"), limit=MOST_FLAGS)
        reasons = _reasons(rows)
    fit = [row for row in rows if not _objection(row, day, None)]
    bodies = {row.body.pk: row.body for row in fit if row.body}
    sender = _sender_of(by, bodies.values())
    good = [row for row in fit if not _objection(row, day, sender)]
    urged = _urged([row.flag.task_id for row in good])
    drafts = [
        _draft(body, [row for row in good if row.body == body], reasons, urged)
        for body in sorted(bodies.values(), key=lambda body: (body.name_sort, body.pk))
    ]
    return Preview(sender, [draft for draft in drafts if draft.rows], _refusals(rows, day, sender))


def issue(
    flags: Any,
    *,
    answer_by: date,
    place: str,
    signer_title: str,
    signer_name: str,
    render: Callable[[dict[str, Any]], bytes],
    by: Any,
    at: datetime,
    note: str = "",
) -> list[Urging]:
    """Issue one letter a body, all of them or none, numbered without a gap within the sender's year.

    `render` makes the document of a letter's content. Raises ValidationError where a flag can be in no letter, and
    Conflict where one was urged today already: a form sent twice makes one letter.
    """
    day = local_day(at)
    _check_answer_by(answer_by, day)
    with transaction.atomic():
        found = preview(flags, day=day, by=by)
        if found.refused or not found.drafts:
            raise ValidationError({"flags": found.refused or [_("Choose at least one late task to urge.")]})
        sender = _locked(found.sender_id)
        _check_fresh(found.drafts, sender, day)
        number = _last_number(sender, day.year)
        facts = {"place": place, "signer_title": signer_title, "signer_name": signer_name, "note": note}
        return [
            _write(draft, _letter(draft, sender, number + extra, day, answer_by, facts), sender, render, by=by, at=at)
            for extra, draft in enumerate(found.drafts, 1)
        ]


def answered(report: ProgressReport, *, by: Any, at: datetime) -> int:
    """Note that `report`, just submitted, answers the letters that urge its body about its task. One UPDATE."""
    items = UrgingItem.objects.filter(task=report.task_id, urging__body=report.body_id, **NOT_YET)
    waiting = items.filter(urging__issued_on__lte=report.submitted_on)
    changed = waiting.update(answered_on=report.submitted_on, report=report)
    if changed:
        history.record("urging.answered", report, by=by, at=at, task=report.task, after={"items": changed})
    return changed


def _sender_of(by: Any, bodies: Iterable[Body]) -> int:
    """For which body `by` writes to all of `bodies`; the system itself writes no letters."""
    sender = urging_body_id(by, bodies)
    if sender is None:
        raise PermissionDenied(_("Your duty does not allow this."))
    return sender


def _objection(row: OverdueRow, day: date, sender: int | None) -> str:
    """Why a flag can be in no letter of `sender`; empty where it can."""
    if not row.flag.is_late_on(day):
        return _("no longer late, or not late yet")
    if row.flag.clock in COMMISSION_CLOCKS:
        return _("waits on a decision of the commission itself")
    if row.body is None:
        return _("no body is accountable today: assign one first")
    return _("the commission is accountable itself") if row.body.pk == sender else ""


def _refusals(rows: Iterable[OverdueRow], day: date, sender: int | None) -> list[str]:
    why: dict[str, list[str]] = {}
    for row in rows:
        if objection := _objection(row, day, sender):
            why.setdefault(objection, []).append(row.flag.task.code)
    return [
        _("Cannot be urged (%(why)s): %(tasks)s") % {"why": text, "tasks": ", ".join(dict.fromkeys(codes))}
        for text, codes in why.items()
    ]


def _reasons(rows: list[OverdueRow]) -> dict[int, str]:
    """By task: the stage it is in, the body it waits on, and why each of its flags stands. One query."""
    waits: dict[int, list[str]] = {}
    tasks = {row.flag.task_id: row.flag.task for row in rows}
    for row in Obstacle.objects.open().filter(task__in=tasks).select_related("body"):
        facts = {"body": row.body.name_vi, "day": short(row.since), "why": row.reason[:REASON_LENGTH]}
        waits.setdefault(row.task_id, []).append(_("Waits on %(body)s since %(day)s: %(why)s.") % facts)
    found = {}
    for pk, task in tasks.items():
        stage = _("In the stage “%(stage)s” since %(day)s.") % {
            "stage": task.get_stage_display(),
            "day": short(task.stage_since),
        }
        why = [row.why for row in rows if row.flag.task_id == pk]
        found[pk] = " ".join(dict.fromkeys([stage, *waits.get(pk, []), *why]))
    return found


def _urged(task_ids: Iterable[int]) -> dict[int, int]:
    """In how many letters each task was urged before. One query."""
    rows = UrgingItem.objects.filter(task__in=list(task_ids)).order_by().values_list("task")
    return dict(rows.annotate(Count("urging", distinct=True)))


def _draft(body: Body, rows: list[OverdueRow], reasons: dict[int, str], urged: dict[int, int]) -> Draft:
    flags: dict[int, list[OverdueRow]] = {}
    for row in rows:
        flags.setdefault(row.flag.task_id, []).append(row)
    late = [_late(own, reason=reasons[pk], urged=urged.get(pk, 0)) for pk, own in flags.items()]
    return Draft(body, late, flags)


def _late(rows: list[OverdueRow], *, reason: str, urged: int) -> LateTask:
    """The row of the annex for a task, from its flags."""
    task = rows[0].flag.task
    return LateTask(
        task_id=task.pk,
        code=task.code,
        title=task.title_vi,
        document=_document(task),
        provision=task.provision.label if task.provision else "",
        due_on=short(task.effective_due_on) if task.effective_due_on else STANDING,
        days_late=max(0, *(row.days_late for row in rows)),
        reason=reason,
        urged=urged,
    )


def _document(task: Task) -> str:
    resolution: Resolution = task.resolution
    return cited(resolution.kind, resolution.number, resolution.title_vi, resolution.signed_on)


def _check_answer_by(answer_by: date, day: date) -> None:
    if not day <= answer_by <= day + timedelta(days=MOST_DAYS_TO_ANSWER):
        raise refuse(answer_by=_("Give a day from today to a year from now."))


def _locked(body_id: int) -> Body:
    """Lock the sender: of two who issue at once the second counts on. Numbers have no gap, for they roll back too."""
    rows = Body.objects.select_for_update(of=("self",), no_key=True).select_related("parent__parent")
    return rows.get(pk=body_id)


def _check_fresh(drafts: list[Draft], sender: Body, day: date) -> None:
    chosen = [pk for draft in drafts for pk in draft.flag_ids]
    same_day = UrgingItem.objects.filter(flag__in=chosen, urging__sender=sender, urging__issued_on=day)
    if codes := list(same_day.order_by("task__code").values_list("task__code", flat=True).distinct()):
        raise Conflict(_("Urged today already: %(tasks)s.") % {"tasks": ", ".join(codes)})


def _last_number(sender: Body, year: int) -> int:
    return Urging.objects.filter(sender=sender, year=year).aggregate(last=Max("number"))["last"] or 0


def _letter(draft: Draft, sender: Body, number: int, day: date, answer_by: date, facts: dict[str, str]) -> Letter:
    return Letter(
        sender=office_of(sender),
        addressee=draft.body.name_vi,
        number=number,
        issued_on=day,
        answer_by=answer_by,
        rows=draft.rows,
        **facts,
    )


def office_of(sender: Body) -> Office:
    """Return a body as the head of a document names it. Reads its parent and the one above."""
    return Office(kind=sender.kind, code=sender.code, name=sender.name_vi, above=_above(sender))


def _above(sender: Body) -> str:
    """The body over the sender's name. Ministries, and what stands at the top of a system, write without one."""
    parent = sender.parent
    if parent is None or parent.kind == BodyKind.SYSTEM:
        return ""
    is_top = parent.level == Level.CENTRAL and parent.parent is not None and parent.parent.kind == BodyKind.SYSTEM
    return "" if is_top and sender.kind == BodyKind.STATE else parent.short_vi or parent.name_vi


def _write(
    draft: Draft, letter: Letter, sender: Body, render: Callable[[dict[str, Any]], bytes], *, by: Any, at: datetime
) -> Urging:
    frozen = content(letter)
    document = render(frozen)
    urging = Urging(
        year=letter.issued_on.year,
        number=letter.number,
        sender=sender,
        body=draft.body,
        issued_on=letter.issued_on,
        answer_by=letter.answer_by,
        signer_title=letter.signer_title,
        signer_name=letter.signer_name,
        note=letter.note,
        content=frozen,
        document=document,
        sha256=hashlib.sha256(document).hexdigest(),
        by=by,
        recorded_at=at,
    )
    urging.full_clean()
    urging.save(force_insert=True)
    after = history.values_of(urging, "number", "year", "sender", "body", "answer_by", "sha256")
    history.record("urging.issued", urging, by=by, at=at, after=after)
    items = UrgingItem.objects.bulk_create(_items(draft, urging))
    history.record_many("task.urged", _one_a_task(items), by=by, at=at, fields=("urging", "days_late"))
    return urging


def _items(draft: Draft, urging: Urging) -> list[UrgingItem]:
    return [
        UrgingItem(urging=urging, position=place, task=row.flag.task, flag=row.flag, days_late=max(row.days_late, 0))
        for place, late in enumerate(draft.rows, 1)
        for row in draft.flags[late.task_id]
    ]


def _one_a_task(items: list[UrgingItem]) -> list[UrgingItem]:
    return list({item.task_id: item for item in items}.values())
