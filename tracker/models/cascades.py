"""A task given to many units in one act: for whom, by when, and what becomes of units that come later."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tracker.choices import BodyKind, DueRule, Joining, Level, PartRole, Stage, TaskKind, Whom
from tracker.models.bodies import Body
from tracker.models.fields import code_constraint
from tracker.models.tasks import Task, task_is_visible_to

COUNTED = (DueRule.WORKING, DueRule.CALENDAR)
LONGEST = 3660


class CascadeQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the cascades of the tasks that `user` may read."""
        return self.filter(task_is_visible_to(user, "task"))

    def standing(self) -> Any:
        """Return those of tasks that are still owed: their units are expected to have a part."""
        return self.exclude(task__stage=Stage.WITHDRAWN).exclude(task__kind=TaskKind.OBJECTIVE)


class Cascade(models.Model):
    """The act that gave a task to the units of a level, the bodies of a kind, or a list.

    In a unit the body of `kind` with `words` in its name answers; outside units the body itself does. `below` narrows
    it to what lies under one body. `roles` are codes of PartRole.
    """

    task = models.ForeignKey(Task, models.PROTECT, related_name="cascades", verbose_name=_("task"))
    whom = models.CharField(_("to whom"), max_length=10, choices=Whom)
    level = models.CharField(_("level"), max_length=12, choices=Level, blank=True)
    kind = models.CharField(_("kind of the body that answers"), max_length=12, choices=BodyKind, blank=True)
    words = models.CharField(_("words in its name"), max_length=100, blank=True)
    below = models.ForeignKey(
        Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("only below this body")
    )
    bodies = models.ManyToManyField(Body, through="CascadeBody", related_name="+", verbose_name=_("bodies"))
    roles = models.JSONField(_("other roles"), default=list, blank=True)
    due_rule = models.CharField(_("deadline"), max_length=10, choices=DueRule, default=DueRule.SAME)
    due_days = models.PositiveSmallIntegerField(_("days after assignment"), null=True, blank=True)
    due_on = models.DateField(_("fixed day"), null=True, blank=True)
    joining = models.CharField(_("units without a part"), max_length=10, choices=Joining, default=Joining.OFFER)
    document = models.CharField(_("deciding document"), max_length=200)
    on = models.DateField(_("assigned on"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = CascadeQuerySet.as_manager()

    class Meta:
        verbose_name = _("cascade")
        verbose_name_plural = _("cascades")
        ordering = ["task", "id"]
        constraints = [
            code_constraint("whom", Whom, "cascade_whom", _("Choose to whom the task is given.")),
            code_constraint("due_rule", DueRule, "cascade_due_rule", _("Choose how the deadline is set.")),
            code_constraint("joining", Joining, "cascade_joining", _("Choose what becomes of units without a part.")),
            models.CheckConstraint(
                condition=~Q(whom=Whom.LEVEL) | ~Q(level=""),
                name="cascade_names_level",
                violation_error_message=_("Choose the level."),
            ),
            models.CheckConstraint(
                condition=~Q(whom=Whom.KIND) | ~Q(kind=""),
                name="cascade_names_kind",
                violation_error_message=_("Choose the kind of body."),
            ),
            models.CheckConstraint(
                condition=Q(due_rule__in=COUNTED, due_days__gte=1, due_days__lte=LONGEST)
                | (~Q(due_rule__in=COUNTED) & Q(due_days__isnull=True)),
                name="cascade_counts_days",
                violation_error_message=_("Give the number of days, from 1 to 3660."),
            ),
            models.CheckConstraint(
                condition=Q(due_rule=DueRule.FIXED, due_on__isnull=False)
                | (~Q(due_rule=DueRule.FIXED) & Q(due_on__isnull=True)),
                name="cascade_fixed_day",
                violation_error_message=_("Give the fixed day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code}: {self.get_whom_display()}"

    @property
    def role_labels(self) -> list[str]:
        """The other roles of each part, in words."""
        return [str(PartRole(role).label) for role in self.roles if role in PartRole.values]


class CascadeBody(models.Model):
    """A body of a chosen list, or one that a cascade leaves out on purpose."""

    cascade = models.ForeignKey(Cascade, models.CASCADE, related_name="named", verbose_name=_("cascade"))
    body = models.ForeignKey(Body, models.PROTECT, related_name="+", verbose_name=_("body"))
    is_left_out = models.BooleanField(_("left out"), default=False)

    class Meta:
        verbose_name = _("body of a cascade")
        verbose_name_plural = _("bodies of cascades")
        ordering = ["cascade", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cascade", "body"],
                name="cascade_body",
                violation_error_message=_("This body is named twice: name it once."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.cascade_id}: {self.body}"
