"""What the history calls its events, for people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

EVENT_WORDS: dict[str, Any] = {
    "body.created": _("Body entered"),
    "cadre.created": _("Cadre entered"),
    "calendar.created": _("Calendar entered"),
    "evidence.declared": _("Evidence declared"),
    "evidence.returned": _("Evidence returned"),
    "evidence.verified": _("Evidence verified"),
    "flag.acknowledged": _("Flag acknowledged"),
    "flag.closed": _("Flag closed"),
    "flag.opened": _("Flag opened"),
    "flag.reminded": _("Reminder before the limit"),
    "instrument.ended": _("Instrument ended"),
    "instrument.linked": _("Instrument linked"),
    "instrument.registered": _("Instrument registered"),
    "message.retried": _("Mail sent again"),
    "policy.created": _("Policy entered"),
    "policy.replaced": _("New version of a policy"),
    "policy.reached": _("Policy reaches the tasks"),
    "post.created": _("Post entered"),
    "provision.created": _("Provision entered"),
    "report.accepted": _("Report accepted"),
    "report.drafted": _("Report drafted"),
    "report.file_removed": _("File taken off a draft"),
    "report.returned": _("Report returned"),
    "report.submitted": _("Report submitted"),
    "resolution.created": _("Resolution entered"),
    "resolution.linked": _("Resolution linked"),
    "responsibility.assigned": _("Role assigned"),
    "responsibility.ended": _("Role ended"),
    "succession.recorded": _("Succession recorded"),
    "task.created": _("Task entered"),
    "task.institutionalized": _("Became a rule in force"),
    "task.lapsed": _("The rule lapsed: open again"),
    "task.linked": _("Task related to another"),
    "task.stage": _("Stage changed"),
    "task.urged": _("Urged by the commission"),
    "tenure.began": _("Tenure began"),
    "tenure.ended": _("Tenure ended"),
    "urging.answered": _("Urging answered"),
    "urging.issued": _("Urging letter issued"),
}
