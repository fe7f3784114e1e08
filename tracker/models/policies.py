"""The rules by which time is counted: calendars with their days, and policies with limits and steps."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import Addressee, Clock, DayKind, DayUnit, Stage
from tracker.models.bodies import PERIOD_MESSAGE, PeriodRegisterQuerySet, RegisterQuerySet
from tracker.models.fields import Bilingual, DerivedModel, period_constraint


class Calendar(DerivedModel):
    """A calendar of working days: the public holidays and what was decided beside them."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200)
    first_year = models.PositiveSmallIntegerField(_("first year"), default=2010)
    last_year = models.PositiveSmallIntegerField(_("last year"), default=2035)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = RegisterQuerySet.as_manager()
    name = Bilingual("name")

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class DayOff(DerivedModel):
    """An edit of the calendar: a day off, or a make-up working day, with the document that decided it."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days_off", verbose_name=_("calendar"))
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=4, choices=DayKind)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200)
    document = models.CharField(_("deciding document"), max_length=200, blank=True)
    to_be_checked_vi = models.CharField(_("to be checked, in Vietnamese"), max_length=300, blank=True)
    to_be_checked_en = models.CharField(_("to be checked, in English"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)

    objects: ClassVar[Any] = RegisterQuerySet.as_manager()
    to_be_checked = Bilingual("to_be_checked")
    name = Bilingual("name")

    class Meta:
        verbose_name = _("day off or make-up day")
        verbose_name_plural = _("days off and make-up days")
        ordering = ["calendar", "day"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "day"],
                name="day_off_once",
                violation_error_message=_("This day is in the calendar already: change that row."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y} · {self.name}"


class CalendarDay(DerivedModel):
    """Every day of a calendar with its running ordinal: "n working days after" is a join, not a loop."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days")
    day = models.DateField()
    is_working = models.BooleanField()
    ordinal = models.PositiveIntegerField()
    name_vi = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)

    name = Bilingual("name")

    class Meta:
        ordering = ["calendar", "day"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "day"], name="calendar_day_once"),
            models.UniqueConstraint(
                fields=["calendar", "ordinal"], condition=Q(is_working=True), name="calendar_working_ordinal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}"


class PolicyQuerySet(PeriodRegisterQuerySet):
    def default_on(self, day: date) -> Any:
        """Return the default policy in force on `day`, the newest version first."""
        return self.valid_on(day).filter(code="default").order_by("-version")


class Policy(DerivedModel):
    """One version of the limits and steps that decide when a task waits too long."""

    code = models.CharField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"), default=1)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="policies", verbose_name=_("calendar"))
    valid_from = models.DateField(_("in force from"))
    valid_to = models.DateField(_("in force until (exclusive)"), null=True, blank=True)
    document_vi = models.CharField(_("deciding document in Vietnamese"), max_length=300, blank=True)
    document_en = models.CharField(_("deciding document in English"), max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
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
    """A step of the ladder: `offset_days` working days after the task became late, to whom."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="steps")
    clock = models.CharField(_("clock"), max_length=12, choices=Clock)
    number = models.PositiveSmallIntegerField(_("step"))
    offset_days = models.PositiveSmallIntegerField(_("working days after it is late"))
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
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy} · {self.clock} {self.number}: +{self.offset_days}"
