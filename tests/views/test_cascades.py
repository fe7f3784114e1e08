"""The pages of cascades: looked at first, given then; units without a part; what is asked about the parts below."""

import pytest
from django.urls import reverse

from tests.builders import make_body, make_cast, make_task, noon
from tests.cascading import make_communes, make_unit
from tracker import clock
from tracker.choices import Joining, Level, Stage, Whom
from tracker.models import Body, Cascade, Task
from tracker.services import cascades

pytestmark = pytest.mark.django_db


@pytest.fixture
def today(monkeypatch):
    day = clock.local_today()
    monkeypatch.setattr(clock, "now", lambda: noon(day))
    return day


@pytest.fixture
def task(today):
    make_communes("X1", "X2")
    return make_task(code="5.7", on=today, levels=[(Level.COMMUNE, [])], accountable=make_body("BO-A"))


@pytest.fixture
def quang(client):
    cast = make_cast()
    client.cookies["django_language"] = "en"
    client.force_login(cast["quang"])
    return client


def asked(task, today, **facts):
    given = {
        "whom": "level", "level": "commune", "kind": "state", "roles": ["unit_leads", "unit_supervises"],
        "due_rule": "same", "joining": "offer", "document": "45-QĐ/TU", "on": f"{today}", "version": task.version,
    }  # fmt: skip
    return given | facts


def give(task, today, **facts):
    given = {"whom": Whom.LEVEL, "level": Level.COMMUNE, "document": "1/QĐ", "on": today} | facts
    return cascades.give(Cascade(task=task, **given), by=None, at=noon(today))


def text(response):
    return response.content.decode()


def test_it_is_looked_at_before_it_is_given(quang, task, today):
    address = reverse("cascade_new", args=[task.pk])
    assert "45-QĐ/TU" in text(quang.get(address))
    seen = quang.post(address, asked(task, today, act="look"))
    assert "2 units would get a task each" in text(seen) and not Cascade.objects.exists()
    refused = quang.post(address, asked(task, today, act="give"))
    assert refused.status_code == 409 and not Cascade.objects.exists()
    given = quang.post(address, asked(task, today, act="give", seal=seen.context["plan"].seal))
    assert given.status_code == 302
    assert sorted(task.children.values_list("code", flat=True)) == ["5.7/X1", "5.7/X2"]


def test_what_changed_since_the_look_is_shown_anew(quang, task, today):
    address = reverse("cascade_new", args=[task.pk])
    seal = quang.post(address, asked(task, today, act="look")).context["plan"].seal
    make_unit("X3", parent=Body.objects.get(code="T1"))
    again = quang.post(address, asked(task, today, act="give", seal=seal))
    assert again.status_code == 409 and "3 units would get a task each" in text(again)
    assert quang.post(address, asked(task, today, act="give", seal=again.context["plan"].seal)).status_code == 302


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"whom": "list", "listed": "X1, XX, YY"}, "No body has the code: XX, YY."),
        ({"whom": "list"}, "Name at least one body."),
        ({"whom": "level", "level": ""}, "Choose the level."),
        ({"due_rule": "working"}, "Give the number of days, from 1 to 3660."),
        ({"due_rule": "fixed"}, "Give the fixed day."),
        ({"document": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(quang, task, today, facts, sentence):
    page = quang.post(reverse("cascade_new", args=[task.pk]), asked(task, today, act="look", **facts))
    assert page.status_code == 200 and sentence in text(page)
    assert page.context["plan"] is None


def test_the_preview_names_units_in_which_nobody_can_answer(quang, task, today):
    Body.objects.filter(code="X1-UBND").update(valid_to=today)
    make_unit("X4", parent=Body.objects.get(code="T1"), head="")
    page = text(quang.post(reverse("cascade_new", args=[task.pk]), asked(task, today, act="look")))
    assert "no body of this kind" in page and "In 1 unit nobody holds the head post" in page


def test_the_task_counts_its_parts_and_names_the_late_ones(quang, task, today):
    give(task, today)
    Task.objects.filter(code="5.7/X1").update(effective_due_on="2026-01-06")
    Task.objects.filter(code="5.7/X2").update(stage=Stage.INSTITUTIONALIZED, done_on=today)
    page = quang.get(reverse("task", args=[task.pk]))
    assert "1 of 2 done" in text(page)
    assert [child.code for child in page.context["known"].late_children] == ["5.7/X1"]
    listed = quang.get(f"{reverse('task_list')}?parent=5.7&status=open_overdue")
    assert [row.code for row in listed.context["page"].rows] == ["5.7/X1"]
    assert "parent" in listed.context["form"].fields
    assert "parent" not in quang.get(reverse("task_list")).context["form"].fields


def test_units_that_came_later_are_offered_added_and_left_out(quang, task, today):
    row = give(task, today)
    Cascade.objects.update(on="2026-01-05")
    new = [make_unit(code, parent=Body.objects.get(code="T1"), since=today) for code in ("X7", "X8", "X9")]
    assert "3 units came later and have no part yet" in text(quang.get(reverse("task", args=[task.pk])))
    address = reverse("cascade", args=[row.pk])
    assert "3 units have no part" in text(quang.get(address))
    facts = {"version": 1, "joining": "offer"}
    assert quang.post(address, facts | {"act": "chosen", "units": [new[0].pk]}).status_code == 302
    assert quang.post(address, facts | {"act": "all"}).status_code == 409
    assert quang.post(address, facts | {"act": "leave_out", "units": [new[1].pk], "version": 2}).status_code == 302
    assert quang.post(address, facts | {"act": "joining", "joining": "add", "version": 3}).status_code == 302
    assert quang.post(address, facts | {"act": "all", "version": 4}).status_code == 302
    row.refresh_from_db()
    assert row.joining == Joining.ADD
    assert set(task.children.values_list("code", flat=True)) == {"5.7/X1", "5.7/X2", "5.7/X7", "5.7/X9"}
    assert "Every unit that it is for has its part." in text(quang.get(address))


def test_a_reader_sees_the_cascade_and_only_an_editor_changes_it(client, task, today):
    cast = make_cast()
    row = give(task, today)
    make_unit("X9", parent=Body.objects.get(code="T1"))
    client.force_login(cast["vinh"])
    address = reverse("cascade", args=[row.pk])
    page = client.get(address)
    assert page.status_code == 200 and "<button" not in text(page).partition("lacking-title")[2].partition("</main>")[0]
    assert client.post(address, {"act": "all", "version": 1}).status_code == 403
    assert client.get(reverse("cascade_new", args=[task.pk])).status_code == 403


def test_the_pages_ask_as_much_for_many_units_as_for_few(quang, task, today, django_assert_max_num_queries):
    row = give(task, today)
    for number in range(6):
        make_unit(f"Y{number}", parent=Body.objects.get(code="T1"))
    with django_assert_max_num_queries(16):
        quang.get(reverse("cascade", args=[row.pk]))
    with django_assert_max_num_queries(40):
        quang.post(reverse("cascade_new", args=[task.pk]), asked(task, today, act="look"))
    with django_assert_max_num_queries(51):
        quang.get(reverse("task", args=[task.pk]))


def test_withdrawing_asks_what_happens_below(quang, task, today):
    address = reverse("task_withdraw", args=[task.pk])
    assert "below" not in quang.get(address).context["form"].fields
    give(task, today)
    task.refresh_from_db()
    said = {"document": "1", "reason": "Trùng", "version": task.version}
    assert quang.post(address, said).status_code == 200
    assert quang.post(address, said | {"below": "same"}).status_code == 302
    assert set(task.children.values_list("stage", flat=True)) == {Stage.WITHDRAWN}
