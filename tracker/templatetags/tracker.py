"""What the pages show of codes, days and numbers. Nothing here decides or reads the database."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from tracker import choices
from tracker.boards.cascades import label_of
from tracker.boards.ripple import Fate
from tracker.choices import (
    Consulted,
    DebtState,
    DeliveryState,
    DisputeState,
    EvidenceState,
    ExtensionState,
    FieldStatus,
    InstrumentStatus,
    MessageState,
    ReportState,
    Role,
    Stage,
)
from tracker.clock import local_day
from tracker.models import Task
from tracker.rules.articles import told
from tracker.rules.cascades import Place
from tracker.rules.status import due_status
from tracker.views.words import EVENT_WORDS

register = template.Library()

STATUS_LOOK = {
    FieldStatus.DONE_ON_TIME: ("done", "✓"),
    FieldStatus.DONE_LATE: ("risk", "◆"),
    FieldStatus.OPEN_IN_TIME: ("ok", "●"),
    FieldStatus.OPEN_OVERDUE: ("late", "▲"),
}
STAGE_LOOK = {
    Stage.ASSIGNED: ("idle", "○"),
    Stage.PLANNED: ("idle", "◔"),
    Stage.DRAFTING: ("ok", "◔"),
    Stage.CONSULTATION: ("ok", "◑"),
    Stage.APPRAISAL: ("ok", "◕"),
    Stage.PROMULGATED: ("ok", "●"),
    Stage.INSTITUTIONALIZED: ("done", "✓"),
    Stage.SUSPENDED: ("risk", "‖"),
    Stage.WITHDRAWN: ("idle", "×"),
}
STATE_LOOK = {
    ReportState.DRAFT: ("idle", "○"),
    ReportState.SUBMITTED: ("ok", "●"),
    ReportState.ACCEPTED: ("done", "✓"),
    ReportState.RETURNED: ("risk", "↩"),
}
EVIDENCE_LOOK = {
    EvidenceState.DRAFT: ("idle", "○"),
    EvidenceState.DECLARED: ("ok", "●"),
    EvidenceState.VERIFIED: ("done", "✓"),
    EvidenceState.RETURNED: ("risk", "↩"),
}
FATE_LOOK = {
    Fate.LAPSES: ("late", "▲"),
    Fate.CARRIED: ("risk", "△"),
    Fate.CONTINUED: ("done", "✓"),
    Fate.HELD: ("done", "✓"),
    Fate.NOT_COUNTED: ("idle", "○"),
}
DISPUTE_LOOK = {
    DisputeState.OPEN: ("risk", "●"),
    DisputeState.UPHELD: ("done", "✓"),
    DisputeState.REJECTED: ("idle", "×"),
    DisputeState.WITHDRAWN: ("idle", "↩"),
}
REQUEST_LOOK = {
    ExtensionState.ASKED: ("ok", "●"),
    ExtensionState.GRANTED: ("done", "✓"),
    ExtensionState.REFUSED: ("risk", "×"),
}
INSTRUMENT_LOOK = {
    InstrumentStatus.PREPARED: ("idle", "○"),
    InstrumentStatus.ISSUED: ("ok", "◔"),
    InstrumentStatus.IN_FORCE: ("done", "✓"),
    InstrumentStatus.ENDED: ("late", "×"),
}
CONSULTED_LOOK = {
    Consulted.NOT_NEEDED: ("idle", "○"),
    Consulted.TO_COME: ("idle", "○"),
    Consulted.HELD: ("done", "✓"),
    Consulted.UNASKED: ("late", "▲"),
    Consulted.UNKNOWN: ("idle", "?"),
}
DELIVERY_LOOK = {
    DeliveryState.QUEUED: ("idle", "◔"),
    DeliveryState.DELIVERED: ("done", "✓"),
    DeliveryState.FAILED: ("late", "▲"),
    DeliveryState.WITHHELD: ("idle", "×"),
}
MESSAGE_LOOK = {
    MessageState.QUEUED: ("idle", "◔"),
    MessageState.SENT: ("done", "✓"),
    MessageState.BOUNCED: ("late", "×"),
    MessageState.SET_ASIDE: ("late", "▲"),
}
SOURCE_WORDS = {"public": gettext_lazy("public record"), "demonstration": gettext_lazy("demonstration")}
ROLE_TONES = {Role.ACCOUNTABLE: "ok", Role.RESPONSIBLE: "ok", Role.LEADS: "risk", Role.SUPERVISES: "done"}


@register.filter
def day(value: date | datetime | None) -> str:
    """Return a local day: 23/11/2026, or 23 Nov 2026 in English; nothing for None."""
    if value is None or value == "":
        return ""
    local = local_day(value) if isinstance(value, datetime) else value
    return formats.date_format(local, "SHORT_DATE_FORMAT")


@register.filter
def last_day(value: date | None) -> str:
    """Return the last day of a half-open interval that ends at `value`."""
    return day(value - timedelta(days=1)) if value else ""


@register.filter
def label(code: str, kind: str) -> str:
    """Return the label of a code: `{{ flag.clock|label:"Clock" }}`; the code itself where it is unknown."""
    known = dict(getattr(choices, kind).choices)
    return str(known.get(code, code or ""))


@register.filter
def of(mapping: dict[Any, Any], key: Any) -> Any:
    """Return what `mapping` holds for `key`, or None: `{{ cells|of:task.pk }}`."""
    return mapping.get(key)


@register.filter
def cited(source: str) -> str:
    """Return where a row comes from, in words: paragraphs stay as they are, `public` and `demonstration` are told."""
    return ", ".join(str(SOURCE_WORDS.get(part, part)) for part in source.split(", "))


START_REASONS = {
    "deadline": gettext_lazy("assigned, with a written deadline"),
    "assigned": gettext_lazy("the day of assignment"),
    "resumed": gettext_lazy("the task goes on after a rest"),
    "stage": gettext_lazy("the present stage was entered"),
    "report": gettext_lazy("the last accepted report was submitted"),
    "unowned": gettext_lazy("nobody answers since then"),
    "lapsed": gettext_lazy("the last day on which the rule was in force"),
    "declared": gettext_lazy("evidence was declared"),
    "submitted": gettext_lazy("a report was submitted, or a question on it answered"),
    "asked": gettext_lazy("more time was asked for"),
}


@register.filter
def start_reason(code: str) -> str:
    """Return in words from what a clock counts."""
    return str(START_REASONS.get(code, code))


@register.filter
def in_language(names: tuple[str, str]) -> str:
    """Return the one of (English, Vietnamese) that the reader reads."""
    return names[0] if (get_language() or "vi").startswith("en") else names[1]


@register.filter
def event_words(kind: str) -> str:
    """Return what the history calls an event; its code where it is not known."""
    return str(EVENT_WORDS.get(kind, kind))


@register.filter
def workdays(number: int | None) -> str:
    """Return "12 working days"; nothing for None."""
    if number is None:
        return ""
    return ngettext("%(n)d working day", "%(n)d working days", number) % {"n": number}


@register.filter
def calendar_days(number: int | None) -> str:
    """Return "12 days"; nothing for None."""
    return "" if number is None else ngettext("%(n)d day", "%(n)d days", number) % {"n": number}


@register.simple_tag
def pill(tone: str, glyph: str, text: Any) -> SafeString:
    """Return a pill: glyph, words and colour, never colour alone."""
    return format_html(
        '<span class="pill tone-{}"><span class="pill-glyph" aria-hidden="true">{}</span>{}</span>', tone, glyph, text
    )


@register.simple_tag
def stage_pill(stage: str) -> SafeString:
    return pill(*STAGE_LOOK[Stage(stage)], Stage(stage).label)


@register.simple_tag
def status_pill(status: str) -> SafeString:
    return pill(*STATUS_LOOK[FieldStatus(status)], FieldStatus(status).label)


@register.simple_tag
def state_pill(state: str) -> SafeString:
    """Return the pill of a progress report's state."""
    return pill(*STATE_LOOK[ReportState(state)], ReportState(state).label)


@register.simple_tag
def request_pill(state: str) -> SafeString:
    """Return the pill of a request for more time."""
    return pill(*REQUEST_LOOK[ExtensionState(state)], ExtensionState(state).label)


@register.simple_tag
def evidence_pill(evidence: Any, today: date) -> SafeString:
    """Return the pill of evidence: its state, or that it has ended or changed since it was verified."""
    if evidence.ends_on is not None and evidence.ends_on <= today:
        return pill("idle", "◌", _("No longer holds"))
    if evidence.is_stale:
        return pill("risk", "△", _("Changed since verified"))
    return pill(*EVIDENCE_LOOK[EvidenceState(evidence.state)], evidence.get_state_display())


@register.simple_tag
def fate_pill(fate: str) -> SafeString:
    """Return the pill of what becomes of a task when an instrument ends."""
    return pill(*FATE_LOOK[Fate(fate)], Fate(fate).label)


@register.simple_tag
def debt_pill(standing: Any) -> SafeString:
    """Return the pill of a text that an instrument calls for."""
    state = DebtState(standing.state)
    if state == DebtState.ISSUED:
        return pill("done", "✓", state.label)
    return pill("late", "▲", state.label) if standing.days_late else pill("risk", "○", state.label)


@register.filter
def cited_articles(evidence: Any) -> str:
    """Return the articles of evidence in the reader's language."""
    return told(evidence.spans)


@register.simple_tag
def dispute_pill(state: str) -> SafeString:
    return pill(*DISPUTE_LOOK[DisputeState(state)], DisputeState(state).label)


@register.simple_tag
def report_pill(report: Any) -> SafeString:
    """Return the pill of a report: its state, or on whom within it the report waits."""
    if report.handed_at:
        return pill("ok", "◑", _("Awaits the leader"))
    if report.state == ReportState.SUBMITTED and report.review_since is None:
        return pill("risk", "?", _("Asked, awaits the answer"))
    return state_pill(report.state)


@register.simple_tag
def delivery_pill(state: str) -> SafeString:
    """Return the pill of the state of a webhook's message."""
    return pill(*DELIVERY_LOOK[DeliveryState(state)], DeliveryState(state).label)


@register.simple_tag
def message_pill(state: str) -> SafeString:
    """Return the pill of a mail's state."""
    return pill(*MESSAGE_LOOK[MessageState(state)], MessageState(state).label)


@register.simple_tag
def instrument_pill(instrument: Any, today: date) -> SafeString:
    """Return the pill of an instrument's status on `today`."""
    status = instrument.status_on(today)
    return pill(*INSTRUMENT_LOOK[status], status.label)


@register.simple_tag
def consulted_pill(code: str) -> SafeString:
    """Return the pill of whether people were asked."""
    return pill(*CONSULTED_LOOK[Consulted(code)], Consulted(code).label)


@register.filter
def days_late(number: int) -> str:
    """Return "12 days late"."""
    return ngettext("%(n)d day late", "%(n)d days late", number) % {"n": number}


@register.filter
def status_on(task: Any, today: date) -> str:
    """Return the FieldStatus of a task on `today`; empty for what has none: objectives and what was withdrawn."""
    if task.kind == choices.TaskKind.OBJECTIVE or task.stage == Stage.WITHDRAWN:
        return ""
    done_on = task.done_on if task.done_on and task.done_on <= today else None
    return due_status(due_on=task.effective_due_on, done_on=done_on, today=today)


@register.simple_tag
def task_status(task: Any, today: date) -> SafeString:
    """Return the four-cell pill of a task, or its stage where the four cells do not apply."""
    status = status_on(task, today)
    if status:
        return status_pill(status)
    if task.kind == choices.TaskKind.OBJECTIVE:
        return pill("idle", "◇", task.get_kind_display())
    return stage_pill(task.stage)


@register.simple_tag
def role_letter(role: str) -> SafeString:
    """Return one letter of the matrix with its meaning."""
    known = Role(role)
    return format_html(
        '<abbr class="role role-{} tone-{}" title="{}">{}</abbr>',
        known.value,
        ROLE_TONES.get(known, "idle"),
        known.label,
        known.value,
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    sheet = static("tracker/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sheet, name)


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """Return the query string of this page with some parameters changed; None or "" removes one."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag
def meter(part: int, whole: int) -> SafeString:
    """Return a bar of `part` in `whole` (an SVG without styles) with its words for those who do not see it."""
    share = round(100 * part / whole) if whole else 0
    text = _("%(part)d of %(whole)d") % {"part": part, "whole": whole}
    return format_html(
        '<svg class="meter" role="img" aria-label="{}" viewBox="0 0 100 6" preserveAspectRatio="none">'
        '<rect class="track" width="100" height="6"></rect><rect class="bar" width="{}" height="6"></rect></svg>',
        text,
        share,
    )


@register.simple_tag
def place(body: Place) -> SafeString:
    """Return the name of a body of the register, leading to its page."""
    return format_html('<a href="{}">{}</a>', reverse("body", args=[body.code]), label_of(body))


@register.simple_tag
def part_count(task: Task, status: str, count: int) -> SafeString:
    """Return how many parts of a task stand so, leading to the list of them."""
    address = f"{reverse('task_list')}?{urlencode({'parent': task.code, 'status': status})}"
    words = FieldStatus(status).label
    number = '<li>{} <a href="{}">{}<span class="visually-hidden"> {}</span></a></li>'
    return format_html(number, status_pill(status), address, count, words)


@register.inclusion_tag("tracker/_field.html")
def field(bound: BoundField, css: str = "") -> dict[str, Any]:
    """Render a form field: label, widget, help, its errors, and what somebody else has stored meanwhile."""
    return {**_bound(bound), "css": css, "is_group": bound.use_fieldset}


@register.inclusion_tag("tracker/_checkbox.html")
def checkbox(bound: BoundField) -> dict[str, Any]:
    """Render a box to tick, with its words after it."""
    return _bound(bound)


def _bound(bound: BoundField) -> dict[str, Any]:
    theirs = getattr(bound.form, "theirs", {}).get(bound.name)
    described = [f"{bound.auto_id}_help"] if bound.help_text else []
    described += [f"{bound.auto_id}_theirs"] if theirs else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    attrs: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {"bound": bound, "widget": bound.as_widget(attrs=attrs), "theirs": theirs}


@register.inclusion_tag("tracker/_error_summary.html")
def error_summary(form: Any) -> dict[str, Any]:
    """Render what is wrong with a form, on top, with links to its fields."""
    fields = [bound for bound in form if bound.errors] if form.is_bound else []
    return {"form": form, "fields": fields, "is_shown": form.is_bound and bool(form.errors)}
