"""Flags: the commission acknowledges them. Opening and closing is the clocks' work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.errors import Conflict, Stale
from tracker.models import Flag
from tracker.policies import require
from tracker.services import history


@transaction.atomic
def acknowledge(flag: Flag, *, note: str, by: Any, at: datetime, version: int | None = None) -> Flag:
    """Say that the commission has seen the flag, with what it will do. It stays open and its ladder goes on."""
    require(by, "flag.acknowledge", flag)
    rows = Flag.objects.open().filter(pk=flag.pk, acknowledged_by__isnull=True)
    expected = rows if version is None else rows.filter(version=version)
    changed = expected.update(
        acknowledged_by=by, acknowledged_at=at, acknowledged_note=note.strip(), version=F("version") + 1
    )
    flag.refresh_from_db()
    if not changed:
        if version is not None and flag.version != version:
            raise Stale(flag.version)
        raise Conflict(_("This flag is closed or acknowledged by now."))
    history.record("flag.acknowledged", flag, by=by, at=at, task=flag.task, after={"note": note.strip()})
    return flag
