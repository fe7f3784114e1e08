"""Gives committed events their numbers and hashes, and publishes the head of the chain each day.

An event has no number while its transaction runs, so nobody who reads by number can miss one that commits late.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection, transaction

from tracker.clock import local_day
from tracker.models import ChainHead, Event
from tracker.rules.sealing import HASHED, START, Head, linked, text_of

logger = logging.getLogger(__name__)
BATCH = 1000
LOCK = 7_265_601_025  # any number: of two sealers on PostgreSQL one waits for the other


def head() -> Head:
    """Return the end of the chain. One query."""
    found = Event.objects.sealed().order_by("-number").values_list("number", "hash").first()
    return Head(*found) if found else START


def is_due() -> bool:
    """Tell whether an event waits. One query of a partial index."""
    return bool(Event.objects.unsealed().order_by("id").exists())


def seal(most: int | None = None) -> int:
    """Seal the events that are committed by now, oldest first, at most `most`; return how many.

    Safe beside other sealers. Where nothing waits that is one query, and nothing is locked.
    """
    done = 0
    while (most is None or done < most) and is_due():
        done += _seal_batch(BATCH if most is None else min(BATCH, most - done))
    return done


@transaction.atomic
def _seal_batch(most: int) -> int:
    if connection.vendor == "postgresql":  # SQLite has one writer from the start of its transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    number, last = head()
    sealed = []
    for values in Event.objects.unsealed().order_by("id").values_list(*HASHED)[:most]:
        number += 1
        last = linked(last, text_of(number, values))
        sealed.append((number, last, values[0]))
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE tracker_event SET number = %s, hash = %s WHERE id = %s AND number IS NULL", sealed)
    return len(sealed)


def is_unpublished(*, at: datetime) -> bool:
    """Tell whether there is a head of the day that is still to be published. One query where there is none, or two."""
    return not ChainHead.objects.filter(day=local_day(at)).exists() and Event.objects.sealed().exists()


def publish(*, at: datetime) -> ChainHead | None:
    """Publish the head of the day once: a row, and a line in the log that the database cannot reach.

    None where that is done, or nothing is sealed yet. One query where it is done.
    """
    last = head() if is_unpublished(at=at) else START
    if not last.number:
        return None
    day = local_day(at)
    row, is_new = ChainHead.objects.get_or_create(
        day=day, defaults={"at": at, "number": last.number, "hash": last.hash}
    )
    if is_new:
        logger.warning("history: head of %s is %s:%s", day, last.number, last.hash)
    return row if is_new else None
