"""What happened: one Event a change in its transaction, and one JobRun for each run of a job."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import JobState
from tracker.models.fields import DerivedQuerySet
from tracker.models.policies import Recalculation
from tracker.models.tasks import Task, task_is_visible_to

# Objects whose values are about persons: the history says that one changed, not to what.
PERSONAL_KINDS = ("cadre", "user", "membership", "apitoken", "webhook")


class EventQuerySet(DerivedQuerySet):
    def sealed(self) -> Any:
        """Return the events that have their number and hash: nobody can alter one of them unseen."""
        return self.filter(number__isnull=False)

    def unsealed(self) -> Any:
        """Return the events that wait for the sealer."""
        return self.filter(number__isnull=True)

    def visible_to(self, user: Any) -> Any:
        """Return the events of tasks that `user` may read; those of a draft only to its body."""
        scope = scope_of(user)
        rows = self.filter(Q(private_to__isnull=True) | Q(private_to__in=scope.body_ids))
        return rows.filter(task_is_visible_to(user, "task"))


class Event(models.Model):
    """Who changed what, under which duty, when and why. Appended, never changed; triggers refuse it.

    `number` and `hash` come from the sealer once the event is committed: contiguous from 1, each hash over the one
    before. `persons` commits to the values in EventPersons, which are not in the hashed text.
    """

    at = models.DateTimeField(_("at"))
    on = models.DateField(_("on"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    duty = models.CharField(_("duty"), max_length=20, blank=True)
    kind = models.CharField(_("kind"), max_length=60)
    object_kind = models.CharField(_("object"), max_length=40)
    object_id = models.CharField(_("object id"), max_length=40)
    task = models.ForeignKey(Task, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("task"))
    private_to = models.ForeignKey("tracker.Body", models.PROTECT, null=True, blank=True, related_name="+")
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    why = models.TextField(_("why"), blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    persons = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    number = models.BigIntegerField(_("number"), null=True, blank=True, editable=False)
    hash = models.CharField(_("hash"), max_length=64, blank=True, default="", db_default="", editable=False)

    objects: ClassVar[Any] = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["task", "-id"], name="event_task"),
            models.Index(fields=["object_kind", "object_id"], name="event_object"),
            models.Index(fields=["id"], name="event_unsealed", condition=Q(number__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="event_number", condition=Q(number__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_kind} {self.object_id}"


class EventPersons(models.Model):
    """What an event says of a person. `salt` and these values make `Event.persons`; erased, the chain still holds."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="of_persons")
    salt = models.CharField(max_length=32)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("values of a person")
        verbose_name_plural = _("values of persons")

    def __str__(self) -> str:
        return str(self.event_id)


class ChainHead(models.Model):
    """The last number and hash of the history as published on a day: who kept it sees whether the end was cut off."""

    day = models.DateField(_("day"), unique=True)
    at = models.DateTimeField(_("at"))
    number = models.BigIntegerField(_("number"))
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("published head of the history")
        verbose_name_plural = _("published heads of the history")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {self.number} {self.hash}"


class JobRun(models.Model):
    """One run of a job. `period` is unique a job, so that two ticks make one run; by hand it is null.

    A range of a recalculation is one, too: the tasks with keys from `first_key` to `last_key`.
    """

    job = models.CharField(_("job"), max_length=40)
    period = models.CharField(_("period"), max_length=40, null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.RUNNING)
    through_on = models.DateField(_("through"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    looked_at = models.PositiveIntegerField(_("looked at"), default=0)
    opened = models.PositiveIntegerField(_("opened"), default=0)
    closed = models.PositiveIntegerField(_("closed"), default=0)
    stepped = models.PositiveIntegerField(_("steps taken"), default=0)
    error = models.TextField(_("error"), blank=True)
    recalculation = models.ForeignKey(
        Recalculation, models.CASCADE, null=True, blank=True, related_name="ranges", editable=False
    )
    first_key = models.BigIntegerField(null=True, blank=True, editable=False)
    last_key = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("run of a job")
        verbose_name_plural = _("runs of jobs")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["job", "state", "-through_on"], name="job_run_high_water"),
            models.Index(
                fields=["id"], name="job_run_open_range", condition=Q(recalculation__isnull=False) & ~Q(state="done")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "period"],
                condition=Q(period__isnull=False),
                name="job_run_once",
                violation_error_message=_("This job has run for that period."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.period or self.pk}"


class Heartbeat(models.Model):
    """When a part of the system was last heard, written through the worker pool."""

    part = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.part} {self.at:%Y-%m-%d %H:%M:%S}"


class SetAside(models.Model):
    """A task that broke the scan: tried, counted, and after three tries left alone until somebody has looked."""

    task = models.OneToOneField(Task, models.CASCADE, related_name="set_aside")
    attempts = models.PositiveSmallIntegerField(_("tries"), default=1)
    error = models.TextField(_("error"))
    first_at = models.DateTimeField(_("first at"))
    last_at = models.DateTimeField(_("last at"))

    class Meta:
        verbose_name = _("task set aside")
        verbose_name_plural = _("tasks set aside")
        ordering = ["-last_at", "-id"]

    def __str__(self) -> str:
        return self.task.code
