"""What reports upward rest on: how deadlines moved, and reports that are frozen with the tasks that they counted."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.models.bodies import Body
from tracker.models.fields import DerivedQuerySet
from tracker.models.tasks import Task


class DeadlineMove(models.Model):
    """The deadline in effect of a task became another one from the day `on`; the clocks write it when they move it.

    A deadline that never moved has no row: what was in effect on a day is `due_before` of the first move that was not
    known then, or else what the task says now.
    """

    task = models.ForeignKey(Task, models.CASCADE, related_name="deadline_moves")
    due_before = models.DateField(_("deadline before"), null=True, blank=True)
    due_after = models.DateField(_("deadline after"), null=True, blank=True)
    on = models.DateField(_("on"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("move of a deadline")
        verbose_name_plural = _("moves of deadlines")
        ordering = ["task", "id"]
        indexes = [
            models.Index(fields=["task", "id"], name="deadline_move_task"),
            models.Index(fields=["recorded_at"], name="deadline_move_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.due_before} → {self.due_after}"


class FrozenError(TypeError):
    """A frozen report is not written again, by anybody."""


class FrozenReportQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the reports on bodies within the jurisdiction of `user`, those on everything only to whom sees it."""
        scope = scope_of(user)
        if scope.sees_everything:
            return self
        inside = Q(pk__in=[])
        for path in scope.root_paths:
            inside |= Q(root__path__startswith=path)
        return self.filter(inside)

    def update(self, **kwargs: Any) -> int:
        raise FrozenError("A frozen report cannot be changed.")

    def delete(self) -> Any:
        raise FrozenError("A frozen report cannot be deleted.")


class FrozenReport(models.Model):
    """The four cells of a day as a body reported them: numbered, with the tasks behind each number, and their hash.

    `rows` are those of boards.frozen; `query` says what was counted, in words `said`, `day` for which day, and what
    counts was recorded before `known_at`. `root` is the body whose tasks are counted with those below it, null for all.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"))
    body = models.ForeignKey(Body, models.PROTECT, related_name="frozen_reports", verbose_name=_("reporting body"))
    root = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bodies from here down")
    )
    day = models.DateField(_("figures of"))
    known_at = models.DateTimeField(_("known until"))
    query = models.JSONField(_("query"), default=dict)
    said = models.JSONField(_("query in words"), default=dict)
    rows = models.JSONField(_("rows"), default=list, blank=True)
    remark = models.TextField(_("remark"), max_length=2000, blank=True)
    sha256 = models.CharField(max_length=64)
    previous = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="later", verbose_name=_("the one before")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("frozen by"))
    recorded_at = models.DateTimeField(_("recorded at"))

    objects: ClassVar[Any] = FrozenReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("frozen report")
        verbose_name_plural = _("frozen reports")
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["body", "year", "number"],
                name="frozen_report_number",
                violation_error_message=_("This number is taken this year."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} · {self.body.code}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FrozenError("A frozen report cannot be changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise FrozenError("A frozen report cannot be deleted.")

    @property
    def symbol(self) -> str:
        return f"{self.number}/{self.year}"
