"""What follows a task until it is a rule: progress reports with their evidence files, and flags."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import Addressee, Clock, ReportState, Stage
from tracker.models.bodies import Body
from tracker.models.fields import DerivedModel, DerivedQuerySet, FoldedField, code_constraint
from tracker.models.instruments import Instrument
from tracker.models.policies import Policy
from tracker.models.tasks import Task


class OfTaskQuerySet(DerivedQuerySet):
    """Rows that belong to a task are read by whoever reads the task."""

    def visible_to(self, user: Any) -> Any:
        if scope_of(user).sees_everything:
            return self
        return self.filter(task__in=Task.objects.visible_to(user).values("pk"))


class ProgressReportQuerySet(OfTaskQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the reports on tasks that `user` may read; drafts only to the body that writes them."""
        rows = super().visible_to(user)
        return rows.exclude(Q(state=ReportState.DRAFT) & ~Q(body__in=scope_of(user).body_ids))

    def awaiting_review(self) -> Any:
        return self.filter(state=ReportState.SUBMITTED)


class ProgressReport(DerivedModel):
    """What an official says has happened. Accepted, it may move the stage; returned, it changes nothing."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="reports", verbose_name=_("task"))
    body = models.ForeignKey(Body, models.PROTECT, related_name="reports", verbose_name=_("reporting body"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reports", verbose_name=_("author")
    )
    stage = models.CharField(_("stage reached"), max_length=20, choices=Stage)
    done_text = models.TextField(_("what was done"), max_length=5000)
    hindrance_text = models.TextField(_("what hinders"), max_length=5000, blank=True)
    instrument = models.ForeignKey(
        Instrument, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("instrument")
    )
    articles = models.CharField(_("articles"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ReportState, default=ReportState.DRAFT)
    created_at = models.DateTimeField(_("created at"))
    submitted_on = models.DateField(_("submitted on"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_note = models.TextField(_("note on the decision"), max_length=5000, blank=True)
    folded = FoldedField(sources=("done_text", "hindrance_text"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = ProgressReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("progress report")
        verbose_name_plural = _("progress reports")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["state", "submitted_on", "id"], name="report_state"),
            models.Index(fields=["task", "-created_at"], name="report_task"),
        ]
        constraints = [
            code_constraint("state", ReportState, "report_state", _("This state is not known.")),
            models.CheckConstraint(
                condition=Q(state=ReportState.DRAFT) | Q(submitted_on__isnull=False, submitted_at__isnull=False),
                name="report_submitted_has_day",
                violation_error_message=_("A submitted report has its day of submission."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("author")),
                name="report_two_persons",
                violation_error_message=_("Nobody decides on their own report: ask a colleague."),
            ),
            models.UniqueConstraint(
                fields=["task", "body"],
                condition=Q(state=ReportState.DRAFT),
                name="report_one_draft",
                violation_error_message=_("Your body already has a draft on this task: continue that one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code} · {self.body.code} · {self.get_state_display()}"


def attachment_path(attachment: Attachment, name: str) -> str:
    """Return where a file is stored: under its UUID, never under a name that a person chose."""
    return f"attachments/{attachment.pk.hex[:2]}/{attachment.pk.hex}"


class AttachmentQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        return self.filter(report__in=ProgressReport.objects.visible_to(user).values("pk"))


class Attachment(DerivedModel):
    """A file of evidence on a report, served only as a download and only after the access check."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(ProgressReport, models.CASCADE, related_name="attachments")
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=attachment_path)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    objects: ClassVar[Any] = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["uploaded_at", "id"]

    def __str__(self) -> str:
        return self.name


class FlagQuerySet(OfTaskQuerySet):
    def open(self) -> Any:
        return self.filter(closed_on__isnull=True)


class Flag(DerivedModel):
    """A clock of a task ran out: late from `since`. Never deleted; a return is a new row."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="flags", verbose_name=_("task"))
    clock = models.CharField(_("clock"), max_length=12, choices=Clock)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="flags", verbose_name=_("policy"))
    limit_on = models.DateField(_("last day in time"))
    since = models.DateField(_("late since"))
    opened_at = models.DateTimeField(_("opened at"))
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_note = models.TextField(_("note"), max_length=2000, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_why = models.CharField(_("why it closed"), max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = FlagQuerySet.as_manager()

    class Meta:
        verbose_name = _("flag")
        verbose_name_plural = _("flags")
        ordering = ["since", "id"]
        indexes = [
            models.Index(fields=["since", "id"], name="flag_open", condition=Q(closed_on__isnull=True)),
            models.Index(fields=["task", "clock"], name="flag_task"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "clock"],
                condition=Q(closed_on__isnull=True),
                name="one_open_flag",
                violation_error_message=_("This clock is flagged already."),
            ),
            code_constraint("clock", Clock, "flag_clock", _("This clock is not known.")),
            models.CheckConstraint(
                condition=Q(since__gt=F("limit_on")),
                name="flag_after_limit",
                violation_error_message=_("The last day in time is not late."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code} · {self.get_clock_display()} · {self.since:%d/%m/%Y}"


class FlagStep(models.Model):
    """A step of the ladder that a flag has climbed: on which day, to which body."""

    flag = models.ForeignKey(Flag, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField(_("step"))
    due_on = models.DateField(_("on"))
    addressee = models.CharField(_("addressee"), max_length=12, choices=Addressee)
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("body"))

    class Meta:
        verbose_name = _("step of a flag")
        verbose_name_plural = _("steps of flags")
        ordering = ["flag", "number", "due_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["flag", "number", "due_on", "addressee"],
                name="flag_step_once",
                violation_error_message=_("This step was taken already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.flag_id} · {self.number}"
