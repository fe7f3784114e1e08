"""What cannot be used is refused as a problem that names it, in the reader's language, and never breaks anything."""

import base64
import json

import pytest
from django.db import OperationalError

from tests.api.conftest import rows
from tracker.api import views
from tracker.api.cursors import write_cursor
from tracker.api.declaration import OLDEST

LONG = "a" * 201


def cursor(value):
    packed = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


# (path with query as it is sent, the parameter that the answer names)
HOSTILE = [
    ("tasks/?nope=1", "nope"),
    ("tasks/?format=xml", "format"),
    ("tasks/?stage__in=drafting", "stage__in"),
    ("tasks/?Stage=drafting", "Stage"),
    ("tasks/?%00=1", "\x00"),
    ("tasks/?%ED%A0%80=1", None),
    ("tasks/?stage=done", "stage"),
    ("tasks/?stage=drafting&stage=x", "stage"),
    ("tasks/?stage=", "stage"),
    ("tasks/?kind=%00", "kind"),
    ("tasks/?status=late", "status"),
    ("tasks/?level=village", "level"),
    ("tasks/?role=X", "role"),
    ("tasks/?role=a", "role"),
    ("tasks/?body=NOSUCH", "body"),
    ("tasks/?body=%00", "body"),
    ("tasks/?body=%ED%A0%80", "body"),
    ("tasks/?body=%FF%FE", "body"),
    (f"tasks/?body={LONG}", "body"),
    ("tasks/?body=BO-A&body=BO-B", "body"),
    ("tasks/?below=", "below"),
    ("tasks/?resolution=1%27%20OR%201=1", "resolution"),
    ("tasks/?parent=99999999999999999999999999", "parent"),
    ("tasks/?is_late=1", "is_late"),
    ("tasks/?is_late=True", "is_late"),
    ("tasks/?clock=tick", "clock"),
    ("tasks/?due_from=2026-02-30", "due_from"),
    ("tasks/?due_from=2026-13-01", "due_from"),
    ("tasks/?due_from=20260101", "due_from"),
    ("tasks/?due_from=0000-01-01", "due_from"),
    ("tasks/?due_to=%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "due_to"),
    ("tasks/?due_to=2026-01-01T00:00:00", "due_to"),
    ("tasks/?q=%00", "q"),
    ("tasks/?q=%ED%B0%80", "q"),
    (f"tasks/?q={LONG}", "q"),
    ("tasks/?q=%CC%81", "q"),
    ("tasks/?q=", "q"),
    ("tasks/?code=", "code"),
    ("tasks/?as_of=9999-12-31", "as_of"),
    ("tasks/?as_of=yesterday", "as_of"),
    ("tasks/?as_of=2026-06-31", "as_of"),
    ("tasks/?as_of=2026-01-01&as_of=2026-01-02", "as_of"),
    ("tasks/1/?as_of=2026-06-31", "as_of"),
    ("tasks/1/?limit=1", "limit"),
    ("tasks/?limit=0", "limit"),
    ("tasks/?limit=501", "limit"),
    ("tasks/?limit=-1", "limit"),
    ("tasks/?limit=1e2", "limit"),
    ("tasks/?limit=%D9%A1", "limit"),
    ("tasks/?limit=" + "9" * 5000, "limit"),
    ("tasks/?count=yes", "count"),
    ("tasks/?ordering=title", "ordering"),
    ("tasks/?cursor=x", "cursor"),
    ("tasks/?cursor=", "cursor"),
    ("tasks/?cursor=%00", "cursor"),
    ("tasks/?cursor=" + cursor([]), "cursor"),
    ("tasks/?cursor=" + cursor({"a": 1}), "cursor"),
    ("tasks/?cursor=" + cursor(["id", 0]), "cursor"),
    ("tasks/?cursor=" + cursor(["id", 0, "1"]), "cursor"),
    ("tasks/?cursor=" + cursor(["id", 0, True]), "cursor"),
    ("tasks/?cursor=" + cursor(["id", 2, 1]), "cursor"),
    ("tasks/?cursor=" + cursor(["id", 0, 2**63]), "cursor"),
    ("tasks/?cursor=" + cursor(["id", 0, -1]), "cursor"),
    ("tasks/?cursor=" + cursor(["id", 0, 1.5]), "cursor"),
    ("tasks/?cursor=" + cursor(["id", 0, None]), "cursor"),
    ("tasks/?cursor=" + cursor(["-id", 0, 1]), "cursor"),
    ("tasks/?cursor=" + cursor(["position", 0, 1]), "cursor"),
    ("tasks/?cursor=" + cursor([[], 0, 1]), "cursor"),
    ("tasks/?cursor=" + cursor(b"[" * 2500), "cursor"),
    ("tasks/?cursor=" + cursor(b"\xff\xff"), "cursor"),
    ("tasks/?cursor=" + "A" * 9000, "cursor"),
    ("bodies/?ordering=name&cursor=" + cursor(["name", 0, "\ud800", 1]), "cursor"),
    ("bodies/?ordering=name&cursor=" + cursor(["name", 0, "a\x00", 1]), "cursor"),
    ("flags/?ordering=since&cursor=" + cursor(["since", 0, "2026-02-30", 1]), "cursor"),
    ("flags/?ordering=since&cursor=" + cursor(["since", 0, 5, 1]), "cursor"),
    ("provisions/?parent_id=99999999999999999999", "parent_id"),
    ("provisions/?parent_id=9223372036854775808", "parent_id"),
    ("provisions/?parent_id=0", "parent_id"),
    ("provisions/?as_of=2026-01-01", "as_of"),
    ("changes/?kind=%00", "kind"),
    ("boards/four-cells/?by=cadre", "by"),
    ("boards/four-cells/?as_of=2026-06-31", "as_of"),
    ("boards/coverage/?by=body", "by"),
    ("boards/coverage/?by=provision", "resolution"),
    ("boards/coverage/?by=provision&resolution=none", "resolution"),
    ("schema/?lang=en", "lang"),
    ("?x=1", "x"),
]


@pytest.mark.parametrize(("address", "name"), HOSTILE, ids=[address[:60] for address, _name in HOSTILE])
def test_a_bad_query_is_a_400_that_names_the_parameter(hoa, address, name):
    response = hoa.get(f"/api/v1/{address}")
    body = response.json()
    assert response.status_code == 400, body
    assert response["Content-Type"] == "application/problem+json"
    assert body["type"] in ("/problems/unknown-parameter", "/problems/invalid-parameter")
    assert {"type", "title", "status", "detail", "instance", "errors"} == set(body)
    assert name is None or list(body["errors"]) == [name]


@pytest.mark.parametrize(
    "pk", ["0", "-1", "1.0", "x", "%00", "9" * 30, "9223372036854775808", "%ED%A0%80", "%D9%A1", "1%0A", "a" * 3000]
)
def test_an_id_that_cannot_be_is_not_found(hoa, pk):
    response = hoa.get(f"/api/v1/tasks/{pk}/")
    assert response.status_code == 404
    assert response.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize("address", ["nothing/", "tasks/1/x/", "%00/", "boards/", "%0A/", "remarks/"])
def test_an_address_that_is_not_there_is_a_problem_too(hoa, address):
    response = hoa.get(f"/api/v1/{address}")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_a_missing_slash_is_put_right(hoa):
    assert hoa.get("/api/v1/tasks?limit=1")["Location"] == "/api/v1/tasks/?limit=1"


def test_every_fault_is_told_at_once(hoa):
    response = hoa.get("/api/v1/tasks/", {"limit": "x", "stage": "y", "as_of": "z"})
    assert set(response.json()["errors"]) == {"limit", "stage", "as_of"}


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Unknown parameter"), ("vi", "Tham số không có"), ("fr", "Tham số không có")]
)
def test_a_problem_speaks_the_language_of_the_reader(hoa, language, title):
    response = hoa.get("/api/v1/tasks/?nope=1", headers={"Accept-Language": language})
    assert response.json()["title"] == title


def test_the_body_of_a_get_is_never_read(hoa):
    sent = {"data": b"{" * 100, "content_type": "text/xml"}
    assert hoa.generic("GET", "/api/v1/tasks/", **sent).status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("*/*", 200),
        ("text/html,*/*;q=0.8", 200),
        ("text/html", 406),
        ("text/csv", 406),
        ("\x00", 406),
    ],
)
def test_only_json_is_sent(hoa, accept, status):
    response = hoa.get("/api/v1/tasks/", headers={"Accept": accept})
    assert response.status_code == status
    assert response["Content-Type"].endswith("json")


@pytest.mark.parametrize(
    "sent", ["", "rmt_", "rmt_abc.def", "x" * 5000, "rmt_é.ü", "rmt_000000000000." + "A" * 43, "a b"]
)
def test_a_token_that_is_none_is_refused(db, client, sent):
    response = client.get("/api/v1/tasks/", headers={"Authorization": f"Bearer {sent}"})
    assert (response.status_code, response.json()["type"]) == (401, "/problems/invalid-token")


def test_too_many_parameters_are_refused(hoa):
    assert hoa.get("/api/v1/tasks/?" + "stage=drafting&" * 600).status_code == 400


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [(OperationalError("gone"), 503, "unavailable"), (RuntimeError("bug"), 500, "internal-error")],
)
def test_what_breaks_inside_tells_nothing_of_itself(hoa, monkeypatch, error, status, kind):
    def fail(*args):
        raise error

    monkeypatch.setattr(views, "read_page", fail)
    hoa.raise_request_exception = False
    response = hoa.get("/api/v1/tasks/")
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{kind}")
    assert str(error).encode() not in response.content
    assert ("Retry-After" in response) == (status == 503)


def test_search_ignores_marks_and_case_and_takes_signs_as_they_are(hoa, world):
    assert [row["code"] for row in rows(hoa, "tasks", q="CO so dân CHU")] == ["2.5"]
    assert rows(hoa, "tasks", q="100%_") == []
    assert rows(hoa, "tasks", q="a" * 200) == []


def test_a_cursor_in_the_right_form_from_nowhere_is_harmless(hoa):
    assert rows(hoa, "tasks", cursor=write_cursor(OLDEST, (2**63 - 1,))) == []
