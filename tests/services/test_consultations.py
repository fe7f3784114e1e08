"""Consultations: days, counts and documents; no name can be entered, and silence accuses nobody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from tests.builders import make_body, make_cast, make_instrument, make_task, noon
from tests.working import TODAY, frozen
from tracker.boards.consulted import consulted_on, consulted_then, is_consulted
from tracker.boards.lint import lint
from tracker.choices import Consulted, EvidenceState, Level, Rank
from tracker.errors import Conflict, Stale
from tracker.models import Consultation, Event, Institutionalization, Instrument, Task
from tracker.services import consultations, institutionalizations

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
AT = noon(TODAY)
SIGNED = date(2026, 2, 2)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def asked(instrument: Instrument, by: User | None = None, **facts: Any) -> Consultation:
    values = {"opened_on": SIGNED - timedelta(days=60), "closed_on": SIGNED - timedelta(days=10), **facts}
    counts = values.pop("counts", {"people": 1840, "local": 34})
    return consultations.record(instrument, counts=counts, by=by, at=AT, **values)


def test_days_counts_and_documents_are_recorded_and_told(cast):
    row = asked(
        make_instrument(issuer=make_body("BO-A")), cast["lan"], summary_number="45/BC-BNV", front_opinion="agrees"
    )
    assert consultations.counts_of(row) == {"people": 1840, "local": 34}
    event = Event.objects.get(kind="consultation.recorded")
    assert (event.after["people"], event.after["summary_number"]) == (1840, "45/BC-BNV")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"summary_number": "Bà Nguyễn Thị A phản đối"}, "summary_number"),
        ({"front_number": "ông Bình", "front_opinion": "agrees"}, "front_number"),
        ({"summary_url": "https://a@example.org/"}, "summary_url"),
        ({"summary_url": "javascript:alert(1)"}, "summary_url"),
        ({"closed_on": SIGNED - timedelta(days=90)}, "closed_on"),
        ({"opened_on": TODAY + timedelta(days=1), "closed_on": None}, "opened_on"),
        ({"front_number": "125/MTTW-BTT"}, "front_opinion"),
        ({"front_opinion": "hates it"}, "front_opinion"),
        ({"counts": {"people": -1}}, "count_people"),
        ({"counts": {"Nguyễn Thị A": 1}}, "count_Nguyễn Thị A"),
    ],
)
def test_what_is_no_day_count_or_document_is_refused(cast, facts, field):
    with pytest.raises(ValidationError) as refused:
        asked(make_instrument(), cast["quang"], **facts)
    assert field in refused.value.message_dict and not Consultation.objects.exists()


def test_no_column_holds_free_text():
    texts = {field.name: field.max_length for field in Consultation._meta.get_fields() if hasattr(field, "max_length")}
    longest = {name: length for name, length in texts.items() if length}
    assert set(longest) == {"summary_url", "summary_number", "front_opinion", "front_number"}


def test_only_its_bodies_and_the_editor_record(cast):
    instrument = make_instrument(issuer=make_body("BO-A"))
    for name in ("minh", "hoa", "vinh"):
        with pytest.raises(PermissionDenied):
            asked(instrument, cast[name])
        with pytest.raises(PermissionDenied):
            consultations.state_known(instrument, is_known=True, by=cast[name], at=AT)


def test_a_change_replaces_the_counts_and_keeps_the_history(cast):
    row = asked(make_instrument(), cast["quang"])
    facts = {"counts": {"people": 2000}, "by": cast["quang"], "at": AT, "closed_on": None}
    consultations.change(row, version=1, **facts)
    event = Event.objects.get(kind="consultation.changed")
    assert consultations.counts_of(row) == {"people": 2000}
    assert (event.before["people"], event.after["people"], event.after["closed_on"]) == (1840, 2000, None)
    with pytest.raises(Stale):
        consultations.change(Consultation.objects.get(), version=1, **facts)


def test_what_is_said_of_completeness_is_dated_and_can_be_taken_back(cast):
    instrument = make_instrument()
    consultations.state_known(instrument, is_known=True, by=cast["quang"], at=AT)
    assert instrument.consultation_known_at == AT
    with pytest.raises(Conflict):
        consultations.state_known(instrument, is_known=True, by=cast["quang"], at=AT)
    consultations.state_known(instrument, is_known=False, by=cast["quang"], at=AT)
    assert instrument.consultation_known_at is None


def test_the_condition_on_all_says_what_the_rule_says_of_one():
    number = 0
    for rank in (Rank.DECREE, Rank.PARTY_REGULATION):
        for signed in (None, SIGNED, TODAY + timedelta(days=5)):
            for closed in ((), (SIGNED - timedelta(days=1),), (SIGNED,), (None,)):
                for known in (None, AT):
                    number += 1
                    facts = {"signed_on": signed, "in_force_on": None, "consultation_known_at": known}
                    instrument = make_instrument(number=f"{number}/2025/NĐ-CP", rank=rank, **facts)
                    for day in closed:
                        asked(instrument, closed_on=day)
    rows = list(Instrument.objects.annotate(then=consulted_then(TODAY)).prefetch_related("consultations"))
    said = {row.pk: consulted_on(row, list(row.consultations.all()), TODAY) for row in rows}
    assert {row.pk: row.then for row in rows} == said and set(said.values()) == set(Consulted)
    for status in Consulted:
        found = Instrument.objects.filter(is_consulted(status, TODAY)).values_list("pk", flat=True)
        assert set(found) == {pk for pk, code in said.items() if code == status}


def leaning(cast: dict[str, User], state: EvidenceState = EvidenceState.DECLARED) -> tuple[Task, Instrument]:
    task, instrument = make_task(levels=[(Level.CENTRAL, [])]), make_instrument()
    institutionalizations.declare(task, instrument, level=Level.CENTRAL, by=cast["lan"], at=AT)
    Institutionalization.objects.update(state=state)
    return task, instrument


def findings() -> list[tuple[str, str]]:
    return [(row.subject, row.reason) for row in lint(Task.objects.all(), day=TODAY) if row.code == "unasked"]


def test_the_linter_names_the_task_that_leans_on_what_was_promulgated_unasked(cast):
    task, instrument = leaning(cast)
    assert findings() == []
    consultations.state_known(instrument, is_known=True, by=cast["quang"], at=AT)
    [(subject, reason)] = findings()
    assert subject == task.code and instrument.number in reason
    asked(instrument, cast["quang"])
    assert findings() == []


def test_returned_evidence_accuses_nobody(cast):
    _task, instrument = leaning(cast, EvidenceState.RETURNED)
    consultations.state_known(instrument, is_known=True, by=cast["quang"], at=AT)
    assert findings() == []


def test_the_linter_asks_ten_questions_however_many_tasks(cast, django_assert_num_queries):
    for _number in range(2):
        _task, instrument = leaning(cast)
        consultations.state_known(instrument, is_known=True, by=None, at=AT)
        with django_assert_num_queries(10):
            lint(Task.objects.all(), day=TODAY)
