"""The nouns of the tracker; one module a family."""

from tracker.models.bodies import Body, Cadre, Post, Succession, SuccessionMember, Tenure
from tracker.models.bulk import BulkJob, ExternalReference
from tracker.models.calendars import Calendar, CalendarDay, CalendarVersion, DayOff
from tracker.models.cascades import Cascade, CascadeBody
from tracker.models.disputes import Dispute
from tracker.models.evidence import Institutionalization, JointCoverage
from tracker.models.figures import DeadlineMove, FrozenReport
from tracker.models.files import InstrumentFile
from tracker.models.flags import Flag, FlagRemark, FlagStep, StepRecipient, Urging, UrgingItem
from tracker.models.followup import Attachment, Extension, Obstacle, ProgressReport
from tracker.models.history import ChainHead, Event, EventPersons, Heartbeat, JobRun, SetAside
from tracker.models.idempotency import AnsweredRequest
from tracker.models.instrument_life import Consultation, ConsultationCount, InstrumentPhase
from tracker.models.instruments import Instrument, InstrumentLink
from tracker.models.legal_debt import DetailingDuty
from tracker.models.outbox import Message
from tracker.models.policies import Policy, PolicyLimit, PolicyStep, Recalculation
from tracker.models.questions import ReportQuestion
from tracker.models.queues import SavedFilter
from tracker.models.resolutions import Provision, Resolution, ResolutionLink
from tracker.models.tasks import Responsibility, StageChange, Task, TaskLevel, TaskLink
from tracker.models.webhooks import Webhook, WebhookDelivery, WebhookTry

__all__ = [
    "AnsweredRequest",
    "Attachment",
    "Body",
    "BulkJob",
    "Cadre",
    "Calendar",
    "CalendarDay",
    "CalendarVersion",
    "Cascade",
    "CascadeBody",
    "ChainHead",
    "Consultation",
    "ConsultationCount",
    "DayOff",
    "DeadlineMove",
    "DetailingDuty",
    "Dispute",
    "Event",
    "EventPersons",
    "Extension",
    "ExternalReference",
    "Flag",
    "FlagRemark",
    "FlagStep",
    "FrozenReport",
    "Heartbeat",
    "Institutionalization",
    "Instrument",
    "InstrumentFile",
    "InstrumentLink",
    "InstrumentPhase",
    "JobRun",
    "JointCoverage",
    "Message",
    "Obstacle",
    "Policy",
    "PolicyLimit",
    "PolicyStep",
    "Post",
    "ProgressReport",
    "Provision",
    "Recalculation",
    "ReportQuestion",
    "Resolution",
    "ResolutionLink",
    "Responsibility",
    "SavedFilter",
    "SetAside",
    "StageChange",
    "StepRecipient",
    "Succession",
    "SuccessionMember",
    "Task",
    "TaskLevel",
    "TaskLink",
    "Tenure",
    "Urging",
    "UrgingItem",
    "Webhook",
    "WebhookDelivery",
    "WebhookTry",
]
