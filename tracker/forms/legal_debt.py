"""The forms of legal debt: what is called for, how far it has come, and the filter of the register."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.choices import DayUnit, DebtState, Rank
from tracker.forms.evidence import InstrumentField
from tracker.forms.queues import AsOfForm, DayField, any_of
from tracker.forms.requests import BodyField, TodayForm
from tracker.models import Body, DetailingDuty, Task


class DebtFilter(AsOfForm):
    q = forms.CharField(label=_("Words"), required=False, max_length=200, widget=forms.TextInput({"type": "search"}))
    body = forms.ChoiceField(label=_("Owed by"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=any_of(DebtState.choices))

    field_order = ["q", "body", "state", "as_of"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        owing = Body.objects.filter(detailing_duties__isnull=False).distinct().order_by("name_sort", "pk")
        self.bodies = {row.code: row for row in owing}
        self.fields["body"].choices = any_of(  # type: ignore[attr-defined]
            [(code, row.label) for code, row in self.bodies.items()]
        )

    def wanted(self) -> dict[str, Any]:
        """Return what the board takes: q, body, state."""
        values = self.values()
        found = {name: values[name] for name in ("q", "state") if name in values}
        return found | ({"body": self.bodies[values["body"]]} if "body" in values else {})


class TaskField(forms.CharField):
    """A task by its code."""

    def clean(self, value: Any) -> Any:
        code = super().clean(value).strip()
        if not code:
            return None
        if (found := Task.objects.filter(code=code).first()) is None:
            raise forms.ValidationError(_("No task has this code."))
        return found


class DutyForm(TodayForm):
    """A text that an instrument calls for. `progress` is changed apart, by the body that owes it."""

    subject_vi = forms.CharField(label=_("What it details, in Vietnamese"), max_length=500)
    subject_en = forms.CharField(label=_("What it details, in English"), max_length=500, required=False)
    articles = forms.CharField(
        label=_("Articles that call for it"),
        max_length=300,
        required=False,
        help_text=_("Such as khoản 3 Điều 14. Left empty: the instrument as a whole."),
    )
    rank = forms.ChoiceField(label=_("Rank"), choices=Rank.choices)
    body = BodyField(label=_("Owed by"))
    task = TaskField(label=_("Code of the task"), required=False, max_length=60)
    submit_by = DayField(label=_("Draft to be submitted by"))
    submit_within = forms.IntegerField(label=_("or within so many days"), required=False, min_value=0, max_value=2000)
    issue_by = DayField(label=_("To be issued by"))
    issue_within = forms.IntegerField(label=_("or within so many days"), required=False, min_value=0, max_value=2000)
    unit = forms.ChoiceField(
        label=_("Days are"),
        choices=DayUnit.choices,
        help_text=_("Counted from the day on which the upper instrument takes effect, whenever that really is."),
    )
    version = forms.IntegerField(label=_("Version"), required=False, min_value=0, widget=forms.HiddenInput)


class ProgressForm(TodayForm):
    """How far the text has come."""

    drafting_on = DayField(label=_("Drafting since"))
    submitted_on = DayField(label=_("Draft submitted on"))
    answered_by = InstrumentField(
        label=_("Issued as"),
        required=False,
        help_text=_("The number of the signed instrument, once it is registered."),
    )
    version = forms.IntegerField(label=_("Version"), min_value=0, widget=forms.HiddenInput)


def terms_of(duty: DetailingDuty) -> dict[str, Any]:
    """Return what the form shows of a text that is called for. Body and task must be loaded."""
    names = [name for name in DutyForm.base_fields if name not in ("body", "task")]
    shown: dict[str, Any] = {name: getattr(duty, name) for name in names}
    return shown | {"body": duty.body.code, "task": duty.task.code if duty.task else ""}


def progress_of(duty: DetailingDuty) -> dict[str, Any]:
    """Return what the form shows of how far it has come."""
    days: dict[str, date | None] = {name: getattr(duty, name) for name in ("drafting_on", "submitted_on")}
    return {**days, "answered_by": duty.answered_by.number if duty.answered_by else "", "version": duty.version}
