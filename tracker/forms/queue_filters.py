"""The filters of the queues, what is decided on many rows of one, and the names under which filters are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tracker.boards.queues.shape import SIZES, Queue, Wanted
from tracker.choices import Clock, Level, QueueCode, Role
from tracker.forms.queues import FilterForm, any_of
from tracker.forms.registers import RegisterField
from tracker.models import Body, Resolution, Responsibility, Task
from tracker.services.decisions import ACCEPT, MOST, RETURN, Decision

AGES = (7, 30, 90, 365)
LARGEST_ID = 2**63 - 1
LONGEST_SEEN = 100
ORDERS = {
    "since": _("Waits the longest first"),
    "-since": _("Waits the shortest first"),
    "task": _("By task"),
    "-step": _("Highest step first"),
    "clock": _("By clock"),
}


class NumberField(forms.TypedChoiceField):
    """A choice among numbers, or none."""

    def __init__(self, choices: Any, **kwargs: Any):
        super().__init__(choices=choices, coerce=int, empty_value=None, required=False, **kwargs)


def _ages() -> list[tuple[str, Any]]:
    return any_of([(str(n), ngettext("%(n)d day or more", "%(n)d days or more", n) % {"n": n}) for n in AGES])


class QueueForm(FilterForm):
    """What one queue is asked for, in the address. Two queries to offer bodies and documents, one more for each that
    was chosen and is not among the first."""

    body = RegisterField(label=_("Accountable body"))
    resolution = RegisterField(label=_("Document"))
    level = forms.ChoiceField(label=_("Level to reach"), required=False, choices=any_of(Level.choices))
    age = NumberField(_ages, label=_("Waits for"))
    q = forms.CharField(label=_("Words in the task"), required=False, max_length=200)
    order = forms.ChoiceField(label=_("Order"), required=False)
    rows = NumberField([(str(number), str(number)) for number in SIZES], label=_("Rows"))

    def __init__(self, data: Any, *, queue: Queue):
        super().__init__(data)
        self.queue = queue
        self.fields["order"].choices = [(name, ORDERS[name]) for name in queue.orders]  # type: ignore[attr-defined]
        held = Responsibility.objects.filter(body=OuterRef("pk"), role=Role.ACCOUNTABLE)
        tasks = Task.objects.filter(resolution=OuterRef("pk"))
        bodies = Body.objects.only("code", "path", "name_vi", "name_en", "short_vi", "short_en")
        documents = Resolution.objects.only("code", "number", "title_vi", "title_en")
        self._offer("body", bodies.order_by("name_sort", "pk"), Exists(held))
        self._offer("resolution", documents.order_by("code"), Exists(tasks))

    def _offer(self, name: str, rows: Any, with_tasks: Exists) -> None:
        field = cast(RegisterField, self.fields[name])
        field.offer(rows.filter(with_tasks), self.data.get(name, ""), "label", known=rows)

    def wanted(self) -> Wanted:
        """Return what was asked for and understood."""
        return Wanted(**self.values())

    def asked(self) -> dict[str, str]:
        """Return the fields that were understood as they were typed, without the number of the page."""
        self.is_valid()
        typed = {name: str(self.data.get(name, "")).strip() for name in self.queue.fields if name not in self.errors}
        return {name: text for name, text in typed.items() if text}

    def query(self) -> str:
        """Return the query string that asks for the same, "" for everything."""
        return urlencode(self.asked())


class OverdueForm(QueueForm):
    clock = forms.ChoiceField(label=_("Clock"), required=False, choices=any_of(Clock.choices))
    step = NumberField(any_of([(str(number), str(number)) for number in range(10)]), label=_("Step"))
    acknowledged = forms.ChoiceField(
        label=_("Acknowledged"), required=False, choices=any_of([("no", _("Not yet")), ("yes", _("Yes"))])
    )
    snoozed = forms.ChoiceField(
        label=_("Snoozed"), required=False, choices=any_of([("no", _("No")), ("yes", _("Yes"))])
    )

    field_order = ["clock", "body", "resolution", "level", "step", "age", "acknowledged", "snoozed", "q", "order"]


def filter_of(queue: Queue, data: Any) -> QueueForm:
    """Return the filter of `queue` with what the address says."""
    return OverdueForm(data, queue=queue) if queue.code == QueueCode.OVERDUE else QueueForm(data, queue=queue)


NOTE_TO_ACCEPT = {
    QueueCode.OVERDUE: _("Say what the commission will do."),
    QueueCode.OBSTACLES: _("Say in a sentence how it ended."),
}


class SelectionForm(forms.Form):
    """One decision on the rows that were chosen. Each is sent as its id and what was seen of it: `12:3`."""

    decision = forms.ChoiceField(choices=[(ACCEPT, ""), (RETURN, "")])
    note = forms.CharField(
        label=_("Reason or note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    number = forms.CharField(label=_("Number of the decision"), max_length=80, required=False)

    def __init__(self, data: Any = None, *, queue: Queue):
        super().__init__(data, auto_id="selection_%s")
        self.queue = queue
        self.chosen = chosen_of(data.getlist("row")) if data else {}
        if queue.code != QueueCode.EXTENSIONS:
            del self.fields["number"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        accepts = data.get("decision") == ACCEPT
        if not self.chosen:
            raise ValidationError(_("Nothing is chosen: tick the rows that you decide on."))
        if "note" not in self.errors and not data.get("note", "").strip():
            self._need_note(accepts)
        if accepts and "number" in self.fields and not data.get("number", "").strip():
            self.add_error("number", _("Give the number of the decision that grants it."))
        return data

    def _need_note(self, accepts: bool) -> None:
        if not accepts:
            self.add_error("note", _("Say what is missing, so that the body can mend it."))
        elif self.queue.code in NOTE_TO_ACCEPT:
            self.add_error("note", NOTE_TO_ACCEPT[self.queue.code])

    def decided(self) -> Decision:
        data = self.cleaned_data
        return Decision(accepts=data["decision"] == ACCEPT, note=data["note"], number=data.get("number", ""))


def chosen_of(texts: Iterable[str]) -> dict[int, str]:
    """Return the ids of a selection, each with what was seen; what is none is left out, and what is too much."""
    found: dict[int, str] = {}
    for text in texts:
        key, _colon, seen = text.partition(":")
        if key.isascii() and key.isdigit() and len(key) < 20 and int(key) <= LARGEST_ID and len(seen) <= LONGEST_SEEN:
            found.setdefault(int(key), seen)
    return dict(list(found.items())[:MOST])


class FilterNameForm(forms.Form):
    """Under which name a filter is kept, and for whom."""

    name = forms.CharField(label=_("Name of the filter"), max_length=80)
    is_shared = forms.BooleanField(label=_("Share it with the commission"), required=False)
    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any):
        super().__init__(*args, **{"auto_id": "filter_%s", **kwargs})
        if not may_share:
            del self.fields["is_shared"]

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        return {"name": self.cleaned_data["name"], "is_shared": self.cleaned_data.get("is_shared", False)}

    def take(self, error: ValidationError) -> None:
        """Show what a service refused beside the fields that it speaks of, and on top what speaks of none."""
        for name, texts in error.message_dict.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)
