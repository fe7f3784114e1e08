"""What a service refuses, in words for a person. Doors turn these into form errors or problem+json."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class Conflict(Exception):
    """The object is no longer in the state that the change needs (HTTP 409)."""

    def __init__(self, message: Any):
        super().__init__(message)
        self.message = message


class Stale(Conflict):
    """Somebody else changed the object after it was read (HTTP 412)."""

    def __init__(self, current: int):
        super().__init__(_("Somebody changed this after you opened it: look at what it says now and try again."))
        self.current = current


def refuse(**errors: Any) -> ValidationError:
    """Return the error of one or more fields: `raise refuse(due_on=_("…"))`."""
    return ValidationError({name: [message] for name, message in errors.items()})
