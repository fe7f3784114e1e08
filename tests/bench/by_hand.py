"""What somebody would write by hand for the bench's day: the same rows as the product, in five statements.

It knows what the bench's data are: one policy, one calendar, whoever answers for a task holds a post, nobody has an
account. So it asks less than the product must.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection

CLOCKS = {
    "due": "effective_due_on",
    "submit": "submit_limit_on",
    "stage": "stage_limit_on",
    "silence": "silence_limit_on",
    "unowned": "unowned_limit_on",
    "unverified": "unverified_limit_on",
    "lapsed": "lapsed_limit_on",
    "review": "review_limit_on",
    "request": "request_limit_on",
}
LIMITS = {
    "postgresql": "CROSS JOIN LATERAL (VALUES {}) AS c(clock, last)".format(
        ", ".join(f"('{clock}', t.{column})" for clock, column in CLOCKS.items())
    ),
    "sqlite": "CROSS JOIN (SELECT column1 AS clock FROM (VALUES {})) AS c".format(
        ", ".join(f"('{clock}')" for clock in CLOCKS)
    ),
}
LAST = {
    "postgresql": "c.last",
    "sqlite": "CASE c.clock {} END".format(
        " ".join(f"WHEN '{clock}' THEN t.{column}" for clock, column in CLOCKS.items())
    ),
}
NEXT_DAY = {"postgresql": "({} + 1)", "sqlite": "date({}, '+1 day')"}
OBJECT = {"postgresql": "jsonb_build_object", "sqlite": "json_object"}

OPEN = """
INSERT INTO tracker_flag
    (task_id, clock, policy_id, calendar_version_id, limit_on, since, opened_at,
     acknowledged_note, snoozed_reason, closed_why, closed_by, version)
SELECT t.id, c.clock, %(policy)s, %(calendar)s, {last}, {next_day}, %(at)s, '', '', '', '', 1
FROM tracker_task t {limits}
WHERE t.next_check_on <= %(day)s AND t.next_check_on IS NOT NULL AND {last} < %(day)s
  AND t.kind <> 'objective' AND t.stage NOT IN ('institutionalized', 'suspended', 'withdrawn')
ON CONFLICT (task_id, clock) WHERE closed_on IS NULL DO NOTHING
"""
TELL = """
INSERT INTO tracker_event
    (at, "on", duty, kind, object_kind, object_id, task_id, before, after, why, request_id)
SELECT %(at)s, f.since, '', 'flag.opened', 'flag', CAST(f.id AS varchar), f.task_id, '{{}}',
       {object}('clock', f.clock, 'since', f.since, 'closed_on', f.closed_on, 'why', f.closed_why), '', ''
FROM tracker_flag f WHERE f.opened_at = %(at)s
"""
STEP = """
INSERT INTO tracker_flagstep (flag_id, number, due_on, addressee, reached, body_id)
SELECT f.id, s.number, f.since, s.addressee, s.addressee, r.body_id
FROM tracker_flag f
JOIN tracker_policystep s ON s.policy_id = f.policy_id AND s.clock = f.clock AND s.offset_days = 0
JOIN tracker_responsibility r ON r.task_id = f.task_id AND r.role = 'A' AND r.valid_to IS NULL
WHERE f.opened_at = %(at)s
ON CONFLICT (flag_id, number, due_on) DO NOTHING
"""
REACH = """
INSERT INTO tracker_steprecipient (step_id, recipient, body_id, post_id, cadre_id)
SELECT s.id, 'p' || r.post_id, r.body_id, r.post_id, n.cadre_id
FROM tracker_flag f
JOIN tracker_flagstep s ON s.flag_id = f.id
JOIN tracker_responsibility r ON r.task_id = f.task_id AND r.role = 'A' AND r.valid_to IS NULL
JOIN tracker_tenure n ON n.post_id = r.post_id AND n.valid_to IS NULL
WHERE f.opened_at = %(at)s
ON CONFLICT (step_id, recipient) DO NOTHING
"""
MOVE = """
UPDATE tracker_task SET next_check_on = n.day
FROM (
    SELECT task_id, min(day) AS day
    FROM (
        SELECT f.task_id, later.day
        FROM tracker_flag f
        JOIN tracker_policystep s ON s.policy_id = f.policy_id AND s.clock = f.clock AND s.offset_days > 0
        JOIN tracker_calendarday late ON late.calendar_id = f.calendar_version_id AND late.day = f.since
        JOIN tracker_calendarday later ON later.calendar_id = f.calendar_version_id AND later.is_working
             AND later.ordinal = late.ordinal + s.offset_days
        WHERE f.opened_at = %(at)s
        UNION ALL
        SELECT t.id, {next_day}
        FROM tracker_flag f JOIN tracker_task t ON t.id = f.task_id {limits}
        WHERE f.opened_at = %(at)s AND {last} >= %(day)s
        UNION ALL
        SELECT t.id, earlier.day
        FROM tracker_flag f JOIN tracker_task t ON t.id = f.task_id {limits}
        JOIN tracker_policystep s ON s.policy_id = f.policy_id AND s.clock = c.clock AND s.offset_days < 0
        JOIN tracker_calendarday limit_day ON limit_day.calendar_id = f.calendar_version_id AND limit_day.day = {last}
        JOIN tracker_calendarday earlier ON earlier.calendar_id = f.calendar_version_id AND earlier.is_working
             AND earlier.ordinal = limit_day.ordinal + s.offset_days + 1
        WHERE f.opened_at = %(at)s AND {last} >= %(day)s AND earlier.day > %(day)s
    ) AS known
    GROUP BY task_id
) AS n
WHERE n.task_id = tracker_task.id
"""


def settle(day: date, *, at: datetime, policy: int, calendar: int) -> None:
    """Open the flags of `day` with their events, first steps and recipients, and move the next checks."""
    ops, vendor = connection.ops, connection.vendor
    words = {
        "limits": LIMITS[vendor],
        "last": LAST[vendor],
        "next_day": NEXT_DAY[vendor].format(LAST[vendor]),
        "object": OBJECT[vendor],
    }
    given = {
        "day": ops.adapt_datefield_value(day),
        "at": ops.adapt_datetimefield_value(at),
        "policy": policy,
        "calendar": calendar,
    }
    with connection.cursor() as cursor:
        for statement in (OPEN, TELL, STEP, REACH, MOVE):
            cursor.execute(statement.format(**words), given)
