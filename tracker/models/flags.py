"""Flags: a clock of a task ran out, or soon will; the steps that they climb, who was told, and letters that urge."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import Addressee, Clock
from tracker.models.bodies import Body, Cadre, Post
from tracker.models.calendars import CalendarVersion
from tracker.models.fields import DerivedModel, DerivedQuerySet, code_constraint
from tracker.models.followup import OfTaskQuerySet, ProgressReport
from tracker.models.outbox import Message
from tracker.models.policies import Policy
from tracker.models.tasks import Task, task_is_visible_to

TAKEN_BACK = "corrected"
"""Why a flag closed that only what was entered in error had opened: it ends before it began, so it was never late."""


class FlagQuerySet(OfTaskQuerySet):
    def open(self) -> Any:
        """Return the flags whose condition still holds; some of them only remind of a day to come."""
        return self.filter(closed_on__isnull=True)

    def late_on(self, day: date) -> Any:
        """Return the open flags that are late on `day`: reminders before the limit are left out."""
        return self.open().filter(since__lte=day)

    def was_late(self, day: date) -> Any:
        """Return the flags that are late on `day` or were before, whatever became of them."""
        return self.filter(since__lte=day).exclude(closed_on__lt=F("since"))


class Flag(DerivedModel):
    """A clock of a task ran out: late from `since`. Never deleted; a return is a new row.

    It opens at its first step, which may be before the limit; `since` then lies ahead. The ladder is that of `policy`,
    counted in `calendar_version`, both as in force on the day of the crossing.
    """

    task = models.ForeignKey(Task, models.PROTECT, related_name="flags", verbose_name=_("task"))
    clock = models.CharField(_("clock"), max_length=12, choices=Clock)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="flags", verbose_name=_("policy"))
    calendar_version = models.ForeignKey(
        CalendarVersion, models.PROTECT, related_name="flags", verbose_name=_("version of a calendar")
    )
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
    snoozed_until = models.DateField(_("snoozed until (exclusive)"), null=True, blank=True)
    snoozed_reason = models.TextField(_("reason for the snooze"), max_length=2000, blank=True)
    snoozed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("snoozed by")
    )
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_why = models.CharField(_("why it closed"), max_length=40, blank=True)
    closed_by = models.CharField(_("what closed it"), max_length=80, blank=True)
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

    def is_late_on(self, day: date) -> bool:
        """Tell whether the flag is late on `day`, and not only a reminder or over."""
        return self.since <= day and (self.closed_on is None or self.closed_on > day)


class FlagRemarkQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the remarks on tasks that `user` may read."""
        return self.filter(task_is_visible_to(user, "flag__task"))

    def standing(self, *, known_before: Any = None) -> Any:
        """Return the last remark of each flag, of those recorded before a moment if one is given."""
        known = Q(recorded_at__lt=known_before) if known_before else Q()
        later = FlagRemark.objects.filter(known, flag=OuterRef("flag"), number__gt=OuterRef("number"))
        return self.filter(known).filter(~Exists(later))


class FlagRemark(DerivedModel):
    """What the accountable body itself says beside its flag. A later remark stands in place of an earlier one.

    Rows are only added: `number` counts them, so that what was said on a day stays known.
    """

    flag = models.ForeignKey(Flag, models.PROTECT, related_name="remarks", verbose_name=_("flag"))
    number = models.PositiveIntegerField(_("version"))
    body = models.ForeignKey(Body, models.PROTECT, related_name="+", verbose_name=_("body"))
    text = models.TextField(_("remark"), max_length=1000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    objects: ClassVar[Any] = FlagRemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("remark on a flag")
        verbose_name_plural = _("remarks on flags")
        ordering = ["flag", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["flag", "number"],
                name="flag_remark_version",
                violation_error_message=_("A colleague has written a remark by now."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.flag_id} · {self.number}"


class FlagStep(models.Model):
    """A step of the ladder that a flag has climbed: on which day, for whom it was meant, whom it `reached`."""

    flag = models.ForeignKey(Flag, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField(_("step"))
    due_on = models.DateField(_("on"))
    addressee = models.CharField(_("addressee"), max_length=12, choices=Addressee)
    reached = models.CharField(_("reached"), max_length=12, choices=Addressee)
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("body"))

    class Meta:
        verbose_name = _("step of a flag")
        verbose_name_plural = _("steps of flags")
        ordering = ["flag", "due_on", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["flag", "number", "due_on"],
                name="flag_step_once",
                violation_error_message=_("This step was taken already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.flag_id} · {self.number}"

    @property
    def has_climbed(self) -> bool:
        """Whether nobody was there for whom it was meant."""
        return self.reached != self.addressee


class StepRecipient(models.Model):
    """Whom a step reached: a post of a body, or a member of the commission. `digest` is the mail that told them.

    `recipient` names them shortly: `p` and a post, `b` and a body, `u` and an account; `-` is nobody at all.
    """

    step = models.ForeignKey(FlagStep, models.CASCADE, related_name="recipients")
    recipient = models.CharField(max_length=24)
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+")
    cadre = models.ForeignKey(Cadre, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="steps_received"
    )
    digest = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="lines")

    class Meta:
        verbose_name = _("recipient of a step")
        verbose_name_plural = _("recipients of steps")
        ordering = ["step", "id"]
        indexes = [
            models.Index(
                fields=["user", "id"], name="step_untold", condition=Q(digest__isnull=True, user__isnull=False)
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "recipient"],
                name="step_recipient_once",
                violation_error_message=_("They were told of this step already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.step_id} · {self.recipient}"


class UrgingQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the letters to bodies within the jurisdiction of `user`.

        A letter names all that its body is late with: whoever has a cell in one of its tasks reads none of the others.
        """
        scope = scope_of(user)
        if scope.sees_everything:
            return self
        inside = Q(pk__in=[])
        for path in scope.root_paths:
            inside |= Q(body__path__startswith=path)
        return self.filter(inside)


class Urging(DerivedModel):
    """One letter of the commission to one body about its late tasks, numbered and frozen as sent."""

    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"))
    sender = models.ForeignKey(Body, models.PROTECT, related_name="urgings_sent", verbose_name=_("sending body"))
    body = models.ForeignKey(Body, models.PROTECT, related_name="urgings", verbose_name=_("urged body"))
    issued_on = models.DateField(_("date of the letter"))
    answer_by = models.DateField(_("answer by"))
    signer_title = models.CharField(_("title of the signer"), max_length=200)
    signer_name = models.CharField(_("signed by"), max_length=200)
    note = models.TextField(_("added words"), max_length=3000, blank=True)
    content = models.JSONField(_("frozen content"), default=dict)
    document = models.BinaryField(_("letter as sent"))
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("issued by"))
    recorded_at = models.DateTimeField(_("recorded at"))

    objects: ClassVar[Any] = UrgingQuerySet.as_manager()

    class Meta:
        verbose_name = _("urging letter")
        verbose_name_plural = _("urging letters")
        ordering = ["-year", "-number", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "year", "number"],
                name="urging_number",
                violation_error_message=_("This number is taken this year."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}/{self.year} · {self.body.code}"


class UrgingItem(models.Model):
    """A late task in the annex of a letter; `answered_on` is the day of the first report after it."""

    urging = models.ForeignKey(Urging, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(_("no."))
    task = models.ForeignKey(Task, models.PROTECT, related_name="urgings")
    flag = models.ForeignKey(Flag, models.PROTECT, related_name="urgings")
    days_late = models.PositiveIntegerField(_("working days late"))
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    report = models.ForeignKey(ProgressReport, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("task in an urging letter")
        verbose_name_plural = _("tasks in urging letters")
        ordering = ["urging", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["urging", "flag"],
                name="urging_flag_once",
                violation_error_message=_("This flag is in the letter already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.urging} · {self.task.code}"
