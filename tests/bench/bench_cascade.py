"""A task given to 3,300 communes with three cells each, against the same rows written by hand, in one run."""

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.bench.by_hand_cascade import write
from tests.bench.measured import SATURDAY, noon, tell
from tracker.choices import BodyKind, Level, Role, Stage, TaskKind, Whom
from tracker.exchange import scale
from tracker.models import (
    Body,
    Cadre,
    Cascade,
    Event,
    Post,
    Resolution,
    Responsibility,
    StageChange,
    Task,
    TaskLevel,
    Tenure,
)
from tracker.services import cascades, tasks

UNITS = 3_300
ROUNDS = 3
LIMIT = {"postgresql": 1.0, "sqlite": 3.0}
AT = noon(SATURDAY)
ROLES = ["unit_leads", "unit_supervises"]
OWN = {"id", "code", "parent", "title_vi", "title_en", "folded", "recorded_at"}


def _units():
    """3,300 communes in 34 provinces, each with Party committee, People's Committee with its head, and Front."""
    root = Body.objects.get(code="HTCT")
    facts = {"valid_from": SATURDAY - timedelta(days=900)}
    provinces = _bodies([(f"BT{n:02}", BodyKind.SYSTEM, Level.PROVINCE, root) for n in range(34)], facts)
    units = _bodies([(f"BX{n:04}", BodyKind.SYSTEM, Level.COMMUNE, provinces[n % 34]) for n in range(UNITS)], facts)
    for suffix, kind in (("DU", BodyKind.PARTY), ("UBND", BodyKind.STATE), ("MT", BodyKind.MASS)):
        made = _bodies([(f"{unit.code}-{suffix}", kind, Level.COMMUNE, unit) for unit in units], facts)
        if suffix == "UBND":
            _heads(made)


def _bodies(rows, facts):
    return Body.objects.bulk_create(
        Body(
            code=code, kind=kind, level=level, parent=parent, name_vi=f"Đơn vị {code}", name_en=f"Unit {code}", **facts
        )
        for code, kind, level, parent in rows
    )


def _heads(bodies):
    title = {"code": "head", "title_vi": "Chủ tịch", "title_en": "Chair", "is_head": True}
    posts = Post.objects.bulk_create(Post(body=body, **title) for body in bodies)
    cadres = Cadre.objects.bulk_create(Cadre(code=f"C-{body.code}", name=f"Cán bộ {body.code}") for body in bodies)
    since = {"valid_from": SATURDAY - timedelta(days=300), "recorded_at": AT}
    Tenure.objects.bulk_create(
        Tenure(cadre=cadre, post=post, **since) for cadre, post in zip(cadres, posts, strict=True)
    )


def _parent(number):
    facts = {"kind": TaskKind.DUTY, "title_vi": "Ban hành quy chế ở cơ sở", "title_en": "Issue regulations"}
    days = {"assigned_on": SATURDAY, "due_on": SATURDAY + timedelta(days=300)}
    task = Task(code=f"BC{number}", resolution=Resolution.objects.first(), stage=Stage.ASSIGNED, **facts, **days)
    body = Body.objects.get(code="QM-001")
    cell = Responsibility(body=body, role=Role.ACCOUNTABLE, post=body.posts.get(), valid_from=SATURDAY)
    return tasks.create(task, levels=[(Level.COMMUNE, [])], cells=[cell], by=None, at=AT)


def _ours(task):
    cascade = Cascade(task=task, whom=Whom.LEVEL, level=Level.COMMUNE, roles=ROLES, document="45-QĐ/TU", on=SATURDAY)
    return cascades.give(cascade, by=None, at=AT)


def _timed(act, task):
    """Seconds, with the checks of foreign keys that PostgreSQL leaves to the end of a transaction."""
    begin = time.perf_counter()
    with transaction.atomic():
        act(task)
        if connection.vendor == "postgresql":
            connection.check_constraints()
    return time.perf_counter() - begin


def _rows(task):
    """Everything that was written below `task`, without keys and names."""
    parts = Task.objects.filter(parent=task)
    columns = [field.name for field in Task._meta.concrete_fields if field.name not in OWN]
    beside = {"task__in": parts.values("pk")}
    events = Event.objects.filter(**beside).exclude(kind="task.created").order_by("task__code", "after", "id")
    return {
        "tasks": list(parts.order_by("code").values(*columns)),
        "names": [
            row.replace(task.code.lower(), "") for row in parts.order_by("code").values_list("folded", flat=True)
        ],
        "levels": sorted(TaskLevel.objects.filter(**beside).values_list("level", flat=True)),
        "cells": sorted(
            Responsibility.objects.filter(**beside).values_list("role", "body", "post", "legal_basis"), key=str
        ),
        "stages": sorted(StageChange.objects.filter(**beside).values_list("to_stage", "on", "reason"), key=str),
        "events": sorted(map(str, events.values_list("kind", "object_kind", "on", "duty", "before", "after"))),
        "created": Event.objects.filter(**beside, kind="task.created").count(),
    }


@pytest.fixture
def communes(db):
    scale.ensure_rules()
    scale.seed(1_000, at=AT)
    with transaction.atomic():
        _units()
    scale._analyze()


@pytest.mark.django_db
def test_a_cascade_to_every_commune_takes_a_second_and_twice_as_long_as_by_hand_at_most(communes):
    ours, by_hand = [], []
    for number in range(ROUNDS):
        mine, theirs = _parent(2 * number), _parent(2 * number + 1)
        ours.append(_timed(_ours, mine))
        by_hand.append(_timed(lambda task: write(task, at=AT, document="45-QĐ/TU"), theirs))
        if not number:
            assert mine.children.count() == UNITS
            assert _rows(mine) == _rows(theirs)
    with CaptureQueriesContext(connection) as captured:
        _ours(_parent(99))
    tell(f"\n{UNITS:,} units with 3 cells each: {min(ours):.2f} s of {ROUNDS} rounds, {len(captured)} statements")
    tell(f"by hand: {min(by_hand):.2f} s, factor {min(ours) / min(by_hand):.2f}")
    assert min(ours) <= LIMIT[connection.vendor]
    assert min(ours) <= 2 * min(by_hand) or connection.vendor == "sqlite"
