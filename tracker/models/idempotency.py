"""What a client has sent under an Idempotency-Key, so that the same request sent again does nothing twice."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tracker.models.fields import JsonTextField


class AnsweredRequest(models.Model):
    """A request that was carried out. `fingerprint`: SHA-256 of method, address, If-Match and body.

    Of one row the answer is not kept: `row_id` says of which it told. Of many rows `answer` is it. Kept for 24 hours.
    Source: draft-ietf-httpapi-idempotency-key-header.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    row_id = models.BigIntegerField(default=0)
    answer: Any = JsonTextField(null=True, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("answered request")
        verbose_name_plural = _("answered requests")
        constraints = (models.UniqueConstraint(fields=("user", "key"), name="idempotency_key_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
