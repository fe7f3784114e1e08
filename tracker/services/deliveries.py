"""What webhooks send: sealed events become deliveries by number, each is claimed, sent and marked like a mail.

What a message says is for the doors to write (exchange/webhooks.py): a caller gives that as `say`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Cast

from tracker.choices import DeliveryState, PauseReason, Role
from tracker.models import Body, Event, Responsibility, Webhook, WebhookDelivery, WebhookTry
from tracker.rules.retries import is_poison, pause_after
from tracker.rules.webhooks import GONE, PAUSE_AFTER, REST, is_away, is_taken, signed
from tracker.services import courier, sealing, webhook_secrets, webhooks

LEASE = timedelta(minutes=1)
SWEPT_AT_ONCE = 500
SENT_AT_ONCE = 50
# No new message is begun after so many seconds: together with the last one, well below a job's limit.
BATCH_SECONDS = 30
KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 500

Say = Callable[[WebhookDelivery], bytes | None]
"""Gives the bytes of a message as its owner may read it now, None where they may not."""


def is_due(*, at: datetime) -> bool:
    """Tell whether an event is to be told, or a message to be sent, at `at`. One query."""
    last = Event.objects.sealed().order_by("-number").values("number")[:1]
    waits = WebhookDelivery.objects.due(at).filter(webhook=OuterRef("pk"))
    behind = Q(through__lt=Subquery(last)) | Q(Exists(waits))
    return bool(Webhook.objects.active().filter(behind).exists())


def is_busy(*, at: datetime) -> bool:
    """Tell whether somebody is at it: a second sender would only keep another worker from its jobs. One query."""
    return bool(WebhookDelivery.objects.filter(state=DeliveryState.QUEUED, lease_until__gt=at).exists())


# Events become deliveries


def sweep(*, at: datetime) -> int:
    """Make the deliveries of what was sealed since each webhook last looked; return how many.

    A webhook moves on in the transaction that makes its rows, from where it stood and only from there: killed or beside
    another sweep, it misses no event and takes none twice.
    """
    last, made, began = sealing.head().number, 0, time.monotonic()
    for webhook in Webhook.objects.active().filter(through__lt=last).select_related("owner").order_by("through", "pk"):
        if not webhooks.has_rights(webhook):
            webhooks.stop(webhook, PauseReason.NO_RIGHTS, at=at)
            continue
        while webhook.through < last and time.monotonic() - began < BATCH_SECONDS:
            taken = _take(webhook, last, at)
            if taken is None:
                break
            made += taken
    return made


@transaction.atomic
def _take(webhook: Webhook, last: int, at: datetime) -> int | None:
    """Move on by one batch; None where somebody else did, or the webhook was paused."""
    rows = events_for(webhook).filter(number__gt=webhook.through, number__lte=last)
    found = list(rows.order_by("number").values_list("pk", "kind", "number")[:SWEPT_AT_ONCE])
    through = found[-1][2] if len(found) == SWEPT_AT_ONCE else last
    if not Webhook.objects.active().filter(pk=webhook.pk, through=webhook.through).update(through=through):
        return None
    times = {"next_attempt_at": at, "created_at": at}
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=webhook, event_id=pk, kind=kind, message_id=webhooks.new_message_id(), **times)
        for pk, kind, _number in found
    )
    webhook.through = through
    return len(found)


def events_for(webhook: Webhook) -> Any:
    """Return the sealed events that its owner may read and its filters let through. Two queries for the filters.

    A body means what happened to it and to the tasks for which it, or one below it, is or was accountable.
    """
    rows = Event.objects.sealed().visible_to(webhook.owner)
    if webhook.kinds:
        rows = rows.filter(kind__in=webhook.kinds)
    if paths := list(webhook.bodies.values_list("path", flat=True)):
        rows = rows.filter(_of_bodies(paths))
    if resolutions := list(webhook.resolutions.values_list("pk", flat=True)):
        itself = Q(object_kind="resolution", object_id__in=[str(pk) for pk in resolutions])
        rows = rows.filter(itself | Q(task__resolution__in=resolutions))
    return rows


def _of_bodies(paths: list[str]) -> Q:
    own, theirs = Q(), Q()
    for path in paths:
        own |= Q(path__startswith=path)
        theirs |= Q(body__path__startswith=path)
    bodies = Body.objects.filter(own).annotate(key=Cast("pk", CharField())).values("key")
    cells = Responsibility.objects.filter(theirs, role=Role.ACCOUNTABLE).values("task")
    return Q(object_kind="body", object_id__in=bodies) | Q(task__in=cells)


# Deliveries are sent


def send_due(*, at: datetime, say: Say) -> Counter[str]:
    """Send what is due at `at`; return how many tries came to which state.

    Each webhook gets its turn, the one that was tried longest ago first, and keeps it until its receiver is in trouble.
    Claimed by a conditional UPDATE and sent outside any transaction, so any number may send at once; killed between
    sending and marking, a message goes again with the same id.
    """
    outcomes: Counter[str] = Counter()
    began = time.monotonic()
    for pk, moment in _turns(at, began):
        if claim := _claim(pk, at=moment):
            outcomes[_send(claim, say, at=moment)] += 1
    return outcomes


def _turns(at: datetime, began: float) -> Iterator[tuple[int, datetime]]:
    """Give the keys of what may be sent, each with the moment of its turn, until the time of the batch is over."""
    due = WebhookDelivery.objects.due(at).filter(webhook=OuterRef("pk"))
    receivers = Webhook.objects.active().filter(Exists(due)).order_by(F("tried_at").asc(nulls_first=True), "pk")
    for webhook in list(receivers.values_list("pk", flat=True)):
        rows = WebhookDelivery.objects.due(at).filter(webhook=webhook).order_by("next_attempt_at", "id")
        keys = list(rows.values_list("pk", flat=True)[:SENT_AT_ONCE])
        for number, pk in enumerate(keys):
            moment = at + timedelta(seconds=time.monotonic() - began)
            if moment - at > timedelta(seconds=BATCH_SECONDS):
                return
            if number == 0:
                Webhook.objects.filter(pk=webhook).update(tried_at=moment)
            yield pk, moment


@dataclass(frozen=True)
class _Claim:
    """A delivery in our hands, and the row of the try."""

    delivery: WebhookDelivery
    row: WebhookTry


@transaction.atomic
def _claim(pk: int, *, at: datetime) -> _Claim | None:
    """Take the delivery, and count and write down the try before the work: whoever dies of it cannot any more."""
    counted = {"attempts": F("attempts") + 1, "lost_claims": F("lost_claims") + 1}
    # Asked for by its key: an UPDATE cannot ask another table for the state of the webhook on its own.
    due = WebhookDelivery.objects.due(at).filter(pk=pk).values("pk")
    is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    rows = WebhookDelivery.objects.filter(is_free, pk__in=due, state=DeliveryState.QUEUED, next_attempt_at__lte=at)
    if not rows.update(lease_until=at + LEASE, **counted):
        return None
    delivery = WebhookDelivery.objects.select_related("webhook__owner").get(pk=pk)
    return _Claim(delivery, WebhookTry.objects.create(delivery=delivery, at=at))


def _send(claim: _Claim, say: Say, *, at: datetime) -> str:
    webhook = claim.delivery.webhook
    if is_poison(claim.delivery.lost_claims):
        return _settle(claim, DeliveryState.FAILED)
    if not webhooks.has_rights(webhook):
        return _give_back(claim, PauseReason.NO_RIGHTS, at=at)
    body = say(claim.delivery)
    if body is None:
        return _settle(claim, DeliveryState.WITHHELD)
    keys = _keys(webhook, at)
    if not keys:
        return _give_back(claim, PauseReason.NO_SECRET, at=at)
    headers = signed(keys, message_id=claim.delivery.message_id, at=at, body=body)
    began = time.monotonic()
    answer = courier.post(webhook.url, body, headers, allowed=settings.WEBHOOK_NETWORKS)
    return _mark(claim, answer, seconds=time.monotonic() - began, at=at)


def _keys(webhook: Webhook, at: datetime) -> list[str]:
    """The secrets to sign with, the newest first; none where the newest cannot be read."""
    newest = webhook_secrets.opened(webhook.secret)
    if newest is None:
        return []
    until = webhook.secret_before_until
    before = webhook_secrets.opened(webhook.secret_before) if until and until > at else None
    return [newest, before] if before else [newest]


@transaction.atomic
def _mark(claim: _Claim, answer: courier.Answer, *, seconds: float, at: datetime) -> str:
    """Write down what became of the try: in its own row, then for the webhook, then for the delivery.

    Whoever changes both takes the webhook first (webhooks.end, too), so that no two wait for each other.
    """
    told = {"milliseconds": round(seconds * 1000), "status": answer.status, "said": answer.said}
    WebhookTry.objects.filter(pk=claim.row.pk).update(**told)
    at += timedelta(seconds=seconds)
    if is_taken(answer.status):
        return _taken(claim)
    pause = pause_after(claim.delivery.attempts, seed=claim.delivery.message_id)
    _failing(claim.delivery.webhook, answer, at=at)
    if pause is None:
        return _settle(claim, DeliveryState.FAILED)
    return _settle(claim, DeliveryState.QUEUED, next_attempt_at=at + pause)


def _taken(claim: _Claim) -> str:
    """It is delivered, whoever else may have claimed it since."""
    was_in_trouble = Q(failing_since__isnull=False) | Q(rests_until__isnull=False)
    troubled = Webhook.objects.filter(was_in_trouble, pk=claim.delivery.webhook_id)
    troubled.update(failing_since=None, rests_until=None)
    rows = WebhookDelivery.objects.filter(pk=claim.delivery.pk, state=DeliveryState.QUEUED)
    rows.update(state=DeliveryState.DELIVERED, lease_until=None, lost_claims=0)
    return DeliveryState.DELIVERED


def _failing(webhook: Webhook, answer: courier.Answer, *, at: datetime) -> None:
    """Let the receiver rest where it is in trouble, and pause the webhook where that has gone on for too long."""
    rows = Webhook.objects.filter(pk=webhook.pk)
    rows.filter(failing_since__isnull=True).update(failing_since=at)
    if is_away(answer.status):
        rows.update(rests_until=at + REST)
    if answer.status == GONE:
        webhooks.stop(webhook, PauseReason.GONE, at=at)
    elif rows.filter(failing_since__lte=at - PAUSE_AFTER).exists():
        webhooks.stop(webhook, PauseReason.FAILING, at=at)


def _settle(claim: _Claim, state: DeliveryState, **changes: Any) -> str:
    """Write what became of this claim, unless its lease has passed and somebody else has the delivery by now."""
    delivery = claim.delivery
    rows = WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.QUEUED, attempts=delivery.attempts)
    rows.update(state=state, lease_until=None, lost_claims=0, **changes)
    return state


@transaction.atomic
def _give_back(claim: _Claim, why: PauseReason, *, at: datetime) -> str:
    """Nothing can be sent: pause the webhook and leave the delivery as if it had not been tried."""
    webhooks.stop(claim.delivery.webhook, why, at=at)
    claim.row.delete()
    return _settle(claim, DeliveryState.QUEUED, attempts=claim.delivery.attempts - 1)


def forget(*, at: datetime) -> int:
    """Take away what is settled and older than 90 days, at most 500 at once; return how many. One query if none is."""
    old = WebhookDelivery.objects.filter(created_at__lt=at - KEPT).exclude(state=DeliveryState.QUEUED)
    keys = list(old.order_by("created_at").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return WebhookDelivery.objects.filter(pk__in=keys).delete()[1].get("tracker.WebhookDelivery", 0) if keys else 0
