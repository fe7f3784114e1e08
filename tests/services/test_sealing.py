"""The chain of the history: contiguous, kept by triggers, and any alteration named by its first number."""

import logging
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.builders import START, make_body, make_cell, make_task, make_user, noon
from tracker.boards.audit import Fault, verify
from tracker.choices import Duty, Role
from tracker.models import Cadre, ChainHead, Event, EventPersons, seals
from tracker.rules.sealing import GENESIS, Head
from tracker.rules.sealing import START as EMPTY
from tracker.services import bodies, history, sealing

pytestmark = pytest.mark.django_db
AT = noon(START)


def sql(text, *params):
    with connection.cursor() as cursor:
        cursor.execute(text, params)


@pytest.fixture
def sealed():
    """A chain of some events; the task that they are about."""
    task = make_task()
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    assert sealing.seal() == Event.objects.count() > 3
    return task


def numbers():
    return list(Event.objects.sealed().order_by("number").values_list("number", flat=True))


def test_numbers_are_contiguous_and_each_hash_covers_the_one_before(sealed):
    assert numbers() == list(range(1, Event.objects.count() + 1))
    audit = verify()
    assert audit.is_whole and (audit.checked, audit.end) == (len(numbers()), sealing.head())
    assert len(set(Event.objects.values_list("hash", flat=True))) == len(numbers())


def test_what_comes_later_goes_on_and_what_waits_is_not_in_the_chain(sealed):
    end = sealing.head()
    make_cell(sealed, make_body("BO-C"), Role.CONSULTED)
    assert sealing.head() == end and sealing.is_due() and verify().is_whole
    assert sealing.seal() == 1 and not sealing.is_due()
    assert sealing.head().number == end.number + 1 and verify().is_whole


def test_it_seals_batch_by_batch_and_no_more_than_asked(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 2)
    make_task()
    many = Event.objects.count()
    assert (sealing.seal(3), sealing.seal()) == (3, many - 3)
    assert numbers() == list(range(1, many + 1)) and verify().is_whole


def test_an_empty_history_is_whole():
    audit = verify()
    assert audit.is_whole and (audit.checked, audit.end) == (0, EMPTY) and EMPTY.hash == GENESIS
    assert sealing.publish(at=AT) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tracker_event SET why = 'other' WHERE number = 2",
        "UPDATE tracker_event SET why = 'other' WHERE number IS NULL",
        "UPDATE tracker_event SET hash = '' WHERE number = 2",
        "UPDATE tracker_event SET number = 99 WHERE number = 2",
        "DELETE FROM tracker_event WHERE number = 2",
        "DELETE FROM tracker_event WHERE number IS NULL",
        "UPDATE tracker_chainhead SET number = 1",
        "DELETE FROM tracker_chainhead",
        "UPDATE tracker_eventpersons SET salt = ''",
    ],
)
def test_the_database_refuses_to_alter_or_delete_what_was_written(sealed, statement):
    sealing.publish(at=AT)
    bodies.add_cadre(Cadre(code="C-1", name="Somebody"), by=None, at=AT)
    with pytest.raises(IntegrityError, match=seals.SAYS), transaction.atomic():
        sql(statement)
    assert verify().is_whole


def test_nobody_puts_in_a_sealed_event_or_replaces_one(sealed):
    row = Event.objects.sealed().first()
    columns = ", ".join(f'"{field.column}"' for field in Event._meta.concrete_fields if field.column != "id")
    with pytest.raises(IntegrityError, match=seals.SAYS), transaction.atomic():
        sql(f"INSERT INTO tracker_event ({columns}) SELECT {columns} FROM tracker_event WHERE id = {row.pk}")
    if connection.vendor == "sqlite":
        with pytest.raises(IntegrityError, match=seals.SAYS), transaction.atomic():
            sql("INSERT OR REPLACE INTO tracker_event SELECT * FROM tracker_event WHERE number IS NULL OR id = 1")
    else:
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match=seals.SAYS), transaction.atomic():
            sql("TRUNCATE tracker_event CASCADE")
    assert verify().is_whole


def test_missing_triggers_are_told_and_put_back(sealed, unguarded):
    audit = verify()
    assert not audit.is_whole and audit.finding is None and "event_stays" in audit.unguarded
    seals.install()
    assert verify().is_whole
    seals.install()
    assert seals.missing() == []


COLUMNS = {
    "why": "'other'",
    "kind": "'task.other'",
    "duty": "'editor'",
    "object_id": "'999'",
    "request_id": "'r'",
    "persons": "'p'",
    "hash": "'00'",
    '"on"': "'2020-01-01'",
    "at": "'2020-01-01 00:00:00+00:00'",
    "before": """'{"a": 1}'""",
    "after": """'{"a": 1}'""",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_an_altered_column_is_named_by_its_number(sealed, unguarded, column):
    sql(f"UPDATE tracker_event SET {column} = {COLUMNS[column]} WHERE number = 2")
    found = verify().finding
    assert (found.number, found.fault) == (2, Fault.ALTERED)
    assert str(found).startswith(f"event 2 (row {found.event_id}) does not have its hash")


def test_one_edited_byte_is_found(sealed, unguarded):
    row = Event.objects.get(number=3)
    after = {**row.after, "role": "B"} if "role" in row.after else {**row.after, "x": "y"}
    Event.objects.filter(pk=row.pk).update(after=after)
    assert verify().finding.number == 3


def test_a_deleted_event_is_named_though_the_numbers_are_closed_up(sealed, unguarded):
    sql("DELETE FROM tracker_event WHERE number = 2")
    assert (verify().finding.number, verify().finding.fault) == (2, Fault.MISSING)
    sql("UPDATE tracker_event SET number = number - 1 WHERE number = 3")
    assert (verify().finding.number, verify().finding.fault) == (2, Fault.ALTERED)


def test_two_that_were_swapped_are_named(sealed, unguarded):
    sql("UPDATE tracker_event SET number = 99 WHERE number = 2")
    sql("UPDATE tracker_event SET number = 2 WHERE number = 3")
    sql("UPDATE tracker_event SET number = 3 WHERE number = 99")
    assert (verify().finding.number, verify().finding.fault) == (2, Fault.ALTERED)


def test_an_end_that_was_cut_off_is_found_by_the_head_that_was_published(sealed, unguarded):
    kept = sealing.head()
    sealing.publish(at=AT)
    sql("DELETE FROM tracker_event WHERE number >= %s", kept.number)
    found = verify().finding
    assert (found.number, found.fault) == (kept.number, Fault.CUT_OFF)
    sql("DELETE FROM tracker_chainhead")
    assert verify().finding is None
    assert verify(kept).finding.fault == Fault.CUT_OFF


def test_a_history_that_was_written_anew_is_found_by_the_head_that_somebody_kept(sealed, unguarded):
    kept = sealing.head()
    sql("UPDATE tracker_event SET why = 'other' WHERE number = 2")
    sql("UPDATE tracker_event SET number = NULL, hash = ''")
    sealing.seal()
    assert verify().finding is None
    assert (verify(kept).finding.number, verify(kept).finding.fault) == (kept.number, Fault.REWRITTEN)


def test_the_head_is_published_once_a_day_to_a_row_and_to_the_log(sealed, caplog):
    with caplog.at_level(logging.WARNING):
        first, again = sealing.publish(at=AT), sealing.publish(at=AT)
        make_cell(sealed, make_body("BO-C"), Role.CONSULTED)
        sealing.seal()
        next_day = sealing.publish(at=AT + timedelta(days=1))
    assert again is None and (first.day, next_day.day) == (START, START + timedelta(days=1))
    assert next_day.number == first.number + 1
    lines = [record.getMessage() for record in caplog.records if record.name == "tracker.services.sealing"]
    assert lines == [f"history: head of {row.day} is {row.number}:{row.hash}" for row in (first, next_day)]
    assert ChainHead.objects.count() == 2 and verify().is_whole


def test_what_is_said_of_a_person_is_kept_apart_and_erased_without_breaking_the_chain():
    cadre = bodies.add_cadre(Cadre(code="C-1", name="Somebody", work_phone="024 1"), by=None, at=AT)
    event = Event.objects.get(kind="cadre.created")
    assert event.after == {"code": "C-1"} and len(event.persons) == 64
    assert event.of_persons.after == {"name": "Somebody", "work_address": "", "work_phone": "024 1"}
    sealing.seal()
    assert verify().is_whole
    assert history.erase_persons(cadre) == 1
    assert not EventPersons.objects.exists() and verify().is_whole


def test_two_equal_persons_make_unequal_commitments():
    for code in ("C-1", "C-2"):
        bodies.add_cadre(Cadre(code=code, name="Somebody"), by=None, at=AT)
    assert len(set(Event.objects.filter(kind="cadre.created").values_list("persons", flat=True))) == 2


def test_other_values_of_a_person_are_found():
    bodies.add_cadre(Cadre(code="C-1", name="Somebody"), by=None, at=AT)
    sealing.seal()
    seals.lift()
    EventPersons.objects.update(after={"name": "Another"})
    assert verify().finding.fault == Fault.PERSONS


def test_an_event_says_under_which_duty_and_in_which_request(sealed):
    editor = make_user("q", Duty.EDITOR, make_body("HTCT"))
    make_cell(sealed, make_body("BO-D"), Role.CONSULTED)
    with transaction.atomic():
        event = history.record("task.noted", sealed, by=editor, at=AT, on=date(2026, 1, 5), task=sealed)
    sealing.seal()
    event.refresh_from_db()
    assert (event.duty, event.number) == ("editor", sealing.head().number)
    assert verify(Head(event.number, event.hash)).is_whole
