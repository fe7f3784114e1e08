"""Forms over a row that others may change meanwhile: what it says now stands beside what was typed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.forms.requests import TodayForm
from tracker.models import Body
from tracker.templatetags.tracker import day as told


class VersionForm(TodayForm):
    """Bound to the version that was read; 0 for a row that is new."""

    version = forms.IntegerField(label=_("Version"), min_value=0, widget=forms.HiddenInput)

    def values(self, *left_out: str) -> dict[str, Any]:
        return super().values("version", *left_out)

    def differences(self, current: dict[str, Any]) -> list[tuple[Any, str]]:
        """Return (label, what it says now) of each field in which `current`, the row now, is not what was typed."""
        changed = [name for name in current if name in self.fields and current[name] != self.cleaned_data.get(name)]
        return [(self.fields[name].label, self._shown(name, current[name])) for name in changed]

    def _shown(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return "—"
        choices = dict(getattr(self.fields[name], "choices", ()))
        return told(value) if isinstance(value, date) else str(choices.get(value, value))


def typed(body: Body | None) -> str:
    """Return a body as the list beside its field offers it."""
    return f"{body.name} ({body.code})" if body else ""
