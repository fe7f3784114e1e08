"""One body: its tasks by role, its posts with their holders, and the bodies before and after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F

from tracker.boards.dossier import ROLE_ORDER
from tracker.choices import Role
from tracker.models import Body, Instrument, Post, Resolution, Responsibility, Succession, Tenure
from tracker.models.tasks import CLOSED_STAGES

MOST_TASKS = 100
MOST_BODIES = 200


@dataclass(frozen=True)
class HeldPost:
    post: Post
    tenures: list[Tenure]


@dataclass(frozen=True)
class RoleTasks:
    """The cells that a body holds today in one role, open tasks first, the most urgent first."""

    role: Role
    cells: list[Responsibility]
    is_cut: bool


@dataclass(frozen=True)
class BodyPage:
    ancestors: list[Body]
    children: list[Body]
    posts: list[HeldPost]
    roles: list[RoleTasks]
    successions: list[Succession]
    resolutions: list[Resolution]
    instruments: list[Instrument]


def body_page(body: Body, user: Any, today: date) -> BodyPage:
    """Return what `user` may read of `body`. 15 queries at most (one a role), whatever the number of rows."""
    codes = body.path.strip("/").split("/")[:-1]
    return BodyPage(
        ancestors=sorted(Body.objects.filter(code__in=codes), key=lambda row: len(row.path)),
        children=list(body.children.order_by("name_sort", "pk")[:MOST_BODIES]),
        posts=_posts(body, today),
        roles=_roles(body, user, today),
        successions=_successions(body),
        resolutions=list(body.issued_resolutions.all()[:MOST_TASKS]),
        instruments=list(body.instruments.all()[:MOST_TASKS]),
    )


def _posts(body: Body, today: date) -> list[HeldPost]:
    held = Tenure.objects.valid_on(today).filter(post__body=body).select_related("cadre").order_by("is_acting", "pk")
    tenures = list(held)
    posts = body.posts.valid_on(today)
    return [HeldPost(post, [row for row in tenures if row.post_id == post.pk]) for post in posts]


def _roles(body: Body, user: Any, today: date) -> list[RoleTasks]:
    found = []
    for role in ROLE_ORDER:
        cells = Responsibility.objects.visible_to(user).valid_on(today).filter(body=body, role=role)
        in_order = cells.select_related("task", "post").order_by(
            F("task__done_on").asc(nulls_first=True), F("task__effective_due_on").asc(nulls_last=True), "task_id", "pk"
        )
        rows = list(in_order[: MOST_TASKS + 1])
        if rows:
            found.append(RoleTasks(role, rows[:MOST_TASKS], is_cut=len(rows) > MOST_TASKS))
    return found


def _successions(body: Body) -> list[Succession]:
    rows = Succession.objects.filter(members__body=body).prefetch_related("members__body")
    return list(rows.distinct())


def open_accountable(user: Any, bodies: Iterable[Body], today: date) -> dict[int, int]:
    """Return for how many open tasks that `user` may read each body is accountable today. One query."""
    cells = (
        Responsibility.objects.visible_to(user)
        .valid_on(today)
        .filter(role=Role.ACCOUNTABLE, body__in=[body.pk for body in bodies])
    )
    waiting = cells.exclude(task__stage__in=CLOSED_STAGES).order_by()
    return dict(waiting.values_list("body").annotate(Count("task")))


def bodies_of_posts(cadre_ids: Iterable[int], today: date) -> dict[int, list[Tenure]]:
    """Return the posts that each cadre holds today. One query."""
    rows = Tenure.objects.valid_on(today).filter(cadre__in=list(cadre_ids)).select_related("post", "post__body")
    found: dict[int, list[Tenure]] = {}
    for row in rows:
        found.setdefault(row.cadre_id, []).append(row)
    return found
