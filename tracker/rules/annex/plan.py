"""The whole annex laid out: every row of the file as it will be, and everything that is asked, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.rules.annex.comparing import Change, changes_of
from tracker.rules.annex.draft import Draft, draft_of
from tracker.rules.annex.grid import Grid
from tracker.rules.annex.heads import KEPT, MEANINGS, ONCE, Column, Layout
from tracker.rules.annex.issues import DOUBT, ERROR, NOTE, Issue
from tracker.rules.annex.lines import GROUP, LOOSE, MORE, TASK, Line, Table, read_table, tasks_of
from tracker.rules.annex.matching import Matcher
from tracker.rules.annex.ordinals import Labels
from tracker.rules.annex.questions import OUT, SKIP, Answers, Asked, Question, cell_errors, row_issue
from tracker.rules.annex.register import KnownTask, Register

NEW, CHANGED, UNCHANGED, OPEN, SKIPPED, NO_TASK = "new", "changed", "unchanged", "open", "skipped", "no_task"
OUTCOMES = (NEW, CHANGED, UNCHANGED, OPEN, SKIPPED, NO_TASK)
STEP = 100
FOLLOW = "follow"
ROW_OFFERS = {"bare": (TASK, GROUP), "loose": (MORE, GROUP)}
ROW_KINDS = tuple(ROW_OFFERS)


@dataclass
class Planned:
    """One row of the file. `kind` is one of lines; a task has a draft, and `task` where it is entered already."""

    line: Line
    outcome: str
    draft: Draft | None = None
    task: KnownTask | None = None
    changes: list[Change] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    group: str = ""
    why: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {
            "text": self.line.text,
            "group": self.group,
            "changes": self.changes,
            "issues": [issue.to_plain() for issue in self.issues],
            "why": self.why,
            **(_draft_plain(self.draft) if self.draft else {}),
        }


def _draft_plain(draft: Draft) -> dict[str, Any]:
    return {
        "label": draft.label,
        "code": draft.code,
        "title": draft.title,
        "detail": draft.detail,
        "kind": draft.kind,
        "due_on": f"{draft.due_on}" if draft.due_on else "",
        "due_text": draft.due_text,
        "roles": {role: bodies for role, bodies in draft.roles.items() if bodies},
        "cascades": draft.cascades,
    }


@dataclass
class Plan:
    lines: list[Planned]
    questions: list[Question]
    columns: list[dict[str, Any]]
    has_table: bool

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows come out how, and how many questions are open."""
        found = Counter(line.outcome for line in self.lines)
        unanswered = [question for question in self.questions if question.answer is None]
        errors = sum(question.level == ERROR for question in unanswered)
        return {**{name: found[name] for name in OUTCOMES}, "errors": errors, "doubts": len(unanswered) - errors}


def lay_out(
    grids: Sequence[Grid], register: Register, answers: Answers, *, told: Callable[[int, int], None] | None = None
) -> Plan:
    """Return the plan. `told` hears how many tasks of how many have been looked at."""
    return _Planner(register, Asked(answers), told or (lambda done, total: None)).plan(grids)


@dataclass
class _Planner:
    register: Register
    asked: Asked
    told: Callable[[int, int], None]
    by_line: dict[str, Planned] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)

    def plan(self, grids: Sequence[Grid]) -> Plan:
        tables = list(self._tables(grids))
        for table in tables:
            self._ask_columns(table)
        drafts = self._drafts(tables)
        self._compare(drafts)
        lines = [self._planned(line) for table in tables for line in table.lines]
        columns = [
            {"table": table.grid.number, "at": one.address, "head": one.head, "as": one.meaning}
            for table in tables for layout in table.layouts for one in layout.columns
        ]  # fmt: skip
        return Plan(lines, list(self.asked.questions.values()), columns, any(table.layouts for table in tables))

    # Tables and columns

    def _tables(self, grids: Sequence[Grid]) -> Iterator[Table]:
        said = self._said("column:")
        rows = dict(self._row_kinds())
        before: Layout | None = None
        for grid in grids:
            follows = self.asked.answers.get(f"table:{grid.number}", {}).get("choice") == FOLLOW
            table = read_table(grid, columns=said, rows=rows, before=before if follows else None)
            if not table.layouts and table.lines:
                self._ask_table(table, can_follow=before is not None)
            before = table.layouts[-1] if table.layouts else before
            yield table

    def _said(self, prefix: str) -> dict[str, str]:
        rows = ((key, said) for key, said in self.asked.answers.items() if key.startswith(prefix))
        return {key.removeprefix(prefix): str(said.get("choice")) for key, said in rows}

    def _row_kinds(self) -> Iterator[tuple[str, str]]:
        for key, choice in self._said("row:").items():
            if key.rpartition(":")[2] in ROW_KINDS:
                yield key.rpartition(":")[0], choice

    def _ask_table(self, table: Table, *, can_follow: bool) -> None:
        offers = ((FOLLOW, ""), (OUT, "")) if can_follow else ((OUT, ""),)
        first = table.lines[0]
        key = f"table:{table.grid.number}"
        issue = Issue("no_head", DOUBT, key, f"{first.row.number}", {}, offers)
        said = self.asked.answer(issue, first)
        for line in table.lines:
            is_out = said is not None and said.get("choice") == OUT
            why = str(said.get("why", "")) if said else ""
            found = Planned(line, SKIPPED if is_out else OPEN, why=why, issues=[] if is_out else [issue])
            self.by_line[line.key] = found

    def _ask_columns(self, table: Table) -> None:
        for layout in table.layouts:
            lines = [line for line in table.lines if line.layout is layout and line.kind == TASK]
            if lines:
                self._ask_unknown(layout, lines)
                self._ask_twice(layout, lines)
                self._ask_lead(layout, lines)

    def _ask_unknown(self, layout: Layout, lines: Sequence[Line]) -> None:
        heads = {column.number: column for column in layout.columns}
        used = {at: cell for line in lines for at, cell in line.row.cells.items() if cell.text.strip()}
        for number in sorted(used):
            column = heads.get(number) or Column(number, "", "", used[number].address)
            is_answered = f"column:{column.key}" in self.asked.answers
            if not column.meaning or is_answered:
                code = "column_said" if is_answered else "column_unknown" if column.head else "column_none"
                self._ask_column(column, code, lines)

    def _ask_column(self, column: Column, code: str, lines: Sequence[Line]) -> None:
        offers = tuple((name, "") for name in (*MEANINGS, KEPT, OUT))
        letters = "".join(sign for sign in column.address if sign.isalpha())
        params = {"head": column.head or letters, "column": letters}
        self._stand_against(lines, Issue(code, ERROR, f"column:{column.key}", column.address, params, offers))

    def _ask_twice(self, layout: Layout, lines: Sequence[Line]) -> None:
        for meaning in ONCE:
            columns = [column for column in layout.columns if column.meaning == meaning]
            for column in columns[1:] if len(columns) > 1 else ():
                offers = tuple((name, "") for name in (*MEANINGS, KEPT, OUT) if name != meaning)
                params = {"head": column.head, "meaning": meaning}
                self._stand_against(
                    lines, Issue("column_twice", ERROR, f"column:{column.key}", column.address, params, offers)
                )

    def _ask_lead(self, layout: Layout, lines: Sequence[Line]) -> None:
        columns = [column for column in layout.columns if column.meaning == "R"]
        if columns and "A" not in layout.meanings:
            key, params = f"column:{columns[0].key}", {"head": columns[0].head}
            issue = Issue("column_lead", DOUBT, key, columns[0].address, params, (("A", ""), ("R", "")))
            self._stand_against(lines, issue)

    def _stand_against(self, lines: Sequence[Line], issue: Issue) -> None:
        """Ask once; while nobody has answered, every row of the table waits."""
        if self.asked.answer(issue, lines[0]) is None:
            for line in lines:
                self.by_line.setdefault(line.key, Planned(line, OPEN)).issues.append(issue)

    # Tasks

    def _drafts(self, tables: Sequence[Table]) -> list[Draft]:
        pairs = [pair for table in tables for pair in tasks_of(table.lines)]
        rest = {line.key: lines for line, lines in pairs}
        self.joined = {line.key for lines in rest.values() for line in lines}
        labels, drafts, group = Labels(), list[Draft](), ""
        for table in tables:
            labels.above, group = [], ""
            for line in table.lines:
                if line.kind == GROUP:
                    labels.enter(line.ordinal)
                    group = f"{line.ordinal.text}. {line.text}" if line.ordinal else line.text
                elif line.kind == TASK and line.layout:
                    label = labels.label(line.ordinal)
                    draft = draft_of(line, rest.get(line.key, []), label, self.register, self.asked)
                    self._keep(draft, group)
                    drafts.append(draft)
                    if len(drafts) % STEP == 0:
                        self.told(len(drafts), len(pairs))
        self.told(len(drafts), len(pairs))
        return drafts

    def _keep(self, draft: Draft, group: str) -> None:
        found = self.by_line.setdefault(draft.line.key, Planned(draft.line, OPEN))
        found.draft, found.group = draft, group
        if said := self.asked.answers.get(f"skip:{draft.line.key}"):
            draft.skipped = str(said.get("why") or "-")

    def _compare(self, drafts: Sequence[Draft]) -> None:
        entered = [draft for draft in drafts if not draft.skipped]
        matcher = Matcher(self.register, self.asked)
        matches = matcher.match(entered)
        matcher.name_new([draft for draft in entered if id(draft) not in matches])
        for draft in entered:
            found, task = self.by_line[draft.line.key], matches.get(id(draft))
            found.task = task
            if task:
                draft.code = task.code
                found.changes = changes_of(draft, task, self.asked)

    # Rows

    def _planned(self, line: Line) -> Planned:
        found = self.by_line.get(line.key)
        if found is None:
            return self._no_task(line)
        draft = found.draft
        if draft is None:
            return found
        found.issues += draft.issues
        found.why = draft.skipped
        found.outcome = self._outcome(found)
        return found

    def _outcome(self, found: Planned) -> str:
        if found.why:
            found.issues = [issue for issue in found.issues if issue.level == NOTE]
            return SKIPPED
        if any(issue.is_open for issue in found.issues):
            return OPEN
        if found.task is None:
            return NEW
        return CHANGED if found.changes else UNCHANGED

    def _no_task(self, line: Line) -> Planned:
        """What is no task is shown, too; a row of which nobody knows what it is waits for an answer."""
        is_lost = line.kind == LOOSE or (line.kind == MORE and line.key not in self.joined)
        issues = cell_errors(line) if line.key not in self.joined else []
        issues += [self._loose(line)] if is_lost else []
        issues += [row_issue(line, code, offers=ROW_OFFERS[code], text=line.text[:120]) for code in self._said_of(line)]
        said = [(issue, self.asked.answer(issue, line)) for issue in issues]
        if why := next((str(one.get("why") or "-") for _, one in said if one and one.get("choice") == SKIP), ""):
            return Planned(line, SKIPPED, why=why)
        left = [issue for issue, one in said if one is None or (is_lost and issue.code == "loose")]
        return Planned(line, OPEN if left else NO_TASK, issues=left)

    def _loose(self, line: Line) -> Issue:
        return row_issue(
            line, "loose", ERROR, at=f"{line.row.number}", offers=ROW_OFFERS["loose"], text=line.text[:120]
        )

    def _said_of(self, line: Line) -> list[str]:
        """Answers that made the row what it is: they can be changed."""
        if line.kind == LOOSE:
            return []
        return [code for code in ROW_KINDS if f"row:{line.key}:{code}" in self.asked.answers]
