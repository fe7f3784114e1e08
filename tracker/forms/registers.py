"""The filter bars of the registers. A wrong value is told beside its field; nothing is shown as if it had matched."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from tracker.choices import (
    BodyKind,
    Consulted,
    FieldStatus,
    InstrumentStatus,
    Lateness,
    Level,
    Rank,
    Role,
    Stage,
    TaskKind,
)
from tracker.models import Body, Resolution

LONGEST_SEARCH = 200
MOST_CHOICES = 300
SELECTED = mark_safe(" selected")


def _any_of(choices: Any) -> list[tuple[str, Any]]:
    return [("", _("All")), *choices]


class RegisterFilter(forms.Form):
    """A GET form without required fields."""

    def __init__(self, data: Any, **kwargs: Any):
        super().__init__(data, auto_id="filter_%s", **kwargs)

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


class SearchField(forms.CharField):
    def __init__(self, **kwargs: Any):
        widget = forms.TextInput(attrs={"type": "search"})
        super().__init__(max_length=LONGEST_SEARCH, required=False, label=_("Words"), widget=widget, **kwargs)


class CodeField(forms.ChoiceField):
    """A choice among codes; the message says what would be right."""

    default_error_messages = {"invalid_choice": _("“%(value)s” is not one of the choices: take one from the list.")}

    def __init__(self, choices: Any, **kwargs: Any):
        super().__init__(choices=_any_of(choices), required=False, **kwargs)


class LongSelect(forms.Select):
    """A select of some hundred options, written in one go: Django's template for each option takes half the page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows = ((code, SELECTED if str(code) == str(value or "") else "", text) for code, text in self.choices)
        options = format_html_join("", '<option value="{}"{}>{}</option>', rows)
        return format_html(
            "<select{}>{}</select>", flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})), options
        )


class RegisterField(forms.CharField):
    """A row of a register by its code. Shows the first few hundred and the chosen one; cleans to the row."""

    widget = LongSelect

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, max_length=60, **kwargs)
        self.chosen: Any = None

    def offer(self, rows: Any, chosen: str, name: str, *, known: Any = None) -> None:
        """Offer `rows` (what the reader may see), `chosen` among them even when it comes late. At most two queries.

        `known`: the whole register, where `rows` are a part of it and any other row can be chosen, too.
        """
        shown = list(rows[:MOST_CHOICES])
        self.chosen = next((row for row in shown if row.code == chosen), None)
        if chosen and self.chosen is None and "\x00" not in chosen:
            self.chosen = (rows if known is None else known).filter(code=chosen).first()
            shown += [self.chosen] if self.chosen else []
        self.widget.choices = _any_of((row.code, getattr(row, name)) for row in shown)

    def clean(self, value: Any) -> Any:
        code = super().clean(value)
        if not code or (self.chosen and self.chosen.code == code):
            return self.chosen if code else None
        raise forms.ValidationError(_("“%(value)s” is not in the register: take one from the list.") % {"value": code})


class TaskFilter(RegisterFilter):
    q = SearchField()
    resolution = RegisterField(label=_("Resolution"))
    body = RegisterField(label=_("Body"))
    role = CodeField(Role.choices, label=_("Role of the body"))
    stage = CodeField(Stage.choices, label=_("Stage"))
    status = CodeField(FieldStatus.choices, label=_("Status"))
    lateness = CodeField(Lateness.choices, label=_("On time or late"))
    level = CodeField(Level.choices, label=_("Level to reach"))
    kind = CodeField(TaskKind.choices, label=_("Kind"))
    parent = forms.CharField(label=_("Part of task"), max_length=60, required=False)

    def __init__(self, data: Any, *, user: Any):
        super().__init__(data)
        if not self.data.get("parent"):
            del self.fields["parent"]  # where the parts of a task are looked at, and nowhere else
        bodies, resolutions = Body.objects.visible_to(user), Resolution.objects.visible_to(user)
        self._offer("resolution", resolutions.order_by("code"), "title")
        self._offer("body", bodies.order_by("name_sort", "id"), "label")

    def _offer(self, field: str, rows: Any, name: str) -> None:
        cast(RegisterField, self.fields[field]).offer(rows, self.data.get(field, ""), name)


class BodyFilter(RegisterFilter):
    q = SearchField()
    level = CodeField(Level.choices, label=_("Level"))
    kind = CodeField(BodyKind.choices, label=_("Kind"))
    state = CodeField([("now", _("Existing today")), ("ended", _("Ended"))], label=_("State"))


class InstrumentFilter(RegisterFilter):
    q = SearchField()
    rank = CodeField(Rank.choices, label=_("Rank"))
    status = CodeField(InstrumentStatus.choices, label=_("Status"))
    consulted = CodeField(Consulted.choices, label=_("Consultation"))


class SearchForm(RegisterFilter):
    q = SearchField()
