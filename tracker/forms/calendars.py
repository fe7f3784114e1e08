"""The forms of calendars: the year to show, a day, a list of days, applying a draft, a new local calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.choices import DayKind
from tracker.forms.queues import DayField
from tracker.forms.registers import RegisterFilter
from tracker.forms.requests import BodyField, TodayForm
from tracker.models import Calendar, CalendarVersion
from tracker.rules.day_lists import LARGEST_BYTES

NOT_OFFERED = _("“%(value)s” is not one of the choices: take one from the list.")


class OfferedField(forms.ChoiceField):
    """A choice of which one is always taken; the message says what would be right."""

    default_error_messages = {"invalid_choice": NOT_OFFERED}

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, **kwargs)


class YearFilter(RegisterFilter):
    """The version and the year to show; without a word those of today."""

    version = OfferedField(label=_("Version"))
    year = OfferedField(label=_("Year"))

    def __init__(self, data: Any, *, versions: Sequence[CalendarVersion], current: CalendarVersion, today: date):
        shown = {"version": str(current.number), "year": str(_year_in(current, today))}
        super().__init__({name: data.get(name) or shown[name] for name in shown})
        self.numbers = {str(row.number): row for row in versions}
        self._offer("version", self.numbers)
        first, last = min(row.first_year for row in versions), max(row.last_year for row in versions)
        self._offer("year", [str(year) for year in range(first, last + 1)])
        if len(versions) == 1:
            self.fields["version"].widget = forms.HiddenInput()

    def _offer(self, name: str, values: Iterable[str]) -> None:
        self.fields[name].choices = [(value, value) for value in values]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        version = self.numbers.get(data.get("version", ""))
        if version and data.get("year") and not version.first_year <= int(data["year"]) <= version.last_year:
            years = {"first": version.first_year, "last": version.last_year}
            self.add_error("year", _("This version holds the years %(first)d to %(last)d: take one of them.") % years)
        return data

    def shown(self) -> tuple[CalendarVersion, int] | None:
        """Return the version and the year that were asked for; None where there are no such."""
        if not self.is_valid():
            return None
        return self.numbers[self.cleaned_data["version"]], int(self.cleaned_data["year"])


def _year_in(version: CalendarVersion, today: date) -> int:
    return min(max(today.year, version.first_year), version.last_year)


class DraftForm(TodayForm):
    """A change of a draft as it was read: removing a day, discarding it."""

    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


class DayForm(DraftForm):
    """A day off or a make-up working day, with the document that decides it."""

    day = DayField(label=_("Day"), required=True)
    kind = forms.ChoiceField(label=_("Kind"), choices=DayKind.choices)
    name_vi = forms.CharField(label=_("Name in Vietnamese"), max_length=200)
    name_en = forms.CharField(label=_("Name in English"), max_length=200)
    document = forms.CharField(
        label=_("Deciding document"), max_length=200, help_text=_("Number and date, such as 45-QĐ/TU, 4/5/2026.")
    )


class DayListForm(DraftForm):
    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        help_text=_(
            "Saved from a spreadsheet as “CSV UTF-8”, with the heads ngày, loại, tên, tên tiếng Anh, văn bản, in any"
            " order; kinds are nghỉ and làm bù, days are written as 30/04/2027. All rows are taken in, or none."
        ),
    )

    def content(self) -> bytes:
        """Return what was sent, one byte more than is allowed at most."""
        return bytes(self.cleaned_data["file"].read(LARGEST_BYTES + 1))


class ApplyForm(DraftForm):
    valid_from = DayField(
        label=_("In force from"), required=True, help_text=_("Today or a later day; rules do not reach back.")
    )
    document_vi = forms.CharField(label=_("Deciding document in Vietnamese"), max_length=300)
    document_en = forms.CharField(label=_("Deciding document in English"), max_length=300, required=False)


class LocalCalendarForm(TodayForm):
    code = forms.RegexField(
        "^[A-Z0-9][A-Z0-9.-]*$",
        label=_("Code"),
        max_length=40,
        help_text=_("Capital letters without marks, digits, dot and hyphen, such as VN-HUE."),
        error_messages={"invalid": _("Use capital letters without marks, digits, dot and hyphen only.")},
    )
    name_vi = forms.CharField(label=_("Name in Vietnamese"), max_length=200)
    name_en = forms.CharField(label=_("Name in English"), max_length=200)
    base = forms.ChoiceField(label=_("Adds to the calendar"))
    body = BodyField(
        label=_("Counts for the bodies below"),
        help_text=_("The province: begin to type its name and choose from the list, or type the code."),
    )

    def __init__(self, *args: Any, nationals: Sequence[Calendar], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.nationals = {row.code: row for row in nationals}
        self.fields["base"].choices = [(row.code, row.name) for row in nationals]  # type: ignore[attr-defined]

    def clean_base(self) -> Calendar:
        return self.nationals[self.cleaned_data["base"]]
