"""What stands against a row of an annex, in words for a person: each with what would be right."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.rules.deadlines import DeadlineError

ERROR, DOUBT, NOTE = "error", "doubt", "note"

MESSAGES: dict[str, Any] = {
    # Tables and columns
    "no_head": _(
        "This table has no row of heads that names the task and something about it. Leave it out, or say that it goes"
        " on with the columns of the table before."
    ),
    "column_unknown": _(
        "The column “%(head)s” is not known: say what it holds, keep it in the details, or leave it out."
    ),
    "column_twice": _("“%(head)s” and another column both mean “%(meaning)s”: say what each of them holds."),
    "column_none": _(
        "Column %(column)s has cells but no head: say what it holds, keep it in the details, or leave it out."
    ),
    "column_said": _("What the column “%(head)s” holds was said by hand."),
    "column_lead": _("No column names the accountable body. Does “%(head)s” name it, or who carries the task out?"),
    # Cells
    "formula": _("%(place)s holds a formula without a result: open the file in Excel, save it and send it again."),
    "error_value": _("%(place)s holds the error “%(text)s” of a formula: correct the cell and send the file again."),
    "signs": _("%(place)s holds signs that no text has: type the cell anew and send the file again."),
    "long": _("The text has %(size)d characters: the title takes its beginning, the details keep all of it."),
    "too_long": _("%(place)s holds more characters than a cell can: shorten it and send the file again."),
    "footnote": _("Its footnote was taken into the details."),
    "hidden": _("This row is hidden in the file."),
    # Bodies
    "body_unknown": _("No body is called “%(text)s”: choose the body that is meant, or leave it out with a reason."),
    "body_several": _("Several bodies are called “%(text)s”: choose the one that is meant."),
    "body_ended": _("“%(text)s” no longer exists on %(day)s: choose the body that took over, or leave it out."),
    "collective": _(
        "“%(text)s” is no single body but all of a kind. Give the task to each of them by a cascade, which is proposed"
        " when the rows have been entered, or name one body."
    ),
    "several_lead": _(
        "“%(text)s” names %(number)d bodies, but exactly one is accountable: choose it. The others are entered as"
        " consulted."
    ),
    "nobody": _("No accountable body is named: choose one, or say that nobody answers for it yet."),
    # Deadlines
    "no_deadline": _("No deadline is given: write one, or say that there is none, so that the rule of age holds."),
    "several_deadlines": _("The cells of this task give several deadlines, “%(text)s”: write the one that holds."),
    "due_early": _("The deadline %(due)s lies before %(day)s, the day of assignment: write a later one."),
    "due_far": _("The calendar does not reach %(due)s: write another deadline, or extend the calendar first."),
    # Rows
    "bare": _("“%(text)s” has neither bodies nor a deadline: is it a heading or a task?"),
    "loose": _("This row names no task: does it belong to the row above, or is it left out?"),
    "same_words": _("The row says the same as %(other)s: is it a task of its own, or left out?"),
    "which_task": _("%(number)d tasks of this document have this title: choose the one that is meant."),
    "other_words": _(
        "The task %(task)s has this number, but another title: “%(title)s”. Is it this one in new words, or a new task?"
    ),
    "due_differs": _(
        "Its deadline is entered as %(old)s, the file says %(new)s. Keep it, or correct it as entered in error? Only a"
        " granted extension moves it."
    ),
    "due_moved": _(
        "Its deadline %(old)s was moved by a decision, the file says %(new)s: it is kept, or the row is left out."
    ),
    "kind_differs": _(
        "It is entered as “%(old)s”, the file makes it “%(new)s”: keep what is entered, or leave the row out."
    ),
    "closed": _("The task %(task)s is closed and does not change: leave the row out, and open the task again first."),
    "code_long": _("The code %(task)s is longer than %(most)d signs: shorten the number in the file."),
    "code_taken": _("The code %(task)s belongs to a task of another document: give another one in the file."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that a person has to see. `key` names the question that answers it; rows with one key share it.

    `offers` are the answers beside a typed one: (value, label).
    """

    code: str
    level: str
    key: str = ""
    at: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    offers: tuple[tuple[str, str], ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return asdict(self)

    @property
    def is_open(self) -> bool:
        return self.level != NOTE

    def message(self) -> str:
        """Return the sentence in the active language."""
        return message_of(self.code, self.params)


def message_of(code: str, params: dict[str, Any]) -> str:
    """Return the sentence of an issue, in the active language."""
    if code == "deadline":
        return DeadlineError(params["code"], **params["of"]).message
    return str(MESSAGES[code]) % params


def deadline_issue(error: DeadlineError, *, key: str, at: str) -> Issue:
    """Return what is wrong with a deadline, in the words of the rules of deadlines."""
    return Issue("deadline", ERROR, key, at, {"code": error.code, "of": dict(error.params)})
