"""Loads the demonstration: its cast, and a history that is played day by day through the services.

Days are offsets from the day of loading. Everything that happens is an act on a moment; acts are played in order, so
that stages, evidence and clocks come out as they would have in use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction

from accounts.models import Membership, User
from tracker.boards.governing import read_once
from tracker.choices import DisputeState, EvidenceState, ExtensionState, ReportState, Stage
from tracker.clock import local_day, start_of
from tracker.exchange.content import ContentLoader
from tracker.exchange.fixtures import FixtureError, Lookup, Row, day_of, need_day
from tracker.exchange.letters import as_docx
from tracker.models import Cadre, Flag, JobRun, Task
from tracker.services import (
    bodies,
    clocks,
    digests,
    disputes,
    extensions,
    institutionalizations,
    obstacles,
    outbox,
    reports,
    scan,
    tasks,
    urgings,
)

# The hour of an act within its day: what a task needs comes before what is done to it.
ASSIGNED, DECLARED, SUBMITTED, DECIDED, STAGED = 8, 9, 10, 11, 14
DRAFT_WRITTEN = {"ago": 1}
MAILS_KEPT = timedelta(days=14)  # older decisions of the played history would be told years too late


@dataclass(order=True)
class Act:
    """Something that happened at a moment, from one row."""

    at: datetime
    number: int
    row: Row = field(compare=False)
    play: Callable[[Row, datetime], Any] = field(compare=False)


class DemoLoader(ContentLoader):
    """Plays the plan of each task: its assignment, stages, reports, evidence."""

    def __init__(self, *args: Any, password: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.password = password
        self.acts: list[Act] = []
        self.played: dict[str, Any] = {}  # what the first act on a row made, for the second
        self.plans = {row["task"]: row for row in self.rows.get("plan", [])}
        self.user = Lookup("user", lambda name: User.objects.filter(username=name).first())

    def people(self) -> None:
        """Load cadres, tenures and the users who sign in."""
        self.each("cadre", self.load_cadre)
        self.each("tenure", self.load_tenure)
        self.each("user", self.load_user)

    def load_cadre(self, row: Row) -> None:
        bodies.add_cadre(Cadre(**row.only("code", "name", "source", "is_demo")), by=None, at=self.at)

    def load_tenure(self, row: Row) -> None:
        on = need_day(row["from"], self.today)
        bodies.appoint(
            self.cadre(row["cadre"]),
            self.post(row["post"]["body"], row["post"]["code"]),
            on=on,
            until=day_of(row.get("to"), self.today),
            is_acting=bool(row.get("is_acting")),
            by=None,
            at=start_of(on),
            **row.only("source"),
        )

    def load_user(self, row: Row) -> None:
        is_admin = bool(row.get("is_superuser"))
        user = User.objects.create_user(
            row["username"],
            password=self.password if row.get("sign_in", True) else None,
            # Reserved by RFC 2606: no mail to the demonstration ever reaches anybody.
            email=f"{row['username']}@example.invalid",
            first_name=row.get("full_name", ""),
            cadre=self.cadre.optional(row.get("cadre")),
            language=row.get("language", "vi"),
            is_staff=is_admin,
            is_superuser=is_admin,
        )
        Membership.objects.bulk_create(
            Membership(
                user=user,
                body=self.body(grant["body"]),
                root=self.body(grant["root"]),
                duty=grant["duty"],
                valid_from=self.today - timedelta(days=3650),
            )
            for grant in row.get("memberships", [])
        )

    def history(self) -> None:
        """Collect every act of the demonstration, in the order of its day, and play it."""
        self.refuse_strays(("plan", "responsibility"), ("task", "unit_task"))
        for row in [*self.rows.get("task", []), *self.rows.get("unit_task", [])]:
            with row.told():
                self.plan_task(row)
        for row in self.rows.get("institutionalization", []):
            self.add(row, row["declared_on"], DECLARED, self.declare)
            if row["state"] == EvidenceState.VERIFIED:
                self.add(row, row["verified_on"], DECIDED, self.verify)
        for row in self.rows.get("report", []):
            self.add(row, row.get("submitted") or DRAFT_WRITTEN, SUBMITTED, self.report)
            if row["state"] in (ReportState.ACCEPTED, ReportState.RETURNED):
                self.add(row, row["decided"], DECIDED, self.decide)
        self.requests()
        with read_once():
            for day, acts in groupby(sorted(self.acts), key=lambda act: local_day(act.at)):
                self.play_day(day, list(acts))
        self.each("task_link", self.load_task_link)

    def requests(self) -> None:
        """Collect what was asked, what waited on whom, what was disputed, and what was urged."""
        for row in self.rows.get("extension", []):
            self.add(row, row["asked"], SUBMITTED, self.ask)
            if row["state"] != ExtensionState.ASKED:
                self.add(row, row["decided"], DECIDED, self.answer)
        for row in self.rows.get("obstacle", []):
            self.add(row, row["recorded"], SUBMITTED, self.wait_on)
            if row.get("ended"):
                self.add(row, row["ended"], DECIDED, self.stop_waiting)
        for row in self.rows.get("dispute", []):
            self.add(row, row["raised"], SUBMITTED, self.dispute)
            if row["state"] != DisputeState.OPEN:
                self.add(row, row["decided"], DECIDED, self.reject)
        for row in self.rows.get("urging", []):
            self.add(row, row["issued"], DECIDED, self.urge)

    def play_day(self, day: date, acts: list[Act]) -> None:
        """Settle all tasks through the day as the scan would have done, then let everything happen that did on it."""
        clocks.settle(Task.objects.all(), through=day, at=acts[0].at)
        with clocks.together(at=acts[-1].at):
            for act in acts:
                with act.row.told():
                    act.play(act.row, act.at)

    def add(self, row: Row, day: Any, hour: int, play: Callable[[Row, datetime], Any]) -> None:
        with row.told():
            at = start_of(need_day(day, self.today)).replace(hour=hour)
        if at > self.at:
            at = self.at
        self.acts.append(Act(at, len(self.acts), row, play))

    def plan_task(self, row: Row) -> None:
        plan = self.plans.get(row["code"]) or (row if row.get("assigned") else None)
        if plan is None:
            raise FixtureError(f"{row.place}: the task has no plan; say when it was assigned.")
        self.add(row, plan["assigned"], ASSIGNED, lambda row, at: self.load_task(row, plan))
        for stage in plan.get("stages") or []:
            step = Row(plan.file, plan.number, {**stage, "task": row["code"]})
            self.add(step, step.only("ago", "day"), STAGED, self.move)

    def move(self, row: Row, at: datetime) -> None:
        task = self.task_now(row["task"])
        reason = row.get("reason_vi") or row.get("reason", "")
        if row["stage"] == Stage.SUSPENDED:
            tasks.suspend(task, until=need_day(row["until"], self.today), reason=reason, by=None, at=at)
        elif row["stage"] == Stage.WITHDRAWN:
            tasks.withdraw(task, reason=reason, by=None, at=at)
        else:
            tasks.record_stage(task, row["stage"], on=local_day(at), by=None, at=at, reason=reason)

    def task_now(self, code: str) -> Task:
        task = self.task(code)
        task.refresh_from_db()
        return task

    def declare(self, row: Row, at: datetime) -> None:
        self.played[row.place] = institutionalizations.declare(
            self.task_now(row["task"]),
            self.instrument(row["instrument"]),
            level=row["level"],
            body=self.body.optional(row.get("body")),
            by=self.user.optional(row.get("declared_by")),
            at=at,
            is_illustration=bool(row.get("is_illustration")),
            **row.only("articles", "coverage", "note_vi", "note_en", "source"),
        )

    def verify(self, row: Row, at: datetime) -> None:
        institutionalizations.verify(self.played[row.place], by=self.user(row["verified_by"]), at=at)

    def report(self, row: Row, at: datetime) -> None:
        report = reports.save_draft(
            self.task_now(row["task"]),
            body=self.body(row["body"]),
            by=self.user(row["author"]),
            at=at,
            instrument=self.instrument.optional(row.get("instrument")),
            **row.only("stage", "done_text", "hindrance_text", "articles"),
        )
        if row["state"] != ReportState.DRAFT:
            self.played[row.place] = reports.submit(report, by=report.author, at=at)

    def decide(self, row: Row, at: datetime) -> None:
        report = self.played[row.place]
        report.task.refresh_from_db()
        act = reports.accept if row["state"] == ReportState.ACCEPTED else reports.send_back
        act(report, by=self.user(row.get("decided_by") or "commission"), at=at, note=row.get("decision_note") or "")

    def ask(self, row: Row, at: datetime) -> None:
        self.played[row.place] = extensions.ask(
            self.task_now(row["task"]),
            body=self.body(row["body"]),
            letter_on=need_day(row["letter"], self.today),
            wanted_on=need_day(row["wanted"], self.today),
            by=self.user(row["author"]),
            at=at,
            **row.only("letter_number", "signer", "reason"),
        )

    def answer(self, row: Row, at: datetime) -> None:
        extension = self.played[row.place]
        extension.task.refresh_from_db()
        decision = {"by": self.user(row["decided_by"]), "at": at, **row.only("decision_number", "note")}
        if row["state"] == ExtensionState.GRANTED:
            extensions.grant(extension, due_on=need_day(row["until"], self.today), **decision)
        else:
            extensions.refuse_(extension, **decision)

    def wait_on(self, row: Row, at: datetime) -> None:
        self.played[row.place] = obstacles.declare(
            self.task_now(row["task"]),
            body=self.body(row["body"]),
            declared_body=self.body(row["declared_body"]),
            since=need_day(row["since"], self.today),
            by=self.user(row["author"]),
            at=at,
            **row.only("reason"),
        )

    def stop_waiting(self, row: Row, at: datetime) -> None:
        obstacle = self.played[row.place]
        obstacles.end(obstacle, note=row["note"], by=obstacle.declared_by, at=at)

    def dispute(self, row: Row, at: datetime) -> None:
        task = self.task_now(row["task"])
        self.played[row.place] = disputes.open_dispute(
            task,
            cell=task.responsibilities.get(body__code=row["body"], role=row["role"], valid_to=None),
            wanted_body=self.body.optional(row["wanted"]),
            answer_by=need_day(row["answer_by"], self.today),
            by=self.user(row["author"]),
            at=at,
            **row.only("reason"),
        )

    def reject(self, row: Row, at: datetime) -> None:
        disputes.reject(self.played[row.place], note=row["note"], by=self.user(row["decided_by"]), at=at)

    def urge(self, row: Row, at: datetime) -> None:
        urgings.issue(
            Flag.objects.open().filter(task__code__in=row["tasks"], clock=row["clock"]),
            answer_by=need_day(row["answer_by"], self.today),
            render=as_docx,
            by=self.user(row["issued_by"]),
            at=at,
            **row.only("place", "signer_title", "signer_name", "note"),
        )


@transaction.atomic
def load(rows: dict[str, list[Row]], *, password: str, today: date, at: datetime) -> JobRun:
    """Load content and demonstration whole, or nothing; then settle all clocks through `today` and write the digests.

    Raises FixtureError that names the file and the row.
    """
    loader = DemoLoader(rows, password=password, today=today, at=at)
    loader.registers()
    loader.people()
    loader.history()
    outbox.forget_before(at - MAILS_KEPT)
    job_run = scan.run(today, at=at)
    digests.tell_everybody(digests.last_working_day(today), at=at)
    return job_run
