"""The line on top of every page while jobs are silent: nobody should wait for a mail or a flag that does not come."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from tracker import clock
from tracker.boards.health import Heard, heard

# Asked once in so long a process: what is told within three minutes may be five seconds older.
SECONDS = 5.0


@dataclass
class _Told:
    """What was last found, and when."""

    asked_at: float | None = None
    silent: tuple[Heard, ...] = ()

    def is_fresh(self) -> bool:
        return self.asked_at is not None and time.monotonic() - self.asked_at < SECONDS


_told = _Told()


def banner(request: HttpRequest) -> Any:
    """Return the line for signed-in people, "" while all is well. One query at most, and none for fragments."""
    if not request.user.is_authenticated or _is_fragment(request):
        return ""
    if not _told.is_fresh():
        parts = heard(at=clock.now(), limit_seconds=settings.HEARTBEAT_LIMIT)
        _told.silent = tuple(one for one in parts if not one.is_alive)
        _told.asked_at = time.monotonic()
    return _line(_told.silent) if _told.silent else ""


def _is_fragment(request: HttpRequest) -> bool:
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def _line(silent: tuple[Heard, ...]) -> str:
    moments = [one.at for one in silent if one.at]
    if len(moments) < len(silent):
        return _("Jobs have not run yet: mails and flags wait.")
    return _("Jobs have not run since %(time)s: mails and flags wait.") % {"time": _local(min(moments))}


def _local(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at, clock.LOCAL_ZONE), "SHORT_DATETIME_FORMAT")
