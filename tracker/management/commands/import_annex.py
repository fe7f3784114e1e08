"""`manage.py import_annex`: the annex of an action plan, looked at row by row, and entered with --apply."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from accounts.models import User
from tracker import clock
from tracker.exchange.annex.reader import read_annex
from tracker.management.arguments import iso_day
from tracker.models import Resolution
from tracker.rules.annex.answering import readable_offers
from tracker.rules.annex.bodies import Bodies
from tracker.rules.annex.issues import message_of
from tracker.rules.annex.plan import CHANGED, NO_TASK, Plan, Planned
from tracker.rules.annex.questions import Question
from tracker.rules.file_errors import WrongFile
from tracker.rules.file_names import shown
from tracker.services import annexes


class Command(BaseCommand):
    help = "Look through the annex of an action plan (.xlsx, .docx, .csv); with --apply, enter its tasks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the annex")
        parser.add_argument("--resolution", required=True, help="code or number of the document that sets the tasks")
        parser.add_argument("--assigned", type=iso_day, help="day of the assignment; that of the document unless told")
        parser.add_argument("--document", default="", help="legal basis of the roles: number and date of the plan")
        parser.add_argument("--answers", help="JSON file with the answers to what is asked")
        parser.add_argument("--apply", action="store_true", help="enter it, where nothing is open; all or nothing")
        parser.add_argument("--by", default="", help="user name of the matrix editor who enters it; needed to apply")
        parser.add_argument("--language", choices=["vi", "en"], default="en", help="language of what is told")

    def handle(self, *, language: str, **options: Any) -> None:
        with translation.override(language):
            is_open = self._run(**options)
        if is_open:
            sys.exit(1)

    def _run(self, *, file: str, apply: bool, by: str, answers: str | None, **options: Any) -> bool:
        wanted = _wanted(**options)
        editor = _editor(by) if apply else None
        grids = _read(Path(file))
        plan, wrong = annexes.settled(grids, wanted, _answers(answers))
        if not plan.has_table:
            raise CommandError(f"{file}: no table has a row of heads that names the task and something about it.")
        self._tell(plan, annexes.register_of(wanted).bodies)
        for key, reason in wrong:
            self.stdout.write(f"answer {key}: {reason}")
        is_open = bool(wrong or plan.counts["errors"] or plan.counts["doubts"] or plan.counts["open"])
        if apply and not is_open:
            self._apply(plan, wanted, editor)
        elif apply:
            self.stdout.write("Nothing was entered: answer what is asked first.")
        return is_open

    def _tell(self, plan: Plan, bodies: Bodies) -> None:
        names = {pk: body.code for pk, body in bodies.by_pk.items()}
        for column in plan.columns:
            self.stdout.write(f"column {column['at']:6} {column['as'] or '?':9} {column['head']}")
        for line in plan.lines:
            self.stdout.write(_row(line, names))
            for change in line.changes if line.outcome == CHANGED else ():
                self.stdout.write(f"    {_change(change, names)}")
            for issue in line.issues:
                self.stdout.write(f"    {issue.level} {issue.at}: {issue.message()}")
        for question in plan.questions:
            if question.answer is None:
                self.stdout.write(_question(question, bodies))
        self.stdout.write(", ".join(f"{number} {name}" for name, number in plan.counts.items()) + ".")

    def _apply(self, plan: Plan, wanted: annexes.Wanted, editor: Any) -> None:
        try:
            done = annexes.enter(plan, wanted, by=editor, at=clock.now())
        except (ValidationError, PermissionDenied) as error:
            said = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            raise CommandError(f"Nothing was entered: {said}") from error
        self.stdout.write(f"Entered: {len(done.created)} new tasks, {len(done.changed)} changed.")
        for task, cascade in done.cascades:
            levels = ", ".join(cascade["levels"]) or "?"
            self.stdout.write(f"cascade proposed: {task.code} {cascade['role']} to {levels}: {cascade['text']}")


def _wanted(*, resolution: str, assigned: date | None, document: str, **_rest: Any) -> annexes.Wanted:
    rows = Resolution.objects.filter(code=resolution) or Resolution.objects.filter(number=resolution)
    found = list(rows[:2])
    if len(found) != 1:
        raise CommandError(f"{'No document' if not found else 'More than one document'} is called {resolution}.")
    day = assigned or found[0].signed_on
    if day is None:
        raise CommandError(f"{resolution} has no date: give the day of the assignment with --assigned.")
    return annexes.Wanted(resolution=found[0], assigned_on=day, document=document or found[0].number)


def _editor(name: str) -> User:
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"No active user is called “{name}”: give the matrix editor with --by.")
    return found


def _read(path: Path) -> Any:
    try:
        return read_annex(path.name, path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except WrongFile as error:
        raise CommandError(str(error.reason) % {"name": shown(path.name)}) from error


def _answers(path: str | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise CommandError(f"{path}: give one object, with the keys of what is asked.")
    return found


def _row(line: Planned, names: Mapping[int, str]) -> str:
    where = f"{line.line.grid.name or line.line.grid.number}!{line.line.row.number}"
    if line.draft is None or line.outcome == NO_TASK:
        return f"{line.outcome:9} {where}: ({line.line.kind}) {line.line.text[:100]}"
    draft = line.draft
    roles = " ".join(f"{role}:{'+'.join(names[pk] for pk in bodies)}" for role, bodies in draft.roles.items() if bodies)
    why = f" – {line.why}" if line.why else ""
    return f"{line.outcome:9} {where}: {draft.code} {draft.title[:80]} [{roles}] {draft.due_text or '—'}{why}"


def _change(change: Mapping[str, Any], names: Mapping[int, str]) -> str:
    if change["what"] == "cells":
        signs = [*(f"+{names[pk]}" for pk in change["added"]), *(f"-{names[pk]}" for pk in change["ended"])]
        return f"{change['role']}: {' '.join(signs)}"
    return f"{change['what']}: “{change['old']}” → “{change['new']}”"


def _question(question: Question, bodies: Bodies) -> str:
    offers = " | ".join([*readable_offers(question, bodies), *([f"<{question.typed}>"] if question.typed else [])])
    return (
        f"{question.level} “{question.key}” ({question.count}×): {message_of(question.code, question.params)} {offers}"
    )
