"""The form that issues urging letters, and the filter of the letters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.boards.urging import urged_bodies
from tracker.forms.queues import MOST_CHOICES, DayField
from tracker.forms.registers import CodeField, RegisterFilter
from tracker.services.urgings import MOST_FLAGS

STATES = [
    ("waiting", _("Waiting for an answer")),
    ("late", _("Not answered in time")),
    ("answered", _("Answered")),
]
LARGEST_ID = 2**63 - 1


def flag_ids(texts: Iterable[str]) -> list[int]:
    """Return the ids of a selection, at most as many as a letter may name; what is none is left out."""
    found = (int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 20)
    return [pk for pk in dict.fromkeys(found) if pk <= LARGEST_ID][:MOST_FLAGS]


class UrgingForm(forms.Form):
    """What the sender decides. The letter itself is in Vietnamese, and so are the words to add."""

    answer_by = DayField(label=_("Answer by"), required=True)
    place = forms.CharField(label=_("Place"), max_length=80, help_text=_("As it stands before the date."))
    signer_title = forms.CharField(
        label=_("Title of the signer"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In Vietnamese, as it is signed; a deputy signs in two lines."),
    )
    signer_name = forms.CharField(label=_("Signed by"), max_length=200)
    note = forms.CharField(
        label=_("Words to add"),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("In Vietnamese; each line becomes a paragraph of every letter. No data on citizens."),
    )


class UrgingFilter(RegisterFilter):
    body = CodeField([], label=_("Urged body"))
    state = CodeField(STATES, label=_("State"))

    def __init__(self, data: Any, *, user: Any):
        super().__init__(data)
        bodies = [(row.code, row.label) for row in urged_bodies(user)[:MOST_CHOICES]]
        self.fields["body"].choices = [("", _("All")), *bodies]  # type: ignore[attr-defined]
