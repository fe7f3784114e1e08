"""What is asked of a person while an annex is laid out: each question once, with all the places that it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.rules.annex.issues import DOUBT, ERROR, Issue
from tracker.rules.annex.lines import Line

SKIP, OUT, NONE, TYPED, CASCADE = "skip", "out", "none", "text", "cascade"
NEEDS_REASON = (SKIP, OUT)
MOST_PLACES = 12
BODY_CODES = ("body_unknown", "body_several", "body_ended", "collective", "nobody")
DEADLINE_CODES = ("deadline", "no_deadline", "several_deadlines", "due_early", "due_far")

Answers = Mapping[str, Mapping[str, Any]]
"""What has been said, by the key of the question: `choice`, and with it `text` or the reason `why`."""


@dataclass
class Question:
    """One question. `typed` tells what may be typed beside the choices: a body, a deadline, or nothing."""

    key: str
    code: str
    level: str
    params: dict[str, Any]
    offers: tuple[tuple[str, str], ...]
    places: list[tuple[int, str, str]] = field(default_factory=list)
    count: int = 0
    answer: dict[str, Any] | None = None

    @property
    def typed(self) -> str:
        return "body" if self.code in BODY_CODES else "deadline" if self.code in DEADLINE_CODES else ""

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {**vars(self), "typed": self.typed}


@dataclass
class Asked:
    """The questions of one file, and what has been answered."""

    answers: Answers
    questions: dict[str, Question] = field(default_factory=dict)

    def answer(self, issue: Issue, line: Line) -> Mapping[str, Any] | None:
        """Ask what `issue` asks, and return what has been said of it; None where nobody has yet."""
        said = self.answers.get(issue.key)
        question = self.questions.setdefault(
            issue.key, Question(issue.key, issue.code, issue.level, issue.params, issue.offers)
        )
        question.count += 1
        if len(question.places) < MOST_PLACES:
            question.places.append((line.grid.number, line.grid.name, issue.at))
        question.answer = dict(said) if said else None
        return said

    def open(self) -> list[Question]:
        return [question for question in self.questions.values() if question.answer is None]


def row_issue(
    line: Line, code: str, level: str = DOUBT, *, at: str = "", offers: tuple[str, ...] = (), **params: Any
) -> Issue:
    """Return an issue of this row alone; beside the offers it can always be left out."""
    choices = tuple((offer, "") for offer in (*offers, SKIP))
    return Issue(code, level, f"row:{line.key}:{code}", at or line.at("title"), params, choices)


def cell_errors(line: Line) -> list[Issue]:
    """Return what keeps cells of the row from being read."""
    wrong = {cell.corner: cell for cell in line.row.cells.values() if cell.wrong}
    return [
        row_issue(line, cell.wrong, ERROR, at=cell.address, **_facts(cell.address, cell.text))
        for cell in wrong.values()
    ]


def _facts(at: str, text: str) -> dict[str, Any]:
    return {"text": text[:80], "place": at}
