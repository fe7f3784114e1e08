"""A body disputes a role that it was given in a task; the matrix editor decides."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import DisputeState
from tracker.models.bodies import Body
from tracker.models.fields import DerivedModel, code_constraint
from tracker.models.followup import OfTaskQuerySet
from tracker.models.tasks import Responsibility, Task


class DisputeQuerySet(OfTaskQuerySet):
    def open(self) -> Any:
        return self.filter(state=DisputeState.OPEN)


class Dispute(DerivedModel):
    """A body says that a cell of the matrix is not its own. It stops no clock: the cell holds until it is moved.

    Upheld, the cell ends on `moved_on` and `new_body` takes its role from that day; rejected, it stays, with reasons.
    """

    task = models.ForeignKey(Task, models.PROTECT, related_name="disputes", verbose_name=_("task"))
    cell = models.ForeignKey(Responsibility, models.PROTECT, related_name="disputes", verbose_name=_("disputed role"))
    body = models.ForeignKey(Body, models.PROTECT, related_name="disputes", verbose_name=_("disputing body"))
    reason = models.TextField(_("reason"), max_length=5000)
    wanted_body = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("whose it is, in its view")
    )
    answer_by = models.DateField(_("answer wanted by"))
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("raised by")
    )
    raised_on = models.DateField(_("raised on"))
    raised_at = models.DateTimeField(_("raised at"))
    state = models.CharField(_("state"), max_length=10, choices=DisputeState, default=DisputeState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_note = models.TextField(_("note on the decision"), max_length=5000, blank=True)
    new_body = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("new body")
    )
    moved_on = models.DateField(_("holds from"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-raised_at", "-id"]
        indexes = [
            models.Index(fields=["state", "answer_by", "id"], name="dispute_state"),
            models.Index(fields=["task", "state"], name="dispute_task"),
        ]
        constraints = [
            code_constraint("state", DisputeState, "dispute_state_code", _("This state is not known.")),
            models.UniqueConstraint(
                fields=["cell"],
                condition=Q(state=DisputeState.OPEN),
                name="dispute_one_open",
                violation_error_message=_("This role is disputed already: the editor decides on it."),
            ),
            models.CheckConstraint(
                condition=Q(state=DisputeState.WITHDRAWN) | Q(decided_by__isnull=True) | ~Q(decided_by=F("raised_by")),
                name="dispute_two_persons",
                violation_error_message=_("Nobody decides on a dispute that they raised: ask a colleague."),
            ),
            models.CheckConstraint(
                condition=~Q(state=DisputeState.UPHELD) | Q(moved_on__isnull=False),
                name="dispute_upheld_has_day",
                violation_error_message=_("A dispute that is upheld names the day from which the role moves."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code} · {self.body.code} · {self.get_state_display()}"
