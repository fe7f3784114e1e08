"""The table: route → method → actor → answer. Each row is written out; a route without one fails the suite.

A key is the name of a route, or `name@state` for a second row of another state. Answers are status codes; LOGIN is the
redirect to the sign-in. `page(...)` gives the answer of members and names whoever gets another one; those who are
outside are sent to the sign-in. Nobody of the world's other bodies sees anything of body A: 404, as for a missing row.
"""

from __future__ import annotations

from tests.access.actors import ACTORS, OUTSIDE, STRANGERS

LOGIN = "sign-in"
ADMIN_LOGIN = "sign-in of the administration"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")

Answer = int | str
Answers = dict[str, Answer]
Row = dict[str, Answers]


def everybody(answer: Answer, **others: Answer) -> Answers:
    return {**dict.fromkeys(ACTORS, answer), **others}


def page(answer: Answer = 200, **others: Answer) -> Answers:
    return {**dict.fromkeys(ACTORS, answer), **dict.fromkeys(OUTSIDE, LOGIN), **others}


def only(answer: Answer, *allowed: str, refused: Answer = 403, **others: Answer) -> Answers:
    """`answer` for those who are named, `refused` for everybody else who is signed in."""
    return {**page(refused), **dict.fromkeys(allowed, answer), **others}


# Rows of body A: who has no part in it sees nothing of them.
UNSEEN: Answers = dict.fromkeys(("other", "far_commission", *STRANGERS), 404)
OWN = ("official", "body_admin")
OVERSEERS = ("commission", "far_commission", "supervisor", "editor", "sysadmin")
REVIEWERS = ("commission", "far_commission")
STEERS = ("commission", "editor")
REGISTRARS = (*OWN, "other", "parent", "editor")
KEEPERS = (*OWN, "editor")
NO_REGISTER: Answers = dict.fromkeys(STRANGERS, 404)


SHARED: Answers = only(200, *REVIEWERS, refused=404) | dict.fromkeys(("supervisor", "editor"), 403)

# A draft of the rules: who may not read it does not know of it.
DRAFT_EDITED: Answers = only(302, "editor", refused=404) | dict.fromkeys(set(OVERSEERS) - {"editor"}, 403)


def reads(answers: Answers) -> Row:
    """A page that only reads."""
    return {method: answers if method in ("GET", "HEAD") else everybody(405) for method in METHODS}


def writes(get: Answers, post: Answers) -> Row:
    """A form: shown and sent."""
    return {**reads(get), "POST": post}


def acts(post: Answers) -> Row:
    """A button: POST only."""
    return {**dict.fromkeys(METHODS, everybody(405)), "POST": post}


PAGES: dict[str, Row] = {
    # The frame
    "home": reads(page(302, no_duty=200, past=200)),
    "set_language": acts(everybody(302)),
    "search": reads(page()),
    "health": reads(everybody(200)),
    "health_live": reads(everybody(200)),
    "health_ready": reads(everybody(200)),
    "metrics": reads(everybody(404)),  # whoever has the token is nobody of these
    # Registers: members read all of them; what hangs on a task is as visible as the task
    "task_list": reads(page()),
    "task": reads(page(**UNSEEN)),
    "task_explain": reads(page(**UNSEEN)),
    "task_by_code": reads(page(302, **UNSEEN)),
    "resolution_list": reads(page()),
    "resolution": reads(page(**NO_REGISTER)),
    "body_list": reads(page()),
    "body": reads(page(**NO_REGISTER)),
    "body_submission": writes(only(200, "body_admin", **NO_REGISTER), only(302, "body_admin", **NO_REGISTER)),
    "cadre": reads(page(**NO_REGISTER)),
    "instrument_list": reads(page()),
    "instrument": reads(page(**NO_REGISTER)),
    "legal_debt": reads(page()),
    "detailing": reads(page(**NO_REGISTER)),
    "detailing_new": writes(only(200, "editor", **NO_REGISTER), only(302, "editor", **NO_REGISTER)),
    "detailing_edit": writes(only(200, "editor", **NO_REGISTER), only(302, "editor", **NO_REGISTER)),
    "detailing_progress": writes(only(200, *OWN, "editor", **NO_REGISTER), only(302, *OWN, "editor", **NO_REGISTER)),
    "instrument_end": writes(only(200, "editor", **NO_REGISTER), only(302, "editor", **NO_REGISTER)),
    "attachment": reads(page(**UNSEEN)),
    # Instruments: officials register them; the body that issued or owes one, and the editor, change it
    "instrument_new": writes(only(200, *REGISTRARS), only(302, *REGISTRARS)),
    "instrument_edit": writes(only(200, *KEEPERS, **NO_REGISTER), only(302, *KEEPERS, **NO_REGISTER)),
    "instrument_file": reads(page(**NO_REGISTER)),
    "instrument_file_new": writes(only(200, *KEEPERS, **NO_REGISTER), only(302, *KEEPERS, **NO_REGISTER)),
    "phase_new": writes(only(200, *KEEPERS, **NO_REGISTER), only(302, *KEEPERS, **NO_REGISTER)),
    "phase_correct": writes(only(200, *KEEPERS, **NO_REGISTER), only(302, *KEEPERS, **NO_REGISTER)),
    "consultation_new": writes(only(200, *KEEPERS, **NO_REGISTER), only(302, *KEEPERS, **NO_REGISTER)),
    "consultation_edit": writes(only(200, *KEEPERS, **NO_REGISTER), only(302, *KEEPERS, **NO_REGISTER)),
    "consultation_known": acts(only(302, *KEEPERS, **NO_REGISTER)),
    # Calendars: members read them, the editor keeps them
    "calendar_list": reads(page()),
    "calendar": reads(page(**NO_REGISTER)),
    "calendar_draft": reads(page(**NO_REGISTER)),
    "calendar_new": writes(only(200, "editor"), only(302, "editor")),
    "calendar_draft_begin": acts(only(302, "editor", **NO_REGISTER)),
    "calendar_day_add": acts(only(302, "editor", **NO_REGISTER)),
    "calendar_day_remove": acts(only(302, "editor", **NO_REGISTER)),
    "calendar_import": acts(only(302, "editor", **NO_REGISTER)),
    "calendar_apply": acts(only(302, "editor", **NO_REGISTER)),
    "calendar_discard": acts(only(302, "editor", **NO_REGISTER)),
    # Work
    "desk": reads(page()),
    "matrix": reads(page()),
    "coverage": reads(only(200, *OVERSEERS)),
    "overview": reads(only(200, *OVERSEERS)),
    # Figures: overseers read them, the commission freezes those of its jurisdiction; of a report on A, A itself reads
    # nothing
    "figures": reads(only(200, *OVERSEERS)),
    "figures_file": reads(only(200, *OVERSEERS)),
    "figures_freeze": acts(only(302, "commission")),
    "frozen_list": reads(only(200, *OVERSEERS)),
    "frozen_report": reads(only(200, "commission", "supervisor", "editor", "sysadmin", **UNSEEN)),
    "frozen_file": reads(only(200, "commission", "supervisor", "editor", "sysadmin", **UNSEEN)),
    # Queues: the commission decides on what it reads; who only oversees reads. What the far commission sends is of A:
    # it gets the page again, as for rows that do not exist.
    "overdue": writes(only(200, *OVERSEERS), only(302, "commission", far_commission=200)),
    "review": writes(only(200, *REVIEWERS), only(302, "commission", far_commission=200)),
    "review_evidence": writes(only(200, *REVIEWERS), only(302, "commission", far_commission=200)),
    "review_extensions": writes(only(200, *REVIEWERS), only(302, "commission", far_commission=200)),
    "review_obstacles": writes(only(200, *REVIEWERS), only(302, "commission", far_commission=200)),
    "lapsed": reads(only(200, *OVERSEERS)),
    "unowned": reads(only(200, *OVERSEERS)),
    "queue_decided": reads(only(200, *REVIEWERS)),
    "filter_save": acts(only(302, *OVERSEERS)),
    # Shared by the commission: those of its body see it, its commission changes it
    "filter_edit": writes(SHARED, SHARED | dict.fromkeys(REVIEWERS, 302)),
    "filter_delete": acts(SHARED | dict.fromkeys(REVIEWERS, 302)),
    "report_new": writes(only(200, *OWN, **UNSEEN), only(302, *OWN, **UNSEEN)),
    "report": reads(page(**UNSEEN)),
    "report@draft": reads(only(200, *OWN, refused=404)),
    "report_edit": writes(only(200, *OWN, refused=404), only(302, *OWN, refused=404)),
    "report_edit@submitted": writes(only(302, *OWN, **UNSEEN), only(302, *OWN, **UNSEEN)),
    "report_submit": acts(only(302, *OWN, refused=404)),
    "report_hand": acts(only(302, *OWN, refused=404)),
    "report_give_back": acts(only(302, "body_admin", official=403, refused=404)),
    "report_ask": acts(only(302, "commission", **UNSEEN)),
    "report_answer": acts(only(302, *OWN, **UNSEEN)),
    "report_correct": writes(only(200, *OWN, **UNSEEN), only(302, *OWN, **UNSEEN)),
    # Roles that a body disputes, and what the editor corrects
    "dispute_list": reads(only(200, *OVERSEERS)),
    "dispute_new": writes(only(200, *OWN, **UNSEEN), only(302, *OWN, **UNSEEN)),
    "dispute": reads(page(**UNSEEN)),
    "dispute_decide": acts(only(302, "editor", **UNSEEN)),
    "dispute_withdraw": acts(only(302, *OWN, **UNSEEN)),
    "corrections": reads(only(200, "editor", **UNSEEN)),
    "correct_stage": writes(only(200, "editor", **UNSEEN), only(302, "editor", **UNSEEN)),
    "correct_deadline": writes(only(200, "editor", **UNSEEN), only(302, "editor", **UNSEEN)),
    "correct_suspension": writes(only(200, "editor", **UNSEEN), only(302, "editor", **UNSEEN)),
    "correct_cell": writes(only(200, "editor", **UNSEEN), only(302, "editor", **UNSEEN)),
    "report_decide": acts(only(302, "commission", **UNSEEN)),
    "evidence_new": writes(only(200, *OWN, **UNSEEN), only(302, *OWN, **UNSEEN)),
    "evidence_edit": writes(only(200, *OWN, "editor", **UNSEEN), only(302, *OWN, "editor", **UNSEEN)),
    "evidence_joint": writes(only(200, "commission", **UNSEEN), only(302, "commission", **UNSEEN)),
    "evidence_decide": writes(only(200, "commission", **UNSEEN), only(302, "commission", **UNSEEN)),
    "system": reads(only(200, "sysadmin")),
    "set_aside_retry": acts(only(302, "sysadmin")),
    "flag_acknowledge": writes(only(200, "commission", **UNSEEN), only(302, "commission", **UNSEEN)),
    # Policies: every member reads what is or was in force, the overseers the drafts; the editor writes
    "policy_list": reads(page()),
    "policy": reads(page(**NO_REGISTER)),
    "policy@draft": reads(only(200, *OVERSEERS, refused=404)),
    "policy_new": writes(only(200, "editor"), only(302, "editor")),
    "policy_draft": acts(only(302, "editor", **NO_REGISTER)),
    "policy_edit": writes(DRAFT_EDITED | {"editor": 200}, DRAFT_EDITED),
    "policy_apply": acts(DRAFT_EDITED),
    "policy_discard": acts(DRAFT_EDITED),
    "policy_end": acts(only(302, "editor", **NO_REGISTER)),
    # Urging letters: the commission writes them, the urged body and who oversees it read them
    "urging_list": reads(page()),
    "urging_new": writes(only(200, "commission", "far_commission"), only(302, "commission", far_commission=200)),
    "urging": reads(page(**UNSEEN)),
    "urging_document": reads(page(**UNSEEN)),
    "flag_remark": writes(only(200, *OWN, **UNSEEN), only(302, *OWN, **UNSEEN)),
    "flag_snooze": writes(only(200, "commission", **UNSEEN), only(302, "commission", **UNSEEN)),
    "flag_unsnooze": acts(only(302, "commission", **UNSEEN)),
    # What stands in the way of a task
    "extension_new": writes(only(200, *OWN, **UNSEEN), only(302, *OWN, **UNSEEN)),
    "extension": reads(page(**UNSEEN)),
    "extension_decide": acts(only(302, "commission", **UNSEEN)),
    "obstacle_new": writes(only(200, *OWN, **UNSEEN), only(302, *OWN, **UNSEEN)),
    "obstacle_end": writes(only(200, *OWN, "commission", **UNSEEN), only(302, *OWN, "commission", **UNSEEN)),
    # Body B is waited on: its official reads this one row and ends it, and still reads nothing else of the task
    "obstacle_end@on_b": writes(
        only(200, *OWN, "commission", **{**UNSEEN, "other": 200}),
        only(302, *OWN, "commission", **{**UNSEEN, "other": 302}),
    ),
    # Cascades: the matrix editor gives a task to many units; who reads the task reads what was given
    "cascade_new": writes(only(200, "editor", **UNSEEN), only(302, "editor", **UNSEEN)),
    "cascade": writes(page(**UNSEEN), only(302, "editor", **UNSEEN)),
    "task_suspend": writes(only(200, *STEERS, **UNSEEN), only(302, *STEERS, **UNSEEN)),
    "task_withdraw": writes(only(200, *STEERS, **UNSEEN), only(302, *STEERS, **UNSEEN)),
    "task_resume": writes(only(200, *STEERS, **UNSEEN), only(302, *STEERS, **UNSEEN)),
    # History: of what one may read; of anything else only where one may read an event of it
    "history_object": reads(page(**UNSEEN)),
    "history_object@instrument": reads(page(**NO_REGISTER)),
    "history_values": reads(page(**UNSEEN)),
    "history_values@draft": reads(only(200, *OWN, refused=404)),
    "history_body": reads(page(**NO_REGISTER)),
    "history_cadre": reads(page(**NO_REGISTER)),
    "history_heads": reads(page()),
    # Mails: one's own, and those that are stuck
    "token_list": writes(page(**dict.fromkeys(STRANGERS, 403)), page(201, **dict.fromkeys(STRANGERS, 403))),
    "token_revoke": acts(only(302, "official", refused=404)),
    # Webhooks: one's own; the system administrator sees that they exist, and stops them
    "webhook_list": writes(page(**dict.fromkeys(STRANGERS, 403)), page(201, **dict.fromkeys(STRANGERS, 403))),
    "webhook": reads(only(200, "official", "sysadmin", refused=404)),
    "webhook_rotate": acts(only(201, "official", sysadmin=403, refused=404)),
    "webhook_ping": acts(only(302, "official", sysadmin=403, refused=404)),
    "webhook_pause": acts(only(302, "official", "sysadmin", refused=404)),
    "webhook_resume": acts(only(302, "official", sysadmin=403, refused=404)),
    "webhook_end": acts(only(302, "official", "sysadmin", refused=404)),
    "webhook_replay": acts(only(302, "official", sysadmin=403, refused=404)),
    "mail_list": reads(page()),
    "mail": reads(only(200, "official", "sysadmin", refused=404)),
    "system_mails": reads(only(200, "sysadmin")),
    "mails_retry": acts(only(302, "sysadmin")),
    "mail_retry": acts(only(302, "sysadmin", official=403, refused=404)),
}


OUTSIDE_API: Answers = dict.fromkeys(("anonymous", "deactivated", "expired_token", "revoked_token"), 401)


def api(answer: Answer = 200, **others: Answer) -> Row:
    """An address of the API that members and their tokens read, and nobody writes."""
    read = {**everybody(answer), **others, **OUTSIDE_API}
    options = {**everybody(204), **OUTSIDE_API}
    return {**dict.fromkeys(METHODS, everybody(405)), "GET": read, "HEAD": read, "OPTIONS": options}


def api_writes(row: Row, method: str = "POST", post: Answers | None = None) -> Row:
    """An address that reads and writes. Without a body nobody gets further than to be told that it is missing."""
    return {**row, method: {**everybody(415), "read_token": 403, **OUTSIDE_API, **(post or {})}}


def api_acts(*allowed: str, **others: Answer) -> Row:
    """An act on a row of body A: 428 for those who may do it, as they do not say which version they have read."""
    answers = {**everybody(403), **UNSEEN, **dict.fromkeys(allowed, 428), "read_token": 403, **others, **OUTSIDE_API}
    options = {**everybody(204), **OUTSIDE_API}
    return {**dict.fromkeys(METHODS, everybody(405)), "POST": answers, "OPTIONS": options}


def registers(*allowed: str) -> Answers:
    """A change of a row of a register, which all members read: 428 for those who may change it."""
    return {**everybody(403), **NO_REGISTER, **dict.fromkeys(allowed, 428), "read_token": 403, **OUTSIDE_API}


def api_acts_on_register(*allowed: str) -> Row:
    """An act on a row of a register."""
    options = {**everybody(204), **OUTSIDE_API}
    return {**dict.fromkeys(METHODS, everybody(405)), "POST": registers(*allowed), "OPTIONS": options}


def api_many() -> Row:
    """An act on many rows, of which each is asked for its own: nobody gets further than that the body is missing."""
    options = {**everybody(204), **OUTSIDE_API}
    return api_writes({**dict.fromkeys(METHODS, everybody(405)), "OPTIONS": options})


DRAFT = api(404, official=200, body_admin=200, read_token=200)
API: dict[str, Row] = {
    "api-index": api(),
    "api-exports/tasks.ndjson": api(),
    "api-exports/tasks.csv": api(),
    "api-exports/tasks.xlsx": api(),
    "api-exports/responsibilities.ndjson": api(),
    "api-exports/responsibilities.csv": api(),
    "api-exports/responsibilities.xlsx": api(),
    "api-exports/flags.ndjson": api(),
    "api-exports/flags.csv": api(),
    "api-exports/flags.xlsx": api(),
    "api-exports/instruments.ndjson": api(),
    "api-exports/instruments.csv": api(),
    "api-exports/instruments.xlsx": api(),
    "api-exports/changes.ndjson": api(),
    "api-exports/changes.csv": api(),
    "api-exports/changes.xlsx": api(),
    "api-calendar.ics": api(),
    "api-resolutions": api(),
    "api-resolutions-detail": api(**NO_REGISTER),
    "api-provisions": api(),
    "api-provisions-detail": api(**NO_REGISTER),
    "api-tasks": api(),
    "api-tasks-detail": api(**UNSEEN),
    "api-tasks-explain": api(**UNSEEN),
    "api-tasks-stage": api_acts(*STEERS),
    "api-tasks-suspend": api_acts(*STEERS),
    "api-tasks-withdraw": api_acts(*STEERS),
    "api-tasks-resume": api_acts(*STEERS),
    "api-tasks-cascade": api_acts("editor"),
    "api-tasks-cascade-bulk": api_many(),
    "api-tasks-end-responsibility": api_acts("editor"),
    "api-tasks-end-responsibility-bulk": api_many(),
    "api-tasks-stage-bulk": api_many(),
    "api-tasks-suspend-bulk": api_many(),
    "api-tasks-withdraw-bulk": api_many(),
    "api-tasks-resume-bulk": api_many(),
    "api-institutionalizations-verify-bulk": api_many(),
    "api-institutionalizations-return-bulk": api_many(),
    "api-progress-reports-hand-bulk": api_many(),
    "api-progress-reports-give-back-bulk": api_many(),
    "api-progress-reports-submit-bulk": api_many(),
    "api-progress-reports-accept-bulk": api_many(),
    "api-progress-reports-return-bulk": api_many(),
    "api-progress-reports-ask-bulk": api_many(),
    "api-progress-reports-answer-bulk": api_many(),
    "api-extensions-grant-bulk": api_many(),
    "api-extensions-refuse-bulk": api_many(),
    "api-obstacles-end-bulk": api_many(),
    "api-disputes-uphold-bulk": api_many(),
    "api-disputes-reject-bulk": api_many(),
    "api-disputes-withdraw-bulk": api_many(),
    "api-flags-acknowledge-bulk": api_many(),
    "api-flags-snooze-bulk": api_many(),
    "api-flags-unsnooze-bulk": api_many(),
    # A request of the official for many rows
    "api-bulk-job": api(404, official=200, read_token=200),
    "api-bodies": api(),
    "api-bodies-detail": api(**NO_REGISTER),
    "api-posts": api(),
    "api-posts-detail": api(**NO_REGISTER),
    "api-cadres": api(),
    "api-cadres-detail": api(**NO_REGISTER),
    "api-responsibilities": api_writes(api()),
    "api-responsibilities-detail": api(**UNSEEN),
    "api-instruments": api_writes(api_writes(api()), "PATCH"),
    "api-instruments-detail": api_writes(api(**NO_REGISTER), "PATCH", registers(*KEEPERS)),
    "api-instruments-phase": api_acts_on_register(*KEEPERS),
    "api-instruments-correct-phase": api_acts_on_register(*KEEPERS),
    "api-instruments-link": api_acts_on_register("editor"),
    "api-instruments-end": api_acts_on_register("editor"),
    "api-instruments-consultations-known": api_acts_on_register(*KEEPERS),
    "api-instruments-phase-bulk": api_many(),
    "api-instruments-correct-phase-bulk": api_many(),
    "api-instruments-link-bulk": api_many(),
    "api-instruments-end-bulk": api_many(),
    "api-instruments-consultations-known-bulk": api_many(),
    "api-consultations": api_writes(api_writes(api()), "PATCH"),
    "api-consultations-detail": api_writes(api(**NO_REGISTER), "PATCH", registers(*KEEPERS)),
    "api-detailing-duties": api(),
    "api-detailing-duties-detail": api(**NO_REGISTER),
    "api-institutionalizations": api_writes(api_writes(api()), "PATCH"),
    "api-institutionalizations-detail": api_writes(
        api(**UNSEEN), "PATCH", {**everybody(403), **UNSEEN, **dict.fromkeys(KEEPERS, 428), **OUTSIDE_API}
    ),
    "api-institutionalizations-verify": api_acts("commission"),
    "api-institutionalizations-return": api_acts("commission"),
    "api-progress-reports": api_writes(api_writes(api()), "PATCH"),
    "api-progress-reports-detail": api_writes(
        api(**UNSEEN), "PATCH", {**everybody(403), **UNSEEN, **dict.fromkeys(OWN, 428), **OUTSIDE_API}
    ),
    "api-progress-reports-hand": api_acts(*OWN),
    "api-progress-reports-give-back": api_acts("body_admin"),
    "api-progress-reports-submit": api_acts(*OWN),
    "api-progress-reports-accept": api_acts("commission"),
    "api-progress-reports-return": api_acts("commission"),
    "api-progress-reports-ask": api_acts("commission"),
    "api-progress-reports-answer": api_acts(*OWN),
    "api-progress-reports-detail@draft": api_writes(
        DRAFT, "PATCH", {**everybody(404), **dict.fromkeys(OWN, 428), "read_token": 403, **OUTSIDE_API}
    ),
    "api-extensions": api_writes(api()),
    "api-extensions-detail": api(**UNSEEN),
    "api-extensions-grant": api_acts("commission"),
    "api-extensions-refuse": api_acts("commission"),
    "api-obstacles": api_writes(api()),
    "api-obstacles-detail": api(**UNSEEN),
    "api-obstacles-end": api_acts(*OWN, "commission"),
    "api-obstacles-detail@on_b": api(**{**UNSEEN, "other": 200}),
    "api-disputes": api_writes(api()),
    "api-disputes-detail": api(**UNSEEN),
    "api-disputes-uphold": api_acts("editor"),
    "api-disputes-reject": api_acts("editor"),
    "api-disputes-withdraw": api_acts(*OWN),
    "api-flags": api(),
    "api-flags-detail": api(**UNSEEN),
    "api-flags-acknowledge": api_acts("commission"),
    "api-flags-snooze": api_acts("commission"),
    "api-flags-unsnooze": api_acts("commission"),
    "api-urgings": api(),
    "api-urgings-detail": api(**UNSEEN),
    "api-frozen-reports": api(),
    "api-frozen-reports-detail": api(404, commission=200, supervisor=200, editor=200, sysadmin=200),
    "api-changes": api(),
    "api-changes-detail": api(**UNSEEN),
    "api-changes-detail@draft": DRAFT,
    "api-boards/four-cells": api(),
    "api-boards/coverage": api(),
    "api-schema": api(),
    "api-nothing": api(404),
    # A page beside the API, for people who are signed in
    "api-docs": {**reads(page()), "OPTIONS": page()},
}
