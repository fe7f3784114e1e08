"""The life of an instrument until it is signed: its phases, each dated, and who was asked about its draft.

Later phases follow from the dates of the instrument. Nothing here holds a name or a word of those who were asked.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import RECORDED_PHASES, FrontOpinion, Participant
from tracker.models.fields import code_constraint
from tracker.models.instruments import Instrument
from tracker.rules.instrument_life import Step


class InstrumentPhase(models.Model):
    """The instrument entered a phase on a day. Rows are never changed: a later row corrects an earlier one.

    A correction without a day says that the change did not happen.
    """

    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="phases", verbose_name=_("instrument"))
    phase = models.CharField(_("phase"), max_length=12, choices=[(row.value, row.label) for row in RECORDED_PHASES])
    on = models.DateField(_("on"), null=True, blank=True)
    document = models.CharField(_("document"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="correction", verbose_name=_("corrects")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )

    class Meta:
        verbose_name = _("phase of an instrument")
        verbose_name_plural = _("phases of instruments")
        ordering = ["instrument", "on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(phase__in=[row.value for row in RECORDED_PHASES]),
                name="instrument_phase_code",
                violation_error_message=_("This phase is not known."),
            ),
            models.CheckConstraint(
                condition=Q(on__isnull=False) | Q(corrects__isnull=False),
                name="instrument_phase_dated",
                violation_error_message=_("Give the day of the change."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument.number} · {self.get_phase_display()}"

    @property
    def step(self) -> Step:
        """What the rules know of it."""
        return Step(pk=self.pk or 0, phase=self.phase, on=self.on, corrects=self.corrects_id)


class Consultation(models.Model):
    """People were asked about a draft between two days. Counts, dates, a published summary: no names, no texts."""

    instrument = models.ForeignKey(
        Instrument, models.PROTECT, related_name="consultations", verbose_name=_("instrument")
    )
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    summary_url = models.URLField(_("published summary"), max_length=300, blank=True)
    summary_number = models.CharField(_("number of the summary"), max_length=80, blank=True)
    summary_on = models.DateField(_("date of the summary"), null=True, blank=True)
    front_opinion = models.CharField(
        _("opinion of the Front"), max_length=20, choices=FrontOpinion, default=FrontOpinion.NONE
    )
    front_number = models.CharField(_("number of the Front's document"), max_length=80, blank=True)
    front_on = models.DateField(_("date of the Front's document"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")
        ordering = ["instrument", "opened_on", "id"]
        constraints = [
            code_constraint("front_opinion", FrontOpinion, "consultation_front", _("This opinion is not known.")),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="consultation_period",
                violation_error_message=_("It closes before it opens: check the two days."),
            ),
            models.UniqueConstraint(
                fields=["instrument", "opened_on"],
                name="consultation_once",
                violation_error_message=_(
                    "A consultation that opened on this day is recorded already: change that one."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument.number} · {self.opened_on:%Y-%m-%d}"


class ConsultationCount(models.Model):
    """How many of one kind took part in a consultation."""

    consultation = models.ForeignKey(Consultation, models.CASCADE, related_name="counts")
    kind = models.CharField(_("who took part"), max_length=12, choices=Participant)
    number = models.PositiveIntegerField(_("how many"))

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name = _("count of a consultation")
        verbose_name_plural = _("counts of consultations")
        ordering = ["consultation", "id"]
        constraints = [
            code_constraint("kind", Participant, "consultation_kind", _("This kind is not known.")),
            models.CheckConstraint(
                condition=Q(number__gte=0),
                name="consultation_number",
                violation_error_message=_("Give a whole number, 0 or more."),
            ),
            models.UniqueConstraint(
                fields=["consultation", "kind"],
                name="consultation_count_once",
                violation_error_message=_("This kind is counted already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.number}"
