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
    "extension.asked": _("More time asked for"),
    "extension.granted": _("More time granted"),
    "extension.refused": _("More time refused"),
    "flag.acknowledged": _("Flag acknowledged"),
    "flag.closed": _("Flag closed"),
    "flag.opened": _("Flag opened"),
    "flag.reminded": _("Reminder of a limit to come"),
    "flag.snoozed": _("Flag snoozed"),
    "flag.unsnoozed": _("Snooze ended"),
    "instrument.ended": _("Instrument ended"),
    "instrument.linked": _("Instrument linked"),
    "instrument.registered": _("Instrument registered"),
    "obstacle.declared": _("Obstacle declared"),
    "obstacle.ended": _("Obstacle ended"),
    "policy.created": _("Policy entered"),
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
    "task.deadline": _("Deadline moved"),
    "task.institutionalized": _("Became a rule in force"),
    "task.lapsed": _("The rule lapsed: open again"),
    "task.linked": _("Task related to another"),
    "task.resumed": _("Taken up again"),
    "task.stage": _("Stage changed"),
    "tenure.began": _("Tenure began"),
    "tenure.ended": _("Tenure ended"),
}
