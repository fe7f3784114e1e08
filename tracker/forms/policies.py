"""The forms of policies: scope, limits and ladders on one page; which task is asked for; day and document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tracker.choices import Addressee, Clock, DayUnit, Level, Rank, Stage
from tracker.forms.queues import DayField
from tracker.forms.requests import TodayForm
from tracker.models import Calendar, Policy, PolicyLimit, PolicyStep, Resolution, Task
from tracker.models.tasks import CLOSED_STAGES

STAGES = [stage for stage in Stage if stage not in (*CLOSED_STAGES, Stage.SUSPENDED)]
MOST_STEPS = 6
MOST_DAYS = 2000


class TaskField(forms.CharField):
    """A task by its code."""

    def clean(self, value: Any) -> Any:
        code = super().clean(value).strip()
        if not code:
            return None
        found = Task.objects.filter(code=code).first()
        if found is None:
            raise ValidationError(_("No task has this code: type it as on the task's page, such as 2.7a."))
        return found


class GovernedForm(forms.Form):
    """Which task it is about, whose policies are asked for."""

    task = TaskField(label=_("Task"), max_length=40, required=False, help_text=_("Its code, such as 2.7a."))

    def __init__(self, *args: Any, readable: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.readable = readable

    def clean_task(self) -> Task | None:
        task: Task | None = self.cleaned_data["task"]
        if task is not None and not self.readable.filter(pk=task.pk).exists():
            raise ValidationError(_("No task has this code: type it as on the task's page, such as 2.7a."))
        return task


@dataclass(frozen=True)
class ClockFields:
    """The fields of one clock, for the page."""

    clock: Clock
    limits: list[tuple[Any, Any, Any]]
    """(stage or None, days, unit)"""
    steps: list[tuple[Any, Any, Any]]
    """(offset, addressee, repeat)"""

    @property
    def is_used(self) -> bool:
        return any(days.value() not in (None, "") for _stage, days, _unit in self.limits)

    @property
    def has_errors(self) -> bool:
        return any(_must_be_seen(bound) for row in (*self.limits, *self.steps) for bound in row if bound)


def _must_be_seen(bound: Any) -> bool:
    """Whether something is wrong with the field, or somebody else has stored another value."""
    return isinstance(bound, forms.BoundField) and bool(bound.errors or bound.name in getattr(bound.form, "theirs", ()))


class PolicyForm(TodayForm):
    """A draft: the limits of the clocks and the steps of their ladders. What is left empty does not limit."""

    calendar = forms.ModelChoiceField(Calendar.objects.none(), label=_("Calendar"))
    snooze_max_days = forms.IntegerField(
        label=_("Longest snooze, in working days"), min_value=0, max_value=250, initial=20
    )
    valid_from = DayField(label=_("In force from"), required=False, help_text=_("Today or later; needed to apply it."))
    document_vi = forms.CharField(label=_("Deciding document, in Vietnamese"), max_length=300, required=False)
    document_en = forms.CharField(label=_("Deciding document, in English"), max_length=300, required=False)
    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        calendars: Any = self.fields["calendar"]
        calendars.queryset = Calendar.objects.filter(base__isnull=True)
        calendars.initial = calendars.queryset.first()
        for clock, stage in _limited():
            self._add_limit(clock, stage)
        for clock in Clock:
            for number in range(1, MOST_STEPS + 1):
                self._add_step(clock, number)

    def _add_limit(self, clock: Clock, stage: str) -> None:
        name = _name(clock, stage)
        days = forms.IntegerField(label=_("Days"), min_value=0, max_value=MOST_DAYS, required=False)
        days.widget.attrs["class"] = "short"
        self.fields[f"{name}_days"] = days
        self.fields[f"{name}_unit"] = forms.ChoiceField(
            label=_("Unit"), choices=DayUnit.choices, initial=DayUnit.WORKING, required=False
        )

    def _add_step(self, clock: Clock, number: int) -> None:
        name = f"step_{clock}_{number}"
        offset = forms.IntegerField(
            label=_("Working days from the first late day"), min_value=-60, max_value=MOST_DAYS, required=False
        )
        repeat = forms.IntegerField(
            label=_("Comes again every … working days"), min_value=1, max_value=250, required=False
        )
        for one in (offset, repeat):
            one.widget.attrs["class"] = "short"
        self.fields[f"{name}_offset"] = offset
        self.fields[f"{name}_addressee"] = forms.ChoiceField(
            label=_("To"), choices=[("", "—"), *Addressee.choices], required=False
        )
        self.fields[f"{name}_repeat"] = repeat

    def clocks(self) -> Iterator[ClockFields]:
        """Yield the fields of each clock, in the order of the clocks."""
        for clock in Clock:
            limits = [
                (
                    Stage(stage) if stage else None,
                    self[f"{_name(clock, stage)}_days"],
                    self[f"{_name(clock, stage)}_unit"],
                )
                for one, stage in _limited()
                if one == clock
            ]
            steps = [self._step(f"step_{clock}_{number}") for number in range(1, MOST_STEPS + 1)]
            yield ClockFields(clock, limits, steps)

    def _step(self, name: str) -> tuple[Any, Any, Any]:
        return self[f"{name}_offset"], self[f"{name}_addressee"], self[f"{name}_repeat"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for clock in Clock:
            rows = list(self._typed_steps(clock))
            for name, _offset, addressee, _repeat in rows:
                if not addressee:
                    self.add_error(f"{name}_addressee", _("Say to whom this step goes."))
            if rows and not max(rows, key=lambda row: row[1])[3]:
                last = max(rows, key=lambda row: row[1])[0]
                self.add_error(f"{last}_repeat", _("The last step comes again: say after how many working days."))
            if not rows and any(
                data.get(f"{_name(one, stage)}_days") is not None for one, stage in _limited() if one == clock
            ):
                self.add_error(f"step_{clock}_1_offset", _("A limit needs at least one step, or nobody hears of it."))
        return data

    def _typed_steps(self, clock: Clock) -> Iterator[tuple[str, int, str, int | None]]:
        for number in range(1, MOST_STEPS + 1):
            name = f"step_{clock}_{number}"
            offset, addressee, repeat = (
                self.cleaned_data.get(f"{name}_{part}") for part in ("offset", "addressee", "repeat")
            )
            if offset is None and (addressee or repeat) and f"{name}_offset" not in self.errors:
                self.add_error(f"{name}_offset", _("Say on which day this step is taken: 0 is the first late day."))
            elif offset is not None:
                yield name, offset, addressee or "", repeat

    def limits(self) -> list[PolicyLimit]:
        """Return the limits that were typed, not saved."""
        return [
            PolicyLimit(clock=clock, stage=stage, days=days, unit=self.cleaned_data[f"{_name(clock, stage)}_unit"])
            for clock, stage in _limited()
            if (days := self.cleaned_data.get(f"{_name(clock, stage)}_days")) is not None
        ]

    def steps(self) -> list[PolicyStep]:
        """Return the steps that were typed, in the order of their days, not saved."""
        return [
            PolicyStep(clock=clock, number=number, offset_days=offset, addressee=addressee, repeat_days=repeat)
            for clock in Clock
            for number, (_name, offset, addressee, repeat) in enumerate(
                sorted(self._typed_steps(clock), key=lambda row: row[1]), 1
            )
        ]

    def facts(self) -> dict[str, Any]:
        """Return what is said of the version itself."""
        names = ("calendar", "snooze_max_days", "valid_from", "document_vi", "document_en")
        return {name: self.cleaned_data[name] for name in names}


class ScopeForm(PolicyForm):
    """The first draft of a policy for a scope."""

    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("Letters, digits, - and _; stays for good."))
    task = TaskField(label=_("One task"), max_length=40, required=False, help_text=_("Its code, such as 2.7a."))
    resolution = forms.ModelChoiceField(
        Resolution.objects.none(), label=_("One resolution"), required=False, empty_label="—"
    )
    level = forms.ChoiceField(label=_("Level"), choices=[("", "—"), *Level.choices], required=False)
    rank = forms.ChoiceField(label=_("Rank"), choices=[("", "—"), *Rank.choices], required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        resolutions: Any = self.fields["resolution"]
        resolutions.queryset = Resolution.objects.all()

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if Policy.objects.filter(code=code).exists():
            raise ValidationError(_("There is a policy with this code: open it to draft its next version."))
        return code

    def facts(self) -> dict[str, Any]:
        return super().facts() | {
            name: self.cleaned_data[name] for name in ("code", "task", "resolution", "level", "rank")
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not any(data.get(name) for name in ("task", "resolution", "level")) and "task" not in self.errors:
            self.add_error("task", _("Say what it is for: a task, a resolution, or a level with a rank."))
        return data


class ApplyForm(TodayForm):
    """From when a draft is in force, and by which document."""

    valid_from = DayField(label=_("In force from"), required=True)
    document_vi = forms.CharField(label=_("Deciding document, in Vietnamese"), max_length=300)
    document_en = forms.CharField(label=_("Deciding document, in English"), max_length=300, required=False)
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class EndForm(TodayForm):
    """From when a policy of a scope no longer holds, and by which document."""

    on = DayField(label=_("No longer in force from"), required=True)
    document = forms.CharField(label=_("Deciding document"), max_length=300)


def initial_of(policy: Policy) -> dict[str, Any]:
    """Return what the form of a draft is filled with. Two queries."""
    names = ("calendar", "snooze_max_days", "valid_from", "document_vi", "document_en")
    found: dict[str, Any] = {name: getattr(policy, name) for name in names} | {"version": policy.revision}
    for limit in policy.limits.all():
        name = _name(Clock(limit.clock), limit.stage)
        found |= {f"{name}_days": limit.days, f"{name}_unit": limit.unit}
    for step in policy.steps.all():
        name = f"step_{step.clock}_{step.number}"
        found |= {f"{name}_offset": step.offset_days, f"{name}_addressee": step.addressee}
        found[f"{name}_repeat"] = step.repeat_days
    return found


def _limited() -> list[tuple[Clock, str]]:
    """Every clock, and for the stage clock every stage, that a policy can limit."""
    return [(clock, stage) for clock in Clock for stage in (STAGES if clock == Clock.STAGE else [""])]


def _name(clock: Clock, stage: str) -> str:
    return f"limit_{clock}_{stage}" if stage else f"limit_{clock}"
