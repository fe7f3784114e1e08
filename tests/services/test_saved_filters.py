"""Filters under a name: only what the queue knows, one's own or shared with the commission, in the history."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from tests.builders import make_body, make_cast, make_user, noon
from tests.working import TODAY, frozen
from tracker.choices import Duty
from tracker.errors import Stale
from tracker.models import Event, SavedFilter
from tracker.services import saved_filters

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def colleague(cast) -> User:
    return make_user("colleague", Duty.COMMISSION, make_body("BDV"), make_body("HTCT"))


def save(by, queue="reports", name="Old ones", query=None, **facts):
    return saved_filters.save(queue, name=name, query=query or {"age": "30"}, by=by, at=noon(TODAY), **facts)


def change(saved, by, **facts):
    values = {"name": saved.name, "is_shared": saved.shared_with_id is not None, **facts}
    return saved_filters.change(saved, by=by, at=noon(TODAY), **values)


def test_a_filter_is_kept_with_its_name_and_seen_by_its_owner_only(cast, colleague):
    saved = save(cast["hoa"], name="  Old \n ones ", query={"age": "30", "q": "đất đai", "level": ""})
    assert (saved.name, saved.query) == ("Old ones", {"age": "30", "q": "đất đai"})
    assert list(SavedFilter.objects.visible_to(cast["hoa"])) == [saved]
    assert not any(SavedFilter.objects.visible_to(user).exists() for user in (colleague, cast["lan"], cast["vinh"]))


@pytest.mark.parametrize("field", ["page", "pk", "task__body__path", "clock", "", "csrfmiddlewaretoken"])
def test_it_never_carries_a_field_that_the_queue_does_not_know(cast, field):
    with pytest.raises(ValidationError) as refused:
        save(cast["hoa"], query={field: "x"})
    assert "query" in refused.value.message_dict
    saved = save(cast["hoa"])
    with pytest.raises(ValidationError):
        change(saved, cast["hoa"], query={field: "x"})
    saved.refresh_from_db()
    assert saved.query == {"age": "30"}


def test_only_the_queue_of_flags_keeps_a_clock(cast):
    assert save(cast["hoa"], "overdue", query={"clock": "due", "step": "2"}).query == {"clock": "due", "step": "2"}


def test_a_shared_one_is_seen_and_changed_by_the_commission_and_read_by_its_colleagues(cast, colleague):
    saved = save(cast["hoa"], is_shared=True)
    assert saved.shared_with == make_body("BDV")
    assert saved in SavedFilter.objects.visible_to(colleague)
    far = make_user("far", Duty.COMMISSION, make_body("BDV-2"), make_body("HTCT"))
    assert not SavedFilter.objects.visible_to(far).exists()
    assert change(saved, colleague, name="Older ones").name == "Older ones"
    with pytest.raises(PermissionDenied):
        change(saved, far)
    change(saved, cast["hoa"], is_shared=False)
    assert not SavedFilter.objects.visible_to(colleague).exists()


def test_who_has_no_commission_shares_nothing_and_who_reads_no_queue_keeps_nothing(cast):
    with pytest.raises(PermissionDenied):
        save(cast["quang"], "overdue", is_shared=True)
    assert save(cast["quang"], "overdue").shared_with is None
    with pytest.raises(PermissionDenied):
        save(cast["quang"], "reports")
    with pytest.raises(PermissionDenied):
        save(cast["lan"], "overdue")


def test_a_private_one_is_nobody_elses_to_change_or_delete(cast, colleague):
    saved = save(cast["hoa"])
    with pytest.raises(PermissionDenied):
        change(saved, colleague)
    with pytest.raises(PermissionDenied):
        saved_filters.delete(saved, by=colleague, at=noon(TODAY))
    saved_filters.delete(saved, by=cast["hoa"], at=noon(TODAY))
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_is_needed_and_short(cast, name):
    with pytest.raises(ValidationError) as refused:
        save(cast["hoa"], name=name)
    assert "name" in refused.value.message_dict


def test_a_name_is_given_once_in_a_queue(cast, colleague):
    save(cast["hoa"])
    with pytest.raises(ValidationError):
        save(cast["hoa"])
    assert save(cast["hoa"], "evidence").pk and save(colleague).pk


def test_what_is_too_long_or_too_many_is_refused(cast, monkeypatch):
    with pytest.raises(ValidationError):
        save(cast["hoa"], query={"q": "x" * 301})
    monkeypatch.setattr(saved_filters, "MOST", 1)
    save(cast["hoa"])
    with pytest.raises(ValidationError):
        save(cast["hoa"], name="Another")


def test_who_was_slower_is_told(cast):
    saved = save(cast["hoa"])
    change(saved, cast["hoa"], name="First", version=1)
    with pytest.raises(Stale):
        change(saved, cast["hoa"], name="Second", version=1)
    with pytest.raises(Stale):
        saved_filters.delete(saved, by=cast["hoa"], at=noon(TODAY), version=1)
    assert SavedFilter.objects.get().name == "First"


def test_the_history_keeps_what_it_was_for_the_body_that_it_was_for(cast, colleague):
    saved = save(cast["hoa"], is_shared=True)
    change(saved, colleague, name="Older ones")
    saved_filters.delete(saved, by=cast["hoa"], at=noon(TODAY))
    events = Event.objects.filter(object_kind="savedfilter").order_by("id")
    assert [row.kind for row in events] == ["filter.saved", "filter.changed", "filter.deleted"]
    assert {row.private_to for row in events} == {make_body("BDV")}
    assert (events[1].before["name"], events[1].after["name"]) == ("Old ones", "Older ones")
    assert events[2].after["query"] == {"age": "30"}
