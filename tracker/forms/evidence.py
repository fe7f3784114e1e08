"""The forms of evidence: declared and corrected, put together at one level, and the end of an instrument."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tracker.choices import Coverage, Level
from tracker.forms.queues import DayField
from tracker.forms.requests import TodayForm
from tracker.models import Institutionalization, Instrument, Task
from tracker.rules.evidence import joint_hash
from tracker.services.instruments import twin_of

OFFERED = 200
"""Instruments that the list beside a field offers, the latest first; any other can be typed."""

ARROW = re.compile(r"\s*(?:->|→|=>)\s*")
ARTICLES_HELP = _("Which ones carry out the task, such as Điều 5–7, khoản 2 Điều 9. Left empty: the whole instrument.")


def instruments_offered() -> Any:
    """Return what the list beside an instrument field offers. Runs no query."""
    return Instrument.objects.order_by("-signed_on", "number")[:OFFERED]


class InstrumentField(forms.CharField):
    """A registered instrument by its number, without regard to marks and case: 59/2023/nd-cp is 59/2023/NĐ-CP."""

    def __init__(self, **kwargs: Any):
        widget = forms.TextInput(attrs={"list": "instruments", "autocomplete": "off"})
        super().__init__(max_length=80, **{"widget": widget, **kwargs})

    def clean(self, value: Any) -> Any:
        number = " ".join(super().clean(value).split())
        if not number:
            return None
        if (found := twin_of(number)) is None:
            raise ValidationError(_("No instrument has this number: choose one from the list, or register it first."))
        return found


class ContentForm(TodayForm):
    """What of an instrument carries out the task."""

    articles = forms.CharField(label=_("Articles"), max_length=300, required=False, help_text=ARTICLES_HELP)
    coverage = forms.ChoiceField(
        label=_("Covers the task"),
        choices=Coverage.choices,
        help_text=_("In part: it counts once the commission finds that several parts make the whole."),
    )


class EvidenceForm(ContentForm):
    """Declare that an instrument makes a task a rule at one of its levels."""

    instrument = InstrumentField(
        label=_("Number of the instrument"), help_text=_("Begin to type the number and choose it from the list.")
    )
    level = forms.ChoiceField(label=_("Level"))

    field_order = ["instrument", "level", "articles", "coverage"]

    def __init__(self, *args: Any, task: Task, **kwargs: Any):
        super().__init__(*args, **kwargs)
        levels = [(row.level, Level(row.level).label) for row in task.levels.all()]
        self.fields["level"].choices = levels  # type: ignore[attr-defined]


class EvidenceChangeForm(ContentForm):
    """Correct what was declared; what was verified has to be verified again."""

    version = forms.IntegerField(label=_("Version"), min_value=0, widget=forms.HiddenInput)


class JointForm(forms.Form):
    """Which pieces of evidence in part make the whole. `seen` binds the decision to what was read of each."""

    parts = forms.MultipleChoiceField(
        label=_("Pieces of evidence"), widget=forms.CheckboxSelectMultiple, help_text=_("At least two.")
    )
    note = forms.CharField(
        label=_("Reason or note"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, offered: Sequence[tuple[Institutionalization, str]], **kwargs: Any):
        kwargs["initial"] = {"seen": " ".join(f"{row.pk}:{seen}" for row, seen in offered), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.rows = {str(row.pk): row for row, _seen in offered}
        choices = [(key, _label(row)) for key, row in self.rows.items()]
        self.fields["parts"].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> list[Institutionalization]:
        return [self.rows[key] for key in self.cleaned_data["parts"]]

    def seen_hash(self, level: str) -> str:
        """Return the hash of the chosen set as the page showed it."""
        shown = dict(part.split(":", 1) for part in self.cleaned_data["seen"].split() if ":" in part)
        return joint_hash(level, [shown.get(key, "") for key in self.cleaned_data["parts"]])

    def take(self, error: ValidationError) -> None:
        for name, messages in error.message_dict.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)


def _label(row: Institutionalization) -> str:
    return " · ".join(filter(None, [row.instrument.number, row.articles, row.instrument.title]))


class EndForm(TodayForm):
    """How an instrument, or articles of it, end."""

    on = DayField(label=_("No longer in force from"), required=True)
    articles = forms.CharField(
        label=_("Only these articles"),
        max_length=300,
        required=False,
        help_text=_("Such as Điều 5–7, khoản 2 Điều 9. Left empty: the whole instrument ends."),
    )
    by_instrument = InstrumentField(
        label=_("Ended by"), required=False, help_text=_("The instrument that repeals, amends or replaces it.")
    )
    continued = forms.CharField(
        label=_("What goes on in the new instrument"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One line for each: the old articles, an arrow, the new ones. Điều 5–7 -> Điều 9–11"),
    )
    note = forms.CharField(
        label=_("Reason or note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(label=_("Version"), min_value=0, widget=forms.HiddenInput)

    def clean_continued(self) -> list[tuple[str, str]]:
        pairs = []
        for line in self.cleaned_data["continued"].splitlines():
            if line.strip():
                sides = ARROW.split(line.strip())
                if len(sides) != 2 or not all(sides):
                    raise ValidationError(
                        _("“%(line)s” names no two sides: write it as Điều 5–7 -> Điều 9–11."),
                        params={"line": line.strip()[:60]},
                    )
                pairs.append((sides[0], sides[1]))
        return pairs
