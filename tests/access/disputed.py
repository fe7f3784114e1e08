"""What the world has of handed drafts, questions, corrections and disputes: rows of body A, and what is sent."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from tests.builders import make_body, make_task, noon
from tests.working import TODAY, submitted
from tracker.choices import Stage
from tracker.models import Body, Cadre, Dispute, ProgressReport, Task
from tracker.services import disputes, questions, reports, tasks


def user(name: str) -> User:
    return User.objects.get(username=name)


def add_disputes(world: Any, a: Body) -> None:
    """The administrator of A leads it, too: so one actor is the leader, and another one is not."""
    leader = user("body_admin")
    leader.cadre = Cadre.objects.get(tenures__post__body=a)
    leader.save()
    rows = _reports(a) | _entries(a, world.arguments["task_resume"]["pk"])
    rows["dispute"] = Dispute.objects.get()
    _place(world, rows, a)
    _fill(world, rows, a)


def _reports(a: Body) -> dict[str, Any]:
    official, commission = user("official"), user("commission")
    handed = _draft(a, official)
    reports.hand_to_leader(handed, by=official, at=noon(TODAY))
    asked, accepted = (submitted(make_task(accountable=a), official, body=a) for _number in range(2))
    questions.ask(asked, question="Which plan?", by=commission, at=noon(TODAY))
    reports.accept(accepted, by=commission, at=noon(TODAY))
    return {"handed": handed, "draft": _draft(a, official), "asked": asked, "accepted": accepted}


def _draft(a: Body, by: User) -> ProgressReport:
    task = make_task(accountable=a)
    return reports.save_draft(task, body=a, by=by, at=noon(TODAY), stage=task.stage, done_text="Half written")


def _entries(a: Body, resting: int) -> dict[str, Any]:
    moved = make_task(accountable=a, due_on="2026-09-01")
    tasks.record_stage(moved, Stage.PLANNED, on=TODAY, by=None, at=noon(TODAY))
    return {"moved": moved, "resting": Task.objects.get(pk=resting)}


def disputed(task: Task) -> Dispute:
    """Body A disputes its accountable role in the task."""
    cell = task.responsibilities.get(role="A")
    facts = {"reason": "It is theirs", "answer_by": TODAY, "wanted_body": make_body("QH")}
    return disputes.open_dispute(task, cell=cell, by=user("official"), at=noon(TODAY), **facts)


def _place(world: Any, rows: dict[str, Any], a: Body) -> None:
    moved, dispute = rows["moved"], rows["dispute"]
    by_pk = {
        "report_hand": rows["draft"],
        "report_give_back": rows["handed"],
        "report_ask": ProgressReport.objects.get(pk=world.arguments["report"]["pk"]),
        "report_answer": rows["asked"],
        "report_correct": rows["accepted"],
        "dispute_new": moved,
        "corrections": moved,
        "correct_stage": moved,
        "correct_deadline": moved,
        "correct_suspension": rows["resting"],
        "correct_cell": moved.responsibilities.get(role="A"),
        **dict.fromkeys(("dispute", "dispute_decide", "dispute_withdraw"), dispute),
    }
    world.arguments |= {case: {"pk": row.pk} for case, row in by_pk.items()}
    world.arguments["body_submission"] = {"code": a.code}
    for row in (*by_pk.values(), a):
        row.refresh_from_db()
    versions = {case: {"version": row.version} for case, row in by_pk.items() if hasattr(row, "version")}
    world.payloads |= versions | {"correct_cell": {"version": moved.version}}
    world.payloads["body_submission"] = {"version": a.version}


def _fill(world: Any, rows: dict[str, Any], a: Body) -> None:
    cell = rows["moved"].responsibilities.get(role="A")
    why = {"why": "A wrong digit"}
    facts: dict[str, dict[str, Any]] = {
        "body_submission": {"specialists_submit": "no"},
        "report_give_back": {"note": "Mend it"},
        "report_ask": {"question": "Which one?"},
        "report_answer": {"answer": "Plan 12"},
        "report_correct": {**why, "body": a.pk, "stage": "assigned", "done_text": "Something else"},
        "dispute_new": {"cell": cell.pk, "reason": "Not ours", "answer_by": "2026-06-22"},
        "dispute_decide": {"decision": "reject", "note": "It is yours"},
        "correct_stage": {**why, "stage": "drafting", "on": f"{TODAY:%Y-%m-%d}"},
        "correct_deadline": {**why, "due_on": "2026-10-01"},
        "correct_suspension": {**why, "until": "2026-10-01"},
        "correct_cell": {**why, "body": "QH", "role": "A", "valid_from": f"{cell.valid_from:%Y-%m-%d}"},
    }
    for case, sent in facts.items():
        world.payloads[case] = {**world.payloads.get(case, {}), **sent}
