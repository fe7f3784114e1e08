"""The documents that set tasks, how they follow one another, and their numbered places."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import ResolutionKind, ResolutionLinkKind
from tracker.models.bodies import Body, RegisterQuerySet
from tracker.models.fields import Bilingual, DerivedModel, FoldedField


class Resolution(DerivedModel):
    """Any document that sets tasks: resolution, regulation, directive, conclusion, programme."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=ResolutionKind)
    number = models.CharField(_("number"), max_length=80, blank=True)
    title_vi = models.CharField(_("title in Vietnamese"), max_length=500)
    title_en = models.CharField(_("title in English"), max_length=500)
    issuer = models.ForeignKey(Body, models.PROTECT, related_name="issued_resolutions", verbose_name=_("issuer"))
    issuer_term_vi = models.CharField(_("term of the issuer in Vietnamese"), max_length=120, blank=True)
    issuer_term_en = models.CharField(_("term of the issuer in English"), max_length=120, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    ended_on = models.DateField(_("no longer in force from"), null=True, blank=True)
    summary_vi = models.TextField(_("summary in Vietnamese"), blank=True)
    summary_en = models.TextField(_("summary in English"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    to_be_checked_vi = models.CharField(_("to be checked, in Vietnamese"), max_length=300, blank=True)
    to_be_checked_en = models.CharField(_("to be checked, in English"), max_length=300, blank=True)
    folded = FoldedField(sources=("code", "number", "title_vi", "title_en"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = RegisterQuerySet.as_manager()
    to_be_checked = Bilingual("to_be_checked")
    title = Bilingual("title")
    summary = Bilingual("summary")
    issuer_term = Bilingual("issuer_term")

    class Meta:
        verbose_name = _("resolution")
        verbose_name_plural = _("resolutions")
        ordering = ["-signed_on", "code", "id"]

    def __str__(self) -> str:
        return f"{self.number or self.code} · {self.title}"

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    @property
    def label(self) -> str:
        """The number, or the title of what has none."""
        return self.number or str(self.title)


class ResolutionLink(DerivedModel):
    """A later document develops, reaffirms or replaces an earlier one."""

    later = models.ForeignKey(Resolution, models.CASCADE, related_name="links_back", verbose_name=_("later"))
    earlier = models.ForeignKey(Resolution, models.PROTECT, related_name="links_forward", verbose_name=_("earlier"))
    kind = models.CharField(_("kind"), max_length=10, choices=ResolutionLinkKind)
    note_vi = models.TextField(_("note in Vietnamese"), blank=True)
    note_en = models.TextField(_("note in English"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)

    objects: ClassVar[Any] = RegisterQuerySet.as_manager()
    note = Bilingual("note")

    class Meta:
        verbose_name = _("link between resolutions")
        verbose_name_plural = _("links between resolutions")
        ordering = ["later", "kind", "earlier"]
        constraints = [
            models.UniqueConstraint(
                fields=["later", "earlier", "kind"],
                name="resolution_link",
                violation_error_message=_("These two documents are already linked in this way."),
            ),
            models.CheckConstraint(
                condition=~Q(later=F("earlier")),
                name="resolution_link_two",
                violation_error_message=_("A document cannot be linked to itself: choose another one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.later.code} {self.get_kind_display()} {self.earlier.code}"


class Provision(DerivedModel):
    """A numbered place in a document, with a stable label such as XV.2.3."""

    resolution = models.ForeignKey(Resolution, models.CASCADE, related_name="provisions", verbose_name=_("resolution"))
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    label = models.CharField(_("label"), max_length=60)
    position = models.PositiveIntegerField(_("position"), default=0)
    heading_vi = models.CharField(_("heading in Vietnamese"), max_length=500)
    heading_en = models.CharField(_("heading in English"), max_length=500)
    text_vi = models.TextField(_("content in Vietnamese"), blank=True)
    text_en = models.TextField(_("content in English"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    folded = FoldedField(sources=("label", "heading_vi", "heading_en", "text_vi", "text_en"))

    objects: ClassVar[Any] = RegisterQuerySet.as_manager()
    heading = Bilingual("heading")
    text = Bilingual("text")

    class Meta:
        verbose_name = _("provision")
        verbose_name_plural = _("provisions")
        ordering = ["resolution", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["resolution", "label"],
                name="provision_label",
                violation_error_message=_("This document already has a provision with that label."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.resolution.code} {self.label}"

    def natural_key(self) -> tuple[str, str]:
        return (self.resolution.code, self.label)
