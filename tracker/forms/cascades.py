"""The forms of cascades: to whom a task is given, by when, and what becomes of units without a part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tracker.boards.cascades import bodies_called, label_of, unknown_codes
from tracker.choices import BodyKind, DueRule, Joining, Level, PartRole, Whom
from tracker.forms.queues import DayField
from tracker.forms.requests import BodyField, TodayForm
from tracker.models import Body, Cascade, Task
from tracker.models.cascades import LONGEST
from tracker.rules.cascades import Reached

ANSWERING = [(kind.value, kind.label) for kind in BodyKind if kind not in (BodyKind.SYSTEM, BodyKind.GROUP)]
LONGEST_LIST = 100_000


class CodesField(forms.CharField):
    """Bodies by their codes, with commas, semicolons or spaces between them; cleans to the bodies. One query."""

    def __init__(self, **kwargs: Any):
        widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
        super().__init__(max_length=LONGEST_LIST, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> list[Body]:
        found, unknown = bodies_called(super().clean(value))
        if unknown:
            raise ValidationError(unknown_codes(unknown))
        return found


class CascadeForm(TodayForm):
    """To whom a task is given. What it cleans to becomes a Cascade and the bodies that it names."""

    whom = forms.ChoiceField(label=_("To whom"), choices=Whom.choices)
    level = forms.ChoiceField(
        label=_("Level"), choices=[("", _("Any")), *Level.choices], required=False, help_text=_("Needed for a level.")
    )
    kind = forms.ChoiceField(
        label=_("Kind of the body that answers"),
        choices=ANSWERING,
        help_text=_("In each unit the body of this kind answers; of a kind, each body itself."),
    )
    words = forms.CharField(
        label=_("Words in its name"),
        max_length=100,
        required=False,
        help_text=_("Needed where a unit has several bodies of the kind, such as: Ủy ban nhân dân."),
    )
    below = BodyField(
        label=_("Only below this body"), required=False, help_text=_("Such as one province. Left empty, everywhere.")
    )
    listed = CodesField(
        label=_("Chosen list"), help_text=_("Codes of units or bodies, with commas or spaces between them.")
    )
    left_out = CodesField(label=_("Left out"), help_text=_("Codes of those that are passed over for good."))
    roles = forms.MultipleChoiceField(
        label=_("Other roles in each part"),
        choices=PartRole.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    due_rule = forms.ChoiceField(label=_("Deadline of each part"), choices=DueRule.choices)
    due_days = forms.IntegerField(
        label=_("Days after assignment"),
        min_value=1,
        max_value=LONGEST,
        required=False,
        help_text=_("Needed where days are counted."),
    )
    due_on = DayField(label=_("Fixed day"), help_text=_("Needed for a fixed day."))
    joining = forms.ChoiceField(label=_("Units that come later"), choices=Joining.choices)
    document = forms.CharField(
        label=_("Deciding document"), max_length=200, help_text=_("Number and date, such as 45-QĐ/TU, 4/5/2026.")
    )
    on = DayField(label=_("Assigned on"), required=True)
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)
    seal = forms.CharField(label=_("Version"), max_length=64, required=False, widget=forms.HiddenInput)

    def cascade(self, task: Task) -> Cascade:
        """Return what a valid form asks for. What its rule does not use is left empty."""
        data = dict(self.cleaned_data)
        if data["due_rule"] != DueRule.FIXED:
            data["due_on"] = None
        if data["due_rule"] not in (DueRule.WORKING, DueRule.CALENDAR):
            data["due_days"] = None
        names = ("whom", "level", "kind", "words", "below", "roles", "joining", "document", "on")
        return Cascade(task=task, **{name: data[name] for name in (*names, "due_rule", "due_days", "due_on")})


def first_choices(task: Task, today: date) -> dict[str, Any]:
    """Return what the form begins with: the lowest level that the task must reach, answered for by the State."""
    levels = {row.level for row in task.levels.all()}
    lowest = [level for level in (Level.COMMUNE, Level.PROVINCE) if level in levels]
    return {
        "whom": Whom.LEVEL,
        "level": lowest[0] if lowest else "",
        "kind": BodyKind.STATE,
        "roles": [PartRole.UNIT_LEADS, PartRole.UNIT_SUPERVISES],
        "due_rule": DueRule.SAME,
        "joining": Joining.OFFER,
        "on": today,
        "version": task.version,
    }


class LackingForm(TodayForm):
    """What is done for units without a part, and what becomes of those to come."""

    units = forms.TypedMultipleChoiceField(
        label=_("Units without a part"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    due_on = DayField(
        label=_("Deadline instead of the rule"), help_text=_("Needed where the deadline of the cascade has passed.")
    )
    joining = forms.ChoiceField(label=_("Units that come later"), choices=Joining.choices, required=False)
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, lacking: Iterable[Reached], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["units"]
        choices.choices = [(one.unit.pk, f"{label_of(one.unit)} ({one.unit.code})") for one in lacking]
