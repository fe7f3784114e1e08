"""Filters of the queues that people keep under a name, for themselves or for the commission that they work for."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import QueueCode
from tracker.models.bodies import Body
from tracker.models.fields import code_constraint


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, user: Any) -> Any:
        """Return the own filters of `user`, and those that are shared with a body that employs them."""
        scope = scope_of(user)
        if not scope.is_member:
            return self.none()
        return self.filter(Q(owner=user) | Q(shared_with__in=scope.body_ids))


class SavedFilter(models.Model):
    """What a queue was asked for, under a name. `query` holds known fields of the queue only, as they were typed."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters", verbose_name=_("owner")
    )
    queue = models.CharField(_("queue"), max_length=12, choices=QueueCode)
    name = models.CharField(_("name"), max_length=80)
    query = models.JSONField(_("filter"), default=dict)
    shared_with = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("shared with")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "id"]
        constraints = [
            code_constraint("queue", QueueCode, "saved_filter_queue", _("This queue is not known.")),
            models.UniqueConstraint(
                fields=["owner", "queue", "name"],
                name="saved_filter_once",
                violation_error_message=_("You have a filter of this name already: choose another name."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_queue_display()}: {self.name}"
