"""Instruments and consultations by REST: what the pages can, by the same services, each change as it was read."""

import pytest

from tests.api.test_writing import act, done, made, refused, send
from tests.builders import make_body, make_instrument, make_task
from tests.working import client_of, frozen
from tracker.models import Consultation, Event, ExternalReference, Institutionalization, Instrument

now = pytest.fixture(autouse=True)(frozen)
DECREE = {"number": "61/2023/NĐ-CP", "rank": "decree", "title_vi": "Nghị định về hương ước"}


@pytest.fixture
def lan(cast):
    return client_of(cast["lan"])


@pytest.fixture
def quang(cast):
    return client_of(cast["quang"])


@pytest.fixture
def decree(lan):
    return made(lan, "instruments/", {**DECREE, "issuer": "BO-A", "external_id": "VB-61"})


def kinds_of(pk):
    rows = Event.objects.filter(object_kind="instrument", object_id=str(pk)).order_by("id")
    return list(rows.values_list("kind", flat=True))


def test_an_instrument_is_registered_changed_linked_and_ended(decree, quang):
    assert (decree["number"], decree["issuer"], decree["external_id"]) == ("61/2023/NĐ-CP", "BO-A", "VB-61")
    path = f"instruments/{decree['id']}/"
    dates = {"signed_on": "2023-08-16", "in_force_on": "2023-10-01"}
    changed = done(send(quang, path, dates, version=decree["version"], method="patch"))
    assert (changed["status"], changed["title_vi"]) == ("in_force", decree["title_vi"])
    refused(send(quang, path, dates, version=decree["version"], method="patch"), 412, "stale")
    law = make_instrument(number="10/2022/QH15")
    linked = act(quang, changed, "instruments/link/", {"other": "10/2022/qh15", "kind": "details"})
    assert [row["instrument"] for row in linked["links"]] == [law.number]
    refused(
        send(quang, f"{path}link/", {"other": law.number, "kind": "details"}, version=changed["version"]), 412, "stale"
    )
    ended = act(quang, linked, "instruments/end/", {"on": "2026-06-15", "note": "Bãi bỏ"})
    assert (ended["status"], ended["ends_on"]) == ("ended", "2026-06-15")
    wanted = ["registered", "changed", "linked", "ended"]
    told = [kind.partition(".")[2] for kind in kinds_of(decree["id"]) if kind != "external.named"]
    assert told == wanted


def test_what_leaned_on_an_instrument_goes_on_in_the_next_one(cast, lan, quang):
    task = make_task(code="2.5", levels=[("central", [])])
    old, new = (make_instrument(number=number) for number in ("1/2020/NĐ-CP", "2/2026/NĐ-CP"))
    facts = {"task": "2.5", "instrument": old.number, "level": "central", "articles": "Điều 5"}
    evidence = made(lan, "institutionalizations/", facts)
    act(client_of(cast["hoa"]), evidence, "institutionalizations/verify/")
    row = lan.get(f"/api/v1/instruments/{old.pk}/").json()
    body = {
        "on": "2026-06-15",
        "by_instrument": new.number,
        "articles": "Điều 5",
        "continued": [{"old": "Điều 5", "new": "Điều 9"}],
    }
    act(quang, row, "instruments/end/", body)
    declared = Institutionalization.objects.get(instrument=new)
    assert (declared.articles, declared.state, declared.task_id) == ("Điều 9", "declared", task.pk)
    for wrong in ([{"old": "Điều 5"}], ["Điều 5"], [{"old": "", "new": "x"}], [{"old": "a", "new": 1}], [1] * 201):
        body["continued"] = wrong
        refused(send(quang, f"instruments/{new.pk}/end/", body, version=new.version), 400, "invalid-field", "continued")


def test_a_draft_lives_until_its_signature(lan):
    draft = made(lan, "instruments/", {"rank": "decree", "title_vi": "Dự thảo"})
    assert draft["number"] == f"DT-{draft['id']}"
    row = act(lan, draft, "instruments/phase/", {"phase": "drafting", "on": "2026-05-04", "document": "45/KH-BTP"})
    assert [(phase["phase"], phase["on"]) for phase in row["phases"]] == [("drafting", "2026-05-04")]
    assert row["version"] == draft["version"] + 1
    refused(
        send(
            lan,
            f"instruments/{draft['id']}/phase/",
            {"phase": "submitted", "on": "2026-05-09"},
            version=draft["version"],
        ),
        412,
        "stale",
    )
    entry = row["phases"][0]["id"]
    better = {"entry": entry, "phase": "drafting", "on": "2026-05-05"}
    row = act(lan, row, "instruments/correct-phase/", better)
    assert [phase["on"] for phase in row["phases"]] == ["2026-05-05"]
    refused(send(lan, f"instruments/{draft['id']}/correct-phase/", better, version=row["version"]), 409, "conflict")
    none = {"entry": row["phases"][0]["id"], "phase": "drafting"}
    assert act(lan, row, "instruments/correct-phase/", none)["phases"] == []
    foreign = {"entry": 999_999, "phase": "drafting", "on": "2026-05-05"}
    version = Instrument.objects.get().version
    path = f"instruments/{draft['id']}/correct-phase/"
    refused(send(lan, path, foreign, version=version), 400, "invalid-field", "entry")


@pytest.mark.parametrize(
    ("facts", "at_fault"),
    [
        ({"number": "61 2023"}, "sure"),
        ({"rank": "circular"}, "sure"),
        ({"signed_on": "2026-06-16"}, "signed_on"),
        ({"in_force_on": "1029-01-01"}, "in_force_on"),
        ({"url": "ftp://example.org/"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"number": "a" * 81}, "number"),
        ({"number": "DT-7"}, "number"),
        ({"number": None, "signed_on": "2023-08-16"}, "number"),
        ({"sure": "yes"}, "sure"),
        ({"issuer": "NOSUCH"}, "issuer"),
    ],
)
def test_what_is_wrong_with_an_instrument_is_named(lan, facts, at_fault):
    refused(send(lan, "instruments/", {**DECREE, **facts}), 400, "invalid-field", at_fault)
    assert not Instrument.objects.exists()


def test_a_doubtful_number_is_confirmed_and_a_known_one_refused(lan, decree):
    odd = made(lan, "instruments/", {**DECREE, "number": "Quy  ước thôn 3", "rank": "convention", "sure": True})
    assert odd["number"] == "Quy ước thôn 3"
    refused(send(lan, "instruments/", {**DECREE, "number": "61/2023/nd-cp"}), 400, "invalid-field", "number")
    again = refused(send(lan, "instruments/", {**DECREE, "external_id": "VB-61"}), 409, "already-there")
    assert again["existing"].endswith(f"/instruments/{decree['id']}/")
    assert (Instrument.objects.count(), ExternalReference.objects.count()) == (2, 1)


def test_who_changes_an_instrument(decree, cast, lan):
    minh, path = client_of(cast["minh"]), f"instruments/{decree['id']}/"
    refused(send(minh, path, {"url": "https://example.org/"}, version=1, method="patch"), 403, "forbidden")
    refused(send(lan, f"{path}end/", {"on": "2026-07-01"}, version=1), 403, "forbidden")
    refused(send(client_of(cast["hoa"]), "instruments/", {**DECREE, "number": "1/2023/NĐ-CP"}), 403, "forbidden")
    assert Instrument.objects.get().version == 1


def test_instruments_come_many_at_once(lan, quang):
    rows = [{**DECREE, "number": f"{number}/2023/NĐ-CP", "external_id": f"{number}"} for number in (1, 2, 1)]
    results = send(lan, "instruments/", rows).json()["results"]
    assert [row["status"] for row in results] == [201, 201, 409]
    changes = [{"id": row["id"], "version": row["version"], "in_force_on": "2023-10-01"} for row in results[:2]]
    assert send(quang, "instruments/?atomic=true", changes, method="patch").status_code == 200
    assert set(Instrument.objects.values_list("version", flat=True)) == {2}


def test_a_consultation_is_recorded_changed_and_said_to_be_all(decree, lan):
    facts = {"opened_on": "2026-03-02", "closed_on": "2026-04-02", "people": 1840, "local": 34}
    row = made(lan, "consultations/", {"instrument": decree["number"], **facts, "external_id": "LYK-1"})
    assert (row["people"], row["ministries"], row["front_opinion"]) == (1840, None, "none")
    change = {"people": None, "local": 0, "front_opinion": "agrees", "front_number": "125/MTTW-BTT"}
    changed = done(send(lan, f"consultations/{row['id']}/", change, version=row["version"], method="patch"))
    assert (changed["people"], changed["local"], changed["closed_on"]) == (None, 0, "2026-04-02")
    refused(send(lan, f"consultations/{row['id']}/", change, version=row["version"], method="patch"), 412, "stale")
    known = lan.get(f"/api/v1/instruments/{decree['id']}/").json()
    assert [one["id"] for one in known["consultations"]] == [row["id"]]
    sure = act(lan, known, "instruments/consultations-known/", {"is_known": True})
    refused(
        send(lan, f"instruments/{decree['id']}/consultations-known/", {"is_known": True}, version=sure["version"]),
        409,
        "conflict",
    )


@pytest.mark.parametrize(
    ("facts", "at_fault"),
    [
        ({"people": -1}, "people"),
        ({"people": 10**9}, "people"),
        ({"opened_on": "2026-06-16"}, "opened_on"),
        ({"closed_on": "2026-03-01"}, "closed_on"),
        ({"summary_number": "Theo ý kiến ông A"}, "summary_number"),
        ({"summary_url": "https://a:b@example.org/"}, "summary_url"),
        ({"front_number": "125/MTTW-BTT"}, "front_opinion"),
    ],
)
def test_what_is_wrong_with_a_consultation_is_named(decree, lan, facts, at_fault):
    body = {"instrument": decree["number"], "opened_on": "2026-03-02", **facts}
    refused(send(lan, "consultations/", body), 400, "invalid-field", at_fault)
    assert not Consultation.objects.exists()


def test_who_records_a_consultation(decree, cast, lan):
    make_body("BO-B")
    body = {"instrument": decree["number"], "opened_on": "2026-03-02"}
    refused(send(client_of(cast["minh"]), "consultations/", body), 403, "forbidden")
    row = made(lan, "consultations/", body)
    change = {"closed_on": "2026-04-02"}
    path = f"consultations/{row['id']}/"
    refused(send(client_of(cast["minh"]), path, change, version=1, method="patch"), 403, "forbidden")
