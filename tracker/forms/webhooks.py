"""The form of a new webhook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from tracker.forms.requests import TodayForm
from tracker.models import Body, Resolution
from tracker.rules.webhooks import LONGEST_URL
from tracker.services.webhooks import LONGEST_NAME, MOST_FILTERS
from tracker.views.words import EVENT_WORDS

KINDS = [(kind, format_lazy("{} ({})", EVENT_WORDS[kind], kind)) for kind in sorted(EVENT_WORDS)]


class CodesField(forms.CharField):
    """Rows of a register by their codes, one a line."""

    def __init__(self, model: Any, **kwargs: Any):
        super().__init__(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}), **kwargs)
        self.model = model

    def clean(self, value: Any) -> Any:
        codes = {line.strip() for line in super().clean(value).splitlines() if line.strip()}
        if len(codes) > MOST_FILTERS:
            raise ValidationError(_("Give %(most)d at most, or none.") % {"most": MOST_FILTERS})
        found = list(self.model.objects.filter(code__in=codes).order_by("code"))
        if unknown := sorted(codes - {row.code for row in found}):
            raise ValidationError(_("“%(code)s” is not known: write codes, one a line.") % {"code": unknown[0][:60]})
        return found


class WebhookForm(TodayForm):
    """Where to tell, and of what."""

    name = forms.CharField(
        label=_("What it is for"), max_length=LONGEST_NAME, help_text=_("Such as the system that is told.")
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("Of the public Internet, unless the operator allows a network of yours."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Only these kinds of changes"),
        choices=KINDS,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Nothing chosen: all of them. Never more than you may see yourself at that moment."),
    )
    bodies = CodesField(
        Body,
        label=_("Only for these bodies"),
        help_text=_("Their codes, one a line: their tasks, and those of the bodies below them. Left empty: all."),
    )
    resolutions = CodesField(
        Resolution,
        label=_("Only for these resolutions"),
        help_text=_("Their codes, one a line. Left empty: all."),
    )
