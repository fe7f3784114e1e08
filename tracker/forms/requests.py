"""The forms of requests: more time, an obstacle, a suspension, a withdrawal, a snooze. What was typed stays."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tracker.choices import Below
from tracker.forms.queues import DayField, within_reach
from tracker.models import Body, Extension, Task
from tracker.rules.text import fold
from tracker.services.below import has_owed

OFFERED = 300
"""Bodies that the list beside the field offers; any other can be typed by its code or its name."""

CODE_AT_END = re.compile(r"\(([^()]+)\)\s*$")


class TodayForm(forms.Form):
    """A form that knows the day, so that nobody types one that they cannot have meant."""

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, value in list(data.items()):
            if isinstance(value, date):
                self._reach(name, value)
        return data

    def _reach(self, name: str, day: date) -> None:
        try:
            within_reach(day, self.today)
        except ValidationError as error:
            self.add_error(name, error)

    def values(self, *left_out: str) -> dict[str, Any]:
        """Return what was typed, for the service."""
        return {name: value for name, value in self.cleaned_data.items() if name not in left_out}

    def take(self, error: ValidationError) -> None:
        """Show what a service refused beside the fields that it speaks of, and on top what speaks of none."""
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, messages in found.items():
            for message in messages:
                self.add_error(name if name in self.fields else None, message)


class BodyField(forms.CharField):
    """A body by what the list offers, "Name (CODE)", or by its code or its whole name without regard to marks."""

    def __init__(self, **kwargs: Any):
        widget = forms.TextInput(attrs={"list": "bodies", "autocomplete": "off"})
        super().__init__(max_length=300, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        text = " ".join(super().clean(value).split())
        if not text:
            return None
        at_end = CODE_AT_END.search(text)
        found = self._by_code(at_end[1] if at_end else text) or self._by_name(text)
        if found is None:
            raise ValidationError(_("No body is called so: choose one from the list, or type its code."))
        return found

    def _by_code(self, code: str) -> Any:
        return Body.objects.filter(code=code).first()

    def _by_name(self, text: str) -> Any:
        rows = Body.objects.filter(folded__contains=fold(text)).order_by("pk")[:OFFERED]
        alike = [row for row in rows if fold(text) in {fold(name) for name in _names(row)}]
        return alike[0] if len(alike) == 1 else None


def _names(body: Body) -> list[str]:
    return [body.name_vi, body.name_en, body.short_vi, body.short_en, *body.aliases]


class ExtensionForm(TodayForm):
    """The letter in which a body asks for more time."""

    letter_number = forms.CharField(label=_("Number of the letter"), max_length=80)
    letter_on = DayField(label=_("Date of the letter"), required=True)
    signer = forms.CharField(
        label=_("Signed by"), max_length=200, help_text=_("Name and post, as they stand in the letter.")
    )
    wanted_on = DayField(label=_("New deadline asked for"), required=True)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What stood in the way, and what will be done by the new day."),
    )


class ExtensionDecisionForm(TodayForm):
    """Grant or refuse. A grant names its day and its decision, a refusal its reason."""

    due_on = DayField(label=_("New deadline"), help_text=_("The day asked for, or another one."))
    decision_number = forms.CharField(
        label=_("Number of the decision"), max_length=80, required=False, help_text=_("Needed to grant.")
    )
    note = forms.CharField(
        label=_("Reason or note"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed to refuse: say why."),
    )
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)
    decision = forms.ChoiceField(label=_("Decision"), choices=[("grant", ""), ("refuse", "")])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        needed = {"grant": ("due_on", "decision_number"), "refuse": ("note",)}
        for name in needed.get(data.get("decision", ""), ()):
            value = data.get(name)
            if name not in self.errors and not (value.strip() if isinstance(value, str) else value):
                self.add_error(name, MISSING[name])
        return data


MISSING = {
    "due_on": _("Give the new deadline."),
    "decision_number": _("Give the number of the decision that grants it."),
    "note": _("Say why, so that the body knows what to do."),
}


class ObstacleForm(TodayForm):
    """On which body the task waits, since when, and because of what."""

    body = BodyField(
        label=_("Waits on"), help_text=_("Begin to type the name and choose from the list, or type the code.")
    )
    since = DayField(label=_("Since"), required=True)
    reason = forms.CharField(
        label=_("Because"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What that body owes you, in a sentence that it can act on."),
    )


class ObstacleEndForm(TodayForm):
    note = forms.CharField(label=_("How it ended"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


class StandingForm(TodayForm):
    """A decision on whether a task goes on: by which document, and why."""

    document = forms.CharField(
        label=_("Deciding document"), max_length=200, help_text=_("Number and date, such as 45-QĐ/TU, 4/5/2026.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


class SuspendForm(StandingForm):
    until = DayField(
        label=_("Goes on from"), required=True, help_text=_("The first day on which the task goes on in its stage.")
    )
    new_due_on = DayField(
        label=_("New deadline"), help_text=_("Only if the document names one. Left empty, the deadline stays.")
    )

    field_order = ["document", "until", "new_due_on", "reason"]

    def __init__(self, *args: Any, task: Task, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if task.effective_due_on is None:
            del self.fields["new_due_on"]


def ask_below(form: forms.Form, task: Task) -> None:
    """Let a form ask what happens to the parts of `task`, where some are still owed. One query."""
    if has_owed(task):
        form.fields["below"] = forms.ChoiceField(
            label=_("The parts below"),
            choices=[("", "—"), *Below.choices],
            help_text=_("A new deadline reaches the parts that have that of this task; others keep their own."),
        )


class SnoozeForm(TodayForm):
    until = DayField(label=_("Snoozed until"), required=True)
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


def decision_of(extension: Extension) -> dict[str, Any]:
    """Return what the form of the decision begins with: the day that was asked for; once decided, the decision."""
    decided = {"decision_number": extension.decision_number, "note": extension.decision_note}
    return {"due_on": extension.granted_on or extension.wanted_on, **decided, "version": extension.version}


def standing_of(task: Task) -> dict[str, Any]:
    """Return what is stored of what the forms of suspending, withdrawing and taking up say: the latest decision."""
    latest = task.stage_changes.order_by("-id").first()
    decision = {"document": latest.document, "reason": latest.reason} if latest else {}
    return {**decision, "until": task.suspended_until, "new_due_on": task.due_on}
