"""One row of everything, all of it body A's, and the addresses under which it is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import ApiToken, User
from tests.access.actors import Actor, make_actors
from tests.access.cascaded import add_cascades
from tests.access.disputed import add_disputes, disputed
from tests.access.routes import Route
from tests.asking import asked
from tests.builders import (
    make_body,
    make_calendar,
    make_cell,
    make_instrument,
    make_message,
    make_policy,
    make_post,
    make_provision,
    make_resolution,
    make_task,
    make_webhook,
    noon,
)
from tests.urging import SIGNED, issue
from tests.working import PDF, TODAY
from tracker.api.resources import RESOURCES
from tracker.api.writing.acts import ON_A_ROW
from tracker.boards.four_cell import Wanted
from tracker.choices import DeliveryState, Level, MessageState, Role
from tracker.models import (
    Attachment,
    Body,
    BulkJob,
    Cadre,
    Calendar,
    DetailingDuty,
    Event,
    Flag,
    Institutionalization,
    Instrument,
    Policy,
    ProgressReport,
    SetAside,
    Task,
    WebhookDelivery,
)
from tracker.services import (
    attachments,
    calendars,
    clocks,
    consultations,
    days_off,
    flags,
    institutionalizations,
    instrument_files,
    instrument_life,
    legal_debt,
    obstacles,
    policies,
    reports,
    saved_filters,
    scan,
    sealing,
    staleness,
    tasks,
    webhooks,
)
from tracker.services.decisions import seen_of
from tracker.services.frozen import freeze

MISSING = {"pk": 999_999, "code": "no-such", "uuid": UUID(int=1)}


@dataclass
class World:
    """`arguments` of each case by its key in the table, `payloads` of those that can be sent."""

    actors: dict[str, Actor]
    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)
    payloads: dict[str, dict[str, Any]] = field(default_factory=dict)

    def address(self, case: str, route: Route) -> str:
        """Return where the row of a case is, or a guessed place where the world has none."""
        return _reverse(route, self.arguments.get(case) or dict.fromkeys(route.arguments, "999999"))

    def missing(self, case: str, route: Route) -> str:
        """Return the address of a row that does not exist."""
        return _reverse(route, {name: _missing(value) for name, value in self.arguments[case].items()})


def _long_request(user: User) -> BulkJob:
    at = noon(TODAY)
    return BulkJob.objects.create(user=user, act="obstacles/", language="en", rows=[{}], size=1, created_at=at)


def _missing(value: Any) -> Any:
    return MISSING["uuid" if isinstance(value, UUID) else "code" if isinstance(value, str) else "pk"]


def _reverse(route: Route, arguments: dict[str, Any]) -> str:
    """Patterns without a name, and those that catch all, are written out."""
    if route.name == "admin:app_list":
        arguments = {"app_label": "accounts"}
    if "(?P<url>" in route.pattern or route.name == "api-nothing":
        return f"/{route.pattern.partition('^')[0].partition('(')[0]}no/such/address/"
    if route.name.endswith(route.pattern):
        return "/" + route.pattern.replace("<path:object_id>", "999999")
    return reverse(route.name, kwargs={name: arguments[name] for name in route.arguments})


def make_world() -> World:
    """Make everybody and everything. Files are stored under MEDIA_ROOT."""
    system = make_body("HTCT")
    above = make_body("CP", parent=system)
    a, b = make_body("BO-A", parent=above), make_body("BO-B", parent=system)
    make_policy()
    world = World(make_actors(a, b, above, system))
    official = User.objects.get(username="official")
    task = _task(a)
    report = _reported(task, official, a)
    draft = _draft(a, official)
    evidence = _declared(task, official, a)
    scan.run(TODAY, at=noon(TODAY))
    flag = Flag.objects.filter(task=task).earliest("pk")
    rows = {"task": task, "report": report, "draft": draft, "evidence": evidence, "flag": flag}
    mail = make_message(official, task=task, state=MessageState.SET_ASIDE)
    world.arguments = {case: {"pk": mail.pk} for case in ("mail", "mail_retry")}
    letter = issue(User.objects.get(username="commission"), flag, day=TODAY - timedelta(days=1))[0]
    world.arguments |= {case: {"pk": letter.pk} for case in ("urging", "urging_document")}
    report = freeze(
        Wanted(day=TODAY, below=a), group="body", by=User.objects.get(username="commission"), at=noon(TODAY)
    )
    world.arguments |= {"frozen_report": {"pk": report.pk}, "frozen_file": {"pk": report.pk, "kind": "csv"}}
    world.arguments["figures_file"] = {"kind": "csv"}
    world.arguments["cadre"] = {"code": Cadre.objects.get().code}
    _add_debt(world, evidence.instrument, task, a)
    _add_life(world, evidence.instrument)
    disputed(task)
    _fill(world, a, rows)
    add_disputes(world, a)
    add_cascades(world, a)
    world.arguments["flag_remark"] = {"pk": flag.pk}
    world.payloads |= {"flag_remark": {"text": "We wait", "version": 0}, "figures_freeze": {"remark": "For July"}}
    _add_calendars(world)
    _add_evidence(world, task, evidence, a)
    _add_queues(world, rows)
    sealing.seal()
    return world


def _add_life(world: World, instrument: Instrument) -> None:
    """The instrument of body A has a phase, a file and a consultation."""
    who: dict[str, Any] = {"by": User.objects.get(username="editor"), "at": noon(TODAY)}
    day = instrument.signed_on - timedelta(days=30)
    phase = instrument_life.record(instrument, phase="drafting", on=day, **who)
    file = instrument_files.add(instrument, SimpleUploadedFile("decree.pdf", PDF), **who)
    asked = consultations.record(instrument, counts={"people": 3}, opened_on=day, **who)
    pages = ("instrument_edit", "instrument_file_new", "phase_new", "consultation_new", "consultation_known")
    world.arguments |= {case: {"pk": instrument.pk} for case in pages} | {
        "instrument_file": {"pk": file.pk},
        "phase_correct": {"pk": instrument.pk, "row": phase.pk},
        "consultation_edit": {"pk": asked.pk},
    }
    facts = {"number": "12/2026/NĐ-CP", "rank": "decree", "title_vi": "Nghị định"}
    period = {"opened_on": f"{day - timedelta(days=9):%Y-%m-%d}", "front_opinion": "agrees", "version": 0}
    change = {"phase": "submitted", "on": f"{day + timedelta(days=9):%Y-%m-%d}"}
    world.payloads |= {
        "instrument_new": {**facts, "version": 0},
        "instrument_edit": {**facts, "issuer": "BO-A", "version": instrument.version},
        "instrument_file_new": {"file": RewoundFile("next.pdf", PDF + b"2"), "replaces": str(file.pk)},
        "phase_new": change,
        "phase_correct": change,
        "consultation_new": period,
        "consultation_edit": {**period, "version": asked.version},
        "consultation_known": {"known": "yes"},
    }


def _add_queues(world: World, rows: dict[str, Any]) -> None:
    """What is chosen in each queue, and a filter that the commission shares."""
    task, commission = rows["task"], User.objects.get(username="commission")
    saved = saved_filters.save("overdue", name="Ours", query={}, is_shared=True, by=commission, at=noon(TODAY))
    world.arguments |= {"filter_save": {"queue": "overdue"}}
    world.arguments |= {case: {"pk": saved.pk} for case in ("filter_edit", "filter_delete")}
    chosen = {
        "overdue": rows["flag"],
        "review": rows["report"],
        "review_evidence": rows["evidence"],
        "review_extensions": task.extensions.get(),
        "review_obstacles": task.obstacles.exclude(body__code="BO-B").get(),
    }
    note = {"decision": "accept", "note": "Seen", "number": "1"}
    for case, row in chosen.items():
        row.refresh_from_db()
        world.payloads[case] = {**note, "row": f"{row.pk}:{seen_of(row)}"}
    world.payloads |= {
        "filter_save": {"name": "Mine", "filter": ""},
        "filter_edit": {"name": "Still ours", "is_shared": "on", "version": saved.version},
        "filter_delete": {},
    }


def _add_calendars(world: World) -> None:
    """The national calendar has a draft with a day in it, a local one of a body of its own has none."""
    who: dict[str, Any] = {"by": User.objects.get(username="editor"), "at": noon(TODAY)}
    facts = {"kind": "off", "name_vi": "Nghỉ", "name_en": "Off", "document": "1"}
    draft = calendars.draft(make_calendar(), **who)
    edit = days_off.add(draft, day=date(2026, 7, 17), **facts, **who)
    place = {"name_vi": "Lịch", "name_en": "Local", "base": draft.calendar}
    local = calendars.enter_local(Calendar(code="VN-X", body=make_body("X"), **place), **who)
    calendars.discard(local, **who)
    changes = ("day_add", "import", "apply", "discard")
    cases = ("calendar", "calendar_draft", *(f"calendar_{name}" for name in changes))
    world.arguments |= {case: {"code": draft.calendar.code} for case in cases} | {
        "calendar_draft_begin": {"code": "VN-X"},
        "calendar_day_remove": {"code": draft.calendar.code, "pk": edit.pk},
    }
    seen = {"version": draft.version}
    rows = "day,kind,name_vi,name_en,document\n2026-07-20,off,a,b,c\n"
    world.payloads |= {
        "calendar_new": {"code": "VN-Y", "name_vi": "Lịch", "name_en": "Y", "base": "VN", "body": "QH"},
        "calendar_draft_begin": {},
        "calendar_day_add": {**facts, **seen, "day": "2026-07-20"},
        "calendar_day_remove": seen,
        "calendar_import": {**seen, "file": RewoundFile("days.csv", rows.encode())},
        "calendar_apply": {**seen, "valid_from": "2026-07-01", "document_vi": "1"},
        "calendar_discard": seen,
    }


class RewoundFile(SimpleUploadedFile):
    """A file that is sent again and again."""

    def read(self, *size: int) -> bytes:
        self.seek(0)
        return super().read(*size)


def _task(a: Body) -> Task:
    resolution = make_resolution(code="NQ-A")
    post = make_post(a, holder="Trần Văn An")
    place = make_provision(resolution, label="XV.1")
    task = make_task(
        code="1/A",
        accountable=a,
        post=post,
        resolution=resolution,
        provision=place,
        due_on="2026-05-29",
        levels=[(Level.CENTRAL, [])],
        title_en="The task of body A",
    )
    make_cell(task, make_body("QH"), Role.SUPERVISES)
    return task


def _reported(task: Task, by: User, body: Body) -> ProgressReport:
    report = reports.save_draft(task, body=body, by=by, at=noon(TODAY), stage=task.stage, done_text="Plan issued")
    attachments.store(report, [SimpleUploadedFile("plan.pdf", PDF)], by=by, at=noon(TODAY))
    return reports.submit(report, by=by, at=noon(TODAY))


def _draft(body: Body, by: User) -> ProgressReport:
    task = make_task(accountable=body)
    return reports.save_draft(task, body=body, by=by, at=noon(TODAY), stage=task.stage, done_text="Half written")


def _declared(task: Task, by: User, body: Body) -> Institutionalization:
    facts = {"level": Level.CENTRAL, "by": by, "at": noon(TODAY), "body": body}
    return institutionalizations.declare(task, make_instrument(number="1/2026/ND-CP", issuer=body), **facts)


def _in_parts(a: Body) -> tuple[Task, list[Institutionalization]]:
    """A task of A with two pieces of evidence that were verified in part."""
    official, commission = (User.objects.get(username=name) for name in ("official", "commission"))
    task = make_task(accountable=a, levels=[(Level.CENTRAL, [])])
    facts = {"level": Level.CENTRAL, "by": official, "at": noon(TODAY), "body": a, "coverage": "partial"}
    parts = [institutionalizations.declare(task, make_instrument(), **facts) for _ in range(2)]
    for part in parts:
        institutionalizations.verify(part, by=commission, at=noon(TODAY))
    return task, parts


def _add_evidence(world: World, task: Task, evidence: Institutionalization, a: Body) -> None:
    jointly, parts = _in_parts(a)
    world.arguments |= {
        "evidence_new": {"pk": task.pk},
        "evidence_edit": {"pk": evidence.pk},
        "evidence_joint": {"pk": jointly.pk, "level": Level.CENTRAL.value},
        "instrument_end": {"pk": evidence.instrument_id},
    }
    content = {"articles": "Điều 5", "coverage": "full"}
    seen = " ".join(f"{part.pk}:{staleness.hash_of(part)}" for part in parts)
    world.payloads |= {
        "evidence_new": {**content, "instrument": make_instrument().number, "level": Level.CENTRAL.value},
        "evidence_edit": {**content, "version": evidence.version},
        "evidence_joint": {"parts": [part.pk for part in parts], "seen": seen},
        "instrument_end": {"on": "2026-09-01", "version": evidence.instrument.version},
    }


def _add_debt(world: World, upper: Instrument, task: Task, a: Body) -> None:
    """The instrument calls for a text that A owes."""
    terms = {"subject_vi": "Hướng dẫn", "rank": "decree", "body": a}
    duty = legal_debt.create(DetailingDuty(instrument=upper, task=task, **terms), by=None, at=noon(TODAY))
    world.arguments |= {"detailing_new": {"pk": upper.pk}} | {
        case: {"pk": duty.pk} for case in ("detailing", "detailing_edit", "detailing_progress")
    }
    typed = {**terms, "body": a.code, "unit": "working"}
    world.payloads |= {
        "detailing_new": typed,
        "detailing_edit": {**typed, "version": duty.version},
        "detailing_progress": {"drafting_on": "2026-06-01", "version": duty.version},
    }


def _broken(task: Task) -> SetAside:
    Task.objects.filter(pk=task.pk).update(next_check_on=None)
    return SetAside.objects.create(task=task, attempts=3, error="odd", first_at=noon(TODAY), last_at=noon(TODAY))


def _fill(world: World, a: Body, rows: dict[str, Any]) -> None:
    task, report, draft, evidence, flag = rows.values()
    fresh = make_task(accountable=a)
    by_pk = {
        "task": task,
        "task_explain": task,
        "instrument": evidence.instrument,
        "flag_acknowledge": flag,
        "report_new": fresh,
    }
    by_pk |= {"report": report, "report@draft": draft, "report_edit": draft, "report_edit@submitted": report}
    by_pk["set_aside_retry"] = _broken(make_task(accountable=a))
    by_pk |= _asked(a, task, flag) | _ruled(task)
    by_pk |= {"report_submit": draft, "report_decide": report, "evidence_decide": evidence}
    api_rows = _api_rows(task, a)
    world.payloads["token_revoke"] = {}
    _add_webhooks(world)
    world.payloads["token_list"] = {"name": "hub", "scopes": ["read"], "days": 30}
    world.arguments |= {case: {"pk": row.pk} for case, row in by_pk.items()} | {
        "token_revoke": {"pk": ApiToken.objects.get(name="read_token").pk},
        "task_by_code": {"code": task.code},
        "resolution": {"code": task.resolution.code},
        "body": {"code": a.code},
        "history_body": {"code": a.code},
        "history_cadre": {"code": Cadre.objects.get().code},
        **{case: {"kind": "task", "key": str(task.pk)} for case in ("history_object", "history_values")},
        "history_object@instrument": {"kind": "instrument", "key": str(evidence.instrument_id)},
        "history_values@draft": {"kind": "progressreport", "key": str(draft.pk)},
        "attachment": {"pk": Attachment.objects.get().pk},
        **{f"api-{name}-detail": {"pk": str(pk)} for name, pk in api_rows.items()},
        **{f"api-{act.resource.name}-{act.name}": {"pk": str(api_rows[act.resource.name])} for act in ON_A_ROW},
        "api-bulk-job": {"pk": str(_long_request(User.objects.get(username="official")).pk)},
        "api-tasks-explain": {"pk": str(task.pk)},
        "api-progress-reports-detail@draft": {"pk": str(draft.pk)},
        "api-obstacles-detail@on_b": {"pk": str(by_pk["obstacle_end@on_b"].pk)},
        "api-changes-detail@draft": {"pk": str(Event.objects.filter(private_to=a).latest("pk").pk)},
    }
    text = {"body": a.pk, "stage": "assigned", "done_text": "Something was done", "version": 0, "draft": "1"}
    decision = {"decision": "accept", "note": "Seen"}
    world.payloads |= {
        "mail_retry": {"sure": "1"},
        "mails_retry": {"sure": "1"},
        "set_aside_retry": {},
        "set_language": {"language": "en", "next": "/"},
        "report_new": text,
        "report_edit": {**text, "version": draft.version},
        "report_edit@submitted": text,
        "report_submit": {"version": draft.version},
        "report_decide": {**decision, "seen": report.version},
        "evidence_decide": {**decision, "seen": staleness.hash_of(evidence)},
        "urging_new": {**SIGNED, "flag": flag.pk, "answer_by": f"{TODAY:%Y-%m-%d}"},
        "flag_acknowledge": {"note": "Known", "version": flag.version},
        **_rules_sent(by_pk["policy"], by_pk["policy_apply"]),
        **_sent(by_pk),
    }


def _add_webhooks(world: World) -> None:
    """Two of the official: one at work, with a message that was given up, and one that is paused."""
    official = User.objects.get(username="official")
    (active, _secret), (paused, _other) = (make_webhook(official, at=noon(TODAY)) for _number in range(2))
    webhooks.pause(paused, by=official, at=noon(TODAY))
    given_up = webhooks.ping(active, by=official, at=noon(TODAY))
    WebhookDelivery.objects.update(state=DeliveryState.FAILED)
    cases = ("webhook", "webhook_rotate", "webhook_ping", "webhook_pause", "webhook_end")
    world.arguments |= {case: {"pk": active.pk} for case in cases} | {
        "webhook_resume": {"pk": paused.pk},
        "webhook_replay": {"pk": given_up.pk},
    }
    world.payloads |= {case: {} for case in (*cases, "webhook_resume", "webhook_replay")}
    world.payloads["webhook_list"] = {"name": "hub", "url": "https://hooks.example.vn/in"}


def _asked(a: Body, task: Task, flag: Flag) -> dict[str, Any]:
    """What stands in the way of tasks of A; one obstacle waits on B, whose official reads that row."""
    official, commission = (User.objects.get(username=name) for name in ("official", "commission"))
    late, resting, snoozed = (make_task(accountable=a, due_on=date(2026, 5, 29)) for _number in range(3))
    tasks.suspend(resting, until=date(2026, 9, 1), reason="The law changes", by=None, at=noon(TODAY))
    clocks.wind([snoozed.pk], at=noon(TODAY))
    sleeping = Flag.objects.get(task=snoozed, clock="due")
    flags.snooze(sleeping, until=date(2026, 6, 22), reason="Wait", by=commission, at=noon(TODAY))
    asks = {"declared_body": a, "since": TODAY, "reason": "An opinion is missing", "by": official, "at": noon(TODAY)}
    return {
        "extension_new": late,
        "extension": asked(task, official, on=TODAY, wanted_on=date(2026, 9, 30)),
        "extension_decide": task.extensions.get(),
        "obstacle_new": late,
        "obstacle_end": obstacles.declare(task, body=make_body("QH"), **asks),
        "obstacle_end@on_b": obstacles.declare(task, body=make_body("BO-B"), **asks),
        "task_suspend": late,
        "task_withdraw": late,
        "task_resume": resting,
        "flag_snooze": flag,
        "flag_unsnooze": sleeping,
    }


def _ruled(task: Task) -> dict[str, Any]:
    """The default policy, its draft, and a policy for one task."""
    default = Policy.objects.get(code="default")
    draft = Policy(code="default", calendar=default.calendar)
    policies.draft(draft, limits=[], steps=[], by=None, at=noon(TODAY))
    special = make_policy(code="special", task=task, limits=[("submit", 200, "working")], clocks=("submit",))
    by_case = dict.fromkeys(("policy@draft", "policy_edit", "policy_apply", "policy_discard"), draft)
    return by_case | {"policy": default, "policy_draft": special, "policy_end": special}


def _rules_sent(default: Policy, draft: Policy) -> dict[str, dict[str, Any]]:
    """What is sent with the forms of policies."""
    facts = {"calendar": default.calendar_id, "snooze_max_days": 20}
    paper = {"valid_from": f"{TODAY:%Y-%m-%d}", "document_vi": "QD 1", "version": draft.revision}
    return {
        "policy_new": {**facts, "code": "new", "level": "central", "rank": "decree"},
        "policy_edit": {**facts, "version": draft.revision},
        "policy_apply": paper,
        "policy_draft": {},
        "policy_discard": {},
        "policy_end": {"on": "2026-09-01", "document": "QD 2"},
    }


def _sent(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is sent with the forms of requests; versions as they are now."""
    for row in rows.values():
        row.refresh_from_db()
    letter = {"letter_number": "1", "letter_on": "2026-06-15", "signer": "Head", "reason": "Late", "body": "QH"}
    paper = {"document": "1", "reason": "It changes", "until": "2026-06-22"}
    cases = {case: {**paper, "version": row.version} for case, row in rows.items() if hasattr(row, "version")}
    ends = {"note": "Sent", "version": rows["obstacle_end"].version}
    return {case: cases[case] for case in ("task_suspend", "task_withdraw", "task_resume", "flag_snooze")} | {
        "extension_new": {**letter, "wanted_on": "2026-09-30"},
        "extension_decide": {**cases["extension_decide"], "decision": "refuse", "note": "No"},
        "obstacle_new": {**letter, "since": "2026-06-15"},
        "obstacle_end": ends,
        "obstacle_end@on_b": ends,
        "flag_unsnooze": {},
    }


def _api_rows(task: Task, a: Body) -> dict[str, int]:
    """The id of one row of each collection, of body A wherever a collection has such rows."""
    own = {"tasks": task.pk, "bodies": a.pk}
    found = {}
    for resource in RESOURCES:
        rows = resource.model.objects.all()
        if hasattr(resource.model, "task"):
            rows = rows.filter(task=task)
        if resource.name == "changes":
            rows = rows.filter(private_to=None)
        if resource.name == "obstacles":
            rows = rows.exclude(body__code="BO-B")
        if resource.name == "progress-reports":
            rows = rows.exclude(state="draft")
        found[resource.name] = own.get(resource.name) or rows.earliest("pk").pk
    return found
