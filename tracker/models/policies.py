"""The rules by which a task waits too long: policies in versions, with limits and steps, and their recalculation."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import Addressee, Clock, DayUnit, Level, Rank, Stage
from tracker.models.bodies import PERIOD_MESSAGE, PeriodRegisterQuerySet
from tracker.models.calendars import Calendar, CalendarVersion
from tracker.models.fields import Bilingual, DerivedModel, period_constraint
from tracker.models.resolutions import Resolution

DEFAULT = "default"


class PolicyQuerySet(PeriodRegisterQuerySet):
    def applied(self) -> Any:
        """Return the versions that are in force or were; drafts are left out."""
        return self.filter(applied_at__isnull=False)

    def in_force_on(self, day: date) -> Any:
        return self.applied().valid_on(day)

    def default_on(self, day: date) -> Any:
        """Return the default policy in force on `day`, the newest version first."""
        return self.in_force_on(day).filter(code=DEFAULT).order_by("-version")


class Policy(DerivedModel):
    """One version of the limits and steps that decide when a task waits too long.

    What it is for is its scope: one task, a resolution at a level, a resolution, a level with a rank, or everything
    (code `default`). The most specific scope that limits a clock governs it. A draft has no `applied_at`.
    """

    code = models.CharField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"), default=1)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="policies", verbose_name=_("calendar"))
    task = models.ForeignKey(
        "tracker.Task", models.PROTECT, null=True, blank=True, related_name="policies", verbose_name=_("task")
    )
    resolution = models.ForeignKey(
        Resolution, models.PROTECT, null=True, blank=True, related_name="policies", verbose_name=_("resolution")
    )
    level = models.CharField(_("level"), max_length=12, choices=Level, blank=True)
    rank = models.CharField(_("rank"), max_length=24, choices=Rank, blank=True)
    snooze_max_days = models.PositiveSmallIntegerField(_("longest snooze, in working days"), default=20)
    valid_from = models.DateField(_("in force from"), null=True, blank=True)
    valid_to = models.DateField(_("in force until (exclusive)"), null=True, blank=True)
    document_vi = models.CharField(_("deciding document in Vietnamese"), max_length=300, blank=True)
    document_en = models.CharField(_("deciding document in English"), max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)
    source = models.CharField(_("source"), max_length=60, blank=True)

    objects: ClassVar[Any] = PolicyQuerySet.as_manager()
    document = Bilingual("document")

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "version"],
                name="policy_version",
                violation_error_message=_("This version of the policy exists already."),
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(applied_at__isnull=True),
                name="policy_one_draft",
                violation_error_message=_("This policy has a draft already: go on with that one."),
            ),
            models.CheckConstraint(
                condition=Q(task__isnull=True) | Q(resolution__isnull=True, level="", rank=""),
                name="policy_scope_task",
                violation_error_message=_("A policy for one task names nothing else: leave the rest empty."),
            ),
            models.CheckConstraint(
                condition=Q(rank="") | Q(resolution__isnull=True) & ~Q(level=""),
                name="policy_scope_rank",
                violation_error_message=_("A rank goes with a level, and not with a resolution."),
            ),
            models.CheckConstraint(
                condition=Q(level="") | Q(resolution__isnull=False) | ~Q(rank=""),
                name="policy_scope_level",
                violation_error_message=_("A level goes with a resolution or with a rank."),
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True) | Q(valid_from__isnull=False),
                name="policy_applied_has_day",
                violation_error_message=_("Say from which day on this version holds."),
            ),
            period_constraint("policy_period", PERIOD_MESSAGE),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class PolicyLimit(models.Model):
    """How many days a clock (and for the stage clock, a stage) may run."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="limits")
    clock = models.CharField(_("clock"), max_length=12, choices=Clock)
    stage = models.CharField(_("stage"), max_length=20, choices=Stage, blank=True)
    days = models.PositiveSmallIntegerField(_("days"))
    unit = models.CharField(_("unit"), max_length=8, choices=DayUnit, default=DayUnit.WORKING)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        ordering = ["policy", "clock", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "clock", "stage"],
                name="policy_limit_once",
                violation_error_message=_("The policy already has a limit for this clock and stage."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy} · {self.clock} {self.stage}: {self.days} {self.unit}"


class PolicyStep(models.Model):
    """A step of the ladder: on which day, to whom.

    `offset_days` are working days from the first late day: 0 is that day, -1 the last working day in time. The last
    step comes again every `repeat_days` working days while the flag is open.
    """

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="steps")
    clock = models.CharField(_("clock"), max_length=12, choices=Clock)
    number = models.PositiveSmallIntegerField(_("step"))
    offset_days = models.SmallIntegerField(_("working days from the first late day"))
    repeat_days = models.PositiveSmallIntegerField(_("comes again every … working days"), null=True, blank=True)
    addressee = models.CharField(_("addressee"), max_length=12, choices=Addressee)

    class Meta:
        verbose_name = _("step of a policy")
        verbose_name_plural = _("steps of policies")
        ordering = ["policy", "clock", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "clock", "number"],
                name="policy_step_once",
                violation_error_message=_("The policy already has this step."),
            ),
            models.CheckConstraint(
                condition=Q(repeat_days__isnull=True) | Q(repeat_days__gt=0),
                name="policy_step_repeat",
                violation_error_message=_("A step comes again after one working day or more."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} · {self.clock} {self.number}: {self.offset_days:+d}"


class Recalculation(models.Model):
    """New rules reach the tasks: what was applied, from which day on. Its ranges of keys are JobRuns."""

    policy = models.ForeignKey(Policy, models.PROTECT, null=True, blank=True, related_name="recalculations")
    calendar_version = models.ForeignKey(
        CalendarVersion, models.PROTECT, null=True, blank=True, related_name="recalculations"
    )
    from_on = models.DateField(_("from"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("recalculation")
        verbose_name_plural = _("recalculations")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.policy or self.calendar_version} {self.from_on}"
