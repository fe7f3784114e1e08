"""Files of instruments, in revisions: a new one stands beside the one that it replaces."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tracker.models.instruments import Instrument


def instrument_file_path(file: InstrumentFile, name: str) -> str:
    """Return where a file is stored: under its UUID, never under a name that a person chose."""
    return f"instruments/{file.pk.hex[:2]}/{file.pk.hex}"


class InstrumentFileQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the files of the instruments that `user` may read."""
        return self.filter(instrument__in=Instrument.objects.visible_to(user).values("pk"))

    def current(self) -> Any:
        """Return the files that no later revision replaces."""
        return self.filter(replaced_by__isnull=True)

    def sums(self) -> list[str]:
        """Return the SHA-256 of the files in an order of its own: the same files give the same list. One query."""
        return sorted(self.values_list("sha256", flat=True))


class InstrumentFile(models.Model):
    """The text of an instrument as a file. `dated` is the day of the document, `uploaded_at` that of the upload."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="files", verbose_name=_("instrument"))
    revision = models.PositiveIntegerField(_("revision"), default=1)
    replaced_by = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name=_("replaced by")
    )
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    dated = models.DateField(_("date of the document"), null=True, blank=True)
    file = models.FileField(upload_to=instrument_file_path)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()

    objects: ClassVar[Any] = InstrumentFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of an instrument")
        verbose_name_plural = _("files of instruments")
        ordering = ["-uploaded_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | ~Q(replaced_by=F("id")),
                name="instrument_file_not_its_own",
                violation_error_message=_("A file does not replace itself."),
            ),
            models.UniqueConstraint(
                fields=["instrument", "sha256"],
                condition=Q(replaced_by__isnull=True),
                name="instrument_file_once",
                violation_error_message=_("This very file is there already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_current(self) -> bool:
        return self.replaced_by_id is None
