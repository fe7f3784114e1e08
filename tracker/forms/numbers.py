"""The number of an instrument, checked alike wherever it is typed: a duplicate is an error, a doubt a warning."""

from __future__ import annotations

import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tracker.models import Instrument
from tracker.rules.instruments import DOUBT_FORM, DOUBT_RANK, doubts
from tracker.services.instruments import Duplicate, twin_of

WORDS = {
    DOUBT_FORM: _("The number has none of the known forms, such as 75/2015/QH13, 59/2023/NĐ-CP or 217-QĐ/TW."),
    DOUBT_RANK: _("The number is that of another rank: look at both again."),
}


class NumberField(forms.CharField):
    """A number as it is written: one line, single spaces, composed letters."""

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=80, **kwargs)

    def to_python(self, value: Any) -> str:
        return " ".join(unicodedata.normalize("NFC", str(super().to_python(value))).split())


class SureField(forms.BooleanField):
    """The box with which a person confirms a number that looks wrong. It is shown once there is a doubt."""

    def __init__(self) -> None:
        super().__init__(label=_("The number is right as written"), required=False)


class NumberChecks(forms.Form):
    """For forms with a number, a rank and a SureField; PARTS names them."""

    PARTS: ClassVar[tuple[str, str, str]] = ("number", "rank", "sure")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.doubts: list[Any] = []

    def check_number(self, *, of: Instrument | None = None) -> None:
        """Add the errors of the number: taken by another than `of`, or doubtful, new and not confirmed."""
        number_field, rank_field, sure = self.PARTS
        number = self.cleaned_data.get(number_field)
        if not number:
            return
        if twin := twin_of(number, but=of.pk if of else None):
            self.add_error(number_field, already(twin))
            return
        rank = self.cleaned_data.get(rank_field) or ""
        is_new = of is None or (number, rank) != (of.number, of.rank)
        found = doubts(number, rank) if is_new else ()
        self.doubts = [WORDS[code] for code in found if code == DOUBT_FORM or rank]
        if self.doubts and not self.cleaned_data.get(sure):
            self.add_error(sure, _("Correct the number or the rank, or confirm that they are right as written."))

    def take_duplicate(self, error: ValidationError) -> bool:
        """Show a number that somebody took a moment ago; False where the error is another one."""
        if isinstance(error, Duplicate):
            self.add_error(self.PARTS[0], already(error.twin))
        return isinstance(error, Duplicate)


def already(twin: Instrument) -> str:
    """Return the error of a number that is registered, with the way to the row that has it."""
    text = _('This number is registered already: <a href="{address}">{number}</a>. Use that one.')
    return format_html(str(text), address=reverse("instrument", args=[twin.pk]), number=twin.number)
