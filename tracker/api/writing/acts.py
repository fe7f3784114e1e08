"""Every act of the API, and the addresses that they have."""

from __future__ import annotations

from dataclasses import replace

from tracker.api.writing.cascades import CASCADE_ACTS
from tracker.api.writing.consultations import CONSULTATION_ACTS
from tracker.api.writing.declaration import Act
from tracker.api.writing.evidence import EVIDENCE_ACTS
from tracker.api.writing.flags import FLAG_ACTS
from tracker.api.writing.inputs import EXTERNAL
from tracker.api.writing.instruments import INSTRUMENT_ACTS
from tracker.api.writing.reports import REPORT_ACTS
from tracker.api.writing.requests import DISPUTE_ACTS, EXTENSION_ACTS, OBSTACLE_ACTS
from tracker.api.writing.responsibilities import RESPONSIBILITY_ACTS
from tracker.api.writing.tasks import TASK_ACTS

DECLARED: tuple[Act, ...] = (
    *TASK_ACTS,
    *CASCADE_ACTS,
    *RESPONSIBILITY_ACTS,
    *INSTRUMENT_ACTS,
    *CONSULTATION_ACTS,
    *EVIDENCE_ACTS,
    *REPORT_ACTS,
    *EXTENSION_ACTS,
    *OBSTACLE_ACTS,
    *DISPUTE_ACTS,
    *FLAG_ACTS,
)
ACTS = tuple(replace(act, inputs=(*act.inputs, *EXTERNAL)) if act.is_new else act for act in DECLARED)
NEW = {act.resource.name: act for act in ACTS if act.is_new}
CHANGES = {act.resource.name: act for act in ACTS if act.is_change}
ON_A_ROW = tuple(act for act in ACTS if not (act.is_new or act.is_change))
BY_KEY = {act.key: act for act in ACTS}
