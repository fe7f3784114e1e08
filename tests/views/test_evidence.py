"""The pages of evidence and of the end of an instrument: they lead on, keep what was typed, name what is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.builders import make_body, make_cast, make_instrument, make_task, noon
from tests.working import TODAY, client_of, frozen, get, text
from tracker.choices import Coverage, EvidenceState, Stage
from tracker.models import Institutionalization, JointCoverage
from tracker.services import institutionalizations, scan, staleness

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
LEVELS = [("central", []), ("province", [])]
END = TODAY + timedelta(days=10)


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def task():
    return make_task(levels=LEVELS[:1], accountable=make_body("BO-A"))


def verified(task, cast, **facts):
    facts = {"level": "central", "body": make_body("BO-A"), "by": cast["lan"], "at": noon(TODAY), **facts}
    evidence = institutionalizations.declare(task, facts.pop("instrument", None) or make_instrument(), **facts)
    return institutionalizations.verify(evidence, by=cast["hoa"], at=noon(TODAY))


def post(user, address, status=302, **values):
    response = client_of(user).post(address, values)
    assert response.status_code == status, response.content.decode()[:2000]
    return response


def test_an_official_declares_an_instrument_from_the_task(cast, task):
    address = reverse("evidence_new", args=[task.pk])
    assert address in text(get(cast["lan"], "task", task.pk))
    assert address not in text(get(cast["hoa"], "task", task.pk))
    number = make_instrument(number="59/2023/NĐ-CP").number
    wrong = post(cast["lan"], address, 200, instrument=number, level="central", articles="Điều 7-5", coverage="full")
    assert set(wrong.context["form"].errors) == {"articles"} and "Điều 7-5" in text(wrong)
    post(cast["lan"], address, instrument="59/2023/nd-cp", level="central", articles="5, 6", coverage="partial")
    row = Institutionalization.objects.get()
    assert (row.instrument.number, row.coverage, row.body.code) == (number, Coverage.PARTIAL, "BO-A")


def test_a_number_that_nobody_registered_is_told(cast, task):
    address = reverse("evidence_new", args=[task.pk])
    response = post(cast["lan"], address, 200, instrument="1/2030/QH99", level="central", coverage="full")
    assert set(response.context["form"].errors) == {"instrument"}


def test_what_is_corrected_is_stale_and_says_so_until_it_is_verified_again(cast, task):
    evidence = verified(task, cast, articles="Điều 5")
    address = reverse("evidence_edit", args=[evidence.pk])
    assert address in text(get(cast["lan"], "task", task.pk))
    post(cast["lan"], address, articles="Điều 9", coverage="full", version=evidence.version)
    page = text(get(cast["hoa"], "task", task.pk))
    assert "Thay đổi sau xác nhận" in page or "Changed since verified" in page
    decide = reverse("evidence_decide", args=[evidence.pk])
    assert decide in text(get(cast["hoa"], "review_evidence"))
    evidence.refresh_from_db()
    post(cast["hoa"], decide, decision="accept", seen=staleness.hash_of(evidence), note="")
    evidence.refresh_from_db()
    task.refresh_from_db()
    assert (evidence.stale_since, task.stage) == (None, Stage.INSTITUTIONALIZED)


def test_who_was_too_late_sees_what_it_says_now_and_keeps_what_was_typed(cast, task):
    evidence = verified(task, cast, articles="Điều 5")
    facts = {"coverage": "full", "version": evidence.version}
    address = reverse("evidence_edit", args=[evidence.pk])
    post(cast["quang"], address, articles="Điều 8", **facts)
    response = post(cast["lan"], address, 409, articles="Điều 9", **facts)
    page = text(response, 409)
    assert "Điều 9" in page and ("Article 8" in page or "Điều 8" in page)
    evidence.refresh_from_db()
    assert response.context["form"]["version"].value() == str(evidence.version)


def test_the_commission_puts_parts_together(cast, task):
    parts = [verified(task, cast, coverage="partial", articles=f"Điều {number}") for number in (1, 2)]
    address = reverse("evidence_joint", args=[task.pk, "central"])
    assert address in text(get(cast["hoa"], "task", task.pk))
    shown = client_of(cast["hoa"]).get(address)
    seen = shown.context["form"].initial["seen"]
    response = post(cast["hoa"], address, 200, parts=[parts[0].pk], seen=seen)
    assert set(response.context["form"].errors) == {"parts"}
    post(cast["hoa"], address, parts=[part.pk for part in parts], seen=seen, note="Đủ")
    task.refresh_from_db()
    assert (JointCoverage.objects.get().verified_by, task.stage) == (cast["hoa"], Stage.INSTITUTIONALIZED)
    assert address not in text(get(cast["hoa"], "task", task.pk))


def test_a_part_that_changed_meanwhile_is_not_put_together(cast, task):
    parts = [verified(task, cast, coverage="partial") for _ in range(2)]
    address = reverse("evidence_joint", args=[task.pk, "central"])
    seen = client_of(cast["hoa"]).get(address).context["form"].initial["seen"]
    with staleness.changing(parts[0].instrument, by=cast["quang"], at=noon(TODAY)):
        parts[0].instrument.title_vi = "Tên khác"
        parts[0].instrument.save()
    institutionalizations.verify(parts[0], by=cast["hoa"], at=noon(TODAY))
    post(cast["hoa"], address, 409, parts=[part.pk for part in parts], seen=seen)
    assert not JointCoverage.objects.exists()


def test_the_end_of_an_instrument_is_previewed_and_then_recorded(cast, task):
    evidence = verified(task, cast, articles="Điều 6")
    new = make_instrument(in_force_on=END)
    page = text(get(cast["quang"], "instrument", evidence.instrument_id))
    address = reverse("instrument_end", args=[evidence.instrument_id])
    assert address in page and address not in text(get(cast["hoa"], "instrument", evidence.instrument_id))
    asked = {"on": f"{END:%Y-%m-%d}", "by_instrument": new.number, "continued": "Điều 5-7 -> Điều 9-11", "version": 1}
    shown = client_of(cast["quang"]).get(address, asked)
    assert shown.context["ripple"].lapsing_tasks == 1 and task.code in text(shown)
    evidence.instrument.refresh_from_db()
    assert evidence.instrument.ends_on is None
    post(cast["quang"], address, **asked)
    scan.run(END, at=noon(END))
    task.refresh_from_db()
    carried = Institutionalization.objects.get(instrument=new)
    assert (task.stage, carried.state, carried.articles) == (Stage.ASSIGNED, EvidenceState.DECLARED, "Điều 9–11")
    page = text(get(cast["hoa"], "task", task.pk))
    assert new.number in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"on": ""}, "on"),
        ({"articles": "Điều"}, "articles"),
        ({"continued": "Điều 5"}, "continued"),
        ({"continued": "Điều 5 -> Điều 6"}, "by_instrument"),
        ({"by_instrument": "1/2030/QH99"}, "by_instrument"),
        ({"on": "2019-01-01"}, "on"),
    ],
)
def test_a_wrong_end_is_told_beside_its_field_and_writes_nothing(cast, task, wrong, field):
    instrument = verified(task, cast).instrument
    address = reverse("instrument_end", args=[instrument.pk])
    typed = {"on": f"{END:%Y-%m-%d}", "version": 1, **wrong}
    assert set(post(cast["quang"], address, 200, **typed).context["form"].errors) == {field}
    assert set(client_of(cast["quang"]).get(address, typed).context["form"].errors) == {field}
    instrument.refresh_from_db()
    assert instrument.ends_on is None
