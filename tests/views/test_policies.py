"""The pages of policies: read by members, drafted, simulated and applied by the editor; what was typed stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from tests.builders import make_cast, make_policy, make_task, noon
from tests.working import TODAY, client_of, frozen, get, scan_today, text
from tracker.choices import Clock
from tracker.models import Flag, Policy, PolicyLimit, PolicyStep, Recalculation
from tracker.services import policies, recalculations

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def cast() -> dict[str, User]:
    make_policy()
    return make_cast()


def post(user: User, name: str, *args: Any, status: int = 302, **values: Any) -> Any:
    response = client_of(user).post(reverse(name, args=args), values)
    assert response.status_code == status, response.content.decode()[:2000]
    return response


def default() -> Policy:
    return Policy.objects.applied().get(code="default")


def drafted(cast: dict[str, User]) -> Policy:
    post(cast["quang"], "policy_draft", default().pk)
    return Policy.objects.get(applied_at=None)


def typed(draft: Policy, **changed: Any) -> dict[str, Any]:
    """What the form of a draft holds, with some of it changed."""
    client = get(draft.author, "policy_edit", draft.pk)
    form = client.context["form"]
    values = {bound.html_name: bound.value() for bound in form}
    values = {name: getattr(value, "pk", value) for name, value in values.items()}
    return {name: value for name, value in (values | changed).items() if value is not None}


def test_the_list_says_what_each_policy_is_for(cast):
    task = make_task(code="9.9")
    make_policy(code="special", task=task, limits=[("stage", 3, "working", "assigned")])
    page = text(get(cast["lan"], "policy_list"))
    assert "All tasks" in page
    assert "Task 9.9" in page
    assert reverse("policy_new") not in page
    assert reverse("policy_new") in text(get(cast["quang"], "policy_list"))


def test_it_says_which_policy_governs_a_task_and_why(cast):
    task = make_task(code="9.9")
    make_policy(code="special", task=task, limits=[("stage", 3, "working", "assigned")])
    response = get(cast["lan"], "policy_list", task="9.9")
    rows = {row.clock: row for row in response.context["governed"]}
    assert (rows[Clock.STAGE].policy.code, rows[Clock.STAGE].days) == ("special", 3)
    assert [policy.code for policy in rows[Clock.STAGE].behind] == ["default"]
    assert rows[Clock.DUE].policy.code == "default"
    assert "more specific than" in text(response)


@pytest.mark.parametrize("code", ["nothing", "9.9"])
def test_a_task_that_one_may_not_read_is_not_known(cast, code):
    make_task(code="9.9")
    assert "No task has this code" in text(get(cast["minh"], "policy_list", task=code))


def test_an_editor_drafts_changes_simulates_and_applies(cast):
    task = make_task(on=TODAY - timedelta(days=40))
    scan_today()
    draft = drafted(cast)
    assert "may be" not in text(get(cast["quang"], "policy", draft.pk))
    post(cast["quang"], "policy_edit", draft.pk, **typed(draft, limit_stage_assigned_days=10))
    draft.refresh_from_db()
    assert draft.limits.get(clock="stage", stage="assigned").days == 10
    said = get(cast["hoa"], "policy", draft.pk, simulate="1")
    assert (said.context["simulation"].opens, said.context["simulation"].closes) == (1, 0)
    assert "BO-A" in text(said)
    assert not Recalculation.objects.filter(policy=draft).exists()
    paper = {"valid_from": f"{TODAY:%Y-%m-%d}", "document_vi": "Quyết định 12", "version": draft.revision}
    post(cast["quang"], "policy_apply", draft.pk, **paper)
    page = text(get(cast["lan"], "policy", draft.pk))
    assert "0 of 1 parts" in page
    recalculations.run_waiting(at=noon(TODAY))
    assert "have reached all tasks" in text(get(cast["lan"], "policy", draft.pk))
    assert Flag.objects.get(task=task, clock="stage", closed_on=None).policy == draft


def test_a_draft_is_read_by_who_looks_after_the_whole(cast):
    draft = drafted(cast)
    assert get(cast["lan"], "policy", draft.pk).status_code == 404
    page = text(get(cast["hoa"], "policy", draft.pk))
    assert reverse("policy_apply", args=[draft.pk]) not in page


def test_a_second_draft_leads_to_the_first(cast):
    draft = drafted(cast)
    response = post(cast["quang"], "policy_draft", default().pk)
    assert response["Location"] == reverse("policy", args=[draft.pk])


WRONG = [
    ({"limit_silence_days": "many"}, "limit_silence_days"),
    ({"step_due_1_addressee": ""}, "step_due_1_addressee"),
    ({"step_due_3_repeat": ""}, "step_due_3_repeat"),
    ({"step_due_5_repeat": "5"}, "step_due_5_offset"),
    ({"limit_review_days": "5"}, "step_review_1_offset"),
    ({"valid_from": "2199-01-01"}, "valid_from"),
]


@pytest.mark.parametrize(("change", "name"), WRONG, ids=str)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(cast, change, name):
    draft = drafted(cast)
    before = list(PolicyLimit.objects.values()), list(PolicyStep.objects.values())
    response = post(cast["quang"], "policy_edit", draft.pk, status=200, **typed(draft, **change))
    assert name in response.context["form"].errors
    assert (list(PolicyLimit.objects.values()), list(PolicyStep.objects.values())) == before


def test_who_is_late_with_a_change_is_told_and_keeps_what_was_typed(cast):
    draft = drafted(cast)
    values = typed(draft, limit_stage_assigned_days=11)
    post(cast["quang"], "policy_edit", draft.pk, **typed(draft, limit_stage_assigned_days=12))
    response = post(cast["quang"], "policy_edit", draft.pk, status=409, **values)
    assert 'value="11"' in response.content.decode()
    assert draft.limits.get(clock="stage", stage="assigned").days == 12


def test_a_day_before_today_is_refused_and_so_is_a_missing_document(cast):
    draft = drafted(cast)
    values = {"valid_from": "2026-06-14", "document_vi": "QĐ 1", "version": draft.revision}
    response = post(cast["quang"], "policy_apply", draft.pk, status=200, **values)
    assert "valid_from" in response.context["apply_form"].errors
    response = post(cast["quang"], "policy_apply", draft.pk, status=200, **{**values, "document_vi": ""})
    assert "document_vi" in response.context["apply_form"].errors


def test_a_policy_for_a_scope_is_entered_and_ended(cast):
    task = make_task(code="9.9")
    values = {"code": "own", "task": "9.9", "calendar": default().calendar_id, "snooze_max_days": 20}
    values |= {"limit_stage_assigned_days": 5, "limit_stage_assigned_unit": "working"}
    values |= {"step_stage_1_offset": 0, "step_stage_1_addressee": "holder", "step_stage_1_repeat": 5}
    post(cast["quang"], "policy_new", **values)
    draft = Policy.objects.get(code="own")
    assert draft.task == task
    policies.apply(draft, valid_from=TODAY, document_vi="QĐ 1", by=cast["quang"], at=noon(TODAY))
    later = {"on": f"{TODAY + timedelta(days=30):%Y-%m-%d}", "document": "QĐ 2"}
    post(cast["quang"], "policy_end", draft.pk, **later)
    draft.refresh_from_db()
    assert draft.valid_to == date(2026, 7, 15)
    assert "15 Jul 2026" in text(get(cast["lan"], "policy", draft.pk))


@pytest.mark.parametrize(
    ("change", "name"), [({"code": "default"}, "code"), ({"task": "none"}, "task"), ({"task": ""}, "task")]
)
def test_a_scope_that_cannot_be_is_refused(cast, change, name):
    make_task(code="9.9")
    values = {"code": "own", "task": "9.9", "calendar": default().calendar_id, "snooze_max_days": 20, **change}
    response = post(cast["quang"], "policy_new", status=200, **values)
    assert name in response.context["form"].errors
    assert not Policy.objects.filter(code="own").exists()


def test_a_draft_is_discarded(cast):
    draft = drafted(cast)
    post(cast["quang"], "policy_discard", draft.pk)
    assert not Policy.objects.filter(pk=draft.pk).exists()
    assert not PolicyLimit.objects.filter(policy_id=draft.pk).exists()


@pytest.mark.parametrize(("name", "queries"), [("policy_list", 4), ("policy", 9)])
def test_the_pages_take_as_many_queries_as_they_say(cast, name, queries, django_assert_num_queries):
    for number in range(3):
        make_policy(code=f"p{number}", task=make_task(), limits=[("stage", 3, "working", "assigned")])
    client = client_of(cast["lan"])
    with django_assert_num_queries(queries):
        client.get(reverse(name, args=[default().pk] if name == "policy" else []))
