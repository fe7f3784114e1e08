"""Rows come as the database wrote them, and both databases write the same bytes."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.db.models import JSONField, TextField, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.contract import assert_same_as_file
from tests.builders import make_body
from tracker.api.expressions import FlatObject, JsonRow, Moment, Texts, Truth, as_text
from tracker.api.resources import RESOURCES
from tracker.models import Body, Event, Flag

GOLDEN = Path(__file__).with_name("rows.ndjson")
# Ids depend on what ran before; everything else is fixed by the world.
IDS = re.compile(r'("(?:id|\w+_id)":|/urgings/|/frozen/)(\d+)')


def written(columns):
    make_body("HTCT")
    return Body.objects.annotate(row=as_text(JsonRow(columns))).values_list("row", flat=True)[0]


def canonical(text):
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def sent(client):
    for resource in RESOURCES:
        if resource.name == "changes":  # its values hold ids
            continue
        text = client.get(f"/api/v1/{resource.name}/").content.decode()
        yield resource.name, text[text.index('"results": ') + 11 : -1]


@time_machine.travel("2026-11-24T03:00:00Z", tick=False)
def test_both_databases_send_the_bytes_of_the_golden_file(hoa, world):
    lines = [f"{name} {IDS.sub(lambda found: found[1] + '#', rows)}" for name, rows in sent(hoa)]
    assert_same_as_file(GOLDEN, "\n".join(lines) + "\n")


def test_every_row_is_compact_json_with_the_declared_keys_in_order(hoa, world):
    declared = {resource.name: [member.name for member in resource.fields] for resource in RESOURCES}
    for name, text in sent(hoa):
        assert text == canonical(text)
        assert list(json.loads(text)[0]) == declared[name]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_any_text_is_written_as_python_would(db, text):
    assert written({"t": Value(text, TextField())}) == canonical(json.dumps({"t": text}))


def test_values_are_wrapped_by_type(db):
    moment = datetime(2026, 11, 23, 11, 6, 41, 999999, tzinfo=UTC)
    make_body("HTCT")
    Event.objects.create(at=moment, on=moment.date(), kind="x", object_kind="task", object_id="1")
    row = Event.objects.annotate(row=as_text(JsonRow({"at": Moment("at"), "on": Value(None, TextField())})))
    assert row.get().row == '{"at":"2026-11-23T11:06:41Z","on":null}'


@pytest.mark.parametrize(("value", "wanted"), [(True, "true"), (False, "false"), (None, "null")])
def test_truth_is_true_false_or_null(db, value, wanted):
    from django.db.models import BooleanField
    from django.db.models.functions import Cast

    assert written({"is": Truth(Cast(Value(value), BooleanField()))}) == f'{{"is":{wanted}}}'


def test_stored_json_is_written_alike(db):
    stored = {"zebra": [1, "đ", None, True], "a": "ế", "bb": None, "c": False, "n": 12, "s": 'x"\\', "e": []}
    Event.objects.create(
        at=datetime(2026, 1, 5, tzinfo=UTC), on="2026-01-05", kind="x", object_kind="task", object_id="1", after=stored
    )
    row = (
        Event.objects.annotate(row=as_text(JsonRow({"before": FlatObject("before"), "after": FlatObject("after")})))
        .get()
        .row
    )
    assert (
        row
        == '{"before":{},"after":' + json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "}"
    )


def test_lists_of_texts_keep_their_order(db):
    names = Value(["Bộ", "A"], JSONField())
    assert written({"names": Texts(names)}) == '{"names":["Bộ","A"]}'


def test_a_flag_tells_its_highest_step(hoa, world):
    flag = Flag.objects.filter(task=world.seen).get()
    flag.steps.create(number=2, due_on="2026-06-12", addressee="commission")
    assert hoa.get(f"/api/v1/flags/{flag.pk}/").json()["step"] == 2
