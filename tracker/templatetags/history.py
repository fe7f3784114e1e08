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

register = template.Library()
APPS = ("tracker", "accounts")


def _model(kind: str) -> Any:
    found = [apps.all_models[app].get(kind) for app in APPS]
    return next((model for model in found if model), None)


def _field(kind: str, name: str) -> Any:
    try:
        return _model(kind)._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        return None


@register.filter
def kind_words(kind: str) -> str:
    """Return what an object of that kind is called; its code where it is not known."""
    model = _model(kind)
    return str(model._meta.verbose_name) if model else kind


@register.filter
def field_words(name: str, kind: str) -> str:
    """Return what a field of an object of `kind` is called; its name where it is not known."""
    return str(getattr(_field(kind, name), "verbose_name", name))


@register.simple_tag
def field_value(kind: str, name: str, value: Any) -> str:
    """Return a value of the history as a person reads it; a dash for none."""
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    field = _field(kind, name)
    if field is not None and field.choices and isinstance(value, str | int):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return _moment(field, value) if isinstance(value, str) else str(value)


def _moment(field: Any, value: str) -> str:
    try:
        if isinstance(field, models.DateTimeField):
            at = datetime.fromisoformat(value)
            return formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
        if isinstance(field, models.DateField):
            return formats.date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    except ValueError:
        return value
    return value
