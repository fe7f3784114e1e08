"""Makes a large tracker for measurements: open tasks with three cells each, written by SQL, clocks wound set-based."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from tracker.boards.governing import Rules
from tracker.choices import BodyKind, Level, ResolutionKind
from tracker.clock import local_day, now
from tracker.exchange.content import ContentLoader
from tracker.exchange.fixtures import read_folder
from tracker.models import Body, Cadre, Calendar, Policy, Post, Resolution, Task, Tenure
from tracker.models.statements import Batch
from tracker.services.crossings import rewind

BODIES = 400
BATCH = 100_000
PERIOD = 360
"""After so many tasks the same days of assignment and deadlines come again, and so do the days of their clocks."""
FIRST_CODE = "QM"


def seed(count: int, *, at: datetime, due: int = 0, progress: Callable[[int], None] = lambda done: None) -> None:
    """Add `count` open tasks with an accountable, a carrying out and a supervising body each.

    Nothing is due for four weeks, but `due` tasks have their deadline tomorrow and so are late the day after.
    Needs a default policy. `progress` is told how many tasks are done. The clocks of the first tasks are wound as
    after any change; the others are copies of them.
    """
    day = local_day(at)
    bodies = _bodies(day, at)
    resolution = _resolution(bodies[0])
    start = _next_number()
    first = min(count, due + PERIOD)
    _insert_tasks(resolution, start, first, day=day, at=at, due=due)
    _insert_cells(bodies, start, start + first - 1, at=at)
    with transaction.atomic():
        rewind(Batch(start, start + first - 1), day=day, at=at, rules=Rules.on(day))
    for low, high in _ranges(start + first, count - first):
        with transaction.atomic():
            _copy_tasks(low, high, pattern=start + due)
            _insert_cells(bodies, low, high, at=at)
        progress(high - start + 1)
    _analyze()


def holds_other_tasks() -> bool:
    """Tell whether somebody's tasks are here, not only those of a measurement."""
    return Task.objects.exclude(resolution__code=FIRST_CODE).exists()


def ensure_rules() -> None:
    """Enter the shipped calendar and default policy where there are none, for an empty database that is measured."""
    if Policy.objects.filter(code="default").exists():
        return
    at = now()
    loader = ContentLoader(read_folder(settings.BASE_DIR / "fixtures"), today=local_day(at), at=at)
    if not Calendar.objects.filter(code="VN").exists():
        loader.each("calendar", loader.load_calendar)
    loader.each("policy", loader.load_policy)


def _bodies(day: date, at: datetime) -> list[Body]:
    """Return the bodies of the measurement, each with a head post that is held."""
    found = list(Body.objects.filter(code__startswith=f"{FIRST_CODE}-").order_by("pk"))
    if found:
        return found
    root, _ = Body.objects.get_or_create(
        code="HTCT",
        defaults={"name_vi": "Hệ thống", "name_en": "System", "kind": BodyKind.SYSTEM, "level": Level.CENTRAL},
    )
    made = Body.objects.bulk_create(
        Body(
            code=f"{FIRST_CODE}-{number:03}",
            name_vi=f"Cơ quan đo {number}",
            name_en=f"Measured body {number}",
            kind=BodyKind.STATE,
            level=Level.PROVINCE,
            parent=root,
            is_demo=True,
        )
        for number in range(BODIES)
    )
    posts = Post.objects.bulk_create(
        Post(body=body, code="head", title_vi="Thủ trưởng", title_en="Head", is_head=True) for body in made
    )
    cadres = Cadre.objects.bulk_create(
        Cadre(code=f"{FIRST_CODE}-{number:03}", name=f"Cán bộ đo {number}", is_demo=True) for number in range(BODIES)
    )
    Tenure.objects.bulk_create(
        Tenure(cadre=cadre, post=post, valid_from=day - timedelta(days=900), recorded_at=at)
        for cadre, post in zip(cadres, posts, strict=True)
    )
    return made


def _resolution(issuer: Body) -> Resolution:
    values = {"kind": ResolutionKind.PROGRAMME, "title_vi": "Đo quy mô", "title_en": "Scale", "issuer": issuer}
    return Resolution.objects.get_or_create(code=FIRST_CODE, defaults=values)[0]


def _next_number() -> int:
    return (Task.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1


def _ranges(start: int, count: int) -> Iterator[tuple[int, int]]:
    for first in range(start, start + count, BATCH):
        yield first, min(first + BATCH, start + count) - 1


# Nothing but names and numbers of this module is put into these statements; values are parameters.
TASKS = """
INSERT INTO tracker_task (
    id, code, resolution_id, position, kind, title_vi, title_en, detail_vi, detail_en, target_groups,
    derived_from_commentary, source, to_be_checked_vi, to_be_checked_en, is_demo, stage, stage_since, running_since,
    assigned_on,
    due_text, due_on, original_due_on, recorded_at, folded, version, extension_count, paused_days, stage_paused_days)
WITH RECURSIVE numbers(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
SELECT n, 'QM' || n, %s, n, 'duty', 'Nhiệm vụ đo ' || n, 'Measured task ' || n, '', '', '[]',
       %s, '', '', '', %s, 'assigned', {assigned}, {assigned}, {assigned},
       '', {due}, {due}, %s, 'qm' || n || ' nhiem vu do ' || n, 1, 0, 0, 0
FROM numbers
"""
COPIES = """
INSERT INTO tracker_task (id, code, position, title_vi, title_en, folded, {same})
WITH RECURSIVE numbers(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
SELECT n, 'QM' || n, n, 'Nhiệm vụ đo ' || n, 'Measured task ' || n, 'qm' || n || ' nhiem vu do ' || n, {same}
FROM numbers
JOIN (SELECT id AS original, {same} FROM tracker_task WHERE id BETWEEN %s AND %s) originals
  ON original = %s + (n - %s) %% {period}
"""
OWN = ("id", "code", "position", "title_vi", "title_en", "folded")
CELLS = """
INSERT INTO tracker_responsibility (
    task_id, body_id, post_id, role, valid_from, legal_basis, source, recorded_at)
SELECT id, {body}, {post}, '{role}', assigned_on, '', '', %s FROM tracker_task WHERE id BETWEEN %s AND %s
"""


def _days_from(days: str) -> str:
    """SQL for the day parameter plus a number of days, which may be negative."""
    if connection.vendor == "sqlite":
        return f"date(%s, ({days}) || ' days')"
    return f"(CAST(%s AS date) + CAST({days} AS integer))"


def _insert_tasks(resolution: Resolution, start: int, count: int, *, day: date, at: datetime, due: int) -> None:
    """Assigned in the last nine days, due in 40 to 399 days; the first `due` of them tomorrow."""
    soon, later = _days_from("1"), _days_from("40 + n %% 360")
    sql = TASKS.format(
        assigned=_days_from("-(n %% 10)"), due=f"CASE WHEN n < {start + due} THEN {soon} ELSE {later} END"
    )
    params = [start, start + count - 1, resolution.pk, False, True, *[day] * 7, at]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, _adapt(params))
        _move_sequence(cursor)


def _move_sequence(cursor: Any) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('tracker_task', 'id'), (SELECT max(id) FROM tracker_task))"
        )


def _copy_tasks(first: int, last: int, *, pattern: int) -> None:
    """Add the tasks from `first` to `last`, in all but their names like those from the key `pattern` on."""
    columns = (str(field.column) for field in Task._meta.concrete_fields if field.column not in OWN)
    sql = COPIES.format(same=", ".join(columns), period=PERIOD)
    with connection.cursor() as cursor:
        cursor.execute(sql, [first, last, pattern, pattern + PERIOD - 1, pattern, pattern])
        _move_sequence(cursor)


def _insert_cells(bodies: list[Body], low: int, high: int, *, at: datetime) -> None:
    """A with its head post, R and S on three different bodies."""
    first = bodies[0].pk
    posts = {post.body_id: post.pk for post in Post.objects.filter(body__in=bodies)}
    offset = posts[first] - first  # bodies and posts were made in one order
    for role, step in (("A", 0), ("R", 1), ("S", 2)):
        body = f"{first} + ((id + {step}) %% {len(bodies)})"
        post = f"{body} + {offset}" if role == "A" else "NULL"
        sql = CELLS.format(body=body, post=post, role=role)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, _adapt([at, low, high]))


def _adapt(params: list[Any]) -> list[Any]:
    ops = connection.ops
    return [
        ops.adapt_datetimefield_value(param)
        if isinstance(param, datetime)
        else ops.adapt_datefield_value(param)
        if isinstance(param, date)
        else param
        for param in params
    ]


def _analyze() -> None:
    """Bring the planner's statistics up to date; on PostgreSQL also the visibility map."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" or connection.in_atomic_block else "VACUUM ANALYZE")
