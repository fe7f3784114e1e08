"""What a form shows when somebody else was quicker: beside each field that differs, what is stored now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _


def show_theirs(form: Any, stored: Mapping[str, Any]) -> None:
    """Keep what was typed, and put what is stored now beside each field that differs: `form.theirs` by field."""
    form.theirs = {
        name: _shown(form.fields[name], value)
        for name, value in stored.items()
        if name in form.fields
        and not form.fields[name].widget.is_hidden
        and _plain(value) != _plain(_typed(form, name))
    }


def _typed(form: Any, name: str) -> Any:
    cleaned = getattr(form, "cleaned_data", {}).get(name)
    return cleaned if isinstance(cleaned, (date, str)) else form[name].value()


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(str(value).split()) if value not in (None, [], {}) else ""


def _shown(field: Any, value: Any) -> str:
    if _plain(value) == "":
        return _("nothing")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    labels = {str(code): label for code, label in getattr(field, "choices", ())}
    return str(labels.get(str(value), value))
