"""Bodies, posts, cadres, tenures and successions: recorded with their events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tracker.choices import Role
from tracker.clock import local_day
from tracker.errors import Stale, refuse
from tracker.models import Body, Cadre, Post, Succession, SuccessionMember, Task, Tenure
from tracker.policies import leaders_of, require
from tracker.services import clocks, history
from tracker.services.registers import enter


def create(body: Body, *, by: Any, at: datetime) -> Body:
    """Record a body. Raises ValidationError that names the field."""
    return enter(body, by=by, at=at, kind="body.created", fields=("code", "name_vi", "kind", "level", "parent"))


@transaction.atomic
def set_submission(body: Body, *, specialists_submit: bool, by: Any, at: datetime, version: int | None = None) -> Body:
    """Say whether the specialists of the body submit its reports, or only its leader does.

    Raises ValidationError where no account leads the body: nobody could submit; Stale where `version` is an older one.
    """
    require(by, "body.set_submission", body)
    if not specialists_submit and not leaders_of(body).exists():
        raise refuse(specialists_submit=_("Nobody with an account holds the head post of this body: enter that first."))
    rows = Body.objects.filter(pk=body.pk)
    expected = rows if version is None else rows.filter(version=version)
    before = {"specialists_submit": body.specialists_submit}
    if not expected.update(specialists_submit=specialists_submit, version=F("version") + 1):
        raise Stale(rows.values_list("version", flat=True).get())
    body.refresh_from_db()
    after = {"specialists_submit": specialists_submit}
    history.record("body.submission", body, by=by, at=at, before=before, after=after)
    return body


def add_post(post: Post, *, by: Any, at: datetime) -> Post:
    """Record a position in a body."""
    return enter(post, by=by, at=at, kind="post.created", fields=("body", "code", "title_vi", "is_head"))


def add_cadre(cadre: Cadre, *, by: Any, at: datetime) -> Cadre:
    """Record an office-holder. Their name stays out of the history: it can be erased."""
    return enter(cadre, by=by, at=at, kind="cadre.created", fields=("code", *Cadre.PERSONAL))


def appoint(
    cadre: Cadre, post: Post, *, on: date, by: Any, at: datetime, until: date | None = None, **fields: Any
) -> Tenure:
    """Let `cadre` hold `post` from `on` (to `until`, exclusive); tasks that the post answers for are looked at again.

    Raises ValidationError when somebody holds the post at that time, acting holders apart.
    """
    tenure = Tenure(cadre=cadre, post=post, valid_from=on, valid_to=until, recorded_at=at, **fields)
    _check_overlap(tenure)
    with transaction.atomic():
        enter(tenure, by=by, at=at, kind="tenure.began", fields=("cadre", "post", "valid_from", "valid_to"))
        _recheck(post, at=at)
    return tenure


def end_tenure(tenure: Tenure, *, on: date, by: Any, at: datetime, why: str = "") -> Tenure:
    """End a tenure: `on` is the first day on which it no longer holds."""
    require(by, "register.edit", tenure)
    if on < tenure.valid_from:
        raise refuse(valid_to=_("The end lies before the start: give an end on or after the first day."))
    with transaction.atomic():
        tenure.valid_to = on
        tenure.save(update_fields=["valid_to"])
        history.record("tenure.ended", tenure, by=by, at=at, on=on, after={"valid_to": on}, why=why)
        _recheck(tenure.post, at=at)
    return tenure


def _check_overlap(tenure: Tenure) -> None:
    others = Tenure.objects.filter(post=tenure.post, is_acting=False).exclude(valid_to__lte=tenure.valid_from)
    if tenure.valid_to:
        others = others.filter(valid_from__lt=tenure.valid_to)
    if not tenure.is_acting and others.exists():
        raise refuse(post=_("Somebody holds this post at that time: end that tenure first."))


def _recheck(post: Post, *, at: datetime) -> None:
    """A change of holder may stop or start the unowned clock of every task that the post answers for."""
    tasks = Task.objects.filter(responsibilities__post=post, responsibilities__role=Role.ACCOUNTABLE)
    if ids := list(tasks.order_by("pk").values_list("pk", flat=True).distinct()):
        clocks.settle(Task.objects.filter(pk__in=ids), through=local_day(at), at=at)
        clocks.wind(ids, at=at)


@transaction.atomic
def succeed(
    succession: Succession, *, predecessors: Iterable[Body], successors: Iterable[Body], by: Any, at: datetime
) -> Succession:
    """Record that bodies followed one another; the matrix is not touched by the record itself."""
    enter(succession, by=by, at=at, kind="succession.recorded", fields=("code", "kind", "on", "act"))
    members = [(body, True) for body in predecessors] + [(body, False) for body in successors]
    SuccessionMember.objects.bulk_create(
        SuccessionMember(succession=succession, body=body, is_predecessor=side) for body, side in members
    )
    return succession
