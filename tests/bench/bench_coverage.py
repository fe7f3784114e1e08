"""Coverage of a document that was cascaded to every commune, in a large tracker: by provision, and what is missing.

Every third commune has its rule, verified and in force; one in thirty had one that has ended. A tenth of the others
must reach a level, too, and nothing covers those.
"""

import time
from datetime import timedelta

import pytest
from django.db import connection

from tests.bench.measured import SATURDAY, noon, tell
from tests.builders import make_body, make_user
from tracker.boards import coverage as board
from tracker.choices import BodyKind, Duty, EvidenceState, Level, Rank, ResolutionKind, Role, TaskKind
from tracker.models import (
    Body,
    Institutionalization,
    Instrument,
    Provision,
    Resolution,
    Responsibility,
    Task,
    TaskLevel,
)

COMMUNES = 3_300
ROUNDS = 9
MILLISECONDS = 100
NOW = SATURDAY + timedelta(days=1)


@pytest.fixture(scope="module")
def cascaded(large, django_db_blocker):
    """A document with one task for each commune, under eleven provisions."""
    with django_db_blocker.unblock():
        root = make_body("HTCT")
        document = Resolution.objects.create(
            code="NQ-XA", kind=ResolutionKind.PROGRAMME, title_vi="Giao xuống xã", title_en="Cascaded", issuer=root
        )
        tasks = _tasks(document, _communes(root))
        _evidence(tasks, root)
        others = Task.objects.exclude(resolution=document).order_by("pk").values_list("pk", flat=True)[::10]
        TaskLevel.objects.bulk_create([TaskLevel(task_id=pk, level=Level.PROVINCE) for pk in others], batch_size=5000)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
        yield document
        for rows in (
            Institutionalization.objects.all(),
            TaskLevel.objects.all(),
            Responsibility.objects.filter(task__in=tasks),
        ):
            rows._raw_delete(rows.db)
        document.tasks.all()._raw_delete("default")


def _communes(root):
    return Body.objects.bulk_create(
        Body(
            code=f"XA-{number:04}",
            name_vi=f"Xã {number}",
            name_en=f"Commune {number}",
            kind=BodyKind.STATE,
            level=Level.COMMUNE,
            parent=root,
        )
        for number in range(COMMUNES)
    )


def _tasks(document, communes):
    provisions = [
        Provision.objects.create(
            resolution=document, label=str(number), position=number, heading_vi="Mục", heading_en="Part"
        )
        for number in range(11)
    ]
    start = Task.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
    tasks = Task.objects.bulk_create(
        Task(
            pk=start + place,
            code=f"NQ-XA.{place}",
            resolution=document,
            provision=provisions[place % len(provisions)],
            position=place,
            kind=TaskKind.DUTY,
            title_vi="Ban hành quy chế",
            title_en="Adopt its rules",
            assigned_on=SATURDAY - timedelta(days=90),
            stage_since=SATURDAY - timedelta(days=90),
            recorded_at=noon(SATURDAY - timedelta(days=90)),
        )
        for place in range(len(communes))
    )
    TaskLevel.objects.bulk_create(TaskLevel(task=task, level=Level.COMMUNE) for task in tasks)
    cell = {"role": Role.ACCOUNTABLE, "valid_from": SATURDAY - timedelta(days=90), "recorded_at": noon(SATURDAY)}
    Responsibility.objects.bulk_create(
        Responsibility(task=task, body=body, **cell) for task, body in zip(tasks, communes, strict=True)
    )
    return tasks


def _evidence(tasks, root):
    facts = {"rank": Rank.COMMUNE_DOCUMENT, "issuer": root, "in_force_on": SATURDAY - timedelta(days=30)}
    in_force, ended = Instrument.objects.bulk_create(
        [
            Instrument(number="1/2026/QĐ-UBND", title_vi="Quy chế", **facts),
            Instrument(number="2/2026/QĐ-UBND", title_vi="Quy chế cũ", ends_on=SATURDAY, **facts),
        ]
    )
    verifier = make_user("bench-verifier", Duty.COMMISSION, root)
    chosen = [(task, in_force) for task in tasks[::3]] + [(task, ended) for task in tasks[1::30]]
    Institutionalization.objects.bulk_create(
        Institutionalization(
            task=task,
            instrument=instrument,
            level=Level.COMMUNE,
            body=root,
            declared_on=SATURDAY - timedelta(days=20),
            verified_by=verifier,
            verified_on=SATURDAY - timedelta(days=10),
            content_hash="0" * 64,
            state=EvidenceState.VERIFIED,
            recorded_at=noon(SATURDAY - timedelta(days=20)),
        )
        for task, instrument in chosen
    )


def slowest(act):
    times = []
    for _round in range(ROUNDS):
        begin = time.perf_counter()
        act()
        times.append((time.perf_counter() - begin) * 1000)
    return sorted(times)[-2]


@pytest.mark.django_db
def test_coverage_of_a_document_in_every_commune(cascaded):
    hoa = make_user("hoa-coverage", Duty.COMMISSION, make_body("HTCT"))
    told = board.by_provision(hoa, cascaded, NOW, is_now=True)
    assert (sum(row.levels[0].tasks for row in told), sum(row.levels[0].covered for row in told)) == (COMMUNES, 1_100)

    def page_of_missing():
        rows = board.missing(hoa, NOW, level=Level.COMMUNE.value, resolution=cascaded, is_now=True)
        assert len(rows[:50]) == 50

    took = slowest(lambda: board.by_provision(hoa, cascaded, NOW, is_now=True))
    tell(f"\ncoverage of one document in {COMMUNES:,} communes by provision: {took:.0f} ms")
    missing = slowest(page_of_missing)
    tell(f"  a page of the communes that lack it: {missing:.0f} ms")
    tell(f"  of all documents: {slowest(lambda: board.by_resolution(hoa, NOW, is_now=True)):.0f} ms")
    if connection.vendor == "postgresql":
        assert max(took, missing) <= MILLISECONDS
