"""The filter bars of the history."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from tracker.forms.queues import DayField
from tracker.forms.registers import CodeField, RegisterFilter
from tracker.views.words import EVENT_WORDS


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


class ValuesForm(RegisterFilter):
    """As of which day, and compared with which earlier one."""

    day = DayField(label=_("As of"))
    earlier = DayField(label=_("Compared with"), help_text=_("An earlier day; empty shows all values of the day."))

    def __init__(self, data: Any, *, today: date):
        super().__init__(data)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        day, earlier = cleaned.get("day") or self.today, cleaned.get("earlier")
        if cleaned.get("day") and day > self.today:
            self.add_error("day", _("This day has not come yet."))
        if earlier and earlier >= day:
            self.add_error("earlier", _("Give a day before the other one."))
        return {**cleaned, "day": day}
