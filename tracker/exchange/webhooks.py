"""What a webhook is told: an event as the change feed tells it to the webhook's owner at this moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tracker import clock
from tracker.api.declaration import Context
from tracker.api.feed import SCHEMA_VERSION
from tracker.api.pages import read_row
from tracker.api.resources.history import CHANGES
from tracker.models import WebhookDelivery
from tracker.services import deliveries, webhook_secrets


def deliver(*, at: datetime) -> bool:
    """Make and send what is due, unless somebody is at it; tell whether there is more to do at once."""
    if deliveries.is_busy(at=at):
        return False
    webhook_secrets.renew()
    deliveries.sweep(at=at)
    deliveries.send_due(at=clock.now(), say=body_of)
    deliveries.forget(at=at)
    return deliveries.is_due(at=clock.now())


def body_of(delivery: WebhookDelivery) -> bytes | None:
    """Return the bytes of a message, None where the owner may not read its event (any more). Two queries."""
    if delivery.event_id is None:
        return _message(delivery.kind, delivery.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "{}")
    owner = delivery.webhook.owner
    row = read_row(CHANGES, Context(user=owner, day=clock.local_today()), delivery.event_id)
    return None if row is None else _message(delivery.kind, json.loads(row)["at"], row)


def _message(kind: str, at: Any, row: str) -> bytes:
    """The row as the database wrote it: what is signed is what is sent, byte for byte."""
    head = {"type": kind, "timestamp": at, "schema_version": SCHEMA_VERSION}
    return f'{json.dumps(head, separators=(",", ":"))[:-1]},"data":{row}}}'.encode()
