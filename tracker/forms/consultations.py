"""The form of a consultation: days, counts, numbers of published documents. There is no field for free text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from tracker.choices import FrontOpinion, Participant
from tracker.forms.instruments import WebField
from tracker.forms.queues import DayField
from tracker.forms.versions import VersionForm
from tracker.models import Consultation
from tracker.services.consultations import FACTS, MOST, counts_of

NUMBER = _("The number alone, such as 125/MTTW-BTT.")


class ConsultationForm(VersionForm):
    opened_on = DayField(label=_("Opened on"), required=True)
    closed_on = DayField(label=_("Closed on"), help_text=_("The last day on which opinions were taken."))
    summary_url = WebField(label=_("Where the published summary is"), max_length=300)
    summary_number = forms.CharField(label=_("Number of the summary"), max_length=80, required=False, help_text=NUMBER)
    summary_on = DayField(label=_("Date of the summary"))
    front_opinion = forms.ChoiceField(label=_("Opinion of the Front"), choices=FrontOpinion.choices)
    front_number = forms.CharField(
        label=_("Number of the Front's document"), max_length=80, required=False, help_text=NUMBER
    )
    front_on = DayField(label=_("Date of the Front's document"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for kind in Participant:
            field = forms.IntegerField(label=kind.label, required=False, min_value=0, max_value=MOST)
            self.fields[f"count_{kind.value}"] = field

    @property
    def counted(self) -> list[BoundField]:
        """The fields of the counts, in the order of the kinds."""
        return [self[f"count_{kind.value}"] for kind in Participant]

    def facts(self) -> dict[str, Any]:
        """Return what was typed, by column."""
        return {name: self.cleaned_data[name] for name in FACTS}

    def counts(self) -> dict[str, int]:
        """Return what was counted, by kind; a kind that was left empty is not counted."""
        typed = {kind.value: self.cleaned_data[f"count_{kind.value}"] for kind in Participant}
        return {kind: number for kind, number in typed.items() if number is not None}


def values_of(row: Consultation) -> dict[str, Any]:
    """Return the values of the form as they are stored."""
    found = counts_of(row)
    counts = {f"count_{kind.value}": found.get(kind.value) for kind in Participant}
    return {**{name: getattr(row, name) for name in FACTS}, **counts}
