"""Why a flag stands, as a sentence in the reader's language."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from tracker.choices import Clock
from tracker.models import Flag

WAITING = {
    Clock.LAPSED: (_lazy("No rule in force since %(since)s; a new one was due by %(limit)s."), "lapsed_since"),
    Clock.UNVERIFIED: (_lazy("Declared on %(since)s; it should have been verified by %(limit)s."), "declared_since"),
    Clock.REVIEW: (_lazy("Reported on %(since)s; it should have been decided by %(limit)s."), "reported_since"),
    Clock.REQUEST: (_lazy("Asked on %(since)s; it should have been decided by %(limit)s."), "requested_since"),
}
"""What waits on the commission, or for a new rule, and the fact of the task that says since when."""


def why(flag: Flag) -> str:
    """Return why `flag` stands, from its own days and those of its task; runs no query when the task is loaded."""
    task = flag.task
    days = {"limit": _short(flag.limit_on), "stage": task.get_stage_display()}
    if flag.clock == Clock.DUE:
        return _("The deadline was %(limit)s.") % days
    if flag.clock == Clock.STAGE:
        since = {"since": _short(task.stage_since)}
        return _("In the stage “%(stage)s” since %(since)s; it should have gone on by %(limit)s.") % {**days, **since}
    if flag.clock in WAITING:
        words, fact = WAITING[Clock(flag.clock)]
        return words % {**days, "since": _short(getattr(task, fact) or flag.since)}
    if flag.clock == Clock.SUBMIT:
        return _("The draft was to be submitted for appraisal by %(limit)s.") % days
    if flag.clock == Clock.UNOWNED:
        since = {"since": _short(task.unowned_since or flag.since)}
        return _("Nobody has answered for it since %(since)s; somebody should by %(limit)s.") % {**days, **since}
    if task.last_report_on is None:
        return _("No report has been accepted yet; the first was due by %(limit)s.") % days
    return _("The last accepted report is of %(last)s; the next was due by %(limit)s.") % {
        **days,
        "last": _short(task.last_report_on),
    }


def _short(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
