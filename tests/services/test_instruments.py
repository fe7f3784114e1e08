"""Instruments are registered once, changed as they were read, followed through their life."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from tests.builders import make_body, make_cast, make_instrument, make_task, make_user, noon
from tests.working import TODAY, frozen, verified
from tracker.choices import Duty, Phase, Rank, Stage
from tracker.errors import Conflict, Stale
from tracker.models import Event, Instrument
from tracker.services import institutionalizations, instrument_life, instruments, scan
from tracker.services.instruments import Duplicate

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
AT = noon(TODAY)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


def registered(by: User, **facts: Any) -> Instrument:
    values = {"number": "59/2023/NĐ-CP", "rank": Rank.DECREE, "title_vi": "Nghị định", **facts}
    return instruments.register(Instrument(**values), by=by, at=AT)


def changed(instrument: Instrument, by: User, **facts: Any) -> Instrument:
    facts = {"version": instrument.version, **facts}
    return instruments.change(Instrument.objects.get(pk=instrument.pk), by=by, at=AT, **facts)


def test_an_official_registers_and_the_history_has_all_facts(cast):
    instrument = registered(cast["lan"], issuer=make_body("CP"), submit_by=TODAY, promulgated_on=TODAY, signed_on=TODAY)
    event = Event.objects.get(kind="instrument.registered")
    assert (event.actor, instrument.registered_by) == (cast["lan"], cast["lan"])
    assert event.after["promulgated_on"] == "2026-06-15" and event.after["issuer"] == instrument.issuer_id


@pytest.mark.parametrize(
    "number", ["59/2023/NĐ-CP", "59/2023/nd-cp", " 59 / 2023/NĐ–CP", "Nghị định số 59/2023/NĐ-CP", "059/2023/ND-CP"]
)
def test_a_number_in_another_spelling_is_a_duplicate_that_names_the_first(cast, number):
    first = registered(cast["quang"])
    with pytest.raises(Duplicate) as refused:
        registered(cast["lan"], number=number)
    assert refused.value.twin == first and list(refused.value.message_dict) == ["number"]
    assert Instrument.objects.count() == 1


def test_the_documents_of_two_units_are_told_apart(cast):
    registered(cast["quang"], number="05/2026/QĐ-UBND (Hà Nội)", rank=Rank.PROVINCIAL_DECISION)
    registered(cast["quang"], number="05/2026/QĐ-UBND (Huế)", rank=Rank.PROVINCIAL_DECISION)
    assert Instrument.objects.count() == 2


def test_a_draft_needs_no_number_until_it_is_signed(cast):
    draft, other = registered(cast["lan"], number=""), registered(cast["lan"], number=" ")
    assert draft.number == f"DT-{draft.pk}" != other.number and not draft.is_numbered
    assert Event.objects.filter(kind="instrument.registered").earliest("pk").after["number"] == draft.number
    with pytest.raises(ValidationError, match="leave the number empty"):
        registered(cast["lan"], number=f"DT-{other.pk + 1}")
    with pytest.raises(ValidationError, match="give the number"):
        changed(draft, cast["lan"], signed_on=TODAY)
    with pytest.raises(ValidationError):
        registered(cast["lan"], number="", signed_on=TODAY)
    assert changed(draft, cast["lan"], signed_on=TODAY, number="7/2026/NĐ-CP").is_numbered


@pytest.mark.parametrize(
    "facts",
    [
        {"signed_on": date(2026, 5, 4), "promulgated_on": date(2026, 5, 3)},
        {"promulgated_on": date(2026, 5, 3)},
        {"submit_by": date(2026, 5, 4), "issue_by": date(2026, 5, 3)},
        {"rank": "edict"},
        {"title_vi": ""},
    ],
)
def test_days_and_codes_that_do_not_fit_are_refused(cast, facts):
    with pytest.raises(ValidationError):
        registered(cast["quang"], **facts)
    assert not Event.objects.filter(kind="instrument.registered").exists()


def test_a_change_is_told_with_what_it_said_before(cast):
    instrument = registered(cast["quang"])
    changed(instrument, cast["quang"], title_vi="Nghị định mới", signed_on=date(2026, 6, 1))
    event = Event.objects.get(kind="instrument.changed")
    assert event.before == {"title_vi": "Nghị định", "signed_on": None}
    assert event.after == {"title_vi": "Nghị định mới", "signed_on": "2026-06-01"}
    fresh = Instrument.objects.get()
    assert (fresh.version, "nghi dinh moi" in fresh.folded) == (2, True)


def test_a_change_of_an_older_version_changes_nothing(cast):
    instrument = registered(cast["quang"])
    changed(instrument, cast["quang"], title_vi="Của tôi")
    with pytest.raises(Stale):
        changed(instrument, cast["quang"], title_vi="Của người khác", version=1)
    assert Instrument.objects.get().title_vi == "Của tôi"


def test_only_its_bodies_who_registered_it_and_the_editor_change_it(cast):
    instrument = registered(cast["quang"], issuer=make_body("BO-A"), drafted_by=make_body("BO-C"))
    owing = make_user("cuc", Duty.OFFICIAL, make_body("BO-C"))
    for user in (cast["lan"], owing, cast["quang"]):
        instrument = changed(instrument, user, title_en=user.username)
    for user in (cast["minh"], cast["hoa"], cast["vinh"]):
        with pytest.raises(PermissionDenied):
            changed(instrument, user, title_en="Mine")
    assert changed(registered(cast["minh"], number="8/2026/NĐ-CP"), cast["minh"], title_en="Mine").title_en == "Mine"


def test_a_later_day_of_force_opens_what_leaned_on_it_again(cast):
    task = make_task(levels=[("central", [])])
    instrument = verified(task, cast, on=TODAY - timedelta(days=10))
    task.refresh_from_db()
    assert task.stage == Stage.INSTITUTIONALIZED
    changed(instrument, cast["quang"], in_force_on=TODAY + timedelta(days=30))
    task.refresh_from_db()
    assert task.stage == Stage.ASSIGNED
    evidence = task.institutionalizations.get()
    assert evidence.is_stale
    institutionalizations.verify(evidence, by=cast["hoa"], at=noon(TODAY))
    scan.run(TODAY + timedelta(days=31), at=noon(TODAY + timedelta(days=31)), force=True)
    task.refresh_from_db()
    assert (task.stage, task.done_on) == (Stage.INSTITUTIONALIZED, TODAY + timedelta(days=30))


def recorded(instrument: Instrument, by: User, phase: Phase, day: int, **facts: Any) -> Any:
    on = date(2026, 5, day)
    return instrument_life.record(instrument, phase=phase, on=on, by=by, at=AT, **facts)


def test_each_change_of_its_life_is_dated_and_told(cast):
    instrument = registered(cast["quang"])
    recorded(instrument, cast["quang"], Phase.PLANNED, 4, document="45/TTr-BNV")
    event = Event.objects.get(kind="instrument.phase")
    assert (event.on, event.after["phase"], event.after["document"]) == (date(2026, 5, 4), "planned", "45/TTr-BNV")


def test_a_correction_is_a_later_row(cast):
    instrument = registered(cast["quang"])
    wrong = recorded(instrument, cast["quang"], Phase.DRAFTING, 4)
    facts = {"phase": Phase.PLANNED, "on": date(2026, 5, 6), "by": cast["quang"], "at": AT}
    better = instrument_life.correct(wrong, **facts)
    assert [row.pk for row in instrument.phases.order_by("pk")] == [wrong.pk, better.pk]
    assert (wrong.phase, better.corrects) == (Phase.DRAFTING, wrong)
    assert Event.objects.get(kind="instrument.phase_corrected").before["phase"] == "drafting"
    with pytest.raises(Conflict):
        instrument_life.correct(wrong, **facts)


def test_what_did_not_happen_is_taken_out_by_a_row_without_a_day(cast):
    instrument = registered(cast["quang"])
    wrong = recorded(instrument, cast["quang"], Phase.DRAFTING, 4)
    instrument_life.correct(wrong, phase=Phase.DRAFTING, on=None, by=cast["quang"], at=AT)
    recorded(instrument, cast["quang"], Phase.DRAFTING, 5)
    assert instrument.phases.count() == 3


@pytest.mark.parametrize(
    ("phase", "day"),
    [(Phase.DRAFTING, 8), (Phase.PLANNED, 8), (Phase.CONSULTATION, 30), (Phase.SIGNED, 8), ("nonsense", 8)],
)
def test_what_cannot_have_happened_is_not_recorded(cast, phase, day):
    instrument = registered(cast["quang"], signed_on=date(2026, 5, 20))
    recorded(instrument, cast["quang"], Phase.DRAFTING, 4)
    with pytest.raises(ValidationError):
        recorded(instrument, cast["quang"], phase, day)
    assert instrument.phases.count() == 1


@pytest.mark.parametrize("texts", [{"note": "Bà Nguyễn Thị A"}, {"document": "thư của ông Bình"}])
def test_no_words_go_with_a_consultation(cast, texts):
    instrument = registered(cast["quang"])
    with pytest.raises(ValidationError) as refused:
        recorded(instrument, cast["quang"], Phase.CONSULTATION, 4, **texts)
    assert list(refused.value.message_dict) == list(texts)
    recorded(instrument, cast["quang"], Phase.CONSULTATION, 4, document="45/BC-BNV")


def test_a_signature_before_what_is_recorded_is_refused(cast):
    instrument = registered(cast["quang"])
    recorded(instrument, cast["quang"], Phase.DRAFTING, 4)
    with pytest.raises(ValidationError) as refused:
        changed(instrument, cast["quang"], signed_on=date(2026, 5, 3))
    assert "signed_on" in refused.value.message_dict


def test_a_stranger_to_it_records_nothing(cast):
    instrument = make_instrument()
    with pytest.raises(PermissionDenied):
        recorded(instrument, cast["lan"], Phase.DRAFTING, 4)
