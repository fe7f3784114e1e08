"""Where the tracker tells of changes by itself: webhooks, what each has to deliver, and each try."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import DeliveryState, PauseReason
from tracker.models.bodies import Body
from tracker.models.fields import code_constraint
from tracker.models.history import Event
from tracker.models.resolutions import Resolution


class WebhookQuerySet(models.QuerySet):
    def of(self, user: Any) -> Any:
        """Return the webhooks that `user` owns; none for whoever is no member (any more)."""
        return self.filter(owner=user) if scope_of(user).is_member else self.none()

    def visible_to(self, user: Any) -> Any:
        """Return the webhooks of which `user` may know: their own; the system administrator knows of all."""
        return self if scope_of(user).is_system_admin else self.of(user)

    def active(self) -> Any:
        """Return those that are told of changes: neither paused nor ended."""
        return self.filter(paused_at__isnull=True, ended_at__isnull=True)


class Webhook(models.Model):
    """An address that is told of changes, as far as its owner may see them. Empty filters let everything through.

    `through`: up to which number of the history its deliveries are made. `secret` is sealed under the token pepper with
    the fingerprint `pepper`; the one before it signs beside it until `secret_before_until`.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhooks", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(_("address"), max_length=2000)
    kinds = models.JSONField(_("kinds of changes"), default=list, blank=True)
    bodies = models.ManyToManyField(Body, blank=True, related_name="+", verbose_name=_("bodies"))
    resolutions = models.ManyToManyField(Resolution, blank=True, related_name="+", verbose_name=_("resolutions"))
    secret = models.TextField(editable=False)
    secret_before = models.TextField(blank=True, editable=False)
    secret_before_until = models.DateTimeField(null=True, blank=True, editable=False)
    pepper = models.CharField(max_length=8, editable=False)
    through = models.BigIntegerField(editable=False)
    created_at = models.DateTimeField(_("created at"))
    tried_at = models.DateTimeField(_("last try"), null=True, blank=True, editable=False)
    rests_until = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    paused_why = models.CharField(_("why it is paused"), max_length=10, choices=PauseReason, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects: ClassVar[Any] = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, paused_why="")
                | Q(paused_at__isnull=False, paused_why__in=PauseReason.values),
                name="webhook_paused",
                violation_error_message=_("A webhook is paused for a known reason."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.host}"

    @property
    def host(self) -> str:
        """Where it goes, without the path, which may hold a secret of the receiver."""
        return urlsplit(self.url).netloc

    @property
    def is_active(self) -> bool:
        return self.paused_at is None and self.ended_at is None


class WebhookDeliveryQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the deliveries of the webhooks of which `user` may know."""
        return self.filter(webhook__in=Webhook.objects.visible_to(user).values("pk"))

    def due(self, at: datetime) -> Any:
        """Return what may be sent at `at`: queued, its pause over, in nobody's hands, its receiver not at rest."""
        is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
        is_rested = Q(webhook__rests_until__isnull=True) | Q(webhook__rests_until__lte=at)
        is_active = Q(webhook__paused_at__isnull=True, webhook__ended_at__isnull=True)
        return self.filter(is_free, is_rested, is_active, state=DeliveryState.QUEUED, next_attempt_at__lte=at)


class WebhookDelivery(models.Model):
    """One event for one webhook; without an event it is a test. `message_id` stays the same on every try and replay.

    `attempts` counts before the work, and from 0 again after a replay. `lost_claims` are those in a row that never came
    back, so that a message that kills its worker is given up, too.
    """

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    event = models.ForeignKey(Event, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("event"))
    kind = models.CharField(_("kind"), max_length=60)
    message_id = models.CharField(max_length=40, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    lost_claims = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(_("next try"))
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    objects: ClassVar[Any] = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery of a webhook")
        verbose_name_plural = _("deliveries of webhooks")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["webhook", "next_attempt_at", "id"],
                name="delivery_due",
                condition=Q(state=DeliveryState.QUEUED),
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_webhook"),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]
        constraints = [
            code_constraint("state", DeliveryState, "delivery_state", _("This state is not known.")),
            models.UniqueConstraint(
                fields=["webhook", "event"],
                condition=Q(event__isnull=False),
                name="delivery_once",
                violation_error_message=_("This webhook is told of that event already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class WebhookTry(models.Model):
    """One try of a delivery, written before it is made: without `milliseconds` nobody came back from it.

    `status` is None where no answer came; `said` is the beginning of the answer, or what went wrong.
    """

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="tries", verbose_name=_("delivery"))
    at = models.DateTimeField(_("at"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    said = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("try of a delivery")
        verbose_name_plural = _("tries of deliveries")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.status or '—'}"
