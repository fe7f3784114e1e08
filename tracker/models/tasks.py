"""What is owed: tasks, the levels they must reach, their roles and stages, and how tasks relate."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.policies import scope_of
from tracker.choices import Level, Role, Stage, TaskKind, TaskLinkKind
from tracker.clock import end_of
from tracker.models.bodies import PERIOD_MESSAGE, Body, Post
from tracker.models.fields import (
    Bilingual,
    DerivedModel,
    DerivedQuerySet,
    FoldedField,
    PeriodQuerySet,
    code_constraint,
    period_constraint,
)
from tracker.models.resolutions import Provision, Resolution

CLOSED_STAGES = (Stage.INSTITUTIONALIZED, Stage.SUSPENDED, Stage.WITHDRAWN)
LAPSED = Q(lapsed_since__isnull=False) & ~Q(stage__in=CLOSED_STAGES)
UNOWNED = Q(unowned_since__isnull=False) & ~Q(stage__in=CLOSED_STAGES)
RESTED = ~Q(paused_days=0, stage_paused_days=0)


def task_is_visible_to(user: Any, task: str) -> Q:
    """Return the condition that `user` may read the task whose key a row holds at `task`. Runs no query."""
    scope = scope_of(user)
    if scope.sees_everything:
        return Q()
    if not scope.is_member:
        return Q(pk__in=[])
    inside = Q()
    for path in scope.root_paths:
        inside |= Q(body__path__startswith=path)
    return Q(Exists(Responsibility.objects.filter(inside, task=OuterRef(task))))


class TaskQuerySet(DerivedQuerySet):
    def visible_to(self, user: Any) -> Any:
        """Return the tasks that `user` may read: those with a cell in their jurisdiction.

        Whoever's jurisdiction is the whole political system reads every task. No query is run here.
        """
        return self.filter(task_is_visible_to(user, "pk"))

    def open(self) -> Any:
        """Return the duties that still wait: not institutionalized, suspended or withdrawn."""
        return self.exclude(stage__in=CLOSED_STAGES).exclude(kind=TaskKind.OBJECTIVE)

    def known_on(self, day: date) -> Any:
        """Return the tasks that were assigned and recorded by the end of `day`."""
        return self.filter(assigned_on__lte=day, recorded_at__lt=end_of(day))

    def accountable_to(self, body_path: str, day: date) -> Any:
        """Return the tasks whose accountable body on `day` is that body or below it."""
        cells = Responsibility.objects.valid_on(day).filter(
            task=OuterRef("pk"), role=Role.ACCOUNTABLE, body__path__startswith=body_path
        )
        return self.filter(Exists(cells))

    def lapsed(self) -> Any:
        """Return the open tasks whose rule is no longer in force."""
        return self.filter(LAPSED)

    def unowned(self) -> Any:
        """Return the open tasks for which nobody answers: no body, or a vacant post of it."""
        return self.filter(UNOWNED)

    def look_again(self, day: date) -> int:
        """Let the scan look at these tasks on `day`, unless it does so before anyway; returns how many it moved."""
        moved: int = self.filter(Q(next_check_on__isnull=True) | Q(next_check_on__gt=day)).update(next_check_on=day)
        return moved

    def to_check(self, day: date) -> Any:
        """Return the tasks whose next check has come by `day`: one probe of a partial index."""
        return self.filter(next_check_on__isnull=False, next_check_on__lte=day)


class Task(DerivedModel):
    """One obligation, from one provision.

    `*_limit_on` and `effective_due_on` are the last days in time of its clocks (null: the clock does not run);
    services.clocks writes them, nothing else. `next_check_on` is the first day on which any clock, step or dated
    fact of the task could change anything; null means that nothing can.
    """

    # Each index of this table is written at every change of a clock, so there is none that another one makes needless.
    code = models.CharField(_("code"), max_length=60)
    resolution = models.ForeignKey(
        Resolution, models.PROTECT, db_index=False, related_name="tasks", verbose_name=_("resolution")
    )
    provision = models.ForeignKey(
        Provision,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="tasks",
        verbose_name=_("provision"),
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="children",
        verbose_name=_("part of task"),
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=10, choices=TaskKind, default=TaskKind.DUTY)
    title_vi = models.CharField(_("title in Vietnamese"), max_length=500)
    title_en = models.CharField(_("title in English"), max_length=500)
    detail_vi = models.TextField(_("detail in Vietnamese"), blank=True)
    detail_en = models.TextField(_("detail in English"), blank=True)
    target_groups = models.JSONField(_("target groups"), default=list, blank=True)
    derived_from_commentary = models.BooleanField(_("derived from commentary"), default=False)
    source = models.CharField(_("source"), max_length=60, blank=True)
    to_be_checked_vi = models.CharField(_("to be checked, in Vietnamese"), max_length=300, blank=True)
    to_be_checked_en = models.CharField(_("to be checked, in English"), max_length=300, blank=True)
    is_demo = models.BooleanField(_("demonstration"), default=False)

    stage = models.CharField(_("stage"), max_length=20, choices=Stage, default=Stage.ASSIGNED)
    stage_since = models.DateField(_("in this stage since"))
    assigned_on = models.DateField(_("assigned on"))
    due_text = models.CharField(_("deadline as written"), max_length=80, blank=True)
    due_on = models.DateField(_("deadline"), null=True, blank=True)
    original_due_on = models.DateField(_("original deadline"), null=True, blank=True)
    submit_by = models.DateField(_("to be submitted by"), null=True, blank=True)
    suspended_on = models.DateField(_("suspended on"), null=True, blank=True)
    suspended_until = models.DateField(_("suspended until"), null=True, blank=True)
    extension_count = models.PositiveSmallIntegerField(_("extensions granted"), default=0, editable=False)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    last_report_on = models.DateField(_("last accepted report"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    # Since when the clocks run without a break: the assignment, the end of a suspension, or a lapse.
    running_since = models.DateField(null=True, blank=True, editable=False)

    # Working days that the task was at rest, which the clocks of age and of the present stage pass over.
    paused_days = models.PositiveIntegerField(default=0, editable=False)
    stage_paused_days = models.PositiveIntegerField(default=0, editable=False)

    # Since when something waits; null: nothing does. A report, evidence and a request wait on the commission.
    unowned_since = models.DateField(null=True, blank=True, editable=False)
    lapsed_since = models.DateField(null=True, blank=True, editable=False)
    declared_since = models.DateField(null=True, blank=True, editable=False)
    reported_since = models.DateField(null=True, blank=True, editable=False)
    requested_since = models.DateField(null=True, blank=True, editable=False)

    effective_due_on = models.DateField(_("deadline in effect"), null=True, blank=True, editable=False)
    submit_limit_on = models.DateField(null=True, blank=True, editable=False)
    stage_limit_on = models.DateField(null=True, blank=True, editable=False)
    silence_limit_on = models.DateField(null=True, blank=True, editable=False)
    unowned_limit_on = models.DateField(null=True, blank=True, editable=False)
    unverified_limit_on = models.DateField(null=True, blank=True, editable=False)
    lapsed_limit_on = models.DateField(null=True, blank=True, editable=False)
    review_limit_on = models.DateField(null=True, blank=True, editable=False)
    request_limit_on = models.DateField(null=True, blank=True, editable=False)
    next_check_on = models.DateField(null=True, blank=True, editable=False)
    folded = FoldedField(sources=("code", "title_vi", "title_en"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = TaskQuerySet.as_manager()
    to_be_checked = Bilingual("to_be_checked")
    title = Bilingual("title")
    detail = Bilingual("detail")

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["resolution", "position", "id"]
        indexes = [
            models.Index(
                fields=["next_check_on", "id"], name="task_next_check", condition=Q(next_check_on__isnull=False)
            ),
            # Beside the order, everything that the four cells of today ask of a task: PostgreSQL reads no row for them.
            # Numbers lead: a key of texts costs each write of a task as much as all other indexes together.
            models.Index(
                fields=["resolution", "position", "id"],
                include=["stage", "effective_due_on", "stage_since", "kind", "assigned_on", "extension_count"],
                name="task_in_order",
            ),
            models.Index(fields=["provision"], name="task_provision", condition=Q(provision__isnull=False)),
            models.Index(fields=["parent"], name="task_parent", condition=Q(parent__isnull=False)),
            # Each holds its whole queue: no row of the table is read to count it.
            models.Index(fields=["lapsed_since", "id"], name="task_lapsed", condition=LAPSED),
            models.Index(fields=["unowned_since", "id"], name="task_unowned", condition=UNOWNED),
            # Few were at rest; a draft of rules asks for them apart, because their days are counted one by one.
            models.Index(fields=["id"], name="task_rested", condition=RESTED),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="task_code",
                violation_error_message=_("A task with this code exists already: give another one."),
            ),
            code_constraint("kind", TaskKind, "task_kind", _("This kind of task is not known.")),
            code_constraint("stage", Stage, "task_stage", _("This stage is not known.")),
            models.CheckConstraint(
                condition=Q(due_on__isnull=True) | Q(due_on__gte=F("assigned_on")),
                name="task_due_after_assigned",
                violation_error_message=_("The deadline lies before the day of assignment: give a later day."),
            ),
            models.CheckConstraint(
                condition=Q(kind=TaskKind.DUTY) | Q(due_on__isnull=True),
                name="task_standing_has_no_deadline",
                violation_error_message=_("A standing duty or an objective has no deadline: leave it empty."),
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.SUSPENDED) | Q(suspended_until__isnull=False),
                name="task_suspended_has_end",
                violation_error_message=_("A suspension needs its last day: give the day until which it holds."),
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="task_not_its_own_parent",
                violation_error_message=_("A task cannot be part of itself: choose another task."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.title}"

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    @property
    def has_moved_deadline(self) -> bool:
        """Whether the deadline is no longer the first one, so that both are shown."""
        return self.original_due_on is not None and self.original_due_on != self.effective_due_on

    @property
    def is_open(self) -> bool:
        return self.stage not in CLOSED_STAGES and self.kind != TaskKind.OBJECTIVE


class TaskLevel(models.Model):
    """A level at which the task must become a rule, with the ranks that are enough there (empty: any)."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="levels")
    level = models.CharField(_("level"), max_length=12, choices=Level)
    accepted_ranks = models.JSONField(_("accepted ranks"), default=list, blank=True)

    class Meta:
        verbose_name = _("level of a task")
        verbose_name_plural = _("levels of tasks")
        ordering = ["task", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "level"],
                name="task_level",
                violation_error_message=_("The task already names this level."),
            ),
            code_constraint("level", Level, "task_level_code", _("This level is not known.")),
        ]

    def __str__(self) -> str:
        return f"{self.task.code}: {self.get_level_display()}"


class TaskLink(DerivedModel):
    """Two tasks overlap, depend on, or take over one another; both are kept."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="links", verbose_name=_("task"))
    other = models.ForeignKey(Task, models.CASCADE, related_name="links_from", verbose_name=_("other task"))
    kind = models.CharField(_("kind"), max_length=12, choices=TaskLinkKind)
    note_vi = models.TextField(_("note in Vietnamese"), blank=True)
    note_en = models.TextField(_("note in English"), blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)

    note = Bilingual("note")

    class Meta:
        verbose_name = _("link between tasks")
        verbose_name_plural = _("links between tasks")
        ordering = ["task", "kind", "other"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "other", "kind"],
                name="task_link",
                violation_error_message=_("These two tasks are already linked in this way."),
            ),
            models.CheckConstraint(
                condition=~Q(task=F("other")),
                name="task_link_two",
                violation_error_message=_("A task cannot be linked to itself: choose another one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code} {self.get_kind_display()} {self.other.code}"


class RecordedQuerySet(PeriodQuerySet):
    def as_of(self, day: date) -> Any:
        """Return what held on `day` and was recorded by the end of it; later entries change no old picture."""
        known = end_of(day)
        ended = Q(valid_to__lte=day) & (Q(end_recorded_at__isnull=True) | Q(end_recorded_at__lt=known))
        return self.filter(valid_from__lte=day, recorded_at__lt=known).exclude(ended)

    def visible_to(self, user: Any) -> Any:
        """Return the cells of the tasks that `user` may read."""
        return self.filter(task_is_visible_to(user, "task"))


class Responsibility(DerivedModel):
    """One cell of the matrix: task × body × role, dated; the post of that body, if any, names who answers."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="responsibilities", verbose_name=_("task"))
    body = models.ForeignKey(Body, models.PROTECT, related_name="responsibilities", verbose_name=_("body"))
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="responsibilities", verbose_name=_("post")
    )
    role = models.CharField(_("role"), max_length=1, choices=Role)
    valid_from = models.DateField(_("holds from"))
    valid_to = models.DateField(_("holds until (exclusive)"), null=True, blank=True)
    legal_basis = models.CharField(_("legal basis"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    end_recorded_at = models.DateTimeField(_("end recorded at"), null=True, blank=True)

    objects: ClassVar[Any] = RecordedQuerySet.as_manager()

    class Meta:
        verbose_name = _("responsibility")
        verbose_name_plural = _("responsibilities")
        ordering = ["task", "role", "body", "id"]
        indexes = [
            models.Index(fields=["body", "role", "task"], name="responsibility_body"),
            models.Index(fields=["task", "role", "body"], name="responsibility_task"),
        ]
        constraints = [
            period_constraint("responsibility_period", PERIOD_MESSAGE),
            code_constraint("role", Role, "responsibility_role", _("The role is one of L, A, R, C, S, I.")),
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(role=Role.ACCOUNTABLE, valid_to__isnull=True),
                name="one_open_accountable",
                violation_error_message=_("This task already has an accountable body: end that cell first."),
            ),
            models.UniqueConstraint(
                fields=["task", "body", "role"],
                condition=Q(post__isnull=True, valid_to__isnull=True),
                name="one_open_cell_of_body",
                violation_error_message=_("This body already holds that role in this task."),
            ),
            models.UniqueConstraint(
                fields=["task", "body", "role", "post"],
                condition=Q(post__isnull=False, valid_to__isnull=True),
                name="one_open_cell_of_post",
                violation_error_message=_("This post already holds that role in this task."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task.code} {self.role} {self.body.code}"

    @property
    def never_held(self) -> bool:
        """Whether it ended on its first day: entered in error, and taken back."""
        return self.valid_to is not None and self.valid_to <= self.valid_from


class StageChange(models.Model):
    """A task moved from one stage to another on a day; recorded later, it changes no older picture.

    One that `corrects` another takes its place from the moment at which it was recorded; the other stays.
    """

    task = models.ForeignKey(Task, models.CASCADE, related_name="stage_changes")
    from_stage = models.CharField(_("from"), max_length=20, choices=Stage, blank=True)
    to_stage = models.CharField(_("to"), max_length=20, choices=Stage)
    on = models.DateField(_("on"))
    recorded_at = models.DateTimeField(_("recorded at"))
    reason = models.TextField(_("reason"), blank=True)
    document = models.CharField(_("deciding document"), max_length=200, blank=True)
    is_lapse = models.BooleanField(_("lapse"), default=False)
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name=_("corrects what was entered in error"),
    )
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("change of stage")
        verbose_name_plural = _("changes of stage")
        ordering = ["task", "on", "id"]
        indexes = [
            models.Index(fields=["task", "on", "id"], name="stage_change_task"),
            models.Index(fields=["recorded_at"], name="stage_change_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.task.code}: {self.get_to_stage_display()}"
