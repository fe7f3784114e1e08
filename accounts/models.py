"""People who sign in, what they may do for which body, and the tokens of REST clients."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.tokens import Scope
from tracker.choices import Duty
from tracker.clock import now


class User(AbstractUser):
    """An account; one cadre or none."""

    cadre = models.OneToOneField(
        "tracker.Cadre", models.PROTECT, null=True, blank=True, related_name="user", verbose_name=_("cadre")
    )
    language = models.CharField(
        _("language"), max_length=5, default="vi", choices=[("vi", "Tiếng Việt"), ("en", "English")]
    )

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password ends the tokens too, as Django ends the sessions, whatever page or command set it."""
        has_new_password = self._password is not None  # type: ignore[attr-defined]
        with transaction.atomic():
            super().save(*args, **kwargs)
            if has_new_password:
                self.tokens.filter(revoked_at__isnull=True).update(revoked_at=now())


class Membership(models.Model):
    """A user acts under a duty for the body that employs them, over the subtree below `root`."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    body = models.ForeignKey("tracker.Body", models.PROTECT, related_name="memberships", verbose_name=_("employed by"))
    root = models.ForeignKey("tracker.Body", models.PROTECT, related_name="+", verbose_name=_("jurisdiction below"))
    duty = models.CharField(_("duty"), max_length=12, choices=Duty)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until (exclusive)"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["user", "duty", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "body", "root", "duty"],
                condition=Q(valid_to__isnull=True),
                name="membership_once",
                violation_error_message=_("This user already has that duty there."),
            ),
            models.CheckConstraint(
                condition=Q(duty__in=Duty.values),
                name="membership_duty",
                violation_error_message=_("This duty is not known."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.username} · {self.get_duty_display()} · {self.body_id}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def of(self, user: Any) -> ApiTokenQuerySet:
        """Return the tokens that `user` owns."""
        return self.filter(user=user)


class ApiToken(models.Model):
    """The key of a REST client: shown once, stored as an HMAC, never wider than its owner is now."""

    key_id = models.CharField(_("id"), max_length=16, unique=True)
    name = models.CharField(_("name"), max_length=100)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens", verbose_name=_("owner"))
    digest = models.CharField(max_length=64)
    pepper = models.CharField(max_length=8, blank=True, help_text=_("Fingerprint of the pepper of the digest."))
    scopes = models.JSONField(_("scopes"), default=list)
    body = models.ForeignKey(
        "tracker.Body", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("only below")
    )
    networks = models.JSONField(_("networks"), default=list, blank=True)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"rmt_{self.key_id}"

    def get_scopes_display(self) -> list[Any]:
        return [Scope(scope).label for scope in self.scopes]
