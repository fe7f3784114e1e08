"""The pages of the history: who reads which events, in which words, and with how many queries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tests.builders import make_body, make_cast, make_instrument, make_policy, make_post, make_task, noon
from tests.working import TODAY, client_of, frozen, get, text
from tracker.boards import trail
from tracker.choices import TaskKind
from tracker.models import Cadre, ChainHead, Event, Task
from tracker.services import history, reports, sealing, tasks
from tracker.views.words import EVENT_WORDS

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
EARLIER = TODAY - timedelta(days=20)
PLACES = ("history_object", "history_values", "history_body", "history_cadre", "heads", "policy")


@pytest.fixture
def cast() -> dict[str, User]:
    return make_cast()


@pytest.fixture
def task() -> Task:
    return make_task(accountable=make_body("BO-A"))


def told(task: Task, by: User | None, *, on: date = TODAY, **facts: Any) -> Event:
    values = {"before": {"stage": "planned"}, "after": {"stage": "drafting"}, "why": "Plan issued"}
    return history.record("task.stage", task, by=by, at=noon(on), task=task, **{**values, **facts})


def of(user: User, obj: Any, name: str = "history_object", **query: Any) -> Any:
    return get(user, name, obj._meta.model_name, str(obj.pk), **query)


def test_a_row_tells_who_what_from_to_and_why(cast: dict[str, User], task: Task) -> None:
    told(task, cast["lan"])
    page = text(of(cast["lan"], task))
    for said in ("stage: Planned → Drafting", "Plan issued", str(cast["lan"]), "official", "not yet sealed"):
        assert said.lower() in page.lower(), said


def test_a_sealed_row_tells_its_number_and_the_start_of_its_hash(cast: dict[str, User], task: Task) -> None:
    event = told(task, None)
    sealing.seal()
    event.refresh_from_db()
    page = text(of(cast["lan"], task))
    assert event.hash[:12] in page and event.hash[:13] not in page and "not yet sealed" not in page


def test_a_page_in_vietnamese(cast: dict[str, User], task: Task) -> None:
    told(task, None)
    page = text(client_of(cast["lan"], "vi").get(reverse("history_object", args=["task", task.pk])))
    assert "chưa niêm phong" in page


def test_the_task_the_body_and_the_person_lead_to_their_history(cast: dict[str, User], task: Task) -> None:
    make_post(make_body("BO-A"), holder="Lan")
    cadre, instrument = Cadre.objects.get(), make_instrument()
    places = {
        ("task", task.pk): reverse("history_object", args=["task", task.pk]),
        ("instrument", instrument.pk): reverse("history_object", args=["instrument", instrument.pk]),
        ("body", "BO-A"): reverse("history_body", args=["BO-A"]),
        ("cadre", cadre.code): reverse("history_cadre", args=[cadre.code]),
    }
    for (name, key), address in places.items():
        assert f'href="{address}"' in text(get(cast["lan"], name, key))
        assert client_of(cast["lan"]).get(address).status_code == 200


def test_filters_by_kind_and_day(cast: dict[str, User], task: Task) -> None:
    told(task, None, on=EARLIER, why="Long ago")
    told(task, None, why="Just now")
    assert "Long ago" not in text(of(cast["lan"], task, on_from=TODAY.isoformat()))
    assert "Just now" not in text(of(cast["lan"], task, on_to=EARLIER.isoformat()))
    assert "Just now" in text(of(cast["lan"], task, kind="task.stage"))
    assert "No event matches" in text(of(cast["lan"], task, kind="body.created"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"kind": "nothing"}, "is not one of the choices"),
        ({"on_from": "32/13/2026"}, "There is no such day"),
        ({"on_from": "2026-05-02", "on_to": "2026-05-01"}, "The last day is before the first one."),
    ],
)
def test_a_wrong_filter_is_told_and_matches_nothing(
    cast: dict[str, User], task: Task, query: dict[str, str], said: str
) -> None:
    told(task, None)
    page = text(of(cast["lan"], task, **query))
    assert said in page and "Plan issued" not in page


def test_pages_go_on_where_the_one_before_ended(cast: dict[str, User], task: Task) -> None:
    events = [told(task, None, why=f"Reason-{number}.") for number in range(51)]
    first = text(of(cast["lan"], task))
    assert "Reason-50." in first and "Reason-0." not in first and f"before={events[1].pk}" in first
    second = text(of(cast["lan"], task, before=events[1].pk))
    assert "Reason-0." in second and "Reason-1." not in second


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²"])
def test_a_wrong_place_is_the_first_page(cast: dict[str, User], task: Task, before: str) -> None:
    told(task, None)
    assert "Plan issued" in text(of(cast["lan"], task, before=before))


def test_the_history_of_a_body_is_that_of_its_tasks_as_far_as_one_may_read(cast: dict[str, User], task: Task) -> None:
    told(task, None, why="Of A")
    told(make_task(accountable=make_body("BO-B")), None, why="Of B")
    page = text(get(cast["hoa"], "history_body", "BO-A"))
    assert "Of A" in page and "Of B" not in page
    assert "Of A" not in text(get(cast["minh"], "history_body", "BO-A"))


def test_the_history_of_a_person_is_what_they_did(cast: dict[str, User], task: Task) -> None:
    make_post(make_body("BO-A"), holder="Lan")
    cadre = Cadre.objects.get()
    User.objects.filter(pk=cast["lan"].pk).update(cadre=cadre)
    told(task, cast["lan"], why="By Lan")
    told(task, cast["hoa"], why="By Hoa")
    page = text(get(cast["vinh"], "history_cadre", cadre.code))
    assert "By Lan" in page and "By Hoa" not in page
    assert "By Lan" not in text(get(cast["minh"], "history_cadre", cadre.code))


def test_a_draft_is_told_to_its_body_only(cast: dict[str, User], task: Task) -> None:
    draft = reports.save_draft(
        task, body=make_body("BO-A"), by=cast["lan"], at=noon(TODAY), stage=task.stage, done_text="Half done"
    )
    for name in ("history_object", "history_values"):
        assert of(cast["lan"], draft, name).status_code == 200
        assert of(cast["vinh"], draft, name).status_code == 404
    assert "Half done" not in text(of(cast["vinh"], task))


@pytest.mark.parametrize("key", ["999999", "x", "1e3", "0", "²", "9" * 60])
@pytest.mark.parametrize("kind", ["task", "instrument", "flag", "nothing"])
def test_what_is_not_there_is_not_found(cast: dict[str, User], kind: str, key: str) -> None:
    for name in ("history_object", "history_values"):
        assert get(cast["vinh"], name, kind, key).status_code == 404


def test_values_as_of_a_day_and_what_differs(cast: dict[str, User], task: Task) -> None:
    told(task, None, on=EARLIER, before={}, after={"stage": "assigned", "title_en": "Same"})
    told(task, None, before={"stage": "assigned"}, after={"stage": "planned"})
    then = text(of(cast["lan"], task, "history_values", day=EARLIER.isoformat()))
    assert "Assigned" in then and "Planned" not in then and "Same" in then
    both = text(of(cast["lan"], task, "history_values", earlier=EARLIER.isoformat()))
    assert "Assigned" in both and "Planned" in both and "Same" not in both
    assert "The history of this object begins on" in both


def test_values_after_an_event_and_what_differs_between_two(cast: dict[str, User], task: Task) -> None:
    told(task, None, on=EARLIER, before={}, after={"stage": "assigned", "title_en": "Same"})
    told(task, None, before={"stage": "assigned"}, after={"stage": "planned"})
    sealing.seal()
    first, last = Event.objects.order_by("number").values_list("number", flat=True).reverse()[:2][::-1]
    then = text(of(cast["lan"], task, "history_values", number=first))
    assert "Assigned" in then and "Planned" not in then and "Same" in then and f"Event no. {first}" in then
    for query in ({"earlier_number": first}, {"earlier_number": first, "number": last}):
        both = text(of(cast["lan"], task, "history_values", **query))
        assert "Assigned" in both and "Planned" in both and "Same" not in both
    beyond = text(of(cast["lan"], task, "history_values", number=last + 1))
    assert f"The history ends at no. {last}." in beyond


def test_asking_by_number_takes_one_more_query(cast: dict[str, User], task: Task) -> None:
    told(task, cast["lan"])
    sealing.seal()
    client, place = client_of(cast["vinh"]), reverse("history_values", args=["task", task.pk])
    for query, most in (({}, 5), ({"number": 1}, 6)):
        with CaptureQueriesContext(connection) as asked:
            text(client.get(place, query))
        assert len(asked) == most


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"number": "x"}, "Write the number of an event"),
        ({"number": "0"}, "greater than or equal to 1"),
        ({"number": "9" * 30}, "less than or equal to"),
        ({"number": "1", "day": "2026-01-05"}, "Give days or numbers of events, not both."),
        ({"number": "1", "earlier_number": "1"}, "Give a number before the other one."),
        ({"day": "2999-01-01"}, "This day has not come yet."),
        ({"earlier": TODAY.isoformat()}, "Give a day before the other one."),
        ({"day": "x"}, "There is no such day"),
    ],
)
def test_a_wrong_day_is_told(cast: dict[str, User], task: Task, query: dict[str, str], said: str) -> None:
    assert said in text(of(cast["lan"], task, "history_values", **query))


def test_the_heads_are_told_with_how_to_check_them(cast: dict[str, User]) -> None:
    for number, day in ((7, EARLIER), (1042, TODAY)):
        ChainHead.objects.create(day=day, at=noon(day), number=number, hash=f"{number:064d}")
    page = text(get(cast["minh"], "history_heads"))
    assert f"verify_audit --head 1042:{1042:064d}" in page and f"{7:064d}" in page
    assert ">1035<" in page.replace(",", "")


def test_the_system_page_leads_to_the_heads(cast: dict[str, User]) -> None:
    User.objects.filter(pk=cast["quang"].pk).update(is_superuser=True)
    admin = User.objects.get(pk=cast["quang"].pk)
    assert f'href="{reverse("history_heads")}"' in text(get(admin, "system"))


@pytest.mark.parametrize("name", PLACES)
def test_the_number_of_queries_is_constant(cast: dict[str, User], task: Task, name: str) -> None:
    make_post(make_body("BO-A"), holder="Lan")
    User.objects.filter(pk=cast["lan"].pk).update(cadre=Cadre.objects.get())
    policy = make_policy()
    places = {
        "history_object": reverse("history_object", args=["task", task.pk]),
        "history_values": reverse("history_values", args=["task", task.pk]),
        "history_body": reverse("history_body", args=["BO-A"]),
        "history_cadre": reverse("history_cadre", args=[Cadre.objects.get().code]),
        "heads": reverse("history_heads"),
        "policy": reverse("history_object", args=["policy", policy.pk]),
    }
    client = client_of(cast["vinh"])
    counts = set()
    for days in (1, 3):
        for number in range(days):
            told(task, cast["lan"])
            history.record("policy.ended", policy, by=cast["lan"], at=noon(TODAY), after={"number": number})
            day = TODAY - timedelta(days=days * 10 + number)
            ChainHead.objects.create(day=day, at=noon(day), number=day.toordinal(), hash="0" * 64)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            text(client.get(places[name]))
        counts.add(len(asked))
    assert counts == {4 if name == "heads" else 5}


def test_what_hangs_on_an_object_changes_no_field_of_its_own(cast: dict[str, User], task: Task) -> None:
    told(task, None, after={"stage": "drafting", "kind": "duty"})
    tasks.link(task, make_task(), kind="depends_on", by=cast["quang"], at=noon(TODAY))
    assert "depends on" in text(of(cast["hoa"], task))
    values = text(of(cast["hoa"], task, "history_values"))
    assert "depends on" not in values
    assert str(TaskKind.DUTY.label) in values


def test_what_hangs_on_an_object_is_told_by_kinds_that_there_are() -> None:
    assert set(trail.HANGING) <= set(EVENT_WORDS)
