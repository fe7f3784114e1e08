"""What turns a task into a rule: instruments, how they touch one another, and the link task ↔ instrument."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import Coverage, EvidenceState, InstrumentLinkKind, InstrumentStatus, Level, Rank
from tracker.models.bodies import Body, RegisterQuerySet
from tracker.models.fields import Bilingual, DerivedModel, DerivedQuerySet, FoldedField, code_constraint
from tracker.models.tasks import Task


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
    in_force_on = models.DateField(_("in force from"), null=True, blank=True)
    ends_on = models.DateField(_("no longer in force from"), null=True, blank=True)
    ended_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="ended_instruments", verbose_name=_("ended by")
    )
    url = models.URLField(_("where to read it"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    to_be_checked_vi = models.CharField(_("to be checked, in Vietnamese"), max_length=300, blank=True)
    to_be_checked_en = models.CharField(_("to be checked, in English"), max_length=300, blank=True)
    is_demo = models.BooleanField(_("demonstration"), default=False)
    folded = FoldedField(sources=("number", "title_vi", "title_en"))
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
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.title}"

    def natural_key(self) -> tuple[str]:
        return (self.number,)

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


class InstitutionalizationQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the evidence on tasks that `user` may read; drafts only to the body that wrote them."""
        scope = scope_of(user)
        rows = self.exclude(Q(state=EvidenceState.DRAFT) & ~Q(body__in=scope.body_ids))
        if scope.sees_everything:
            return rows
        return rows.filter(task__in=Task.objects.visible_to(user).values("pk"))

    def awaiting_verification(self) -> Any:
        return self.filter(state=EvidenceState.DECLARED)

    def covering_on(self, day: date) -> Any:
        """Return the evidence that counts on `day`: verified, in full, its instrument in force."""
        return self.filter(
            state=EvidenceState.VERIFIED, coverage=Coverage.FULL, instrument__in_force_on__lte=day
        ).exclude(instrument__ends_on__lte=day)


class Institutionalization(DerivedModel):
    """Task × instrument at one level: declared by a body, verified by somebody else against a content hash."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="institutionalizations", verbose_name=_("task"))
    instrument = models.ForeignKey(
        Instrument, models.PROTECT, related_name="institutionalizations", verbose_name=_("instrument")
    )
    level = models.CharField(_("level"), max_length=12, choices=Level)
    articles = models.CharField(_("articles"), max_length=300, blank=True)
    coverage = models.CharField(_("coverage"), max_length=8, choices=Coverage, default=Coverage.FULL)
    state = models.CharField(_("state"), max_length=10, choices=EvidenceState, default=EvidenceState.DECLARED)
    body = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("declared by the body")
    )
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("declared by")
    )
    declared_on = models.DateField(_("declared on"))
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("verified by")
    )
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    content_hash = models.CharField(_("what was seen"), max_length=64, blank=True)
    decision_note = models.TextField(_("note on the decision"), blank=True)
    is_illustration = models.BooleanField(_("illustration"), default=False)
    note_vi = models.TextField(_("note in Vietnamese"), blank=True)
    note_en = models.TextField(_("note in English"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = InstitutionalizationQuerySet.as_manager()
    note = Bilingual("note")

    class Meta:
        verbose_name = _("institutionalization")
        verbose_name_plural = _("institutionalizations")
        ordering = ["task", "level", "-declared_on", "id"]
        indexes = [models.Index(fields=["state", "declared_on", "id"], name="institutionalization_state_on")]
        constraints = [
            code_constraint("state", EvidenceState, "institutionalization_state", _("This state is not known.")),
            models.UniqueConstraint(
                fields=["task", "instrument", "level"],
                name="institutionalization_once",
                violation_error_message=_("This instrument is already declared for the task at that level."),
            ),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | Q(declared_by__isnull=True) | ~Q(verified_by=F("declared_by")),
                name="institutionalization_two_persons",
                violation_error_message=_("Nobody verifies what they declared: ask a colleague."),
            ),
            models.CheckConstraint(
                condition=~Q(state=EvidenceState.VERIFIED)
                | (Q(verified_by__isnull=False) & Q(verified_on__isnull=False) & ~Q(content_hash="")),
                name="institutionalization_verified_whole",
                violation_error_message=_("A verification names who verified, on which day, and what was seen."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code} ↔ {self.instrument.number}"
