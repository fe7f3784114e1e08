"""Loads the shipped content: registers, documents, tasks with their cells. Every row goes through a service.

The order of the files is the order of loading; what a row refers to stands in an earlier file.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tracker.choices import TaskKind
from tracker.clock import start_of
from tracker.exchange.fixtures import FixtureError, Lookup, Row, day_of, need_day
from tracker.models import (
    Body,
    Cadre,
    Calendar,
    DayOff,
    DetailingDuty,
    Instrument,
    Policy,
    PolicyLimit,
    PolicyStep,
    Post,
    Provision,
    Resolution,
    ResolutionLink,
    Responsibility,
    Succession,
    Task,
)
from tracker.rules.deadlines import parse_deadline
from tracker.services import (
    bodies,
    calendars,
    consultations,
    instrument_life,
    instruments,
    legal_debt,
    policies,
    resolutions,
    tasks,
)

CHECKS = ("to_be_checked_vi", "to_be_checked_en")
TEXTS = ("source", *CHECKS, "is_demo")


class ContentLoader:
    """Loads rows by type; `at` is the moment of loading, `today` its day."""

    def __init__(self, rows: dict[str, list[Row]], *, today: date, at: datetime):
        self.rows, self.today, self.at = rows, today, at
        self.body = Lookup("body", lambda code: Body.objects.filter(code=code).first())
        self.post = Lookup("post", lambda body, code: Post.objects.filter(body__code=body, code=code).first())
        self.cadre = Lookup("cadre", lambda code: Cadre.objects.filter(code=code).first())
        self.resolution = Lookup("resolution", lambda code: Resolution.objects.filter(code=code).first())
        self.provision = Lookup(
            "provision", lambda code, label: Provision.objects.filter(resolution__code=code, label=label).first()
        )
        self.task = Lookup("task", lambda code: Task.objects.filter(code=code).first())
        self.instrument = Lookup("instrument", lambda number: Instrument.objects.filter(number=number).first())
        self.calendar = Lookup("calendar", lambda code: Calendar.objects.filter(code=code).first())
        self.cells: dict[str, list[Row]] = {}
        for row in rows.get("responsibility", []):
            self.cells.setdefault(row["task"], []).append(row)

    def each(self, kind: str, load: Any) -> int:
        """Load every row of a type; an error names the row."""
        for row in self.rows.get(kind, []):
            with row.told():
                load(row)
        return len(self.rows.get(kind, []))

    def registers(self) -> None:
        """Load calendars and policies, bodies, documents, instruments: what tasks refer to."""
        self.each("calendar", self.load_calendar)
        self.each("policy", self.load_policy)
        self.each("body", self.load_body)
        self.each("post", self.load_post)
        self.each("succession", self.load_succession)
        self.each("resolution", self.load_resolution)
        self.each("resolution_link", self.load_resolution_link)
        self.each("provision", self.load_provision)
        self.each("instrument", self.load_instrument)
        self.each("instrument", self.load_ended_by)
        self.each("instrument_link", self.load_instrument_link)
        self.each("detailing_duty", self.load_detailing_duty)
        self.each("instrument_phase", self.load_phase)
        self.each("consultation", self.load_consultation)

    def load_calendar(self, row: Row) -> None:
        names = ("day", "kind", "name_vi", "name_en", "document", *CHECKS, "source")
        days = [DayOff(**{name: edit[name] for name in names if edit.get(name)}) for edit in row.get("days_off", [])]
        calendar = Calendar(**row.only("code", "name_vi", "name_en"))
        years = row.only("first_year", "last_year")
        calendars.create(calendar, days_off=days, by=None, at=self.at, **years)

    def load_policy(self, row: Row) -> None:
        values = row.only("code", "version", "valid_from", "document_vi", "document_en", "source")
        policies.create(
            Policy(calendar=self.calendar(row["calendar"]), **values),
            limits=[PolicyLimit(**{**limit, "stage": limit.get("stage") or ""}) for limit in row["limits"]],
            steps=[PolicyStep(**step) for step in row["steps"]],
            by=None,
            at=self.at,
        )

    def load_body(self, row: Row) -> None:
        names = ("code", "name_vi", "name_en", "short_vi", "short_en", "aliases", "kind", "level", "is_mobilization")
        values = row.only(*names, "valid_from", "valid_to", "note_vi", "note_en", *TEXTS)
        bodies.create(Body(parent=self.body.optional(row["parent"]), **values), by=None, at=self.at)

    def load_post(self, row: Row) -> None:
        values = row.only("code", "title_vi", "title_en", "is_head", "valid_from", "source")
        bodies.add_post(Post(body=self.body(row["body"]), **values), by=None, at=self.at)

    def load_succession(self, row: Row) -> None:
        bodies.succeed(
            Succession(**row.only("code", "kind", "on", "act", "note_vi", "note_en", "source", *CHECKS)),
            predecessors=[self.body(code) for code in row["from"]],
            successors=[self.body(code) for code in row["to"]],
            by=None,
            at=self.at,
        )

    def load_resolution(self, row: Row) -> None:
        names = ("code", "kind", "number", "title_vi", "title_en", "issuer_term_vi", "issuer_term_en", "signed_on")
        values = row.only(*names, "ended_on", "summary_vi", "summary_en", "source", *CHECKS)
        resolutions.create(Resolution(issuer=self.body(row["issuer"]), **values), by=None, at=self.at)

    def load_resolution_link(self, row: Row) -> None:
        link = ResolutionLink(
            later=self.resolution(row["later"]),
            earlier=self.resolution(row["earlier"]),
            **row.only("kind", "note_vi", "note_en", "source"),
        )
        resolutions.link(link, by=None, at=self.at)

    def load_provision(self, row: Row) -> None:
        values = row.only("label", "position", "heading_vi", "heading_en", "text_vi", "text_en", "source")
        provision = Provision(
            resolution=self.resolution(row["resolution"]),
            parent=self.provision.optional(row["resolution"], row["parent"]),
            **values,
        )
        resolutions.add_provision(provision, by=None, at=self.at)

    def load_instrument(self, row: Row) -> None:
        days = {name: day_of(row.get(name), self.today) for name in ("signed_on", "in_force_on", "ends_on")}
        values = row.only("number", "rank", "title_vi", "title_en", "url", *TEXTS)
        instrument = Instrument(issuer=self.body.optional(row.get("issuer")), **values, **days)
        instruments.register(instrument, by=None, at=self.at)
        if row.get("consultation_known"):
            consultations.state_known(instrument, is_known=True, by=None, at=self.at)

    def load_ended_by(self, row: Row) -> None:
        if row.get("ended_by"):
            Instrument.objects.filter(number=row["number"]).update(ended_by=self.instrument(row["ended_by"]))

    def load_instrument_link(self, row: Row) -> None:
        instruments.link(
            self.instrument(row["instrument"]),
            self.instrument(row["other"]),
            kind=row["kind"],
            on=day_of(row.get("on"), self.today),
            by=None,
            at=self.at,
        )

    def load_detailing_duty(self, row: Row) -> None:
        days = {name: day_of(row.get(name), self.today) for name in ("drafting_on", "submitted_on", "issue_by")}
        values = row.only(
            "articles", "subject_vi", "subject_en", "rank", "submit_within", "issue_within", "unit", *TEXTS
        )
        duty = DetailingDuty(
            instrument=self.instrument(row["instrument"]),
            body=self.body(row["body"]),
            answered_by=self.instrument.optional(row.get("answered_by")),
            **values,
            **days,
        )
        legal_debt.create(duty, by=None, at=self.at)

    def load_phase(self, row: Row) -> None:
        values = {**row.only("phase", "document"), "on": need_day(row["on"], self.today)}
        instrument_life.record(self.instrument(row["instrument"]), **values, by=None, at=self.at)

    def load_consultation(self, row: Row) -> None:
        names = {"opened": "opened_on", "closed": "closed_on", "summary": "summary_on", "front": "front_on"}
        consultations.record(
            self.instrument(row["instrument"]),
            counts=row["counts"],
            **{column: day_of(row.get(name), self.today) for name, column in names.items()},
            **row.only("summary_number", "front_opinion", "front_number"),
            by=None,
            at=self.at,
        )

    def load_task(self, row: Row, plan: Row | None) -> Task:
        """Create one task with its levels and cells; the plan says when it was assigned and is due.

        Without a plan a task counts as assigned when its resolution was signed.
        """
        resolution = self.resolution(row["resolution"])
        assigned_on = need_day(plan["assigned"] if plan else resolution.signed_on.isoformat(), self.today)
        values = row.only("code", "kind", "title_vi", "title_en", "detail_vi", "detail_en", "target_groups", *TEXTS)
        task = Task(
            resolution=resolution,
            provision=self.provision.optional(row["resolution"], row.get("provision")),
            parent=self.task.optional(row.get("parent")),
            position=row.get("position") or row.number,
            assigned_on=assigned_on,
            derived_from_commentary=bool(row.get("derived_from_commentary")),
            **values,
            **self.deadline(row, plan),
        )
        levels = [(level["level"], level.get("ranks", [])) for level in row.get("levels", [])]
        cells = [self.cell(cell, assigned_on) for cell in self.cells_of(row)]
        at = start_of(assigned_on).replace(hour=8)
        return tasks.create(task, levels=levels, cells=cells, by=None, at=at)

    def deadline(self, row: Row, plan: Row | None) -> dict[str, Any]:
        if plan is None or row.get("kind") == TaskKind.OBJECTIVE:
            return {}
        text, due_on = plan.get("due_text") or "", day_of(plan.get("due"), self.today)
        if text and not due_on:
            due_on = parse_deadline(text).due_on
        return {"due_text": text, "due_on": due_on if row.get("kind") == TaskKind.DUTY else None}

    def cells_of(self, row: Row) -> list[Row]:
        """Return the cells of a task: rows of their own, or listed in the row of the task."""
        listed = [Row(row.file, row.number, {"task": row["code"], **cell}) for cell in row.get("cells", [])]
        return [*self.cells.get(row["code"], []), *listed]

    def refuse_strays(self, kinds: tuple[str, ...], tasks_of: tuple[str, ...]) -> None:
        """Refuse a row that speaks of a task that no file has: it would be passed over in silence."""
        known = {row["code"] for kind in tasks_of for row in self.rows.get(kind, [])}
        for row in (row for kind in kinds for row in self.rows.get(kind, [])):
            if row["task"] not in known:
                raise FixtureError(f"{row.place}: task {row['task']} is not known")

    def cell(self, row: Row, assigned_on: date) -> Responsibility:
        with row.told():
            cell = Responsibility(
                body=self.body(row["body"]),
                post=self.post(row["body"], row["post"]) if row.get("post") else None,
                role=row["role"],
                valid_from=day_of(row.get("valid_from"), self.today) or assigned_on,
                **row.only("legal_basis", "source"),
            )
            cell.clean_fields(exclude=["task", "recorded_at"])
            return cell

    def load_task_link(self, row: Row) -> None:
        texts = row.only("note_vi", "note_en", "source")
        task, other = self.task(row["task"]), self.task(row["other"])
        tasks.link(task, other, kind=row["kind"], by=None, at=self.at, **texts)
