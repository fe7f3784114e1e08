"""The filters of the figures and of the lists behind them. What is wrong is told beside its field; nothing is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.boards.four_cell import NOBODY, Wanted
from tracker.choices import FieldStatus, Grouping, Level
from tracker.forms.queues import DayField, within_reach
from tracker.forms.registers import CodeField, RegisterField, RegisterFilter
from tracker.models import Body, Resolution
from tracker.rules.days import FIRST_DAY

TRUTHS = [("1", _("Yes"))]


class HolderField(RegisterField):
    """A body by its code, or NOBODY for what nobody is accountable for."""

    def offer(self, rows: Any, chosen: str, name: str, *, known: Any = None) -> None:
        super().offer(rows, "" if chosen == NOBODY else chosen, name, known=known)
        self.widget.choices = [*self.widget.choices, (NOBODY, _("Nobody is accountable"))]

    def clean(self, value: Any) -> Any:
        return NOBODY if value == NOBODY else super().clean(value)


class CountedFilter(RegisterFilter):
    """Which counted tasks, on which day. `today` is the day without an `as_of`."""

    as_of = DayField(label=_("As of"))
    resolution = RegisterField(label=_("Document"))
    below = RegisterField(label=_("Accountable body, with those below it"))
    level = CodeField([*Level.choices, (NOBODY, _("No level named"))], label=_("Level to reach"))
    due_from = DayField(label=_("Deadline from"))
    due_to = DayField(label=_("Deadline to"))
    undated = CodeField(TRUTHS, label=_("Without a deadline"))

    def __init__(self, data: Any, *, user: Any, today: date):
        super().__init__(data)
        self.today = today
        bodies, resolutions = Body.objects.visible_to(user), Resolution.objects.visible_to(user)
        self._offer("resolution", resolutions.order_by("code"), "title")
        self._offer("below", bodies.order_by("name_sort", "id"), "label")

    def _offer(self, field: str, rows: Any, name: str) -> None:
        cast(RegisterField, self.fields[field]).offer(rows, self.data.get(field, ""), name)

    def clean_as_of(self) -> date | None:
        day: date | None = self.cleaned_data["as_of"]
        if day is not None and not FIRST_DAY <= day <= self.today:
            raise forms.ValidationError(_("Give today or an earlier day: what will be known later is not known now."))
        return day

    def clean_due_from(self) -> date | None:
        return within_reach(self.cleaned_data["due_from"], self.today)

    def clean_due_to(self) -> date | None:
        return within_reach(self.cleaned_data["due_to"], self.today)

    @property
    def day(self) -> date:
        return self.cleaned_data.get("as_of") or self.today

    @property
    def is_now(self) -> bool:
        return self.day >= self.today

    def wanted(self) -> Wanted:
        """Return what a valid form asks for."""
        data = self.cleaned_data
        same = ("resolution", "below", "level", "due_from", "due_to")
        return Wanted(day=self.day, undated=bool(data["undated"]), **{name: data[name] for name in same})


class FigureFilter(CountedFilter):
    by = forms.ChoiceField(label=_("One line for each"), choices=Grouping.choices, required=False)

    field_order = ["by", "as_of"]

    @property
    def group(self) -> str:
        return self.cleaned_data.get("by") or Grouping.RESOLUTION.value


class CountedTaskFilter(CountedFilter):
    """The list behind a number: the filters of the figures, and the line and the cell that was chosen."""

    accountable = HolderField(label=_("Accountable body"))
    status = CodeField(FieldStatus.choices, label=_("Status"))
    extended = CodeField(TRUTHS, label=_("After an extension"))

    field_order = ["as_of", "status", "extended", "accountable"]

    def __init__(self, data: Any, *, user: Any, today: date):
        super().__init__(data, user=user, today=today)
        self._offer("accountable", Body.objects.visible_to(user).order_by("name_sort", "id"), "label")

    def wanted(self) -> Wanted:
        data, holder = self.cleaned_data, self.cleaned_data["accountable"]
        return replace(
            super().wanted(),
            accountable=None if holder == NOBODY else holder,
            unowned=holder == NOBODY,
            status=data["status"],
            extended=bool(data["extended"]),
        )


class FreezeForm(forms.Form):
    remark = forms.CharField(
        label=_("Remark"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands in the report; it cannot be changed later."),
    )
