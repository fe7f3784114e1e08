"""Every page that a person can open: its route, who opens it, and where it is in the demonstration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.urls import reverse

from accounts.models import User
from tracker.boards.four_cell import Wanted
from tracker.choices import (
    Clock,
    DeliveryState,
    DueRule,
    EvidenceState,
    ExtensionState,
    Level,
    MessageKind,
    ReportState,
    Stage,
    Whom,
)
from tracker.clock import local_day, now
from tracker.models import (
    Body,
    Cascade,
    Consultation,
    DetailingDuty,
    Dispute,
    Extension,
    Flag,
    FrozenReport,
    Institutionalization,
    Instrument,
    InstrumentPhase,
    Message,
    Obstacle,
    Policy,
    ProgressReport,
    Resolution,
    Responsibility,
    SavedFilter,
    Task,
    Urging,
)
from tracker.policies import may, reporting_body_ids
from tracker.services import (
    cascades,
    corrections,
    frozen,
    institutionalizations,
    instruments,
    policies,
    saved_filters,
    webhooks,
)

Where = Callable[[], dict[str, Any]]


def _official() -> User:
    return User.objects.get(username="official")


def _webhook() -> dict[str, Any]:
    """One with each state of a message, and a try."""
    facts: dict[str, Any] = {"by": _official(), "at": now()}
    row, _secret = webhooks.make(owner=_official(), name="Data hub", url="https://hooks.example.vn/in", **facts)
    for state in DeliveryState:
        message = webhooks.ping(row, **facts)
        message.tries.create(at=now(), milliseconds=120, status=500, said="No room for more")
        row.deliveries.filter(pk=message.pk).update(state=state)
    return {"pk": row.pk}


def _task() -> dict[str, Any]:
    """The task on which most happened."""
    rows = [task for task in Task.objects.all() if may(_official(), "report.write", task)]
    return {"pk": max(rows, key=lambda task: task.events.count()).pk}


def _reportable() -> dict[str, Any]:
    mine = [task for task in Task.objects.open() if reporting_body_ids(_official(), task)]
    return {"pk": next(task.pk for task in mine if not task.reports.filter(state=ReportState.DRAFT).exists())}


def _submitted() -> dict[str, Any]:
    return {"pk": ProgressReport.objects.filter(state=ReportState.SUBMITTED).earliest("pk").pk}


def _draft() -> dict[str, Any]:
    body = _official().memberships.get().body
    return {"pk": ProgressReport.objects.filter(state=ReportState.DRAFT, body=body).earliest("pk").pk}


def _declared() -> dict[str, Any]:
    return {"pk": Institutionalization.objects.filter(state=EvidenceState.DECLARED).earliest("pk").pk}


def _flag() -> dict[str, Any]:
    return {"pk": Flag.objects.filter(closed_on=None, acknowledged_at=None).earliest("pk").pk}


def _own_flag() -> dict[str, Any]:
    """A flag on which the official may remark."""
    return {"pk": next(flag.pk for flag in Flag.objects.open() if may(_official(), "flag.remark", flag))}


def _frozen() -> dict[str, Any]:
    """The second of two reports, so that it says what changed since the first."""
    report = FrozenReport.objects.exclude(previous=None).first()
    if report is None:
        at, by = now(), User.objects.get(username="commission")
        for day in (local_day(at) - timedelta(days=40), local_day(at)):
            report = frozen.freeze(Wanted(day=day), group="body", by=by, at=at)
    return {"pk": report.pk}


def _suspended() -> dict[str, Any]:
    return {"pk": Task.objects.filter(stage=Stage.SUSPENDED).earliest("pk").pk}


def _started() -> dict[str, Any]:
    return {"pk": Task.objects.get(code="3.8").pk}


def _cascade() -> dict[str, Any]:
    """One that lacks a unit."""
    row = Cascade.objects.first()
    if row is None:
        at, level = now(), Level.COMMUNE
        task, left = Task.objects.get(code="3.8"), Body.objects.get(code="MHA1")
        facts = {"whom": Whom.LEVEL, "level": level, "due_rule": DueRule.CALENDAR, "due_days": 90}
        row = Cascade(task=task, **facts, document="45-QĐ/TU", on=local_day(at))
        cascades.give(row, left_out=[left], by=None, at=at)
        row.named.all().delete()
    return {"pk": row.pk}


def _draft_of_rules() -> dict[str, Any]:
    """The draft of the next version of the default policy, stricter than the one in force."""
    draft = Policy.objects.filter(applied_at=None).first()
    if draft is None:
        draft, limits, steps = policies.copy_of(Policy.objects.get(code="default"))
        for limit in limits:
            limit.days = max(1, limit.days // 2)
        policies.draft(draft, limits=limits, steps=steps, by=None, at=now())
    return {"pk": draft.pk}


def _mail() -> dict[str, Any]:
    return {"pk": Message.objects.filter(user=_official(), kind=MessageKind.DIGEST).latest("pk").pk}


def _resolution() -> dict[str, Any]:
    return {"code": max(Resolution.objects.all(), key=lambda row: row.provisions.count()).code}


def _followed() -> dict[str, Any]:
    """The instrument whose life the demonstration tells."""
    return {"pk": Instrument.objects.filter(phases__isnull=False).earliest("pk").pk}


def _phase() -> dict[str, Any]:
    return {**_followed(), "row": InstrumentPhase.objects.filter(instrument=_followed()["pk"]).latest("pk").pk}


def _owed() -> dict[str, Any]:
    return {"pk": DetailingDuty.objects.earliest("pk").pk}


def _in_parts() -> dict[str, Any]:
    """A task with two pieces of evidence that were verified in part."""
    task = Task.objects.filter(stage="drafting", levels__isnull=False, parent=None).earliest("pk")
    level = task.levels.earliest("pk")
    rank = next(iter(level.accepted_ranks), "law")
    for number in ("901", "902"):
        instrument = Instrument(number=f"{number}/2026/NĐ-CP", rank=rank, title_vi="Văn bản minh họa", title_en="Text")
        instrument.signed_on = instrument.in_force_on = local_day(now())
        instruments.register(instrument, by=None, at=now())
        facts = {"level": level.level, "coverage": "partial", "at": now()}
        official, verifier = (User.objects.get(username=name) for name in ("official", "commission"))
        part = institutionalizations.declare(task, instrument, by=None, **facts)
        Institutionalization.objects.filter(pk=part.pk).update(declared_by=official)
        institutionalizations.verify(Institutionalization.objects.get(pk=part.pk), by=verifier, at=now())
    return {"pk": task.pk, "level": level.level}


def _leaned_on() -> dict[str, Any]:
    return {"pk": max(Instrument.objects.all(), key=lambda row: row.institutionalizations.count()).pk}


def _filter() -> dict[str, Any]:
    owner = User.objects.get(username="commission")
    kept = SavedFilter.objects.filter(owner=owner).first()
    name = "Chậm từ 30 ngày"
    return {"pk": (kept or saved_filters.save("overdue", name=name, query={"age": "30"}, by=owner, at=now())).pk}


def nowhere() -> dict[str, Any]:
    return {}


def _dispute() -> dict[str, Any]:
    return {"pk": Dispute.objects.open().earliest("pk").pk}


def _accepted() -> dict[str, Any]:
    body = _official().memberships.get().body
    return {"pk": ProgressReport.objects.filter(state=ReportState.ACCEPTED, body=body).earliest("pk").pk}


def _moved() -> dict[str, Any]:
    """A task whose latest change of stage can be corrected."""
    return {"pk": next(task.pk for task in Task.objects.open().order_by("pk") if corrections.latest_stage(task))}


def _history_of(task: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "task", "key": str(task["pk"])}


# Route → who opens it ("" is nobody) and its arguments.
PAGES: dict[str, tuple[str, Where]] = {
    "desk": ("official", nowhere),
    "search": ("official", nowhere),
    "task_list": ("commission", nowhere),
    "task": ("official", _task),
    "resolution_list": ("commission", nowhere),
    "resolution": ("commission", _resolution),
    "body_list": ("commission", nowhere),
    "body": ("commission", lambda: {"code": "BNV"}),
    "cadre": ("editor", lambda: {"code": "CB-official"}),
    "instrument_list": ("commission", nowhere),
    "instrument": ("editor", _followed),
    "instrument_new": ("official", nowhere),
    "instrument_edit": ("editor", _followed),
    "instrument_file_new": ("editor", _followed),
    "phase_new": ("editor", _followed),
    "phase_correct": ("editor", _phase),
    "consultation_new": ("editor", _followed),
    "consultation_edit": ("editor", lambda: {"pk": Consultation.objects.earliest("pk").pk}),
    "calendar_list": ("commission", nowhere),
    "calendar": ("commission", lambda: {"code": "VN"}),
    "calendar_draft": ("editor", lambda: {"code": "VN"}),
    "calendar_new": ("editor", nowhere),
    "matrix": ("commission", nowhere),
    "coverage": ("commission", nowhere),
    "overview": ("commission", nowhere),
    "figures": ("commission", nowhere),
    "frozen_list": ("commission", nowhere),
    "frozen_report": ("commission", _frozen),
    "flag_remark": ("official", _own_flag),
    "policy_list": ("commission", nowhere),
    "policy": ("editor", _draft_of_rules),
    "policy_new": ("editor", nowhere),
    "policy_edit": ("editor", _draft_of_rules),
    "overdue": ("commission", nowhere),
    "flag_acknowledge": ("commission", _flag),
    "flag_snooze": ("commission", _flag),
    "review": ("commission", nowhere),
    "review_evidence": ("commission", nowhere),
    "review_extensions": ("commission", nowhere),
    "review_obstacles": ("commission", nowhere),
    "lapsed": ("commission", nowhere),
    "unowned": ("commission", nowhere),
    "queue_decided": ("commission", nowhere),
    "filter_edit": ("commission", _filter),
    "extension_new": ("official", _started),
    "extension": ("commission", lambda: {"pk": Extension.objects.filter(state=ExtensionState.ASKED).earliest("pk").pk}),
    "obstacle_new": ("official", _started),
    "obstacle_end": ("official", lambda: {"pk": Obstacle.objects.open().filter(declared_body__code="BNV").get().pk}),
    "body_submission": ("deputy", lambda: {"code": "BNV"}),
    "report_correct": ("official", _accepted),
    "dispute_list": ("editor", nowhere),
    "dispute_new": ("official", _started),
    "dispute": ("editor", _dispute),
    "corrections": ("editor", _started),
    "correct_stage": ("editor", _moved),
    "correct_deadline": ("editor", _started),
    "correct_suspension": ("editor", _suspended),
    "correct_cell": ("editor", lambda: {"pk": Responsibility.objects.filter(valid_to=None).earliest("pk").pk}),
    "cascade_new": ("editor", _started),
    "cascade": ("editor", _cascade),
    "task_suspend": ("editor", _started),
    "task_withdraw": ("editor", _started),
    "task_resume": ("editor", _suspended),
    "task_explain": ("official", _started),
    "urging_list": ("commission", nowhere),
    "urging_new": ("commission", nowhere),
    "urging": ("commission", lambda: {"pk": Urging.objects.earliest("pk").pk}),
    "system": ("admin", nowhere),
    "evidence_new": ("official", _reportable),
    "evidence_edit": ("editor", _declared),
    "evidence_joint": ("commission", _in_parts),
    "evidence_decide": ("commission", _declared),
    "instrument_end": ("editor", _leaned_on),
    "legal_debt": ("commission", nowhere),
    "detailing": ("editor", _owed),
    "detailing_new": ("editor", _leaned_on),
    "detailing_edit": ("editor", _owed),
    "detailing_progress": ("editor", _owed),
    "report": ("commission", _submitted),
    "report_new": ("official", _reportable),
    "report_edit": ("official", _draft),
    "history_object": ("commission", lambda: _history_of(_task())),
    "history_values": ("commission", lambda: _history_of(_task())),
    "history_body": ("commission", lambda: {"code": "BNV"}),
    "history_cadre": ("commission", lambda: {"code": "CB-official"}),
    "history_heads": ("official", nowhere),
    "mail_list": ("official", nowhere),
    "token_list": ("official", nowhere),
    "webhook_list": ("official", nowhere),
    "webhook": ("official", _webhook),
    "mail": ("official", _mail),
    "system_mails": ("admin", nowhere),
    "home": ("admin_of_nothing", nowhere),
    "account_login": ("", nowhere),
    "account_signup": ("", nowhere),
    "account_reset_password": ("", nowhere),
    "account_reset_password_done": ("", nowhere),
    "account_reset_password_from_key": ("", lambda: {"uidb36": "1", "key": "wrong"}),
    "account_reset_password_from_key_done": ("", nowhere),
    "account_inactive": ("", nowhere),
    "account_email_verification_sent": ("", nowhere),
    "account_confirm_email": ("", lambda: {"key": "wrong"}),
    "account_logout": ("official", nowhere),
    "account_reauthenticate": ("official", nowhere),
    "account_email": ("official", nowhere),
    "account_change_password": ("official", nowhere),
    "mfa_index": ("official", nowhere),
    "mfa_list_webauthn": ("official", nowhere),
    "socialaccount_connections": ("official", nowhere),
    "socialaccount_login_cancelled": ("", nowhere),
}
# Reached by the table of access with 200, and no page of this kind.
NO_PAGES = {
    "health": "JSON",
    "health_live": "one word",
    "health_ready": "one word",
    "attachment": "a download",
    "instrument_file": "a download",
    "urging_document": "a download",
    "figures_file": "a download",
    "frozen_file": "a download",
}
QUERIES: dict[str, Callable[[], str]] = {
    "search": lambda: "?q=dan+van",
    "policy_list": lambda: "?task=2.7a",
    "figures": lambda: "?by=body",
    "policy": lambda: "?simulate=1",
    "urging_new": lambda: (
        "?"
        + "&".join(f"flag={pk}" for pk in Flag.objects.open().filter(clock=Clock.DUE).values_list("pk", flat=True)[:5])
    ),
}


def address(name: str) -> str:
    """Return where a page is now."""
    return reverse(name, kwargs=PAGES[name][1]()) + QUERIES.get(name, str)()
