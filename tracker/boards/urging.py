"""Urging letters as people read them: which flags can be urged, the letters of a body, a task, a desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, Q, Subquery

from tracker.boards.overdue import OverdueRow
from tracker.choices import COMMISSION_CLOCKS, Level
from tracker.models import Body, CalendarDay, Post, Tenure, Urging, UrgingItem
from tracker.policies import may

MOST = 50
CAPITAL = "Hà Nội"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who heads the sending body on the day, with the title in Vietnamese; empty where nobody does."""

    title: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class TaskUrgings:
    """The letters that urged a task, the latest first, each with `can_read` and `answer_on`."""

    letters: Sequence[Urging]

    @property
    def last(self) -> Urging:
        return self.letters[0]


def selectable(rows: Iterable[OverdueRow], user: Any, day: date) -> set[int]:
    """Return the flags among `rows` that `user` may urge: late, owed by a body that they may write to. No query."""
    found = (row for row in rows if row.body and row.flag.is_late_on(day) and row.flag.clock not in COMMISSION_CLOCKS)
    return {row.flag.pk for row in found if may(user, "urging.issue", [row.body])}


def letters(user: Any, *, body: str = "", state: str = "", day: date) -> Any:
    """Return the letters that `user` may read, the latest first, with how many tasks they urge and how many answered.

    `body` is a code; `state` is "answered", "waiting" or "late" (not all answered by the day that the letter set).
    Runs no query.
    """
    rows = Urging.objects.visible_to(user).select_related("sender", "body").defer("document")
    rows = rows.annotate(
        tasks=Count("items__task", distinct=True),
        answered=Count("items__task", filter=Q(items__answered_on__isnull=False), distinct=True),
        answered_on=Max("items__answered_on"),
    )
    rows = rows.filter(body__code=body) if body else rows
    states = {
        "answered": Q(answered=F("tasks")),
        "waiting": Q(answered__lt=F("tasks")),
        "late": Q(answered__lt=F("tasks"), answer_by__lt=day),
    }
    rows = rows.filter(states[state]) if state else rows
    return rows.order_by("-issued_on", "-number", "-pk")


def urged_bodies(user: Any) -> Any:
    """Return the bodies that got letters which `user` may read. Runs no query."""
    return Body.objects.filter(pk__in=Urging.objects.visible_to(user).values("body")).order_by("name_sort", "pk")


def of_task(task_id: int, user: Any) -> TaskUrgings | None:
    """Return the letters that urged a task, which `user` may read; None where there is none. One query."""
    items = UrgingItem.objects.filter(task=task_id, urging=OuterRef("pk"))
    readable = Urging.objects.visible_to(user).filter(pk=OuterRef("pk"))
    rows = Urging.objects.filter(pk__in=UrgingItem.objects.filter(task=task_id).values("urging"))
    rows = rows.annotate(can_read=Exists(readable), answer_on=Subquery(items.values("answered_on")[:1]))
    found = list(rows.defer("document").order_by("-issued_on", "-pk")[:MOST])
    return TaskUrgings(found) if found else None


def waiting_on(body_ids: Iterable[int], user: Any) -> list[Urging]:
    """Return the letters to the bodies `body_ids` with tasks not answered yet, the oldest first. Two queries.

    `letter.waiting` holds those tasks.
    """
    open_items = UrgingItem.objects.filter(answered_on__isnull=True)
    rows = Urging.objects.visible_to(user).filter(body__in=list(body_ids))
    rows = rows.filter(Exists(open_items.filter(urging=OuterRef("pk")))).select_related("sender").defer("document")
    items = Prefetch("items", open_items.select_related("task"), to_attr="unanswered")
    found = list(rows.prefetch_related(items).order_by("answer_by", "pk")[:MOST])
    for letter in found:
        letter.waiting = list({item.task_id: item.task for item in letter.unanswered}.values())
    return found


def answers(letter: Urging) -> list[UrgingItem]:
    """Return the items of `letter` in the order of its annex, one a task. One query."""
    items = letter.items.select_related("task", "report").order_by("position", "pk")
    return list({item.task_id: item for item in items}.values())


def signer_of(body: Body, day: date) -> Signer:
    """Return who heads `body` on `day`, a holder before somebody acting. At most two queries."""
    tenures = Tenure.objects.valid_on(day).filter(post__in=Post.objects.valid_on(day).filter(body=body, is_head=True))
    tenure = tenures.select_related("post", "cadre").order_by("is_acting", "pk").first()
    if tenure:
        return Signer(tenure.post.title_vi, tenure.cadre.name)
    post = Post.objects.valid_on(day).filter(body=body, is_head=True).first()
    return Signer(post.title_vi) if post else Signer()


def place_of(body: Body) -> str:
    """Return where `body` wrote its last letter; before the first one the capital, for a central body. One query."""
    last = Urging.objects.filter(sender=body).order_by("-issued_on", "-pk").values_list("content__place", flat=True)
    return last.first() or (CAPITAL if body.level == Level.CENTRAL else "")


def working_day_after(calendar_version_id: int, day: date, days: int) -> date | None:
    """Return the `days`-th working day after `day` in a version of a calendar, None beyond its end. One query."""
    rows = CalendarDay.objects.filter(calendar=calendar_version_id)
    now = Subquery(rows.filter(day=day).values("ordinal")[:1])
    found: date | None = rows.filter(is_working=True, ordinal=now + days).values_list("day", flat=True).first()
    return found
