"""The nouns of the tracker; one module a family."""

from tracker.models.bodies import Body, Cadre, Post, Succession, SuccessionMember, Tenure
from tracker.models.followup import Attachment, Flag, FlagStep, ProgressReport
from tracker.models.history import Event, Heartbeat, JobRun
from tracker.models.instruments import Institutionalization, Instrument, InstrumentLink
from tracker.models.policies import Calendar, CalendarDay, DayOff, Policy, PolicyLimit, PolicyStep
from tracker.models.resolutions import Provision, Resolution, ResolutionLink
from tracker.models.tasks import Responsibility, StageChange, Task, TaskLevel, TaskLink

__all__ = [
    "Attachment",
    "Body",
    "Cadre",
    "Calendar",
    "CalendarDay",
    "DayOff",
    "Event",
    "Flag",
    "FlagStep",
    "Heartbeat",
    "Institutionalization",
    "Instrument",
    "InstrumentLink",
    "JobRun",
    "Policy",
    "PolicyLimit",
    "PolicyStep",
    "Post",
    "ProgressReport",
    "Provision",
    "Resolution",
    "ResolutionLink",
    "Responsibility",
    "StageChange",
    "Succession",
    "SuccessionMember",
    "Task",
    "TaskLevel",
    "TaskLink",
    "Tenure",
]
