"""Why a flag stands, as a sentence in the reader's language."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tracker.choices import Clock
from tracker.models import Flag


def why(flag: Flag) -> str:
    """Return why `flag` stands, from its own days and those of its task; runs no query when the task is loaded."""
    task = flag.task
    days = {"limit": _short(flag.limit_on), "stage": task.get_stage_display()}
    if flag.clock == Clock.DUE:
        return _("The deadline was %(limit)s.") % days
    if flag.clock == Clock.STAGE:
        since = {"since": _short(task.stage_since)}
        return _("In the stage “%(stage)s” since %(since)s; it should have gone on by %(limit)s.") % {**days, **since}
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
