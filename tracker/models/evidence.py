"""The link task ↔ instrument: declared, verified, stale or ended, and when it makes a level of a task covered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import Coverage, EvidenceState, InstrumentStatus, Level
from tracker.models.bodies import Body
from tracker.models.expressions import earliest
from tracker.models.fields import Bilingual, DerivedModel, DerivedQuerySet, code_constraint
from tracker.models.instruments import Instrument
from tracker.models.tasks import Task, task_is_visible_to
from tracker.rules.articles import Spans
from tracker.rules.citations import parse_articles

WAITS_SINCE = Coalesce("stale_since", "declared_on")
"""Since when evidence awaits verification, where it does."""


def counting_on(day: date, prefix: str = "") -> Q:
    """Return the condition that evidence counts on `day`: verified, not stale, not ended, its instrument in force."""

    def lasts(name: str) -> Q:
        return Q(**{f"{prefix}{name}__isnull": True}) | Q(**{f"{prefix}{name}__gt": day})

    verified = Q(**{f"{prefix}state": EvidenceState.VERIFIED, f"{prefix}verified_on__lte": day})
    in_force = Q(**{f"{prefix}instrument__in_force_on__lte": day}) & lasts("instrument__ends_on")
    return verified & in_force & lasts("stale_since") & lasts("ends_on")


class InstitutionalizationQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the evidence on tasks that `user` may read; drafts only to the body that wrote them."""
        scope = scope_of(user)
        rows = self.exclude(Q(state=EvidenceState.DRAFT) & ~Q(body__in=scope.body_ids))
        return rows.filter(task_is_visible_to(user, "task"))

    def awaiting_verification(self) -> Any:
        """Return what was declared, and what has changed since it was verified."""
        is_stale = Q(state=EvidenceState.VERIFIED, stale_since__isnull=False)
        return self.filter(Q(state=EvidenceState.DECLARED) | is_stale, ends_on__isnull=True)

    def counting_on(self, day: date) -> Any:
        """Return the evidence that counts on `day`, in full or in part."""
        return self.filter(counting_on(day))

    def covering_on(self, day: date) -> Any:
        """Return the evidence that alone covers its level on `day`: it counts, in full."""
        return self.counting_on(day).filter(coverage=Coverage.FULL)


class Institutionalization(DerivedModel):
    """Task × instrument at one level: declared by a body, verified by somebody else against a content hash.

    `stale_since`: since when what stands is no longer what was verified. `ends_on`: from when the articles it names no
    longer hold, though their instrument may. `continues`: the evidence on a predecessor that it takes over.
    """

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
    stale_since = models.DateField(_("changed since it was verified, on"), null=True, blank=True, editable=False)
    ends_on = models.DateField(_("no longer counts from"), null=True, blank=True)
    ended_by = models.ForeignKey(
        Instrument, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    continues = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="continued_by", verbose_name=_("continues")
    )
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
        indexes = [
            models.Index(fields=["state", "declared_on", "id"], name="institutionalization_state_on"),
            models.Index(fields=["ends_on"], name="evidence_ends", condition=Q(ends_on__isnull=False)),
            models.Index(fields=["stale_since"], name="evidence_stale", condition=Q(stale_since__isnull=False)),
        ]
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

    @property
    def spans(self) -> Spans:
        """The articles as ranges; none: the whole instrument. Services store no citation that cannot be read."""
        return parse_articles(self.articles)

    @property
    def awaits_verification(self) -> bool:
        """Whether it was declared, or has changed since it was verified: what is stale counts as declared."""
        return self.ends_on is None and (self.state == EvidenceState.DECLARED or self.is_stale)

    @property
    def waits_since(self) -> date:
        """Since when it awaits verification, where it does."""
        return self.stale_since or self.declared_on

    @property
    def is_stale(self) -> bool:
        return self.state == EvidenceState.VERIFIED and self.stale_since is not None

    def counts_on(self, day: date) -> bool:
        """Tell whether it counts on `day`, as the condition `counting_on` says it; the instrument must be loaded."""
        if self.state != EvidenceState.VERIFIED or self.verified_on is None or self.verified_on > day:
            return False
        is_over = any(end is not None and end <= day for end in (self.stale_since, self.ends_on))
        return not is_over and self.instrument.status_on(day) == InstrumentStatus.IN_FORCE


class JointCoverageQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        return self.filter(task_is_visible_to(user, "task"))

    def covering_on(self, day: date) -> Any:
        """Return the decisions that hold on `day`: not stale, and each of their parts counts."""
        parts = JointCoverage.parts.through.objects.filter(jointcoverage=OuterRef("pk"))
        missing = parts.exclude(counting_on(day, "institutionalization__"))
        stands = Q(stale_since__isnull=True) | Q(stale_since__gt=day)
        return self.filter(stands, ~Exists(missing), verified_on__lte=day)


class JointCoverage(DerivedModel):
    """A verifier's decision that several partial pieces of evidence make a whole at one level, bound to that set."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="joint_coverages", verbose_name=_("task"))
    level = models.CharField(_("level"), max_length=12, choices=Level)
    parts = models.ManyToManyField(Institutionalization, related_name="joint_coverages", verbose_name=_("parts"))
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("verified by")
    )
    verified_on = models.DateField(_("verified on"))
    content_hash = models.CharField(_("what was seen"), max_length=64)
    note = models.TextField(_("reason or note"), max_length=5000, blank=True)
    stale_since = models.DateField(_("changed since it was verified, on"), null=True, blank=True, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"))

    objects: ClassVar[Any] = JointCoverageQuerySet.as_manager()

    class Meta:
        verbose_name = _("joint coverage")
        verbose_name_plural = _("joint coverages")
        ordering = ["-verified_on", "-id"]
        indexes = [models.Index(fields=["task", "level"], name="joint_coverage_level")]

    def __str__(self) -> str:
        return f"{self.task.code} · {self.get_level_display()}"


def level_is_covered(day: date, *, without: Collection[int] = ()) -> Any:
    """Return, as a condition over levels of tasks, whether evidence covers the level on `day`.

    One piece in full does, or several in part that a verifier found to be the whole. `without` leaves evidence out,
    with the decisions that name it.
    """
    alone = _at_level(Institutionalization.objects.covering_on(day))
    jointly = _at_level(JointCoverage.objects.covering_on(day))
    if without:
        alone, jointly = alone.exclude(pk__in=without), jointly.exclude(parts__in=without)
    return Exists(alone) | Exists(jointly)


def level_covered_since(day: date) -> Any:
    """Return, as an expression over levels of tasks, since when what covers the level on `day` has been in force."""
    alone = _at_level(Institutionalization.objects.covering_on(day)).order_by().values("task")
    jointly = _at_level(JointCoverage.objects.covering_on(day)).order_by().values("pk")
    whole = jointly.annotate(whole=Max("parts__instrument__in_force_on")).order_by("whole").values("whole")
    first = alone.annotate(first=Min("instrument__in_force_on")).values("first")
    return earliest(Subquery(first), Subquery(whole[:1]))


def _at_level(rows: Any) -> Any:
    return rows.filter(task=OuterRef("task"), level=OuterRef("level"))
