"""The forms of instruments: their facts, a phase of their life, a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from tracker.choices import RECORDED_PHASES, Phase, Rank
from tracker.forms.numbers import NumberChecks, NumberField, SureField
from tracker.forms.queues import DayField
from tracker.forms.requests import BodyField, TodayForm
from tracker.forms.versions import VersionForm, typed
from tracker.models import Instrument, InstrumentFile, InstrumentPhase
from tracker.rules.days import FIRST_DAY
from tracker.rules.file_contents import KINDS
from tracker.services.instruments import FACTS

NOT_YET = _("Give the day on which it happened: from 3 February 1930 to today.")


class WebField(forms.URLField):
    """An address on the web."""

    def __init__(self, **kwargs: Any):
        validators = [URLValidator(schemes=["http", "https"])]
        super().__init__(required=False, assume_scheme="https", validators=validators, **kwargs)


class InstrumentForm(VersionForm, NumberChecks):
    """All that is typed of an instrument. A draft needs no number; what was signed does."""

    number = NumberField(
        label=_("Number"),
        required=False,
        help_text=_(
            "As on the document, such as 59/2023/NĐ-CP. Empty for a draft that has none yet. Where two units use one"
            " number, add the unit: 05/2026/QĐ-UBND (Hà Nội)."
        ),
    )
    rank = forms.ChoiceField(label=_("Rank"), choices=[("", _("Choose")), *Rank.choices])
    sure = SureField()
    title_vi = forms.CharField(label=_("Title in Vietnamese"), max_length=500)
    title_en = forms.CharField(label=_("Title in English"), max_length=500, required=False)
    issuer = BodyField(
        label=_("Issuer"), required=False, help_text=_("Begin to type the name and choose from the list.")
    )
    signed_on = DayField(label=_("Signed on"))
    promulgated_on = DayField(label=_("Promulgated on"))
    in_force_on = DayField(label=_("In force from"))
    drafted_by = BodyField(
        label=_("Owed by"), required=False, help_text=_("The body that has to draft it and submit the draft.")
    )
    submit_by = DayField(label=_("Draft to be submitted by"))
    issue_by = DayField(label=_("To be issued by"))
    url = WebField(label=_("Where to read it"), max_length=200)

    def __init__(self, *args: Any, instrument: Instrument | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.instrument = instrument

    def clean_signed_on(self) -> date | None:
        return self._happened("signed_on")

    def clean_promulgated_on(self) -> date | None:
        return self._happened("promulgated_on")

    def _happened(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and not FIRST_DAY <= day <= self.today:
            raise ValidationError(NOT_YET)
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("number") and "number" not in self.errors and (self.instrument or data.get("signed_on")):
            self.add_error(
                "number", _("It is signed: give the number that it got.") if data.get("signed_on") else NEEDED
            )
        self.check_number(of=self.instrument)
        return data

    def facts(self) -> dict[str, Any]:
        """Return what was typed, by column."""
        return {name: self.cleaned_data[name] for name in FACTS}

    def take(self, error: ValidationError) -> None:
        if not self.take_duplicate(error):
            super().take(error)


NEEDED = _("Give the number; a draft keeps the one that the register gave it.")


def facts_of(instrument: Instrument) -> dict[str, Any]:
    """Return the columns that the form shows, as they are stored."""
    return {name: getattr(instrument, name) for name in FACTS}


def initial_of(instrument: Instrument) -> dict[str, Any]:
    """Return what the form begins with."""
    bodies = {name: typed(getattr(instrument, name)) for name in ("issuer", "drafted_by")}
    return {**facts_of(instrument), **bodies, "version": instrument.version}


class PhaseForm(TodayForm):
    """A change in the life of an instrument, up to its signature."""

    phase = forms.ChoiceField(
        label=_("Phase"), choices=[("", _("Choose")), *((row.value, row.label) for row in RECORDED_PHASES)]
    )
    on = DayField(label=_("On"))
    document = forms.CharField(
        label=_("Document that shows it"),
        max_length=200,
        required=False,
        help_text=_("Number and date of what shows it, such as 45/TTr-BNV, 4/5/2026."),
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("on") is None and "on" not in self.errors and not data.get("did_not_happen"):
            self.add_error("on", _("Give the day of the change."))
        return data


class PhaseCorrectionForm(PhaseForm):
    """What a change should have said. The wrong row stays, with this one after it."""

    did_not_happen = forms.BooleanField(label=_("It did not happen"), required=False)

    def values(self, *left_out: str) -> dict[str, Any]:
        values = super().values("did_not_happen", *left_out)
        return {**values, "on": None} if self.cleaned_data.get("did_not_happen") else values


def initial_of_phase(row: InstrumentPhase) -> dict[str, Any]:
    """Return what a correction begins with: what is there."""
    return {"phase": Phase(row.phase).value, "on": row.on, "document": row.document, "note": row.note}


class FileForm(TodayForm):
    """A file of an instrument, or the next revision of one. Its content is looked through by the service."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(KINDS)}),
        help_text=_("PDF, Word, Excel, PNG or JPEG of at most 20 MB, without macros, scripts and files in it."),
    )
    replaces = forms.ChoiceField(label=_("Replaces"), required=False)
    dated = DayField(label=_("Date of the document"), help_text=_("The date that stands on it, not that of today."))

    def __init__(self, *args: Any, files: Sequence[InstrumentFile], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offered = {str(file.pk): file for file in files}
        choices = [("", _("Nothing: it is another file")), *((key, file.name) for key, file in self.offered.items())]
        self.fields["replaces"].choices = choices  # type: ignore[attr-defined]

    def values(self, *left_out: str) -> dict[str, Any]:
        values = super().values("file", *left_out)
        return {**values, "replaces": self.offered.get(values["replaces"])}
