"""What the commission asks about a submitted report, and what its body answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.models.fields import DerivedQuerySet
from tracker.models.followup import ProgressReport


class ReportQuestionQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the questions on reports that `user` may read."""
        if scope_of(user).sees_everything:
            return self
        return self.filter(report__in=ProgressReport.objects.visible_to(user).values("pk"))

    def open(self) -> Any:
        return self.filter(answered_at__isnull=True)


class ReportQuestion(models.Model):
    """A question on a report. While it is open, the ball is the body's. Decided before, it stays without an answer."""

    report = models.ForeignKey(ProgressReport, models.CASCADE, related_name="questions", verbose_name=_("report"))
    question = models.TextField(_("question"), max_length=2000)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_on = models.DateField(_("asked on"))
    asked_at = models.DateTimeField(_("asked at"))
    answer = models.TextField(_("answer"), max_length=5000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects: ClassVar[Any] = ReportQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question on a report")
        verbose_name_plural = _("questions on reports")
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report"],
                condition=Q(answered_at__isnull=True),
                name="question_one_open",
                violation_error_message=_("A question on this report awaits its answer already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.question[:40]}"
