"""A form is sent: the service acts, or the page shows again what was typed with what stood against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from tracker.errors import Conflict, Stale
from tracker.forms.decisions import renew
from tracker.forms.stale import show_theirs


def attempt(form: Any, act: Callable[[], Any], stored: Callable[[], Mapping[str, Any]] | None = None) -> int:
    """Do `act` with a valid form. Return 0, or the status of the page that shows what stood against it.

    Whoever was too late sees beside each field what it says now (`stored`, by field, asked only then); their next
    attempt is bound to that.
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
        if stored is not None:
            show_theirs(form, stored())
        return 409
    return 0
