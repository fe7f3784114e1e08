"""A form is sent: the service acts, or the page shows again what was typed with what stood against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError

from tracker.errors import Conflict, Stale
from tracker.forms.decisions import renew


def attempt(form: Any, act: Callable[[], Any]) -> int:
    """Do `act` with a valid form. Return 0, or the status of the page that shows what stood against it.

    Whoever was too late sees what it says now; their next attempt is bound to that.
    """
    if not form.is_valid():
        return 200
    try:
        act()
    except ValidationError as error:
        form.take(error)
        return 200
    except Conflict as error:
        form.add_error(None, error.message)
        if isinstance(error, Stale) and "version" in form.fields:
            renew(form, "version", error.current)
        return 409
    return 0
