"""Calendars of working days: in versions, each with its days off, its make-up days and every day counted."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import DayKind
from tracker.models.bodies import PERIOD_MESSAGE, Body, PeriodRegisterQuerySet, RegisterQuerySet
from tracker.models.fields import Bilingual, DerivedModel, period_constraint


class Calendar(DerivedModel):
    """A calendar of working days: the national one, or that of a province, which adds its local days to a `base`."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200)
    base = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="locals", verbose_name=_("adds to the calendar")
    )
    body = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="calendars", verbose_name=_("for the bodies below")
    )

    objects: ClassVar[Any] = RegisterQuerySet.as_manager()
    name = Bilingual("name")

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(base__isnull=True, body__isnull=True) | Q(base__isnull=False, body__isnull=False),
                name="calendar_local_whole",
                violation_error_message=_("A local calendar names the calendar it adds to, and its body."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class CalendarVersionQuerySet(PeriodRegisterQuerySet):
    def applied(self) -> Any:
        """Return the versions that are in force or were; drafts are left out."""
        return self.filter(applied_at__isnull=False)

    def drafts(self) -> Any:
        """Return the versions that are being written; a calendar has one at most."""
        return self.filter(applied_at__isnull=True)

    def in_force_on(self, day: date) -> Any:
        return self.applied().valid_on(day)


class CalendarVersion(DerivedModel):
    """What a calendar says from a day on, by a deciding document. A draft has no `applied_at` and counts nothing."""

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions", verbose_name=_("calendar"))
    number = models.PositiveIntegerField(_("version"), default=1)
    first_year = models.PositiveSmallIntegerField(_("first year"), default=2010)
    last_year = models.PositiveSmallIntegerField(_("last year"), default=2035)
    valid_from = models.DateField(_("in force from"), null=True, blank=True)
    valid_to = models.DateField(_("in force until (exclusive)"), null=True, blank=True)
    document_vi = models.CharField(_("deciding document in Vietnamese"), max_length=300, blank=True)
    document_en = models.CharField(_("deciding document in English"), max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = CalendarVersionQuerySet.as_manager()
    document = Bilingual("document")

    class Meta:
        verbose_name = _("version of a calendar")
        verbose_name_plural = _("versions of calendars")
        ordering = ["calendar", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "number"],
                name="calendar_version_once",
                violation_error_message=_("This version of the calendar exists already."),
            ),
            models.UniqueConstraint(
                fields=["calendar"],
                condition=Q(applied_at__isnull=True),
                name="calendar_one_draft",
                violation_error_message=_("This calendar has a draft already: go on with that one."),
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True) | Q(valid_from__isnull=False),
                name="calendar_applied_has_day",
                violation_error_message=_("Say from which day on this version holds."),
            ),
            period_constraint("calendar_version_period", PERIOD_MESSAGE),
        ]

    def __str__(self) -> str:
        return f"{self.calendar.code} v{self.number}"

    def holds(self, day: date) -> bool:
        """Tell whether `day` lies in the years of this version."""
        return self.first_year <= day.year <= self.last_year


class DayOff(DerivedModel):
    """An edit of the calendar: a day off, or a make-up working day, with the document that decided it."""

    calendar = models.ForeignKey(
        CalendarVersion, models.CASCADE, related_name="days_off", verbose_name=_("version of a calendar")
    )
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
    """Every day of a version of a calendar with its running ordinal: "n working days after" is a join, not a loop."""

    calendar = models.ForeignKey(CalendarVersion, models.CASCADE, related_name="days")
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
