"""One task as the file would have it: title, details, bodies by role, deadline, with all that stands against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tracker.rules.annex.bodies import Named, named_in, offers_of
from tracker.rules.annex.heads import KEPT, ROLES, Layout
from tracker.rules.annex.issues import DOUBT, ERROR, NOTE, Issue, deadline_issue
from tracker.rules.annex.lines import Line
from tracker.rules.annex.questions import CASCADE, NONE, OUT, SKIP, TYPED, Asked, cell_errors, row_issue
from tracker.rules.annex.register import Register
from tracker.rules.annex.words import key_of, one_line
from tracker.rules.deadlines import DeadlineError, parse_deadline
from tracker.rules.text import fold

LONGEST_TITLE = 500
LONGEST_CODE = 60


@dataclass
class Draft:
    """What one task of the file says. `cascades` are the whole kinds of bodies to which it is to be given."""

    line: Line
    label: str
    title: str
    detail: str = ""
    code: str = ""
    kind: str = "duty"
    due_on: date | None = None
    due_text: str = ""
    roles: dict[str, list[int]] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)
    cascades: list[dict[str, Any]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    skipped: str = ""

    @property
    def key(self) -> str:
        return key_of(self.title)

    @property
    def is_open(self) -> bool:
        """Whether somebody has to say something before the row can be entered."""
        return any(issue.is_open for issue in self.issues)


def draft_of(line: Line, rest: Sequence[Line], label: str, register: Register, asked: Asked) -> Draft:
    """Return the task that a row and the rows that go on with it give."""
    writer = _Writer(line, [line, *rest], register, asked)
    text = one_line(line.text)
    draft = Draft(line, label, text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…")
    draft.code = one_line(line.said("code"))
    writer.write_issues(draft)
    writer.write_roles(draft)
    writer.write_deadline(draft)
    writer.write_detail(draft, text)
    return draft


@dataclass
class _Writer:
    line: Line
    lines: list[Line]
    register: Register
    asked: Asked

    @property
    def layout(self) -> Layout:
        return self.line.layout or Layout(())

    def said(self, meaning: str) -> str:
        return "\n".join(dict.fromkeys(text for line in self.lines if (text := line.said(meaning))))

    def ask(self, draft: Draft, issue: Issue) -> Mapping[str, Any] | None:
        """Return the answer; without one the issue stands against the row. Leaving the row out answers everything."""
        said = self.asked.answer(issue, self.line)
        if said is None:
            draft.issues.append(issue)
        elif said.get("choice") == SKIP:
            draft.skipped = said.get("why") or "-"
        return said

    def write_issues(self, draft: Draft) -> None:
        for line in self.lines:
            for issue in cell_errors(line):
                self.ask(draft, issue)
        if self.line.is_bare:
            text = self.line.text[:120]
            self.ask(draft, row_issue(self.line, "bare", offers=("task", "group"), text=text))
        if any(line.row.is_hidden for line in self.lines) or self.line.grid.is_hidden:
            draft.issues.append(Issue("hidden", NOTE, at=self.line.at("title")))
        if len(draft.code) > LONGEST_CODE:
            self.ask(draft, row_issue(self.line, "code_long", ERROR, task=draft.code[:80], most=LONGEST_CODE))

    # Bodies

    def write_roles(self, draft: Draft) -> None:
        for role in ROLES:
            if role in self.layout.meanings:
                draft.roles[role] = self._bodies(draft, role)
        self._check_lead(draft)

    def _bodies(self, draft: Draft, role: str) -> list[int]:
        found: dict[int, None] = {}
        for line in self.lines:
            for cell in line.cells.get(role, ()):
                for named in named_in(cell.text, self.register.bodies):
                    pk = named.body or self._settled(draft, role, named, cell.address)
                    if pk:
                        found[pk] = None
        return list(found)

    def _settled(self, draft: Draft, role: str, named: Named, at: str) -> int | None:
        """Return the body that somebody chose for a name that is none."""
        offers = offers_of(named.offers, self.register.bodies)
        if named.problem == "collective":
            offers = ((CASCADE, ""), *offers)
        params = {"text": named.text[:200], "day": f"{self.register.assigned_on:%d/%m/%Y}"}
        level = DOUBT if named.problem in ("collective", "body_several") else ERROR
        issue = Issue(named.problem, level, f"body:{named.key}", at, params, (*offers, (OUT, "")))
        said = self.ask(draft, issue)
        choice = said.get("choice") if said else None
        if choice is None:
            draft.unsettled.add(role)
        elif choice == CASCADE:
            draft.cascades.append({"text": named.text, "role": role, "levels": list(named.levels)})
        return int(choice) if choice and str(choice).isdigit() else None

    def _check_lead(self, draft: Draft) -> None:
        """Exactly one body is accountable: of several one is chosen, of none that is said."""
        lead = draft.roles.get("A", [])
        if "A" in draft.unsettled or (not lead and any(one["role"] == "A" for one in draft.cascades)):
            return
        if len(lead) > 1:
            text, offers = self.said("A"), offers_of(lead, self.register.bodies)
            params = {"text": one_line(text)[:200], "number": len(lead)}
            self._choose_lead(
                draft, Issue("several_lead", DOUBT, f"lead:{key_of(text)}", self.line.at("A"), params, offers)
            )
        elif not lead:
            said = self.ask(draft, Issue("nobody", DOUBT, "nobody", self.line.at("A"), {}, ((NONE, ""),)))
            choice = str(said.get("choice")) if said else ""
            if choice.isdigit():
                draft.roles["A"] = [int(choice)]
            elif not said:
                draft.unsettled.add("A")

    def _choose_lead(self, draft: Draft, issue: Issue) -> None:
        lead, said = draft.roles["A"], self.ask(draft, issue)
        if said is None:
            draft.unsettled |= {"A", "C"}
            return
        chosen = int(said["choice"])
        others = [pk for pk in lead if pk != chosen]
        draft.roles["A"] = [chosen]
        draft.roles["C"] = list(dict.fromkeys([*others, *draft.roles.get("C", [])]))

    # The deadline

    def write_deadline(self, draft: Draft) -> None:
        texts = list(
            dict.fromkeys(
                one_line(cell.text)
                for line in self.lines
                for cell in line.cells.get("deadline", ())
                if cell.text.strip()
            )
        )
        text = texts[0] if texts else ""
        if len(texts) > 1:
            issue = row_issue(self.line, "several_deadlines", at=self.line.at("deadline"), text="; ".join(texts))
            text = self._typed(draft, issue)
        elif not text:
            issue = Issue("no_deadline", DOUBT, "due:", self.line.at("deadline"), {}, ((NONE, ""),))
            text = self._typed(draft, issue)
        if text:
            self._read_deadline(draft, text)

    def _typed(self, draft: Draft, issue: Issue) -> str:
        said = self.ask(draft, issue)
        if said is None:
            draft.unsettled.add("due")
            return ""
        return str(said.get("text", "")) if said.get("choice") == TYPED else ""

    def _read_deadline(self, draft: Draft, text: str) -> None:
        key, at = f"due:{fold(text)[:200]}", self.line.at("deadline")
        try:
            found = parse_deadline(text)
        except DeadlineError as error:
            typed = self._typed(draft, _with_none(deadline_issue(error, key=key, at=at)))
            if not typed:
                return
            found = parse_deadline(typed)
        if found.due_on and (issue := self._wrong_day(found.due_on, key, at)):
            typed = self._typed(draft, _with_none(issue))
            if not typed:
                return
            found = parse_deadline(typed)
        draft.kind = "duty" if found.due_on else "standing"
        draft.due_on, draft.due_text = found.due_on, found.text

    def _wrong_day(self, due_on: date, key: str, at: str) -> Issue | None:
        register, due = self.register, f"{due_on:%d/%m/%Y}"
        if due_on < register.assigned_on:
            return Issue("due_early", ERROR, key, at, {"due": due, "day": f"{register.assigned_on:%d/%m/%Y}"})
        if due_on > register.last_day:
            return Issue("due_far", ERROR, key, at, {"due": due})
        return None

    # The details

    def write_detail(self, draft: Draft, text: str) -> None:
        """Keep in the details what no column of the task holds, under the heads of the file."""
        parts = []
        if len(text) > LONGEST_TITLE:
            parts.append(self.line.text.strip())
            draft.issues.append(Issue("long", NOTE, at=self.line.at("title"), params={"size": len(text)}))
        for column in self.layout.columns:
            if column.meaning in ("product", "note", KEPT):
                said = "\n".join(dict.fromkeys(_text_in(line, column.number) for line in self.lines)).strip()
                parts += [f"{column.head}: {said}"] if said else []
        notes = dict.fromkeys(cell.note for line in self.lines for cell in line.row.cells.values() if cell.note)
        if notes:
            draft.issues.append(Issue("footnote", NOTE, at=self.line.at("title")))
        draft.detail = "\n".join([*parts, *notes])


def _text_in(line: Line, column: int) -> str:
    cell = line.row.cells.get(column)
    return cell.text.strip() if cell else ""


def _with_none(issue: Issue) -> Issue:
    return Issue(issue.code, issue.level, issue.key, issue.at, issue.params, ((NONE, ""),))
