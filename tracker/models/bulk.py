"""Requests of machines that are too long to be answered at once, and the names that their systems have for our rows."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.models.fields import JsonTextField


class BulkJobQuerySet(models.QuerySet["BulkJob"]):
    def of(self, user: Any, token: Any = None) -> Any:
        """Return the jobs that `user` asked for; by a token that is narrower than its owner only its own."""
        rows = self.filter(user=user)
        return rows if token is None or token.body_id is None else rows.filter(token=token)

    def open(self) -> Any:
        return self.filter(finished_at__isnull=True)


class BulkJob(models.Model):
    """Rows that a worker carries out, one batch after another; `results` grow with each batch, in its transaction.

    `act` is what tracker.api.writing names it. `problem`: why none of the rows was written, with `is_atomic`.
    `lease_until`: until when a worker has it; one that is killed loses it then.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("by"))
    token = models.ForeignKey(
        "accounts.ApiToken", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("API token")
    )
    act = models.CharField(_("act"), max_length=60)
    is_atomic = models.BooleanField(_("all or nothing"), default=False)
    language = models.CharField(_("language"), max_length=5)
    request_id = models.CharField(max_length=40, blank=True)
    rows: Any = JsonTextField(default=list)
    size = models.PositiveIntegerField(_("rows"))
    results: Any = JsonTextField(_("results"), default=list)
    problem: Any = JsonTextField(null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, db_index=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[Any] = BulkJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("request of many rows")
        verbose_name_plural = _("requests of many rows")
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], name="bulk_job_open", condition=Q(finished_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"

    @property
    def state(self) -> str:
        if self.finished_at is not None:
            return "refused" if self.problem else "done"
        return "running" if self.attempts or self.results else "queued"


class ExternalReference(models.Model):
    """What a system of `body` calls one of our rows: unique in that system, so that no row is made twice."""

    body = models.ForeignKey("tracker.Body", models.CASCADE, related_name="+", verbose_name=_("body"))
    source = models.CharField(_("system"), max_length=60)
    external_id = models.CharField(_("id there"), max_length=200)
    object_kind = models.CharField(_("object"), max_length=40)
    object_id = models.BigIntegerField(_("object id"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("external reference")
        verbose_name_plural = _("external references")
        ordering = ["id"]
        indexes = [models.Index(fields=["object_kind", "object_id"], name="external_of_object")]
        constraints = [
            models.UniqueConstraint(fields=["body", "source", "external_id"], name="external_id_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"
