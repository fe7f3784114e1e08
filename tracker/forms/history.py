"""The filter bars of the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.boards.trail import Moment
from tracker.forms.queues import DayField
from tracker.forms.registers import CodeField, RegisterFilter
from tracker.views.words import EVENT_WORDS

LARGEST = 2**63 - 1


class TrailFilter(RegisterFilter):
    """Which events: of one kind, holding from one day to another."""

    kind = CodeField(EVENT_WORDS.items(), label=_("What"))
    on_from = DayField(label=_("From day"))
    on_to = DayField(label=_("To day"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("on_from"), cleaned.get("on_to")
        if first and last and last < first:
            self.add_error("on_to", _("The last day is before the first one."))
        return cleaned

    def rows_of(self, rows: Any) -> Any:
        """Return those of `rows` that are asked for; none where something is wrong."""
        if not self.is_valid():
            return rows.none()
        asked = {"kind": "kind", "on_from": "on__gte", "on_to": "on__lte"}
        return rows.filter(**{column: self.cleaned_data[name] for name, column in asked.items() if self.data.get(name)})


class NumberField(forms.IntegerField):
    """The number of an event in the sealed history."""

    def __init__(self, **kwargs: Any):
        widget = forms.TextInput(attrs={"inputmode": "numeric", "maxlength": "19"})
        super().__init__(min_value=1, max_value=LARGEST, required=False, widget=widget, **kwargs)
        self.error_messages["invalid"] = _("Write the number of an event, such as 57.")


class ValuesForm(RegisterFilter):
    """As of which day, and compared with which earlier one; or the same by the numbers of events.

    `head` tells the last number that is sealed; it is asked for only where a number is given.
    """

    day = DayField(label=_("As of"))
    earlier = DayField(label=_("Compared with"), help_text=_("An earlier day; empty shows all values of the day."))
    number = NumberField(label=_("Or after event no."), help_text=_("The number stands beside each event."))
    earlier_number = NumberField(label=_("Compared with event no."))

    def __init__(self, data: Any, *, today: date, head: Callable[[], int]):
        super().__init__(data)
        self.today, self.head = today, head

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if any(cleaned.get(name) for name in ("number", "earlier_number")):
            return {**cleaned, **self._numbers(cleaned)}
        day, earlier = cleaned.get("day") or self.today, cleaned.get("earlier")
        if cleaned.get("day") and day > self.today:
            self.add_error("day", _("This day has not come yet."))
        if earlier and earlier >= day:
            self.add_error("earlier", _("Give a day before the other one."))
        return {**cleaned, "day": day}

    def _numbers(self, cleaned: dict[str, Any]) -> dict[str, int]:
        """Return the later number, the last one unless told."""
        head = self.head()
        number, earlier = cleaned.get("number") or head, cleaned.get("earlier_number")
        if self.data.get("day") or self.data.get("earlier"):
            self.add_error("number", _("Give days or numbers of events, not both."))
        if number > head:
            self.add_error("number", _("The history ends at no. %(head)d.") % {"head": head})
        if earlier and earlier >= number:
            self.add_error("earlier_number", _("Give a number before the other one."))
        return {"number": number}

    def moments(self) -> dict[str, Moment | None]:
        """Return the two moments that are asked for; the earlier one None where nothing is compared."""
        asked = self.cleaned_data
        if number := asked.get("number"):
            earlier = asked.get("earlier_number")
            return {"later": Moment(number=number), "earlier": Moment(number=earlier) if earlier else None}
        earlier = asked.get("earlier")
        return {"later": Moment(day=asked["day"]), "earlier": Moment(day=earlier) if earlier else None}
