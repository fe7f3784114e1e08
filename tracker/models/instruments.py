"""What turns a task into a rule: instruments, and how they touch one another."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import InstrumentLinkKind, InstrumentStatus, Rank
from tracker.models.bodies import Body, RegisterQuerySet
from tracker.models.fields import Bilingual, DerivedField, DerivedModel, FoldedField, code_constraint
from tracker.rules.instruments import is_draft_number, number_key


class InstrumentQuerySet(RegisterQuerySet):
    def in_force_on(self, day: date) -> Any:
        """Return the instruments that are in force on `day`."""
        return self.filter(in_force_on__lte=day).exclude(ends_on__lte=day)


class Instrument(DerivedModel):
    """The legal document that institutionalizes: from a law to the rules of one commune."""

    number = models.CharField(
        _("number"),
        max_length=80,
        unique=True,
        error_messages={"unique": _("An instrument with this number is registered already: choose it from the list.")},
    )
    rank = models.CharField(_("rank"), max_length=24, choices=Rank)
    title_vi = models.CharField(_("title in Vietnamese"), max_length=500)
    title_en = models.CharField(_("title in English"), max_length=500, blank=True)
    issuer = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="instruments", verbose_name=_("issuer")
    )
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    promulgated_on = models.DateField(_("promulgated on"), null=True, blank=True)
    in_force_on = models.DateField(_("in force from"), null=True, blank=True)
    ends_on = models.DateField(_("no longer in force from"), null=True, blank=True)
    ended_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="ended_instruments", verbose_name=_("ended by")
    )
    submit_by = models.DateField(_("draft to be submitted by"), null=True, blank=True)
    issue_by = models.DateField(_("to be issued by"), null=True, blank=True)
    drafted_by = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="instruments_owed", verbose_name=_("owed by")
    )
    consultation_known_at = models.DateTimeField(
        _("said that all consultations are recorded"), null=True, blank=True, editable=False
    )
    url = models.URLField(_("where to read it"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    to_be_checked_vi = models.CharField(_("to be checked, in Vietnamese"), max_length=300, blank=True)
    to_be_checked_en = models.CharField(_("to be checked, in English"), max_length=300, blank=True)
    is_demo = models.BooleanField(_("demonstration"), default=False)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("registered by"),
        editable=False,
    )
    folded = FoldedField(sources=("number", "title_vi", "title_en"))
    number_key = DerivedField(sources=("number",), derive=number_key)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = InstrumentQuerySet.as_manager()
    to_be_checked = Bilingual("to_be_checked")
    title = Bilingual("title")

    class Meta:
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")
        ordering = ["-signed_on", "number", "id"]
        constraints = [
            code_constraint("rank", Rank, "instrument_rank", _("This rank is not known.")),
            models.CheckConstraint(
                condition=Q(signed_on__isnull=True) | Q(in_force_on__isnull=True) | Q(in_force_on__gte=F("signed_on")),
                name="instrument_force_after_signature",
                violation_error_message=_("It comes into force before it is signed: check the two days."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(in_force_on__isnull=True) | Q(ends_on__gte=F("in_force_on")),
                name="instrument_ends_after_force",
                violation_error_message=_("It ends before it comes into force: check the two days."),
            ),
            models.CheckConstraint(
                condition=Q(promulgated_on__isnull=True)
                | Q(signed_on__isnull=False, promulgated_on__gte=F("signed_on")),
                name="instrument_promulgated_after_signature",
                violation_error_message=_("It is promulgated before it is signed: check the two days."),
            ),
            models.CheckConstraint(
                condition=Q(submit_by__isnull=True) | Q(issue_by__isnull=True) | Q(issue_by__gte=F("submit_by")),
                name="instrument_submitted_before_issue",
                violation_error_message=_("It is to be issued before its draft is submitted: check the two days."),
            ),
            models.UniqueConstraint(
                fields=["number_key"],
                name="instrument_number_key",
                violation_error_message=_("This number is registered already, perhaps spelt in another way."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.title}"

    def natural_key(self) -> tuple[str]:
        return (self.number,)

    @property
    def is_numbered(self) -> bool:
        """False while a draft goes by the name that the register gave it."""
        return not is_draft_number(self.number)

    def status_on(self, day: date) -> InstrumentStatus:
        """Return whether the instrument is being prepared, issued, in force or ended on `day`."""
        if self.ends_on and self.ends_on <= day:
            return InstrumentStatus.ENDED
        if self.in_force_on and self.in_force_on <= day:
            return InstrumentStatus.IN_FORCE
        return InstrumentStatus.ISSUED if self.signed_on and self.signed_on <= day else InstrumentStatus.PREPARED


class InstrumentLink(models.Model):
    """One instrument amends, replaces or details another."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="links")
    other = models.ForeignKey(Instrument, models.PROTECT, related_name="links_from")
    kind = models.CharField(_("kind"), max_length=10, choices=InstrumentLinkKind)
    on = models.DateField(_("on"), null=True, blank=True)

    class Meta:
        verbose_name = _("link between instruments")
        verbose_name_plural = _("links between instruments")
        ordering = ["instrument", "kind", "other"]
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "other", "kind"],
                name="instrument_link",
                violation_error_message=_("These two instruments are already linked in this way."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument.number} {self.get_kind_display()} {self.other.number}"
