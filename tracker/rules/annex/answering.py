"""What people answer to the questions of an annex: checked before it counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.rules.annex.bodies import Bodies
from tracker.rules.annex.questions import NEEDS_REASON, TYPED, Question
from tracker.rules.annex.words import one_line
from tracker.rules.deadlines import DeadlineError, parse_deadline

NO_CHOICE = _("“%(choice)s” is none of the answers: take one of %(offers)s.")
NO_BODY = _("No body of that day has the code or the name “%(choice)s”.")
NO_REASON = _("Say why it is left out.")
NO_FORM = _('Write the answer as {"choice": …}, with "why" where something is left out.')


class WrongAnswer(ValueError):
    """An answer that does not fit its question; `reason` is a sentence."""

    def __init__(self, reason: Any, **params: Any):
        super().__init__(str(reason) % params if params else str(reason))


def checked(question: Question, said: Any, bodies: Bodies) -> dict[str, Any]:
    """Return the answer as the plan takes it: bodies by their keys, deadlines as text. Raises WrongAnswer."""
    if not isinstance(said, Mapping) or not isinstance(said.get("choice"), str):
        raise WrongAnswer(NO_FORM)
    choice, why = said["choice"].strip(), one_line(str(said.get("why", "")))[:300]
    if choice in NEEDS_REASON and not why:
        raise WrongAnswer(NO_REASON)
    values = [value for value, _label in question.offers]
    if choice in values and not choice.isdigit():
        return {"choice": choice, "why": why}
    if question.typed == "deadline":
        return {"choice": TYPED, "text": _deadline(choice)}
    found = _body(question, choice, values, bodies)
    if found is None:
        raise WrongAnswer(NO_CHOICE, choice=choice, offers=", ".join(readable_offers(question, bodies)))
    return {"choice": found}


def _deadline(text: str) -> str:
    try:
        return parse_deadline(text).text
    except DeadlineError as error:
        raise WrongAnswer(error.message) from error


def _body(question: Question, choice: str, values: list[str], bodies: Bodies) -> str | None:
    """The key of a body or of a task that is meant by its code; of a task by its key, too."""
    if question.typed == "body" or question.code == "several_lead":
        named = bodies.look_up(choice)
        if named is None or named.body is None:
            raise WrongAnswer(NO_BODY, choice=choice)
        is_free = question.typed == "body"
        return str(named.body) if is_free or str(named.body) in values else None
    by_code = {label.partition(" · ")[0]: value for value, label in question.offers if label}
    return by_code.get(choice)


def readable_offers(question: Question, bodies: Bodies) -> list[str]:
    """Return the choices as they are written in an answer: codes of bodies and tasks, and words."""
    found = []
    for value, label in question.offers:
        if not value.isdigit():
            found.append(value)
        elif question.typed == "body" or question.code == "several_lead":
            found.append(bodies.by_pk[int(value)].code)
        else:
            found.append(label.partition(" · ")[0])
    return found
