"""What the pages of the history show of fields and values. Nothing here reads the database."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.boards.trail import Moment
from tracker.choices import Participant, Stage
from tracker.models.flags import TAKEN_BACK

register = template.Library()
APPS = ("tracker", "accounts")
RENAMED = {
    ("flag", "why"): "closed_why",
    ("flag", "note"): "acknowledged_note",
    ("progressreport", "note"): "decision_note",
}
"""(kind of object, name in its events) → the field, where the two differ."""
FAMILY = {
    "flag": ("flagremark",),
    "task": ("tasklink",),
    "dispute": ("responsibility",),
    "instrument": ("instrumentphase", "consultation", "instrumentlink", "instrumentfile"),
}
"""Kind of object → what hangs on it and is told in its events."""


@register.filter
def moment_words(moment: Moment) -> str:
    """Return how a moment of the history is called: its day, or the number of the event after which it is."""
    if moment.day is not None:
        return formats.date_format(moment.day, "SHORT_DATE_FORMAT")
    return _("Event no. %(number)d") % {"number": moment.number}


def _model(kind: str) -> Any:
    found = [apps.all_models[app].get(kind) for app in APPS]
    return next((model for model in found if model), None)


def _fields(kind: str, name: str) -> list[Any]:
    """What an event about an object of `kind` can mean by `name`: its own field, then those of what hangs on it."""
    renamed = RENAMED.get((kind, name), name)
    found = (_own_field(model, renamed) for model in (kind, *FAMILY.get(kind, ())))
    return [field for field in found if field is not None]


def _own_field(kind: str, name: str) -> Any:
    try:
        return _model(kind)._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        return None


WHY_CLOSED = {
    **{stage.value: stage.label for stage in Stage},
    "met": gettext_lazy("the cause has ended"),
    "rules": gettext_lazy("other rules hold"),
    "moved": gettext_lazy("the deadline was moved"),
    TAKEN_BACK: gettext_lazy("an entry was corrected"),
}
"""What a flag says of why it closed: the stage that the task took, or one of these."""


OF_ANY = {
    "version": gettext_lazy("Version"),
    "external_source": gettext_lazy("System of the body"),
    "external_id": gettext_lazy("Id in that system"),
}


@register.filter
def kind_words(kind: str) -> str:
    """Return what an object of that kind is called; its code where it is not known."""
    model = _model(kind)
    return str(model._meta.verbose_name) if model else kind


@register.filter
def field_words(name: str, kind: str) -> str:
    """Return what a field of an object of `kind` is called; its name where it is not known."""
    if name in Participant:
        return str(Participant(name).label)
    if name in OF_ANY:
        return str(OF_ANY[name])
    return next((str(field.verbose_name) for field in _fields(kind, name) if hasattr(field, "verbose_name")), name)


@register.simple_tag
def field_value(kind: str, name: str, value: Any) -> str:
    """Return a value of the history as a person reads it; a dash for none."""
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    fields = _fields(kind, name)
    for label in (WHY_CLOSED.get(value) if (kind, name) == ("flag", "why") else None, *_labels(fields, value)):
        if label:
            return str(label)
    return _moment(fields[0] if fields else None, value) if isinstance(value, str) else str(value)


def _labels(fields: list[Any], value: Any) -> list[Any]:
    """What the lists of codes of `fields` call the value."""
    return [dict(field.flatchoices).get(value) for field in fields if getattr(field, "choices", None)]


def _moment(field: Any, value: str) -> str:
    try:
        if isinstance(field, models.DateTimeField) and "T" in value:
            at = datetime.fromisoformat(value)
            return formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
        if isinstance(field, models.DateField):
            return formats.date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    except ValueError:
        return value
    return value
