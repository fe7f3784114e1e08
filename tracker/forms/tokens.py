"""The form of a new API token."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.services import LONGEST_LIFE_DAYS, LONGEST_NAME
from accounts.tokens import Scope
from tracker.forms.requests import BodyField, TodayForm


class TokenForm(TodayForm):
    """What a token is for, what it may do, from where, and how long."""

    name = forms.CharField(
        label=_("What it is for"), max_length=LONGEST_NAME, help_text=_("Such as the system that will use it.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than you may do yourself at that moment."),
    )
    body = BodyField(
        label=_("Only for one body"),
        required=False,
        help_text=_("With those below it. Left empty: everything that you see."),
    )
    networks = forms.CharField(
        label=_("Only from these networks"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line, such as 203.0.113.0/24. Left empty: from anywhere."),
    )
    days = forms.IntegerField(label=_("Days until it expires"), min_value=1, max_value=LONGEST_LIFE_DAYS, initial=90)

    def clean_networks(self) -> list[str]:
        return str(self.cleaned_data["networks"]).split()
