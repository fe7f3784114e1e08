"""The forms of disputes and of corrections. What was typed stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.choices import DisputeState, Role, Stage
from tracker.forms.queues import DayField, FilterForm, any_of
from tracker.forms.requests import BodyField, TodayForm
from tracker.models import Body, Dispute, Post, Responsibility, Task
from tracker.rules.stages import claimable_from

NAME_OR_CODE = _("Begin to type the name and choose from the list, or type the code.")
VERSION: dict[str, Any] = {"label": _("Version"), "min_value": 1, "widget": forms.HiddenInput}


def _text(label: Any, rows: int = 4, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, **{"max_length": 5000, **options}, widget=forms.Textarea(attrs={"rows": rows}))


def named(cell: Responsibility) -> str:
    """Return a role of a body as the forms offer it."""
    return f"{cell.role} · {cell.get_role_display()} · {cell.body.name}"


class CellField(forms.ChoiceField):
    """One of some cells of the matrix; cleans to the cell."""

    def offer(self, cells: Iterable[Responsibility]) -> None:
        self.cells = {str(cell.pk): cell for cell in cells}
        self.choices = [(key, named(cell)) for key, cell in self.cells.items()]

    def clean(self, value: Any) -> Any:
        return self.cells[super().clean(value)]


class DisputeForm(TodayForm):
    """Which role is disputed, why, and whose it is in the view of the body."""

    cell = CellField(label=_("Role that is disputed"))
    reason = _text(_("Reason"), help_text=_("Which rule or decision says that it is not yours."))
    wanted_body = BodyField(label=_("Whose it is, in your view"), required=False, help_text=NAME_OR_CODE)
    answer_by = DayField(label=_("Answer wanted by"), required=True)

    def __init__(self, *args: Any, cells: Iterable[Responsibility], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["cell"].offer(cells)  # type: ignore[attr-defined]


class DisputeDecisionForm(TodayForm):
    """Uphold or reject. Upheld, the role moves on a day; rejected, the reasons are told."""

    new_body = BodyField(label=_("New body"), required=False, help_text=NAME_OR_CODE)
    moved_on = DayField(label=_("Holds from"), help_text=_("The first day on which the new body has the role."))
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=300, required=False)
    note = _text(_("Reason or note"), 3, required=False, help_text=_("Needed to reject: say why."))
    version = forms.IntegerField(**VERSION)
    decision = forms.ChoiceField(label=_("Decision"), choices=[("uphold", ""), ("reject", "")])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("decision") == "uphold" and not data.get("moved_on") and "moved_on" not in self.errors:
            self.add_error("moved_on", _("Say from which day on the role moves."))
        return data


class DisputeWithdrawForm(TodayForm):
    note = _text(_("Why it is taken back"), 2, required=False)
    version = forms.IntegerField(**VERSION)


class DisputeFilter(FilterForm):
    state = forms.ChoiceField(label=_("State"), required=False, choices=any_of(DisputeState.choices))
    q = forms.CharField(label=_("Words in the task"), required=False, max_length=200)


class WhyForm(TodayForm):
    """What every correction says."""

    why = _text(_("What was wrong"), 3, max_length=2000, help_text=_("It stands in the history, for everybody."))
    version = forms.IntegerField(**VERSION)


class StageCorrectionForm(WhyForm):
    stage = forms.ChoiceField(label=_("Right stage"))
    on = DayField(label=_("Since"), required=True, help_text=_("If it never left the stage before, this is not used."))

    field_order = ["stage", "on", "why"]

    def __init__(self, *args: Any, before: Stage, **kwargs: Any):
        super().__init__(*args, **kwargs)
        stages = [(stage.value, stage.label) for stage in claimable_from(before)]
        self.fields["stage"].choices = stages  # type: ignore[attr-defined]


class DeadlineCorrectionForm(WhyForm):
    due_on = DayField(label=_("Right deadline"), help_text=_("Left empty: none was ever written down."))

    field_order = ["due_on", "why"]


class SuspensionCorrectionForm(WhyForm):
    until = DayField(label=_("Goes on from"), help_text=_("Left empty: it was not suspended at all."))

    field_order = ["until", "why"]


class CellCorrectionForm(WhyForm):
    """The body, the role and the day as they should have been entered; without a body nobody ever had the role."""

    body = BodyField(label=_("Right body"), required=False, help_text=NAME_OR_CODE)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    post = forms.CharField(
        label=_("Post"), max_length=40, required=False, help_text=_("Code of a post of that body; empty for none.")
    )
    valid_from = DayField(label=_("Since"), required=True)
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=300, required=False)

    field_order = ["body", "role", "post", "valid_from", "legal_basis", "why"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.found = Post.objects.filter(body=data.get("body"), code=data.get("post")).first()
        if data.get("post") and data.get("body") and self.found is None:
            self.add_error("post", _("This body has no post with that code."))
        return data

    def values(self, *left_out: str) -> dict[str, Any]:
        return {**super().values(*left_out), "post": self.found}


def decision_of(dispute: Dispute) -> dict[str, Any]:
    """Return what the form of the decision begins with; once decided, what was decided."""
    body: Body | None = dispute.new_body or dispute.wanted_body
    name = f"{body.name} ({body.code})" if body else ""
    values = {"new_body": name, "moved_on": dispute.moved_on, "note": dispute.decision_note}
    return {**values, "version": dispute.version}


def cell_of(cell: Responsibility) -> dict[str, Any]:
    """Return what the form of a correction begins with: the cell as it was entered."""
    return {
        "body": f"{cell.body.name} ({cell.body.code})",
        "role": cell.role,
        "post": cell.post.code if cell.post else "",
        "valid_from": cell.valid_from,
        "legal_basis": cell.legal_basis,
        "version": cell.task.version,
    }


def deadline_of(task: Task) -> dict[str, Any]:
    return {"due_on": task.due_on, "version": task.version}


def suspension_of(task: Task) -> dict[str, Any]:
    return {"until": task.suspended_until, "version": task.version}
