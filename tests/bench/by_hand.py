"""What somebody would write by hand for PostgreSQL: the same rows as one settled day of the bench's data."""

from datetime import date, datetime

from django.db import connection

OPEN = """
INSERT INTO tracker_flag
    (task_id, clock, policy_id, limit_on, since, opened_at, acknowledged_note, closed_why, version)
SELECT t.id, c.clock, %(policy)s, c.last, c.last + 1, %(at)s, '', '', 1
FROM tracker_task t
CROSS JOIN LATERAL (VALUES ('due', t.effective_due_on), ('stage', t.stage_limit_on),
                           ('silence', t.silence_limit_on), ('unowned', t.unowned_limit_on)) AS c(clock, last)
WHERE t.next_check_on <= %(day)s AND t.next_check_on IS NOT NULL AND c.last < %(day)s
  AND t.kind <> 'objective' AND t.stage NOT IN ('institutionalized', 'suspended', 'withdrawn')
ON CONFLICT (task_id, clock) WHERE closed_on IS NULL DO NOTHING
"""
TELL = """
INSERT INTO tracker_event
    (at, "on", duty, kind, object_kind, object_id, task_id, before, after, why, request_id)
SELECT %(at)s, f.since, '', 'flag.opened', 'flag', f.id::varchar, f.task_id, '{}',
       jsonb_build_object('clock', f.clock, 'since', f.since, 'closed_on', f.closed_on, 'why', f.closed_why), '', ''
FROM tracker_flag f WHERE f.opened_at = %(at)s
"""
STEP = """
INSERT INTO tracker_flagstep (flag_id, number, due_on, addressee, body_id)
SELECT f.id, s.number, f.since, s.addressee, r.body_id
FROM tracker_flag f
JOIN tracker_policystep s ON s.policy_id = f.policy_id AND s.clock = f.clock AND s.offset_days = 0
JOIN tracker_responsibility r ON r.task_id = f.task_id AND r.role = 'A' AND r.valid_to IS NULL
WHERE f.opened_at = %(at)s
ON CONFLICT (flag_id, number, due_on, addressee) DO NOTHING
"""
MOVE = """
UPDATE tracker_task t
SET next_check_on = LEAST(t.stage_limit_on + 1, t.silence_limit_on + 1, t.unowned_limit_on + 1, n.day)
FROM (
    SELECT f.task_id, min(later.day) AS day
    FROM tracker_flag f
    JOIN tracker_policystep s ON s.policy_id = f.policy_id AND s.clock = f.clock AND s.number = 2
    JOIN tracker_policy p ON p.id = f.policy_id
    JOIN tracker_calendarday first ON first.calendar_id = p.calendar_id AND first.day = f.since
    JOIN tracker_calendarday later ON later.calendar_id = p.calendar_id AND later.is_working
         AND later.ordinal = first.ordinal + s.offset_days
    WHERE f.opened_at = %(at)s GROUP BY f.task_id
) n WHERE n.task_id = t.id
"""


def settle(day: date, *, at: datetime, policy: int) -> None:
    """Open the flags of `day` with their events and first steps, and move the next checks."""
    with connection.cursor() as cursor:
        for statement in (OPEN, TELL, STEP, MOVE):
            cursor.execute(statement, {"day": day, "at": at, "policy": policy})
