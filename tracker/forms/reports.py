"""The form of a progress report, with the evidence in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tracker.choices import Rank, Stage
from tracker.forms.numbers import NumberChecks, NumberField, SureField
from tracker.forms.queues import DayField, within_reach
from tracker.forms.requests import ExtensionForm, TodayForm
from tracker.models import Attachment, Body, Instrument, ProgressReport, Task
from tracker.rules.days import FIRST_DAY
from tracker.rules.file_contents import KINDS
from tracker.rules.stages import claimable_from
from tracker.services.instruments import twin_of

OFFERED = 200
"""Instruments that the list beside the field offers, the latest first; any other can be typed."""

NEW_FIELDS = {
    "number": "new_number",
    "rank": "new_rank",
    "title_vi": "new_title",
    "signed_on": "new_signed_on",
    "in_force_on": "new_in_force_on",
}
"""Column of an instrument → field of the form."""

PLACES = {**NEW_FIELDS, "instrument": "instrument_number", "level": "instrument_number"}
"""Where the error of a service is shown; everything else keeps its name or stands on top."""


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files. Their size, ending and content are checked by the service that stores them."""

    def __init__(self, **kwargs: Any):
        super().__init__(widget=FilesInput(attrs={"multiple": True, "accept": ",".join(KINDS)}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(FilesField, self).clean(item, initial) for item in files]


class ReportForm(NumberChecks):
    """One form for all: stage, what was done, what hinders, the evidence (an instrument or files), and more time.

    `time` is the form of the request for more time that goes with the report, where `asking` may make one; it counts
    once something is typed into it.
    """

    PARTS = ("new_number", "new_rank", "new_sure")

    body = forms.ChoiceField(label=_("Reporting body"))
    stage = forms.ChoiceField(label=_("Stage reached"))
    done_text = forms.CharField(
        label=_("What was done"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Facts and dates. No data on citizens: counts and published summaries only."),
    )
    hindrance_text = forms.CharField(
        label=_("What hinders"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Leave it empty if nothing does."),
    )
    instrument_number = forms.CharField(
        label=_("Number of the instrument"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"list": "instruments", "autocomplete": "off"}),
        help_text=_("Begin to type the number and choose it from the list. It is needed for the stage “Promulgated”."),
    )
    articles = forms.CharField(
        label=_("Articles"),
        max_length=300,
        required=False,
        help_text=_("Which ones carry out the task, such as 5, 7–9."),
    )
    new_number = NumberField(label=_("Number"), required=False)
    new_rank = forms.ChoiceField(label=_("Rank"), required=False, choices=[("", _("Choose")), *Rank.choices])
    new_sure = SureField()
    new_title = forms.CharField(label=_("Title"), max_length=500, required=False)
    new_signed_on = DayField(label=_("Signed on"))
    new_in_force_on = DayField(label=_("In force from"))
    files = FilesField(  # type: ignore[assignment]
        label=_("Files"),
        required=False,
        help_text=_("PDF, Word, Excel, PNG or JPEG; at most 5 files of 20 MB each."),
    )
    remove = forms.MultipleChoiceField(label=_("Take away"), required=False, widget=forms.CheckboxSelectMultiple)
    version = forms.IntegerField(label=_("Version"), min_value=0, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        task: Task,
        bodies: Sequence[Body],
        today: date,
        files: Sequence[Attachment] = (),
        asking: int | None = None,
        time_asked: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.today, self.asking = today, asking
        self.time = self._time(time_asked) if asking else None
        self.bodies = {str(body.pk): body for body in bodies}
        self.offer("body", [(key, str(body)) for key, body in self.bodies.items()])
        self.offer("stage", [(stage.value, stage.label) for stage in claimable_from(task.stage)])
        self.offer("remove", [(str(file.pk), file.name) for file in files])
        if len(bodies) == 1:
            self.fields["body"].widget = forms.HiddenInput()

    def _time(self, asked: dict[str, Any] | None) -> ExtensionForm:
        facts: dict[str, Any] = {"today": self.today, "prefix": "time", "initial": asked}
        is_typed = any(str(self.data.get(f"time-{name}", "")).strip() for name in ExtensionForm.base_fields)
        return ExtensionForm(self.data if is_typed else None, use_required_attribute=False, **facts)

    @property
    def is_asking(self) -> bool:
        """Whether more time is asked for, so that the fields must be seen."""
        return self.time is not None and bool(self.time.is_bound or (not self.is_bound and self.time.initial))

    def offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def is_registering(self) -> bool:
        """Whether something was typed into the fields of a new instrument, so that they must be seen."""
        return any(self[name].value() for name in NEW_FIELDS.values())

    def clean_body(self) -> Body:
        return self.bodies[self.cleaned_data["body"]]

    def clean_instrument_number(self) -> Instrument | None:
        """Find the instrument by its number, without regard to marks and case: 59/2023/nd-cp is 59/2023/NĐ-CP."""
        number = " ".join(self.cleaned_data["instrument_number"].split())
        if not number:
            return None
        found = twin_of(number)
        if found is None:
            raise ValidationError(_("No instrument has this number: choose one from the list, or register it below."))
        return found

    def clean_new_signed_on(self) -> date | None:
        day: date | None = self.cleaned_data["new_signed_on"]
        if day is not None and not FIRST_DAY <= day <= self.today:
            raise ValidationError(_("Give the day on which it was signed: from 3 February 1930 to today."))
        return day

    def clean_new_in_force_on(self) -> date | None:
        return within_reach(self.cleaned_data["new_in_force_on"], self.today)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._check_time(data)
        if not any(data.get(name) for name in NEW_FIELDS.values()):
            return data
        if data.get("instrument_number"):
            self.add_error("new_number", _("Name one instrument: a registered one, or a new one."))
        for name in ("new_number", "new_rank", "new_title", "new_signed_on"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("Fill this in to register the instrument."))
        self.check_number()
        return data

    def _check_time(self, data: dict[str, Any]) -> None:
        if self.time is None or not self.time.is_bound:
            return
        if "body" in data and data["body"].pk != self.asking:
            self.add_error("body", _("Only the body that is accountable for the task asks for more time."))
        if not self.time.is_valid():
            self.add_error(None, _("The request for more time is not complete: mend it, or empty all its fields."))

    def new_instrument(self) -> Instrument | None:
        """Return the instrument to register, not saved; None where none was typed."""
        if not self.cleaned_data.get("new_number"):
            return None
        values = {column: self.cleaned_data[name] for column, name in NEW_FIELDS.items()}
        return Instrument(**values)

    def texts(self) -> dict[str, Any]:
        """Return what goes into the report as it stands."""
        names = ("stage", "done_text", "hindrance_text", "articles", "files")
        asked = self.time.cleaned_data if self.time is not None and self.time.is_bound else None
        return {name: self.cleaned_data[name] for name in names} | {"time_asked": asked}

    def take(self, error: ValidationError) -> None:
        """Show what a service refused beside the fields that it speaks of."""
        if self.take_duplicate(error):
            return
        found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, messages in found.items():
            place = PLACES.get(name, name)
            form = self.time if self.time and self.time.is_bound and place in self.time.fields else self
            for message in messages:
                form.add_error(place if place in form.fields else None, message)


class CorrectionForm(ReportForm):
    """What an accepted report should have said, and why. Its files stay; others may be added."""

    why = forms.CharField(
        label=_("What was wrong"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The commission reads it beside the earlier text, and decides anew."),
    )

    def __init__(self, *args: Any, report: ProgressReport, **kwargs: Any):
        super().__init__(*args, task=report.task, bodies=[report.body], **kwargs)
        stages = list(claimable_from(report.task.stage)) if report.task.is_open else []
        known = stages if report.stage in stages else [Stage(report.stage), *stages]
        self.offer("stage", [(stage.value, stage.label) for stage in known])
        del self.fields["remove"]

    def texts(self) -> dict[str, Any]:
        names = ("stage", "done_text", "hindrance_text", "articles", "files", "why")
        return {name: self.cleaned_data[name] for name in names}


class QuestionForm(TodayForm):
    """What the commission wants to know before it decides."""

    question = forms.CharField(label=_("Question"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


class AnswerForm(TodayForm):
    answer = forms.CharField(
        label=_("Answer"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Facts and dates. No data on citizens: counts and published summaries only."),
    )
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


class SubmissionForm(TodayForm):
    """Who submits the reports of a body."""

    specialists_submit = forms.TypedChoiceField(
        label=_("Who submits reports"),
        coerce=lambda value: value == "yes",
        choices=[("yes", _("Whoever writes them")), ("no", _("The leader of the body"))],
        widget=forms.RadioSelect,
        help_text=_("The leader is who holds the head post, or acts in it. Specialists then hand their drafts over."),
    )
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


def submission_of(body: Body) -> dict[str, Any]:
    return {"specialists_submit": "yes" if body.specialists_submit else "no", "version": body.version}


class GiveBackForm(TodayForm):
    note = forms.CharField(label=_("What is to be mended"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


def initial_of(report: ProgressReport) -> dict[str, Any]:
    """Return what the form shows of a draft. The instrument must be loaded."""
    names = ("stage", "done_text", "hindrance_text", "articles", "version")
    values = {name: getattr(report, name) for name in names}
    number = report.instrument.number if report.instrument else ""
    return {**values, "body": str(report.body_id), "instrument_number": number}
