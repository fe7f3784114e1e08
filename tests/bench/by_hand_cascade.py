"""What somebody would write by hand to give a task to every commune: the same rows as the product, in six statements.

It knows what the bench's data are: one calendar, no policy but the default one, every head post held for good, one
body of each kind a unit. So it asks less than the product must: the days of all clocks are those of the task above.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from tracker.models import Task

OBJECT = {"postgresql": "jsonb_build_object", "sqlite": "json_object"}
OWN = ("id", "code", "parent_id", "title_vi", "title_en", "folded", "version")
TASKS = """
INSERT INTO tracker_task (code, parent_id, title_vi, title_en, folded, version, {same})
SELECT t.code || '/' || u.code, t.id, t.title_vi || ' – ' || b.name_vi, t.title_en || ' – ' || b.name_en,
       lower(t.code || '/' || u.code) || ' ' || %(vi)s || ' – don vi ' || lower(b.code) || ' ' || %(en)s || ' – unit '
       || lower(b.code), 1, {values}
FROM tracker_task t
JOIN tracker_body u ON u.kind = 'system' AND u.level = 'commune' AND u.valid_to IS NULL
JOIN tracker_body b ON b.parent_id = u.id AND b.kind = 'state' AND b.valid_to IS NULL
WHERE t.id = %(task)s
"""
LEVELS = """
INSERT INTO tracker_tasklevel (task_id, level, accepted_ranks)
SELECT id, 'commune', '[]' FROM tracker_task WHERE parent_id = %(task)s
"""
STAGES = """
INSERT INTO tracker_stagechange (task_id, from_stage, to_stage, "on", recorded_at, reason, document, is_lapse)
SELECT id, '', stage, assigned_on, %(at)s, '', '', %(no)s FROM tracker_task WHERE parent_id = %(task)s
"""
CELLS = """
INSERT INTO tracker_responsibility (task_id, body_id, post_id, role, valid_from, legal_basis, source, recorded_at)
SELECT t.id, b.id, p.id, CASE b.kind WHEN 'state' THEN 'A' WHEN 'party' THEN 'L' ELSE 'S' END, t.assigned_on,
       %(document)s, '', %(at)s
FROM tracker_task t
JOIN tracker_task above ON above.id = t.parent_id
JOIN tracker_body u ON t.code = above.code || '/' || u.code
JOIN tracker_body b ON b.parent_id = u.id AND b.valid_to IS NULL
LEFT JOIN tracker_post p ON p.body_id = b.id AND p.is_head AND b.kind = 'state'
WHERE t.parent_id = %(task)s
"""
CREATED = """
INSERT INTO tracker_event (at, "on", duty, kind, object_kind, object_id, task_id, before, after, why, request_id)
SELECT %(at)s, assigned_on, '', 'task.created', 'task', CAST(id AS varchar), id, '{{}}',
       {object}('code', code, 'kind', kind, 'resolution', resolution_id, 'provision', provision_id,
                'parent', parent_id, 'assigned_on', assigned_on, 'due_on', due_on), '', ''
FROM tracker_task WHERE parent_id = %(task)s
"""
ASSIGNED = """
INSERT INTO tracker_event (at, "on", duty, kind, object_kind, object_id, task_id, before, after, why, request_id)
SELECT %(at)s, r.valid_from, '', 'responsibility.assigned', 'responsibility', CAST(r.id AS varchar), r.task_id, '{{}}',
       {object}('body', r.body_id, 'post', r.post_id, 'role', r.role, 'valid_from', r.valid_from,
                'legal_basis', r.legal_basis), '', ''
FROM tracker_responsibility r JOIN tracker_task t ON t.id = r.task_id WHERE t.parent_id = %(task)s
"""


def write(task: Task, *, at: datetime, document: str) -> None:
    """Give `task`, which is of today and has been wound, to every commune."""
    columns = [str(field.column) for field in Task._meta.concrete_fields if field.column not in OWN]
    same = {"same": ", ".join(columns), "values": ", ".join(f"t.{name}" for name in columns)}
    given: dict[str, Any] = {"task": task.pk, "document": document, "no": False}
    given |= {"at": connection.ops.adapt_datetimefield_value(at), "vi": "ban hanh quy che o co so"}
    given["en"] = "issue regulations"
    words = {"object": OBJECT[connection.vendor], **same}
    with connection.cursor() as cursor:
        for statement in (TASKS, LEVELS, STAGES, CREATED, CELLS, ASSIGNED):
            cursor.execute(statement.format(**words), given)
