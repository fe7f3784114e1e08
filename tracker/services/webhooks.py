"""Webhooks as their owners make and keep them. What they send, and when, is in deliveries.py."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.policies import scope_of
from accounts.tokens import fingerprint
from config.celery import SEND_MAILS, SEND_WEBHOOKS
from tracker.choices import DeliveryState, MessageKind, PauseReason
from tracker.errors import Conflict, refuse
from tracker.models import Body, Resolution, Webhook, WebhookDelivery
from tracker.policies import require
from tracker.rules.addresses import is_public
from tracker.rules.webhooks import OVERLAP, BadUrl, target_of
from tracker.services import history, mails, sealing, webhook_secrets
from tracker.wake import wake

MOST_LIVE = 20
MOST_FILTERS = 50
LONGEST_NAME = 100
PING = "webhook.ping"
"""The kind of a test; no event has it."""


@transaction.atomic
def make(
    *,
    owner: User,
    by: Any,
    at: datetime,
    name: str,
    url: str,
    kinds: Collection[str] = (),
    bodies: Collection[Body] = (),
    resolutions: Collection[Resolution] = (),
) -> tuple[Webhook, str]:
    """Make a webhook of `owner`, told of what is sealed from now on; its secret can be shown only now.

    Raises ValidationError that names the field.
    """
    require(by, "webhook.make")
    _check(owner=owner, name=name, url=url, kinds=kinds, bodies=bodies, resolutions=resolutions)
    secret = webhook_secrets.new()
    row = Webhook.objects.create(
        owner=owner,
        name=name.strip(),
        url=url,
        kinds=sorted(kinds),
        secret=webhook_secrets.sealed(secret),
        pepper=fingerprint(settings.TOKEN_PEPPER),
        through=sealing.head().number,
        created_at=at,
    )
    row.bodies.set(bodies)
    row.resolutions.set(resolutions)
    codes = {"bodies": sorted(one.code for one in bodies), "resolutions": sorted(one.code for one in resolutions)}
    history.record("webhook.made", row, by=by, at=at, after={"kinds": row.kinds, **codes})
    return row, secret


def _check(*, owner: User, name: str, url: str, **filters: Collection[Any]) -> None:
    errors: dict[str, Any] = {}
    if not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        errors["name"] = [_("Give a name of at most %(limit)d characters.") % {"limit": LONGEST_NAME}]
    try:
        host = target_of(url).host
    except BadUrl as error:
        errors["url"] = [error.message]
    else:
        if _is_address(host) and not is_public(host, allowed=settings.WEBHOOK_NETWORKS):
            errors["url"] = [_("%(address)s is no public address: webhooks do not go there.") % {"address": host}]
    for field, values in filters.items():
        if len(values) > MOST_FILTERS:
            errors[field] = [_("Give %(most)d at most, or none.") % {"most": MOST_FILTERS}]
    if errors:
        raise ValidationError(errors)
    if Webhook.objects.filter(owner=owner, ended_at__isnull=True).count() >= MOST_LIVE:
        raise refuse(name=_("You have %(most)d webhooks already: end one first.") % {"most": MOST_LIVE})


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


@transaction.atomic
def rotate(webhook: Webhook, *, by: Any, at: datetime) -> str:
    """Give it a new secret, which can be shown only now; the one before signs beside it for a day.

    A webhook that was paused because its secret could not be read stays paused until it is resumed.
    """
    require(by, "webhook.change", webhook)
    secret = webhook_secrets.new()
    before = webhook_secrets.opened(webhook.secret)
    values: dict[str, Any] = {
        "secret": webhook_secrets.sealed(secret),
        "secret_before": webhook_secrets.sealed(before) if before else "",
        "secret_before_until": at + OVERLAP if before else None,
        "pepper": fingerprint(settings.TOKEN_PEPPER),
    }
    if not Webhook.objects.filter(pk=webhook.pk, ended_at__isnull=True, secret=webhook.secret).update(**values):
        raise Conflict(_("This webhook has ended, or its secret was changed meanwhile."))
    history.record("webhook.rotated", webhook, by=by, at=at)
    return secret


@transaction.atomic
def pause(webhook: Webhook, *, by: Any, at: datetime) -> None:
    """Let it send nothing until it is resumed; what happens meanwhile is told then."""
    require(by, "webhook.stop", webhook)
    if not _pause(webhook, PauseReason.BY_HAND, by=by, at=at):
        raise Conflict(_("This webhook is paused already, or has ended."))


@transaction.atomic
def stop(webhook: Webhook, why: PauseReason, *, at: datetime) -> bool:
    """Pause it by the system, and tell its owner in their language. False where it was not active any more."""
    if not _pause(webhook, why, by=None, at=at):
        return False
    with translation.override(webhook.owner.language):
        subject = _("Your webhook “%(name)s” was paused") % {"name": webhook.name}
        context = {"webhook": webhook, "why": why.label, "path": reverse("webhook", args=[webhook.pk])}
        facts = {"key": f"webhook:{webhook.pk}:{at.isoformat()}", "kind": MessageKind.NOTICE.value}
        if mails.write(webhook.owner, "webhook", context, subject=subject, at=at, task=None, **facts):
            wake(SEND_MAILS)
    return True


def _pause(webhook: Webhook, why: PauseReason, *, by: Any, at: datetime) -> bool:
    if not Webhook.objects.active().filter(pk=webhook.pk).update(paused_at=at, paused_why=why):
        return False
    history.record("webhook.paused", webhook, by=by, at=at, after={"paused_why": why})
    return True


@transaction.atomic
def resume(webhook: Webhook, *, by: Any, at: datetime) -> None:
    """Let it go on where it stopped. Three days of failure count from anew."""
    require(by, "webhook.change", webhook)
    rows = Webhook.objects.filter(pk=webhook.pk, paused_at__isnull=False, ended_at__isnull=True)
    if not rows.update(paused_at=None, paused_why="", failing_since=None, rests_until=None):
        raise Conflict(_("This webhook is not paused."))
    history.record("webhook.resumed", webhook, by=by, at=at)
    wake(SEND_WEBHOOKS)


@transaction.atomic
def end(webhook: Webhook, *, by: Any, at: datetime) -> None:
    """End it for good: its secrets are erased, what waits is withheld, the log stays."""
    require(by, "webhook.stop", webhook)
    gone = {"ended_at": at, "secret": "", "secret_before": "", "secret_before_until": None}
    if not Webhook.objects.filter(pk=webhook.pk, ended_at__isnull=True).update(**gone):
        raise Conflict(_("This webhook has ended already."))
    webhook.deliveries.filter(state=DeliveryState.QUEUED).update(state=DeliveryState.WITHHELD)
    history.record("webhook.ended", webhook, by=by, at=at)


@transaction.atomic
def ping(webhook: Webhook, *, by: Any, at: datetime) -> WebhookDelivery:
    """Send a test message, which tells of no event."""
    require(by, "webhook.change", webhook)
    _require_active(webhook)
    row: WebhookDelivery = webhook.deliveries.create(
        kind=PING, message_id=new_message_id(), next_attempt_at=at, created_at=at
    )
    history.record("webhook.pinged", webhook, by=by, at=at)
    wake(SEND_WEBHOOKS)
    return row


@transaction.atomic
def replay(delivery: WebhookDelivery, *, by: Any, at: datetime) -> None:
    """Send a message again that was sent, given up or withheld, under its id and with all its tries."""
    webhook = delivery.webhook
    require(by, "webhook.change", webhook)
    _require_active(webhook)
    fresh = {"attempts": 0, "lost_claims": 0, "lease_until": None, "next_attempt_at": at}
    rows = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.QUEUED)
    if not rows.update(state=DeliveryState.QUEUED, **fresh):
        raise Conflict(_("This message waits to be sent already."))
    history.record("webhook.replayed", webhook, by=by, at=at, after={"message_id": delivery.message_id})
    wake(SEND_WEBHOOKS)


def _require_active(webhook: Webhook) -> None:
    if not Webhook.objects.active().filter(pk=webhook.pk).exists():
        raise Conflict(_("This webhook is paused or has ended: nothing is sent."))


def new_message_id() -> str:
    """Return the id of a new message."""
    return f"msg_{secrets.token_hex(16)}"


def has_rights(webhook: Webhook) -> bool:
    """Tell whether the owner is a member today. One query."""
    return scope_of(webhook.owner).is_member
