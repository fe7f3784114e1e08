"""What is said and asked about a task until it is a rule: progress reports with their files, extensions, obstacles."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import ExtensionState, ReportState, Stage
from tracker.models.bodies import Body
from tracker.models.fields import DerivedModel, DerivedQuerySet, FoldedField, code_constraint
from tracker.models.instruments import Instrument
from tracker.models.tasks import Task, task_is_visible_to


class OfTaskQuerySet(DerivedQuerySet):
    """Rows that belong to a task are read by whoever reads the task."""

    def visible_to(self, user: Any) -> Any:
        return self.filter(task_is_visible_to(user, "task"))


class ProgressReportQuerySet(OfTaskQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the reports on tasks that `user` may read; drafts only to the body that writes them."""
        rows = super().visible_to(user)
        return rows.exclude(Q(state=ReportState.DRAFT) & ~Q(body__in=scope_of(user).body_ids))

    def submitted(self) -> Any:
        """Return those on which the commission has not decided, also while it waits for an answer."""
        return self.filter(state=ReportState.SUBMITTED)

    def awaiting_review(self) -> Any:
        """Return those whose ball is the commission's: submitted, and no question is open."""
        return self.submitted().filter(review_since__isnull=False)


class ProgressReport(DerivedModel):
    """What an official says has happened. Accepted, it may move the stage; returned, it changes nothing.

    A draft with `handed_at` awaits the leader of the body. `time_asked` is the request for more time that goes with
    it: letter_number, letter_on, signer, wanted_on, reason; empty for none. `review_since`: since when the ball is the
    commission's; null while it is not. A decision is bound to `decided_version` and the hash of what was seen.
    """

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
    time_asked = models.JSONField(_("more time asked for"), default=dict, blank=True)
    handed_at = models.DateTimeField(_("handed to the leader at"), null=True, blank=True)
    leader_note = models.TextField(_("note of the leader"), max_length=2000, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("submitted by"),
    )
    submitted_on = models.DateField(_("submitted on"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    review_since = models.DateField(_("awaits the commission since"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_note = models.TextField(_("note on the decision"), max_length=5000, blank=True)
    decided_version = models.PositiveIntegerField(_("version decided on"), null=True, blank=True, editable=False)
    decided_hash = models.CharField(max_length=64, blank=True, editable=False)
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
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(submitted_by__isnull=True) | ~Q(decided_by=F("submitted_by")),
                name="report_two_hands",
                violation_error_message=_("Nobody decides on a report that they submitted: ask a colleague."),
            ),
            models.CheckConstraint(
                condition=Q(state=ReportState.DRAFT) | Q(handed_at__isnull=True),
                name="report_handed_is_draft",
                violation_error_message=_("Only a draft awaits the leader."),
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

    @property
    def is_reopened(self) -> bool:
        """Whether it was decided on, corrected since, and awaits a new decision."""
        return self.state == ReportState.SUBMITTED and self.decided_version is not None


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


class ExtensionQuerySet(OfTaskQuerySet):
    def awaiting_decision(self) -> Any:
        return self.filter(state=ExtensionState.ASKED)

    def decided_since(self, day: date) -> Any:
        """Return those that were granted or refused on `day` or later."""
        return self.exclude(state=ExtensionState.ASKED).filter(decided_on__gte=day)


class Extension(DerivedModel):
    """More time, asked by a body in a letter and granted or refused by the commission. Refused ones stay."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="extensions", verbose_name=_("task"))
    body = models.ForeignKey(Body, models.PROTECT, related_name="extensions", verbose_name=_("asking body"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_on = models.DateField(_("asked on"))
    asked_at = models.DateTimeField(_("asked at"))
    letter_number = models.CharField(_("number of the letter"), max_length=80)
    letter_on = models.DateField(_("date of the letter"))
    signer = models.CharField(_("signed by"), max_length=200)
    reason = models.TextField(_("reason"), max_length=5000)
    due_on_before = models.DateField(_("deadline when asked"), null=True, blank=True)
    wanted_on = models.DateField(_("new deadline asked for"))
    state = models.CharField(_("state"), max_length=10, choices=ExtensionState, default=ExtensionState.ASKED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_number = models.CharField(_("number of the decision"), max_length=80, blank=True)
    decision_note = models.TextField(_("note on the decision"), max_length=5000, blank=True)
    granted_on = models.DateField(_("new deadline"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = ExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["-asked_at", "-id"]
        indexes = [
            models.Index(fields=["state", "asked_on", "id"], name="extension_state"),
            models.Index(fields=["task", "state"], name="extension_task"),
        ]
        constraints = [
            code_constraint("state", ExtensionState, "extension_state_code", _("This state is not known.")),
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(state=ExtensionState.ASKED),
                name="extension_one_asked",
                violation_error_message=_("A request for more time on this task awaits its decision already."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="extension_two_persons",
                violation_error_message=_("Nobody decides on their own request: ask a colleague."),
            ),
            models.CheckConstraint(
                condition=~Q(state=ExtensionState.GRANTED) | Q(granted_on__isnull=False),
                name="extension_granted_has_day",
                violation_error_message=_("A granted extension names the new deadline."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code} · {self.letter_number}"


class ObstacleQuerySet(OfTaskQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the obstacles of tasks that `user` may read, and those that name a body which employs them.

        Who is waited on must know of it, though they hold no cell of the task and may read nothing else of it.
        """
        scope = scope_of(user)
        if scope.sees_everything:
            return self
        return self.filter(task_is_visible_to(user, "task") | Q(body__in=scope.body_ids))

    def open(self) -> Any:
        return self.filter(ended_on__isnull=True)


class Obstacle(DerivedModel):
    """The task waits on another body, since a day. It stops no clock; it says who held the ball."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="obstacles", verbose_name=_("task"))
    declared_body = models.ForeignKey(
        Body, models.PROTECT, related_name="obstacles_declared", verbose_name=_("declared by the body")
    )
    body = models.ForeignKey(Body, models.PROTECT, related_name="obstacles", verbose_name=_("waits on"))
    since = models.DateField(_("since"))
    reason = models.TextField(_("because"), max_length=2000)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("declared by")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    end_note = models.TextField(_("how it ended"), max_length=2000, blank=True)
    end_recorded_at = models.DateTimeField(_("end recorded at"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = ObstacleQuerySet.as_manager()

    class Meta:
        verbose_name = _("obstacle")
        verbose_name_plural = _("obstacles")
        ordering = ["since", "id"]
        indexes = [
            models.Index(fields=["body", "task"], name="obstacle_open", condition=Q(ended_on__isnull=True)),
            models.Index(fields=["since", "id"], name="obstacle_since", condition=Q(ended_on__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("since")),
                name="obstacle_period",
                violation_error_message=_("It ends before it begins: check the two days."),
            ),
            models.CheckConstraint(
                condition=~Q(body=F("declared_body")),
                name="obstacle_other_body",
                violation_error_message=_("A body cannot wait on itself: name the other one."),
            ),
            models.UniqueConstraint(
                fields=["task", "body"],
                condition=Q(ended_on__isnull=True),
                name="obstacle_once",
                violation_error_message=_("It is already recorded that the task waits on this body."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code} · {self.body.code}"
