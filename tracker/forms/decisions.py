"""The forms of decisions: on a report, on evidence, on a flag. Each is bound to the version that was read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class DecisionForm(forms.Form):
    """Accept or return; a return says what is missing. `seen` binds the decision to what was read."""

    note = forms.CharField(
        label=_("Reason or note"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed to return: say what is missing."),
    )
    seen = forms.CharField(label=_("Version"), widget=forms.HiddenInput)
    decision = forms.ChoiceField(label=_("Decision"), choices=[("accept", ""), ("return", "")])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("decision") == "return" and not data.get("note", "").strip() and "note" not in self.errors:
            self.add_error("note", _("Say what is missing, so that the body can mend it."))
        return data


class AcknowledgeForm(forms.Form):
    note = forms.CharField(label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.HiddenInput)


class RemarkForm(forms.Form):
    """What the accountable body says beside its flag; `version` is the remark that was read, 0 for none."""

    text = forms.CharField(label=_("Remark"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))
    version = forms.IntegerField(label=_("Version"), min_value=0, widget=forms.HiddenInput)

    def take(self, error: ValidationError) -> None:
        """Show what the service refused."""
        for name, texts in error.message_dict.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)


def renew(form: forms.Form, name: str, value: Any) -> None:
    """Bind the next attempt of a refused form to what is shown now; everything typed stays."""
    typed: Any = form.data
    data = typed.copy()
    data[name] = str(value)
    form.data = data
