"""Whatever is sent in a field of an otherwise sound body is refused or taken as it is, never half, never a 5xx."""

import pytest

from tests.api.test_bulk import statuses
from tests.api.test_writing import send
from tests.api.values import HOSTILE
from tests.builders import noon
from tests.working import TODAY, client_of, frozen
from tracker.api.writing.acts import ACTS
from tracker.api.writing.bulk import with_binding
from tracker.models import Event
from tracker.services import scan

now = pytest.fixture(autouse=True)(frozen)
REFUSED = {400, 403, 404, 409, 412}


@pytest.fixture
def settled(world):
    """Nothing waits for the scan, which would come before each act."""
    scan.catch_up(TODAY, at=noon(TODAY))
    return world


@pytest.mark.parametrize("name", sorted({act.resource.name for act in ACTS}))
def test_no_value_of_any_field_breaks_anything(settled, cast, name):
    for act in ACTS:
        if act.resource.name == name:
            _attack(act, settled, cast)


def _attack(act, world, cast):
    """All values of all fields in one request; those that are no fault of form then one by one at the row, too."""
    writer = client_of(cast["quang" if "edit" in act.scopes else "hoa" if "review" in act.scopes else "lan"])
    path, sound = f"{act.resource.name}/", {item.name: item.example for item in with_binding(act).inputs}
    if not act.is_new:
        sound |= {"id": _row_of(act, world).pk, "version": 999}
    cases = [(name, value) for name in sound for value in HOSTILE]
    many = path if act.is_new or act.is_change else f"{path}{act.name}/"
    left = _in_one_request(act, writer, many, [{**sound, name: value} for name, value in cases])
    formed = [case for case, errors in zip(cases, left, strict=True) if case[0] not in errors and _is_said(case[1])]
    if not act.is_new:
        one = f"{path}{sound.pop('id')}/" + ("" if act.is_change else f"{act.name}/")
        del sound["version"]
        _one_by_one(act, writer, one, [{**sound, name: value} for name, value in formed if name in sound])


def _row_of(act, world):
    rows = act.resource.model.objects.all()
    if act.resource.name == "tasks":
        return world.seen
    return (rows.filter(task=world.seen) if hasattr(act.resource.model, "task") else rows).earliest("pk")


def _is_said(value):
    """null and a blank text stand for a field that is left out."""
    return value not in (None, "")


def _in_one_request(act, writer, path, rows):
    """Return the fields that each row was refused for."""
    before, model = Event.objects.count(), act.resource.model.objects
    there = model.count()
    odd = [{**rows[0], name: 1} for name in ("\x00", "\ud800", "a" * 5000, "__class__")]
    odd += [{}, None, 7, [], "x", {"\x00": 1}]
    response = send(writer, path, rows + odd, method=act.method, **{"Idempotency-Key": act.key.replace("/", "-")})
    found = statuses(response)
    done = [status for status in found if status not in REFUSED]
    assert set(done) <= ({201} if act.is_new else set()), act.key
    assert set(found[len(rows) :]) <= {400}
    assert model.count() == there + len(done), act.key
    assert bool(done) == (Event.objects.count() > before), act.key
    return [set(result.get("problem", {}).get("errors", {})) for result in response.json()["results"][: len(rows)]]


def _one_by_one(act, writer, path, bodies):
    """As one row: the service is asked for each, about a version that never was."""
    before = Event.objects.count()
    for body in bodies:
        response = send(writer, path, body, version=999, method=act.method)
        assert response.status_code in REFUSED, (act.key, body, response.content)
    for name in ("\x00", "\ud800", "a" * 5000, "__class__", "id", "version"):
        response = send(writer, path, {name: 1}, version=999, method=act.method)
        assert response.status_code in (400, 403), (act.key, name)
    assert Event.objects.count() == before
