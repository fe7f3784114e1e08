"""The short stable codes of the domain and their labels in both languages.

Codes are stored, sent by the API and compared in rules; labels are only shown.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Level(TextChoices):
    """Level of government. The district level existed until 30 June 2025."""

    CENTRAL = "central", _("Central")
    PROVINCE = "province", _("Province")
    DISTRICT = "district", _("District (until 30 June 2025)")
    COMMUNE = "commune", _("Commune")


class BodyKind(TextChoices):
    SYSTEM = "system", _("Political system")
    PARTY = "party", _("Party organ")
    STATE = "state", _("State agency")
    MASS = "mass", _("Mass organization")
    ARMED = "armed", _("Armed forces")
    SERVICE = "service", _("Public-service unit")
    GROUP = "group", _("Group of duty holders")


class ResolutionKind(TextChoices):
    RESOLUTION = "resolution", _("Resolution")
    REGULATION = "regulation", _("Regulation")
    DIRECTIVE = "directive", _("Directive")
    CONCLUSION = "conclusion", _("Conclusion")
    PROGRAMME = "programme", _("Programme")
    CONSTITUTION = "constitution", _("Constitution")
    CONGRESS = "congress", _("Congress document")


class ResolutionLinkKind(TextChoices):
    DEVELOPS = "develops", _("develops")
    REAFFIRMS = "reaffirms", _("reaffirms")
    REPLACES = "replaces", _("replaces")


class TaskKind(TextChoices):
    DUTY = "duty", _("Duty")
    STANDING = "standing", _("Standing duty")
    OBJECTIVE = "objective", _("Objective or principle")


class TaskLinkKind(TextChoices):
    OVERLAPS = "overlaps", _("overlaps with")
    DEPENDS_ON = "depends_on", _("depends on")
    TAKES_OVER = "takes_over", _("takes over")


class Role(TextChoices):
    """The letters of the matrix. Source: P7, P28; A is our reading of I3, I5-I7 and P22."""

    LEADS = "L", _("Leads")
    ACCOUNTABLE = "A", _("Accountable")
    RESPONSIBLE = "R", _("Carries out")
    CONSULTED = "C", _("Consulted")
    SUPERVISES = "S", _("Supervises")
    INFORMED = "I", _("Informed")


class Stage(TextChoices):
    ASSIGNED = "assigned", _("Assigned")
    PLANNED = "planned", _("Planned")
    DRAFTING = "drafting", _("Drafting")
    CONSULTATION = "consultation", _("Consultation")
    APPRAISAL = "appraisal", _("Appraisal")
    PROMULGATED = "promulgated", _("Promulgated")
    INSTITUTIONALIZED = "institutionalized", _("Institutionalized")
    SUSPENDED = "suspended", _("Suspended")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Rank(TextChoices):
    """Rank of an instrument. The ladder is an order; the ranks beside it (SIDE_RANKS) are a set."""

    CONSTITUTION = "constitution", _("Constitution")
    LAW = "law", _("Law")
    NA_RESOLUTION = "na_resolution", _("Resolution of the National Assembly")
    ORDINANCE = "ordinance", _("Ordinance")
    JOINT_RESOLUTION = "joint_resolution", _("Joint resolution")
    PRESIDENT_ORDER = "president_order", _("Order or decision of the President")
    DECREE = "decree", _("Decree")
    GOVERNMENT_RESOLUTION = "government_resolution", _("Resolution of the Government")
    PM_DECISION = "pm_decision", _("Decision of the Prime Minister")
    CIRCULAR = "circular", _("Circular")
    JOINT_CIRCULAR = "joint_circular", _("Joint circular")
    PROVINCIAL_RESOLUTION = "provincial_resolution", _("Provincial resolution")
    PROVINCIAL_DECISION = "provincial_decision", _("Provincial decision")
    COMMUNE_DOCUMENT = "commune_document", _("Commune resolution or decision")
    PARTY_REGULATION = "party_regulation", _("Party regulation")
    INTERNAL_REGULATION = "internal_regulation", _("Internal regulation of an agency")
    CHARTER = "charter", _("Charter of an organization")
    CONVENTION = "convention", _("Village or neighbourhood convention")


SIDE_RANKS = frozenset({Rank.PARTY_REGULATION, Rank.INTERNAL_REGULATION, Rank.CHARTER, Rank.CONVENTION})


class Coverage(TextChoices):
    FULL = "full", _("In full")
    PARTIAL = "partial", _("In part")


class EvidenceState(TextChoices):
    DRAFT = "draft", _("Draft")
    DECLARED = "declared", _("Declared")
    VERIFIED = "verified", _("Verified")
    RETURNED = "returned", _("Returned")


class ReportState(TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Awaiting review")
    ACCEPTED = "accepted", _("Accepted")
    RETURNED = "returned", _("Returned")


class Clock(TextChoices):
    """What can run late. Each clock has its last day in time; the day after it is late."""

    DUE = "due", _("Deadline passed")
    SUBMIT = "submit", _("Draft not submitted")
    STAGE = "stage", _("Too long in one stage")
    SILENCE = "silence", _("No accepted report")
    UNOWNED = "unowned", _("Nobody answers for it")
    UNVERIFIED = "unverified", _("Evidence not verified")
    LAPSED = "lapsed", _("Rule no longer in force")
    REVIEW = "review", _("Report not decided")
    REQUEST = "request", _("Request not decided")


COMMISSION_CLOCKS = (Clock.UNVERIFIED, Clock.REVIEW, Clock.REQUEST)
"""The clocks of what the commission itself owes: a decision."""


class QueueCode(TextChoices):
    """What waits for somebody's act, as lists in which the commission works."""

    OVERDUE = "overdue", _("Overdue")
    REPORTS = "reports", _("Reports")
    EVIDENCE = "evidence", _("Verifications")
    EXTENSIONS = "extensions", _("Extensions")
    OBSTACLES = "obstacles", _("Obstacles")
    LAPSED = "lapsed", _("Lapsed")
    UNOWNED = "unowned", _("Unowned")


class DayUnit(TextChoices):
    WORKING = "working", _("working days")
    CALENDAR = "calendar", _("calendar days")


class DayKind(TextChoices):
    OFF = "off", _("Day off")
    WORK = "work", _("Make-up working day")


class Addressee(TextChoices):
    """To whom a step of a flag goes, resolved on the day of the step. Where nobody is there it climbs to the next."""

    HOLDER = "holder", _("Who holds the accountable post")
    HEAD = "head", _("Head of the accountable body")
    SUPERVISOR = "supervisor", _("Supervising body")
    COMMISSION = "commission", _("The commission")


class FieldStatus(TextChoices):
    """The four cells of the field's periodic reports."""

    DONE_ON_TIME = "done_on_time", _("Done on time")
    DONE_LATE = "done_late", _("Done late")
    OPEN_IN_TIME = "open_in_time", _("In progress within the deadline")
    OPEN_OVERDUE = "open_overdue", _("In progress, overdue")


class Grouping(TextChoices):
    """What a line of the figures stands for. Periods are those of the deadline."""

    RESOLUTION = "resolution", _("Document")
    BODY = "body", _("Accountable body")
    LEVEL = "level", _("Level to reach")
    MONTH = "month", _("Month of the deadline")
    QUARTER = "quarter", _("Quarter of the deadline")
    YEAR = "year", _("Year of the deadline")


class ChangeWhy(TextChoices):
    """Why a task stands elsewhere in a report than in the one before."""

    ASSIGNED = "assigned", _("assigned since")
    ENTERED_LATE = "entered_late", _("assigned earlier, entered since")
    DONE = "done", _("done since")
    DONE_EARLIER = "done_earlier", _("done earlier, verified since")
    REOPENED = "reopened", _("open again: its rule lapsed")
    EXTENDED = "extended", _("more time granted")
    SUSPENDED = "suspended", _("deadline moved by a suspension")
    RULES = "rules", _("deadline moved by the rules")
    BODY = "body", _("another body is accountable")
    WITHDRAWN = "withdrawn", _("withdrawn")
    RESUMED = "resumed", _("taken up again")
    TIME = "time", _("its deadline passed")
    OTHER = "other", _("another change in the registers")


class Lateness(TextChoices):
    """What stays known of a task and its deadline. Derived from its flags, never stored."""

    ON_TIME = "on_time", _("On time")
    ON_TIME_EXTENDED = "on_time_extended", _("On time, after an extension")
    LATE = "late", _("Late")
    LATE_EXTENDED = "late_extended", _("Late, after an extension")
    OPEN = "open", _("In progress, never late")
    OPEN_LATE = "open_late", _("In progress, late now")
    OPEN_WAS_LATE = "open_was_late", _("In progress, was late before")


class SuccessionKind(TextChoices):
    MERGE = "merge", _("Merged")
    SPLIT = "split", _("Split")
    RENAME = "rename", _("Renamed")
    END = "end", _("Ended")


class TargetGroup(TextChoices):
    """Whom a policy is for. Source: P26."""

    ALL = "all", _("All people")
    WORKERS = "workers", _("Workers")
    PEASANTS = "peasants", _("Peasants")
    INTELLECTUALS = "intellectuals", _("Intellectuals")
    BUSINESSPEOPLE = "businesspeople", _("Businesspeople")
    YOUTH = "youth", _("Youth")
    WOMEN = "women", _("Women")
    VETERANS = "veterans", _("Veterans")
    ELDERLY = "elderly", _("The elderly")
    OVERSEAS = "overseas", _("Vietnamese abroad")


class Duty(TextChoices):
    """Under which duty a member acts for the body that employs them."""

    OFFICIAL = "official", _("Official")
    BODY_ADMIN = "body_admin", _("Body administrator")
    COMMISSION = "commission", _("Commission staff")
    EDITOR = "editor", _("Matrix editor")
    SUPERVISOR = "supervisor", _("Supervisor")


class ExtensionState(TextChoices):
    ASKED = "asked", _("Awaiting decision")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")


class DisputeState(TextChoices):
    """Where the dispute of a body over a role that it was given stands."""

    OPEN = "open", _("Awaiting the editor")
    UPHELD = "upheld", _("Upheld")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Taken back")


class MessageKind(TextChoices):
    DIGEST = "digest", _("Daily digest")
    DECISION = "decision", _("Decision")
    NOTICE = "notice", _("Notice")


class MessageState(TextChoices):
    """Where a message of the outbox stands. Claimed and not marked, it is sent again with the same id."""

    QUEUED = "queued", _("Waiting to be sent")
    SENT = "sent", _("Sent")
    BOUNCED = "bounced", _("Refused by the receiver")
    SET_ASIDE = "set_aside", _("Set aside after too many tries")


class DeliveryState(TextChoices):
    """Where a message of a webhook stands. Claimed and not marked, it is sent again with the same id."""

    QUEUED = "queued", _("Waiting to be sent")
    DELIVERED = "delivered", _("Taken by the receiver")
    FAILED = "failed", _("Given up after too many tries")
    WITHHELD = "withheld", _("Withheld: not for its owner any more, or the webhook has ended")


class PauseReason(TextChoices):
    """Why a webhook sends nothing."""

    BY_HAND = "by_hand", _("Paused by hand")
    FAILING = "failing", _("The receiver took nothing for three days")
    GONE = "gone", _("The receiver said that it is gone (410)")
    NO_RIGHTS = "no_rights", _("Its owner is no member any more")
    NO_SECRET = "no_secret", _("Its secret cannot be read any more: rotate it")


class JobState(TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class JobPart(TextChoices):
    """What must be heard again and again, or jobs do not run; each is heard through the pool of its workers."""

    BEAT = "beat", _("Scheduler")
    WORKER = "worker", _("Worker for short jobs")
    LONG = "worker-long", _("Worker for long jobs")


class InstrumentLinkKind(TextChoices):
    AMENDS = "amends", _("amends")
    REPLACES = "replaces", _("replaces")
    DETAILS = "details", _("details")


class DebtState(TextChoices):
    """How far a text has come that an instrument calls for. Derived from its days, never stored."""

    NOT_DRAFTED = "not_drafted", _("Not drafted")
    NOT_SUBMITTED = "not_submitted", _("Draft not submitted yet")
    NOT_ISSUED = "not_issued", _("Not issued")
    ISSUED = "issued", _("Issued and in force")


class InstrumentStatus(TextChoices):
    """Derived from the dates of an instrument, never stored."""

    PREPARED = "prepared", _("In preparation")
    ISSUED = "issued", _("Issued, not yet in force")
    IN_FORCE = "in_force", _("In force")
    ENDED = "ended", _("No longer in force")


class Phase(TextChoices):
    """The life of an instrument. Up to `appraised` phases are recorded; the others follow from its dates."""

    PLANNED = "planned", _("Planned")
    DRAFTING = "drafting", _("Drafting")
    CONSULTATION = "consultation", _("Consultation")
    SUBMITTED = "submitted", _("Submitted for appraisal")
    APPRAISED = "appraised", _("Appraised")
    SIGNED = "signed", _("Signed")
    PROMULGATED = "promulgated", _("Promulgated")
    IN_FORCE = "in_force", _("In force")
    ENDED = "ended", _("No longer in force")


RECORDED_PHASES = (Phase.PLANNED, Phase.DRAFTING, Phase.CONSULTATION, Phase.SUBMITTED, Phase.APPRAISED)


class Participant(TextChoices):
    """Who takes part in a consultation, as groups that are counted and never named."""

    MINISTRIES = "ministries", _("Ministries and central agencies")
    LOCAL = "local", _("Local authorities")
    FRONT = "front", _("The Front and mass organizations")
    EXPERTS = "experts", _("Experts and scientists")
    BUSINESSES = "businesses", _("Businesses and their associations")
    PEOPLE = "people", _("People")


class FrontOpinion(TextChoices):
    """What the Fatherland Front said of a draft. Source: P23."""

    AGREES = "agrees", _("Agrees")
    AGREES_WITH_REMARKS = "agrees_with_remarks", _("Agrees, with remarks")
    DISAGREES = "disagrees", _("Disagrees")
    NONE = "none", _("No opinion recorded")


class Consulted(TextChoices):
    """Whether people were asked before an instrument was signed. Derived, never stored."""

    NOT_NEEDED = "not_needed", _("Consultation not required by rank")
    TO_COME = "to_come", _("Not signed yet")
    HELD = "held", _("Consulted before it was signed")
    UNASKED = "unasked", _("Promulgated unasked")
    UNKNOWN = "unknown", _("Consultation not recorded")


class Whom(TextChoices):
    """To whom a task is cascaded."""

    LEVEL = "level", _("Every unit of a level")
    KIND = "kind", _("Every body of a kind")
    LIST = "list", _("A chosen list")


class DueRule(TextChoices):
    """How the deadline of a part follows from that of its cascade."""

    SAME = "same", _("The deadline of the task above")
    WORKING = "working", _("So many working days after assignment")
    CALENDAR = "calendar", _("So many calendar days after assignment")
    FIXED = "fixed", _("A fixed day")


class Joining(TextChoices):
    """What becomes of a unit that a cascade is for and that has no part of it."""

    OFFER = "offer", _("It is offered to the editor")
    ADD = "add", _("It gets its part by itself the next day")
    LEAVE = "leave", _("It stays without a part")


class PartRole(TextChoices):
    """Who beside the accountable body gets a role in each part of a cascade."""

    UNIT_LEADS = "unit_leads", _("The Party committee of the unit leads (L)")
    UNIT_SUPERVISES = "unit_supervises", _("The Front or mass organization of the unit supervises (S)")
    GIVER_LEADS = "giver_leads", _("Whoever leads this task leads (L)")
    GIVER_SUPERVISES = "giver_supervises", _("The body accountable for this task supervises (S)")
    GIVER_INFORMED = "giver_informed", _("The body accountable for this task is informed (I)")


class Below(TextChoices):
    """What happens to the parts of a task when something is decided on it."""

    LEAVE = "leave", _("The parts stay as they are")
    SAME = "same", _("The same is done to the parts below")
