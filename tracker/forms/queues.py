"""The filter bars of the working pages. A wrong value is told beside its field and filters nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from tracker.boards.matrix import State
from tracker.choices import BodyKind, Level, Role
from tracker.models import Resolution, Task
from tracker.rules.days import is_within_reach

LAST_PAGE = 500
MOST_CHOICES = 300
ALL = _("All")
Choice = tuple[str, Any]


def any_of(choices: list[Choice], text: Any = ALL) -> list[Choice]:
    """Return choices that begin with the one that filters nothing."""
    return [("", text), *choices]


def resolutions() -> list[Choice]:
    """Return the documents that set tasks, by code. One query."""
    rows = Resolution.objects.filter(Exists(Task.objects.filter(resolution=OuterRef("pk"))))[:MOST_CHOICES]
    return [(row.code, row.label) for row in rows]


class DayField(forms.DateField):
    """A day that the pages can show: typed as 2026-11-23 by the browser, or as 23/11/2026 by hand."""

    def __init__(self, **kwargs: Any):
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y"], **{"widget": widget, "required": False, **kwargs})
        self.error_messages["invalid"] = _("There is no such day: write it as 23/11/2026.")


def within_reach(day: date | None, today: date) -> date | None:
    """Return the day; a ValidationError where nobody can have meant it."""
    if day is not None and not is_within_reach(day, today):
        raise ValidationError(_("Give a day from 3 February 1930 to ten years from now."))
    return day


class FilterForm(forms.Form):
    """A form over a query string that always has values: what is wrong is left out."""

    page = forms.IntegerField(min_value=1, max_value=LAST_PAGE, required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """Return what was asked for and understood."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class AsOfForm(FilterForm):
    as_of = DayField(label=_("As of"), help_text="")

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_as_of(self) -> date | None:
        return within_reach(self.cleaned_data["as_of"], self.today)

    @property
    def day(self) -> date:
        """The day that is shown: the one asked for, else today."""
        day: date = self.values().get("as_of", self.today)
        return day


class ExplainForm(FilterForm):
    on = DayField(label=_("On the day"), help_text="")


class MatrixForm(AsOfForm):
    resolution = forms.ChoiceField(label=_("Document"), required=False)
    level = forms.ChoiceField(label=_("Level of the body"), required=False, choices=any_of(Level.choices))
    kind = forms.ChoiceField(label=_("Kind of body"), required=False, choices=any_of(BodyKind.choices))
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=any_of([(role.value, f"{role.value} · {role.label}") for role in Role])
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=any_of([(row.value, row.label) for row in State])
    )

    field_order = ["resolution", "level", "kind", "role", "state", "as_of"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["resolution"].choices = any_of(resolutions())  # type: ignore[attr-defined]


class CoverageForm(AsOfForm):
    """Which document, which of its provisions, and at which level what is missing is listed."""

    resolution = forms.ChoiceField(label=_("Document"), required=False)
    provision = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    level = forms.ChoiceField(label=_("List what is missing at"), required=False, choices=any_of(Level.choices))

    field_order = ["resolution", "level", "as_of"]

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["resolution"].choices = any_of(resolutions())  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """Return resolution, provision (of that resolution) and level, as far as they were asked for."""
        values = self.values()
        found: dict[str, Any] = {name: values[name] for name in ("level",) if name in values}
        readable = Resolution.objects.visible_to(self.user)
        if resolution := readable.filter(code=values.get("resolution", "")).first():
            found["resolution"] = resolution
            if provision := resolution.provisions.filter(pk=values.get("provision", 0)).first():
                found["provision"] = provision
        return found
