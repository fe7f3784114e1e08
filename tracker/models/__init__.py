"""The nouns of the tracker; one module a family."""

from tracker.models.bodies import Body, Cadre, Post, Succession, SuccessionMember, Tenure
from tracker.models.calendars import Calendar, CalendarDay, CalendarVersion, DayOff
from tracker.models.flags import Flag, FlagStep, StepRecipient, Urging, UrgingItem
from tracker.models.followup import Attachment, Extension, Obstacle, ProgressReport
from tracker.models.history import Event, Heartbeat, JobRun, SetAside
from tracker.models.instruments import Institutionalization, Instrument, InstrumentLink
from tracker.models.outbox import Message
from tracker.models.policies import Policy, PolicyLimit, PolicyStep, Recalculation
from tracker.models.queues import SavedFilter
from tracker.models.resolutions import Provision, Resolution, ResolutionLink
from tracker.models.tasks import Responsibility, StageChange, Task, TaskLevel, TaskLink

__all__ = [
    "Attachment",
    "Body",
    "Cadre",
    "Calendar",
    "CalendarDay",
    "CalendarVersion",
    "DayOff",
    "Event",
    "Extension",
    "Flag",
    "FlagStep",
    "Heartbeat",
    "Institutionalization",
    "Instrument",
    "InstrumentLink",
    "JobRun",
    "Message",
    "Obstacle",
    "Policy",
    "PolicyLimit",
    "PolicyStep",
    "Post",
    "ProgressReport",
    "Provision",
    "Recalculation",
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
]
