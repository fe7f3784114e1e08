"""Which task of the document a row of the file is: by its code, title or number; what is doubtful is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tracker.rules.annex.draft import LONGEST_CODE, Draft
from tracker.rules.annex.issues import ERROR
from tracker.rules.annex.questions import SKIP, Asked, row_issue
from tracker.rules.annex.register import KnownTask, Register
from tracker.rules.annex.words import key_of

NEW = "new"


@dataclass
class Matcher:
    """The tasks of the document; each is the match of one row at most."""

    register: Register
    asked: Asked
    claimed: dict[int, Draft] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_code = {task.code: task for task in self.register.tasks}
        self.by_pk = {task.pk: task for task in self.register.tasks}
        self.by_title: dict[str, list[KnownTask]] = defaultdict(list)
        for task in self.register.tasks:
            self.by_title[key_of(task.title)].append(task)

    def match(self, drafts: Sequence[Draft]) -> dict[int, KnownTask]:
        """Return the task of each row that is one, by the id() of its draft.

        Titles come first, so that a row that was put in between does not move the numbers of all that follow.
        """
        found: dict[int, KnownTask] = {}
        for draft in drafts:
            task = self._by_code(draft) or self._by_title(draft)
            if task:
                found[id(draft)] = self._claim(task, draft)
        for draft in drafts:
            if id(draft) not in found and not draft.is_open and (task := self._by_number(draft)):
                found[id(draft)] = self._claim(task, draft)
        self._ask_for_twins([draft for draft in drafts if id(draft) not in found])
        return found

    def _claim(self, task: KnownTask, draft: Draft) -> KnownTask:
        self.claimed[task.pk] = draft
        return task

    def _free(self, task: KnownTask | None) -> KnownTask | None:
        return task if task and task.pk not in self.claimed else None

    def _by_code(self, draft: Draft) -> KnownTask | None:
        return self._free(self.by_code.get(draft.code)) if draft.code else None

    def _numbered(self, draft: Draft) -> Iterator[KnownTask]:
        for code in (f"{self.register.resolution}.{draft.label}", draft.label):
            if task := self._free(self.by_code.get(code)):
                yield task

    def _by_title(self, draft: Draft) -> KnownTask | None:
        alike = [task for task in self.by_title.get(draft.key, ()) if self._free(task)]
        if len(alike) < 2:
            return alike[0] if alike else None
        numbered = next((task for task in self._numbered(draft) if task in alike), None)
        return numbered or self._chosen(draft, "which_task", alike, number=len(alike))

    def _by_number(self, draft: Draft) -> KnownTask | None:
        task = None if draft.code else next(self._numbered(draft), None)
        return self._chosen(draft, "other_words", [task], task=task.code, title=task.title) if task else None

    def _chosen(self, draft: Draft, code: str, tasks: Sequence[KnownTask], **params: Any) -> KnownTask | None:
        offers = (*(str(task.pk) for task in tasks), NEW)
        issue = row_issue(draft.line, code, offers=offers, **params)
        labels = {str(task.pk): f"{task.code} · {task.title}"[:160] for task in tasks}
        issue = replace(issue, offers=tuple((value, labels.get(value, "")) for value, _label in issue.offers))
        choice = answer(draft, issue, self.asked)
        return self._free(self.by_pk.get(int(choice))) if choice.isdigit() else None

    def _ask_for_twins(self, drafts: Sequence[Draft]) -> None:
        """Of new rows that say the same, all but the first are asked about; their numbers alone tell them apart."""
        first: dict[str, Draft] = {}
        for draft in drafts:
            other = first.setdefault(draft.key, draft)
            if other is not draft and not draft.skipped and not draft.code:
                place = f"{other.line.grid.name} {other.line.at('title')}".strip()
                answer(draft, row_issue(draft.line, "same_words", offers=(NEW,), other=place), self.asked)

    def name_new(self, drafts: Sequence[Draft]) -> None:
        """Give each new task its code: that of the file, or the code of the document with the label."""
        used = {*self.by_code, *self.register.taken}
        for draft in drafts:
            if draft.code in used and draft.code:
                answer(draft, row_issue(draft.line, "code_taken", ERROR, task=draft.code), self.asked)
            draft.code = draft.code or _free_code(f"{self.register.resolution}.{draft.label}", used)
            used.add(draft.code)
            if len(draft.code) > LONGEST_CODE:
                answer(
                    draft,
                    row_issue(draft.line, "code_long", ERROR, task=draft.code[:80], most=LONGEST_CODE),
                    self.asked,
                )


def _free_code(wanted: str, used: set[str]) -> str:
    code, number = wanted, 2
    while code in used:
        code, number = f"{wanted}-{number}", number + 1
    return code


def answer(draft: Draft, issue: Any, asked: Asked) -> str:
    """Return what was chosen; where nothing was, the issue stands against the row."""
    said = asked.answer(issue, draft.line)
    if said is None:
        draft.issues.append(issue)
        return ""
    if said.get("choice") == SKIP:
        draft.skipped = said.get("why") or "-"
    return str(said.get("choice", ""))
