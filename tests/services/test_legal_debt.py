"""Legal debt: entered, moved on, changed, and what the register tells."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import make_body, make_cast, make_instrument, make_policy, noon
from tracker.boards.legal_debt import legal_debt as board
from tracker.choices import DebtState, InstrumentLinkKind, Rank
from tracker.errors import Stale
from tracker.models import DetailingDuty, Event, InstrumentLink
from tracker.services import legal_debt

pytestmark = pytest.mark.django_db
FORCE, DAY = date(2026, 3, 2), date(2026, 4, 1)


@pytest.fixture
def cast():
    make_policy()
    return make_cast()


@pytest.fixture
def law():
    return make_instrument(rank=Rank.LAW, in_force_on=FORCE, title_en="Law")


def duty(law, cast, **terms):
    facts = {"subject_vi": "Quy định chi tiết", "rank": Rank.DECREE, "body": make_body("BO-A"), **terms}
    return legal_debt.create(DetailingDuty(instrument=law, **facts), by=cast["quang"], at=noon(FORCE))


def moved_on(row, cast, by="lan", **progress):
    facts = {"drafting_on": None, "submitted_on": None, "answered_by": None, "version": row.version, **progress}
    return legal_debt.move_on(row, by=cast[by], at=noon(DAY), **facts)


def told(cast, day=DAY, **filters):
    found = board(cast["hoa"], day, **filters)
    return {debt.row.subject_vi: debt.standing.state for called in found.called for debt in called.debts}


def test_the_body_that_owes_it_moves_it_on_until_it_is_issued(law, cast):
    row = duty(law, cast, issue_within=10)
    assert told(cast) == {"Quy định chi tiết": DebtState.NOT_DRAFTED}
    moved_on(row, cast, drafting_on=date(2026, 3, 10))
    assert told(cast) == {"Quy định chi tiết": DebtState.NOT_SUBMITTED}
    moved_on(row, cast, drafting_on=date(2026, 3, 10), submitted_on=date(2026, 3, 20))
    answer = make_instrument(in_force_on=date(2026, 3, 25))
    moved_on(row, cast, answered_by=answer)
    assert told(cast) == {"Quy định chi tiết": DebtState.ISSUED}
    assert InstrumentLink.objects.get(kind=InstrumentLinkKind.DETAILS).instrument == answer
    assert [event.kind for event in Event.objects.filter(object_kind="detailingduty").order_by("id")] == [
        "detailing.created", "detailing.moved_on", "detailing.moved_on", "detailing.moved_on",
    ]  # fmt: skip


def test_what_answers_it_and_is_repealed_is_owed_again(law, cast):
    answer = make_instrument(in_force_on=date(2026, 3, 25), ends_on=date(2026, 5, 1))
    moved_on(duty(law, cast), cast, answered_by=answer)
    assert [told(cast, day)["Quy định chi tiết"] for day in (DAY, date(2026, 5, 1))] == [
        DebtState.ISSUED, DebtState.NOT_DRAFTED,
    ]  # fmt: skip


def test_only_what_is_in_force_calls_for_anything(law, cast):
    duty(law, cast)
    assert told(cast, date(2026, 3, 1)) == {}
    law.ends_on = date(2026, 6, 1)
    law.save()
    assert told(cast, date(2026, 6, 1)) == {}


def test_the_register_is_filtered_and_counted_in_a_constant_number_of_queries(law, cast, django_assert_num_queries):
    ministry = make_body("BO-A")
    agency = make_body("CUC-A", parent=ministry)
    duty(law, cast, subject_vi="Một", body=agency)
    duty(law, cast, subject_vi="Hai", body=make_body("BO-B"))
    moved_on(duty(make_instrument(in_force_on=DAY), cast, subject_vi="Ba"), cast, drafting_on=DAY)
    with django_assert_num_queries(6):
        found = board(cast["quang"], DAY)
    assert (found.missing, dict(found.counts)[DebtState.NOT_DRAFTED]) == (3, 2)
    assert found.called[0].instrument == law
    assert set(told(cast, body=ministry)) == {"Một", "Ba"}
    assert set(told(cast, state=DebtState.NOT_SUBMITTED)) == {"Ba"}
    assert set(told(cast, q="hai")) == {"Hai"}


def test_what_cannot_be_is_refused_by_name(law, cast):
    for terms, field in (
        ({"articles": "Điều"}, "articles"),
        ({"drafting_on": date(2027, 1, 1)}, "drafting_on"),
        ({"issue_by": DAY, "issue_within": 5}, "__all__"),
    ):
        with pytest.raises(ValidationError) as refused:
            duty(law, cast, **terms)
        assert list(refused.value.message_dict) == [field]
    row = duty(law, cast)
    for progress, field in (
        ({"drafting_on": date(2026, 3, 20), "submitted_on": date(2026, 3, 10)}, "__all__"),
        ({"answered_by": make_instrument(signed_on=None, in_force_on=None)}, "answered_by"),
        ({"answered_by": law}, "__all__"),
    ):
        with pytest.raises(ValidationError) as refused:
            moved_on(DetailingDuty.objects.get(pk=row.pk), cast, **progress)
        assert list(refused.value.message_dict) == [field]


def test_who_may_not_is_refused_and_who_is_late_is_told(law, cast):
    row = duty(law, cast)
    with pytest.raises(PermissionDenied):
        moved_on(row, cast, by="minh", drafting_on=DAY)
    with pytest.raises(PermissionDenied):
        legal_debt.change(row, by=cast["lan"], at=noon(DAY), version=row.version, issue_by=DAY)
    legal_debt.change(row, by=cast["quang"], at=noon(DAY), version=row.version, issue_by=DAY)
    with pytest.raises(Stale):
        legal_debt.change(row, by=cast["quang"], at=noon(DAY), version=1, issue_by=FORCE)
    row.refresh_from_db()
    assert (row.issue_by, row.version) == (DAY, 2)
