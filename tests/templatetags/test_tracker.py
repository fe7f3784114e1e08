"""What the pages show of codes, days and numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.translation import override

from tracker.choices import EvidenceState, FieldStatus, InstrumentStatus, ReportState, Role, Stage
from tracker.models import Task
from tracker.templatetags import tracker as tags
from tracker.views.words import EVENT_WORDS

TODAY = date(2026, 11, 23)


def render(text: str, **context: Any) -> str:
    return Template("{% load tracker %}" + text).render(Context(context))


@pytest.mark.parametrize(("language", "shown"), [("vi", "23/11/2026"), ("en", "23 Nov 2026")])
def test_a_day_is_written_as_its_readers_write_it(language: str, shown: str) -> None:
    with override(language):
        assert tags.day(TODAY) == shown


def test_a_moment_is_shown_as_the_day_in_viet_nam() -> None:
    with override("vi"):
        assert tags.day(datetime(2026, 11, 22, 18, 0, tzinfo=UTC)) == "23/11/2026"


def test_the_end_of_an_interval_is_shown_as_its_last_day() -> None:
    with override("vi"):
        assert tags.last_day(date(2025, 7, 1)) == "30/06/2025"
        assert tags.last_day(None) == tags.day(None) == ""


@pytest.mark.parametrize(
    ("looks", "codes"),
    [
        (tags.STATUS_LOOK, FieldStatus),
        (tags.STAGE_LOOK, Stage),
        (tags.STATE_LOOK, ReportState),
        (tags.EVIDENCE_LOOK, EvidenceState),
        (tags.INSTRUMENT_LOOK, InstrumentStatus),
    ],
)
def test_every_code_has_a_look_with_a_glyph(looks: dict[Any, tuple[str, str]], codes: Any) -> None:
    assert set(looks) == set(codes)
    assert all(glyph.strip() for _, glyph in looks.values())


def test_the_four_cells_differ_by_glyph_not_by_colour_alone() -> None:
    assert len({glyph for _, glyph in tags.STATUS_LOOK.values()}) == 4


def test_a_pill_escapes_its_words() -> None:
    assert "<script>" not in tags.pill("ok", "●", "<script>")


@pytest.mark.parametrize("role", Role)
def test_a_role_is_a_letter_with_its_meaning(role: Role) -> None:
    with override("en"):
        assert f'title="{role.label}">{role.value}</abbr>' in tags.role_letter(role)


@pytest.mark.parametrize(("kind", "stage"), [("objective", "assigned"), ("duty", "withdrawn")])
def test_what_is_not_counted_has_no_cell(kind: str, stage: str) -> None:
    task = Task(kind=kind, stage=stage, effective_due_on=TODAY)
    assert tags.status_on(task, TODAY) == ""
    assert 'class="pill' in tags.task_status(task, TODAY)


def test_what_was_done_later_was_open_before() -> None:
    task = Task(kind="duty", stage="institutionalized", done_on=date(2026, 11, 24), effective_due_on=date(2026, 11, 1))
    assert tags.status_on(task, TODAY) == FieldStatus.OPEN_OVERDUE


def test_a_link_keeps_the_other_parameters() -> None:
    request = RequestFactory().get("/tasks/", {"q": "dân vận", "stage": "assigned", "page": "2"})
    link = render("{% query_with page=3 stage=None %}", request=request)
    assert link == "?q=d%C3%A2n+v%E1%BA%ADn&amp;page=3"


def test_a_meter_of_nothing_is_empty() -> None:
    assert 'class="bar" width="0"' in tags.meter(0, 0)
    assert 'class="bar" width="33"' in tags.meter(1, 3)


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert tags.label("new_code", "Clock") == "new_code"
    assert tags.event_words("new.kind") == "new.kind"


def test_working_days_are_counted_in_words() -> None:
    with override("en"):
        assert (tags.workdays(1), tags.workdays(12), tags.workdays(None)) == ("1 working day", "12 working days", "")
        assert (tags.calendar_days(1), tags.calendar_days(2)) == ("1 day", "2 days")


class Sample(forms.Form):
    name = forms.CharField(help_text="as on the letter")


def test_a_field_ties_its_help_and_errors_to_the_widget() -> None:
    html = render("{% error_summary form %}{% field form.name %}", form=Sample({"name": ""}))
    assert 'aria-describedby="id_name_help id_name_error"' in html
    assert 'aria-invalid="true"' in html and 'id="id_name_error"' in html
    assert '<a href="#id_name">' in html


def test_a_form_without_errors_has_no_summary() -> None:
    assert "error" not in render("{% error_summary form %}{% field form.name %}", form=Sample())


def test_every_event_that_a_service_records_has_words() -> None:
    import re
    from pathlib import Path

    services = Path(tags.__file__).parents[1] / "services"
    text = "\n".join(path.read_text() for path in services.glob("*.py"))
    recorded = set(re.findall(r'record\(\s*f?"([a-z]+\.[a-z_]+)"', text))
    assert recorded
    assert recorded <= set(EVENT_WORDS)
