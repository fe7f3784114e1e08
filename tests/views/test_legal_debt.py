"""The pages of legal debt."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.builders import make_body, make_cast, make_instrument, make_policy
from tests.working import TODAY, client_of, frozen, get, text
from tracker.choices import Rank
from tracker.models import DetailingDuty

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)


@pytest.fixture
def cast():
    make_policy()
    return make_cast()


@pytest.fixture
def law():
    return make_instrument(rank=Rank.LAW)


def post(user, address, status=302, **values):
    response = client_of(user).post(address, values)
    assert response.status_code == status, response.status_code
    return response


def entered(law, cast, **values):
    make_body("BO-A")
    typed = {"subject_vi": "Hướng dẫn", "rank": "decree", "body": "BO-A", "issue_within": "10", "unit": "working"}
    return post(cast["quang"], reverse("detailing_new", args=[law.pk]), **{**typed, **values})


def test_the_editor_enters_it_the_body_moves_it_on_and_everybody_reads_it(law, cast):
    assert reverse("detailing_new", args=[law.pk]) in text(get(cast["quang"], "instrument", law.pk))
    entered(law, cast)
    duty = DetailingDuty.objects.get()
    page = text(get(cast["minh"], "legal_debt"))
    assert "Hướng dẫn" in page and law.number in page
    assert reverse("detailing_progress", args=[duty.pk]) in text(get(cast["lan"], "detailing", duty.pk))
    assert reverse("detailing_progress", args=[duty.pk]) not in text(get(cast["minh"], "detailing", duty.pk))
    address = reverse("detailing_progress", args=[duty.pk])
    post(cast["lan"], address, drafting_on=f"{TODAY:%Y-%m-%d}", version=1)
    assert post(cast["quang"], address, 409, version=1).context["form"]["version"].value() == "2"
    duty.refresh_from_db()
    assert duty.drafting_on == TODAY


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"body": "none"}, "body"),
        ({"articles": "Điều"}, "articles"),
        ({"task": "none"}, "task"),
        ({"rank": "x"}, "rank"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(law, cast, wrong, field):
    make_body("BO-A")
    typed = {"subject_vi": "Hướng dẫn", "rank": "decree", "body": "BO-A", "unit": "working", **wrong}
    response = post(cast["quang"], reverse("detailing_new", args=[law.pk]), 200, **typed)
    assert set(response.context["form"].errors) == {field}
    assert not DetailingDuty.objects.exists()


def test_the_editor_changes_it_and_a_filter_that_is_wrong_filters_nothing(law, cast):
    entered(law, cast)
    duty = DetailingDuty.objects.get()
    address = reverse("detailing_edit", args=[duty.pk])
    shown = client_of(cast["quang"]).get(address).context["form"].initial
    post(cast["quang"], address, **{name: value or "" for name, value in shown.items()} | {"subject_vi": "Khác"})
    assert "Khác" in text(client_of(cast["hoa"]).get("/legal-debt/?state=odd&body=none&as_of=x"))
