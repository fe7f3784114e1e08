"""What leaves the installation: mails, each a row that is claimed, sent and marked. Nothing is sent without a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import MessageKind, MessageState
from tracker.models.fields import code_constraint
from tracker.models.tasks import Task

TROUBLE = (MessageState.BOUNCED, MessageState.SET_ASIDE)


class MessageQuerySet(models.QuerySet):
    def of(self, user: Any) -> Any:
        """Return the mails to `user`; none for whoever is no member (any more)."""
        return self.filter(user=user) if scope_of(user).is_member else self.none()

    def visible_to(self, user: Any) -> Any:
        """Return the mails that `user` may read: their own; the system administrator reads all of them."""
        return self if scope_of(user).is_system_admin else self.of(user)

    def in_trouble(self) -> Any:
        """Return what was refused or set aside: nobody sends it unless somebody asks for it."""
        return self.filter(state__in=TROUBLE)

    def due(self, at: datetime) -> Any:
        """Return what may be sent at `at`: queued, its pause over, and in nobody's hands."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
        return self.filter(free, state=MessageState.QUEUED, next_attempt_at__lte=at)


class Message(models.Model):
    """One mail. `key` makes it once only; `message_id` stays the same on every try.

    `attempts` counts before the work. `lost_claims` are those in a row that never came back, so that a message that
    kills its worker is set aside, too.
    """

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=MessageKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="messages", verbose_name=_("receiver")
    )
    task = models.ForeignKey(Task, models.PROTECT, null=True, blank=True, related_name="+")
    address = models.CharField(_("address"), max_length=254)
    language = models.CharField(_("language"), max_length=5)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("as HTML"))
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=MessageState, default=MessageState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    lost_claims = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(_("next try"))
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("written at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects: ClassVar[Any] = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["next_attempt_at", "id"], name="message_due", condition=Q(state=MessageState.QUEUED)),
            models.Index(fields=["user", "-created_at"], name="message_user"),
            models.Index(fields=["state", "-created_at"], name="message_state_index"),
        ]
        constraints = [
            code_constraint("state", MessageState, "message_state", _("This state is not known.")),
            code_constraint("kind", MessageKind, "message_kind", _("This kind is not known.")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.user_id} · {self.subject}"
