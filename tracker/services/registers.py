"""Entering a row of a register: what bodies, documents and rules of time have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from tracker.policies import require
from tracker.services import history

Row = TypeVar("Row", bound=Model)


@transaction.atomic
def enter(row: Row, *, by: Any, at: datetime, kind: str, fields: tuple[str, ...], action: str = "register.edit") -> Row:
    """Check and save a new row and append its event. Raises ValidationError that names the field."""
    require(by, action, row)
    row.full_clean()
    row.save(force_insert=True)
    history.record(kind, row, by=by, at=at, after=history.values_of(row, *fields))
    return row
