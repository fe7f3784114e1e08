"""Legal debt: what a law or decree in force calls for in detail, who owes that text, and how far it has come."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import DayUnit, Rank
from tracker.models.bodies import Body, RegisterQuerySet
from tracker.models.fields import Bilingual, DerivedModel, FoldedField, code_constraint
from tracker.models.instruments import Instrument
from tracker.models.tasks import Task
from tracker.rules.articles import Spans
from tracker.rules.citations import parse_articles


class DetailingDutyQuerySet(RegisterQuerySet):
    def called_for_on(self, day: date) -> Any:
        """Return what instruments that are in force on `day` call for, in debt or not."""
        return self.filter(instrument__in_force_on__lte=day).exclude(instrument__ends_on__lte=day)


class DetailingDuty(DerivedModel):
    """A text that an upper instrument calls for in detail, owed by a body.

    Its deadline is written down (`issue_by`), or so many days after the upper instrument takes effect
    (`issue_within`), whenever that really is; likewise for the submission of its draft.
    """

    instrument = models.ForeignKey(
        Instrument, models.PROTECT, related_name="detailing_duties", verbose_name=_("upper instrument")
    )
    articles = models.CharField(_("articles that call for it"), max_length=300, blank=True)
    subject_vi = models.CharField(_("what it details, in Vietnamese"), max_length=500)
    subject_en = models.CharField(_("what it details, in English"), max_length=500, blank=True)
    rank = models.CharField(_("rank"), max_length=24, choices=Rank)
    body = models.ForeignKey(Body, models.PROTECT, related_name="detailing_duties", verbose_name=_("owed by"))
    task = models.ForeignKey(
        Task, models.PROTECT, null=True, blank=True, related_name="detailing_duties", verbose_name=_("task")
    )
    submit_by = models.DateField(_("draft to be submitted by"), null=True, blank=True)
    submit_within = models.PositiveSmallIntegerField(_("draft to be submitted within (days)"), null=True, blank=True)
    issue_by = models.DateField(_("to be issued by"), null=True, blank=True)
    issue_within = models.PositiveSmallIntegerField(_("to be issued within (days)"), null=True, blank=True)
    unit = models.CharField(_("unit of the days"), max_length=8, choices=DayUnit, default=DayUnit.WORKING)
    drafting_on = models.DateField(_("drafting since"), null=True, blank=True)
    submitted_on = models.DateField(_("draft submitted on"), null=True, blank=True)
    answered_by = models.ForeignKey(
        Instrument, models.PROTECT, null=True, blank=True, related_name="answers", verbose_name=_("issued as")
    )
    source = models.CharField(_("source"), max_length=60, blank=True)
    to_be_checked_vi = models.CharField(_("to be checked, in Vietnamese"), max_length=300, blank=True)
    to_be_checked_en = models.CharField(_("to be checked, in English"), max_length=300, blank=True)
    is_demo = models.BooleanField(_("demonstration"), default=False)
    recorded_at = models.DateTimeField(_("recorded at"))
    folded = FoldedField(sources=("subject_vi", "subject_en"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = DetailingDutyQuerySet.as_manager()
    subject = Bilingual("subject")
    to_be_checked = Bilingual("to_be_checked")

    class Meta:
        verbose_name = _("text called for in detail")
        verbose_name_plural = _("texts called for in detail")
        ordering = ["instrument", "id"]
        constraints = [
            code_constraint("rank", Rank, "detailing_rank", _("This rank is not known.")),
            code_constraint("unit", DayUnit, "detailing_unit", _("The unit is working or calendar days.")),
            models.CheckConstraint(
                condition=Q(issue_by__isnull=True) | Q(issue_within__isnull=True),
                name="detailing_one_issue_limit",
                violation_error_message=_("Give a day or a number of days to issue it, not both."),
            ),
            models.CheckConstraint(
                condition=Q(submit_by__isnull=True) | Q(submit_within__isnull=True),
                name="detailing_one_submit_limit",
                violation_error_message=_("Give a day or a number of days to submit it, not both."),
            ),
            models.CheckConstraint(
                condition=Q(submitted_on__isnull=True)
                | Q(drafting_on__isnull=True)
                | Q(submitted_on__gte=models.F("drafting_on")),
                name="detailing_submitted_after_drafting",
                violation_error_message=_("The draft was submitted before it was begun: check the two days."),
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=models.F("instrument")),
                name="detailing_other_instrument",
                violation_error_message=_("An instrument does not detail itself: name the other one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument.number} → {self.subject}"

    @property
    def spans(self) -> Spans:
        """The articles as ranges; none: the whole instrument."""
        return parse_articles(self.articles)
