"""The resources of the API, each declared once: rows, filters, schema and documentation derive from here."""

from tracker.api.declaration import Resource
from tracker.api.resources.bodies import BODIES, CADRES, POSTS, RESPONSIBILITIES
from tracker.api.resources.disputes import DISPUTES
from tracker.api.resources.figures import FROZEN_REPORTS
from tracker.api.resources.followup import FLAGS, PROGRESS_REPORTS
from tracker.api.resources.history import CHANGES
from tracker.api.resources.instrument_life import CONSULTATIONS
from tracker.api.resources.instruments import INSTITUTIONALIZATIONS, INSTRUMENTS
from tracker.api.resources.legal_debt import DETAILING_DUTIES
from tracker.api.resources.requests import EXTENSIONS, OBSTACLES
from tracker.api.resources.resolutions import PROVISIONS, RESOLUTIONS
from tracker.api.resources.tasks import TASKS
from tracker.api.resources.urgings import URGINGS

RESOURCES: tuple[Resource, ...] = (
    RESOLUTIONS,
    PROVISIONS,
    TASKS,
    BODIES,
    POSTS,
    CADRES,
    RESPONSIBILITIES,
    INSTRUMENTS,
    CONSULTATIONS,
    INSTITUTIONALIZATIONS,
    DETAILING_DUTIES,
    PROGRESS_REPORTS,
    EXTENSIONS,
    OBSTACLES,
    DISPUTES,
    FLAGS,
    URGINGS,
    FROZEN_REPORTS,
    CHANGES,
)
