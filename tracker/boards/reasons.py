"""Why a flag stands, as a sentence in the reader's language."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tracker.choices import Clock
from tracker.models import Flag

WAITING = {
    Clock.LAPSED: "lapsed_since",
    Clock.UNVERIFIED: "declared_since",
    Clock.REVIEW: "reported_since",
    Clock.REQUEST: "requested_since",
}
"""What waits on the commission, or for a new rule, and the fact of the task that says since when."""


def why(flag: Flag) -> str:
    """Return why `flag` stands, from its own days and those of its task; runs no query when the task is loaded."""
    task = flag.task
    days = {"limit": short(flag.limit_on), "stage": task.get_stage_display()}
    if flag.clock == Clock.DUE:
        return _("The deadline was %(limit)s.") % days
    if flag.clock == Clock.STAGE:
        since = {"since": short(task.stage_since)}
        return _("In the stage “%(stage)s” since %(since)s; it should have gone on by %(limit)s.") % {**days, **since}
    if flag.clock in WAITING:
        since = {"since": short(getattr(task, WAITING[Clock(flag.clock)]) or flag.since)}
        return _waiting(Clock(flag.clock)) % {**days, **since}
    if flag.clock == Clock.SUBMIT:
        return _("The draft was to be submitted for appraisal by %(limit)s.") % days
    if flag.clock == Clock.UNOWNED:
        since = {"since": short(task.unowned_since or flag.since)}
        return _("Nobody has answered for it since %(since)s; somebody should by %(limit)s.") % {**days, **since}
    if task.last_report_on is None:
        return _("No report has been accepted yet; the first was due by %(limit)s.") % days
    return _("The last accepted report is of %(last)s; the next was due by %(limit)s.") % {
        **days,
        "last": short(task.last_report_on),
    }


def short(day: date | None) -> str:
    """Return a day as figures, in the reader's language; nothing for None."""
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def _waiting(clock: Clock) -> str:
    if clock == Clock.LAPSED:
        return _("No rule has been in force since %(since)s; a new one was due by %(limit)s.")
    if clock == Clock.UNVERIFIED:
        return _("Declared on %(since)s; it should have been verified by %(limit)s.")
    if clock == Clock.REVIEW:
        return _("Reported on %(since)s; it should have been decided by %(limit)s.")
    return _("Asked on %(since)s; it should have been decided by %(limit)s.")
