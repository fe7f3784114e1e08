"""A request with an Idempotency-Key is carried out once: sent again, it is told what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from tracker.models import AnsweredRequest

KEPT = timedelta(hours=24)


def claim(user: Any, key: str, fingerprint: str, *, at: datetime) -> tuple[AnsweredRequest, bool]:
    """Return the row of the key, and whether it is new. Call it in the transaction of the act.

    Of two requests at once the second waits for the first, and sees its row or, where that was undone, takes its place.
    """
    AnsweredRequest.objects.filter(user=user, key=key, at__lte=at - KEPT).delete()
    row = AnsweredRequest(user=user, key=key, fingerprint=fingerprint, at=at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return AnsweredRequest.objects.get(user=user, key=key), False
    return row, True


def keep(row: AnsweredRequest, *, row_id: int = 0, answer: Any = None) -> None:
    """Remember what became of the request, in the transaction of the act: the id of its row, or all that was told."""
    AnsweredRequest.objects.filter(pk=row.pk).update(row_id=row_id, answer=answer)


def forget(*, at: datetime) -> int:
    """Delete what is older than 24 hours; return how many. Mostly there is nothing, and nothing is locked."""
    rows = AnsweredRequest.objects.filter(at__lte=at - KEPT)
    return rows.delete()[0] if rows.exists() else 0
