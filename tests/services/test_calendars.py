"""Calendars in versions: drafts, their days, lists of days, and what applying one changes."""

import threading
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from tests.builders import START, make_body, make_calendar, make_cast, make_task, noon
from tracker.boards.workdays import workdays_of
from tracker.choices import DayKind
from tracker.errors import Conflict, Stale
from tracker.models import Calendar, CalendarDay, CalendarVersion, DayOff, Event, Task
from tracker.rules.day_lists import LARGEST_BYTES, MOST_LINES
from tracker.services import calendars, clocks, days_off, recalculations

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)
FRIDAY, SUNDAY, NATIONAL_DAY = date(2026, 7, 17), date(2026, 7, 19), date(2026, 9, 2)
PAPER = {"name_vi": "Nghỉ hoán đổi", "name_en": "Swapped day off", "document": "12/TB-BNV"}
HEADS = "ngày;loại;tên;tên tiếng Anh;văn bản\n"


@pytest.fixture
def quang():
    return make_cast()["quang"]


@pytest.fixture
def draft(quang):
    return calendars.draft(make_calendar(), by=quang, at=noon(TODAY))


def add(draft, by, day=FRIDAY, kind=DayKind.OFF, **values):
    return days_off.add(draft, day=day, kind=kind, by=by, at=noon(TODAY), **{**PAPER, **values})


def apply(draft, by, *, on=TODAY, day=TODAY, **values):
    facts = {"valid_from": day, "document_vi": "12/TB-BNV", **values}
    return calendars.apply(draft, by=by, at=noon(on), **facts)


def take_in(draft, by, data, **values):
    return days_off.add_list(draft, data, by=by, at=noon(TODAY), **values)


def refused(call, *args, **values):
    """What a service says of each field."""
    with pytest.raises(ValidationError) as error:
        call(*args, **values)
    return error.value.message_dict


def local_calendar(by, code="TINH-A"):
    calendar = Calendar(code=code, name_vi="Lịch", name_en="Local", base=make_calendar(), body=make_body(code))
    return calendars.enter_local(calendar, by=by, at=noon(TODAY))


def is_working(version, day):
    return CalendarDay.objects.get(calendar=version, day=day).is_working


def test_a_draft_takes_over_years_and_days_and_counts_nothing(quang, draft):
    add(draft, quang)
    apply(draft, quang)
    second = calendars.draft(draft.calendar, by=quang, at=noon(TODAY))
    assert (second.number, second.first_year, second.last_year, second.applied_at) == (3, 2024, 2028, None)
    copied = second.days_off.get()
    assert (copied.day, copied.document) == (FRIDAY, "12/TB-BNV")
    assert not second.days.exists() and draft.days_off.count() == 1


def test_a_calendar_has_one_draft(quang, draft):
    with pytest.raises(Conflict, match="has a draft already"):
        calendars.draft(draft.calendar, by=quang, at=noon(TODAY))
    assert CalendarVersion.objects.drafts().count() == 1


def test_an_applied_draft_ends_the_version_before_and_is_written_out(quang, draft):
    before = CalendarVersion.objects.get(number=1)
    add(draft, quang)
    add(draft, quang, date(2026, 7, 25), DayKind.WORK)
    apply(draft, quang, day=date(2026, 7, 1), document_en="Notice 12")
    before.refresh_from_db()
    draft.refresh_from_db()
    assert (before.valid_to, draft.valid_from, draft.valid_to) == (date(2026, 7, 1), date(2026, 7, 1), None)
    assert (draft.author, draft.applied_at, draft.document_en) == (quang, noon(TODAY), "Notice 12")
    assert [is_working(draft, day) for day in (FRIDAY, date(2026, 7, 25))] == [False, True]
    assert is_working(before, FRIDAY)
    assert workdays_of([draft.pk])[draft.pk].days_off(TODAY, date(2026, 7, 31)) == (
        (FRIDAY, ("Swapped day off", "Nghỉ hoán đổi")),
    )


def test_every_change_is_in_the_history(quang, draft):
    edit = add(draft, quang)
    days_off.remove(edit, by=quang, at=noon(TODAY))
    add(draft, quang)
    apply(draft, quang)
    other = calendars.draft(draft.calendar, by=quang, at=noon(TODAY))
    calendars.discard(other, by=quang, at=noon(TODAY))
    kinds = Event.objects.filter(actor=quang).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == [
        "calendar.drafted",
        "calendar.day_added",
        "calendar.day_removed",
        "calendar.day_added",
        "calendar.applied",
        "calendar.drafted",
        "calendar.discarded",
    ]
    assert Event.objects.get(kind="calendar.discarded").before["days"] == ["2026-07-17 off"]


def test_tasks_count_by_the_new_version_from_its_day(quang, draft):
    task = make_task(on=date(2026, 6, 8))
    before = task.stage_limit_on
    add(draft, quang)
    apply(draft, quang, day=date(2026, 6, 22))
    recalculations.run_waiting(at=noon(TODAY))
    task.refresh_from_db()
    assert task.next_check_on <= date(2026, 6, 22)
    clocks.settle(Task.objects.all(), through=date(2026, 6, 22), at=noon(date(2026, 6, 22)))
    task.refresh_from_db()
    assert task.stage_limit_on == before + timedelta(days=1)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"day": TODAY - timedelta(days=1)}, "valid_from"),
        ({"day": None}, "valid_from"),
        ({"day": date(2029, 1, 1)}, "valid_from"),
        ({"document_vi": " "}, "document_vi"),
        ({"document_vi": "x" * 301}, "document_vi"),
    ],
)
def test_a_wrong_day_or_no_document_applies_nothing(quang, draft, values, field):
    add(draft, quang)
    assert list(refused(apply, draft, quang, **values)) == [field]
    assert CalendarVersion.objects.drafts().get() and not CalendarDay.objects.filter(calendar=draft).exists()
    assert CalendarVersion.objects.get(number=1).valid_to is None


def test_a_version_begins_after_the_one_before(quang, draft):
    add(draft, quang)
    apply(draft, quang, day=date(2026, 7, 1))
    second = calendars.draft(draft.calendar, by=quang, at=noon(TODAY))
    add(second, quang, date(2026, 7, 20))
    assert list(refused(apply, second, quang, day=date(2026, 7, 1))) == ["valid_from"]
    apply(second, quang, day=date(2026, 7, 2))


def test_a_draft_that_changes_nothing_is_not_applied(quang, draft):
    assert "changes nothing" in refused(apply, draft, quang)["days"][0]


@pytest.mark.parametrize(
    ("day", "kind", "words"),
    [
        (SUNDAY, DayKind.OFF, "19 Jul 2026 is a weekend day"),
        (FRIDAY, DayKind.WORK, "17 Jul 2026 is worked anyway"),
        (date(2029, 1, 2), DayKind.OFF, "holds the years 2024 to 2028"),
        (date(2023, 12, 29), DayKind.OFF, "holds the years 2024 to 2028"),
    ],
)
def test_a_day_that_changes_nothing_or_lies_outside_is_refused(quang, draft, day, kind, words):
    assert words in refused(add, draft, quang, day, kind)["day"][0]
    assert not draft.days_off.exists()


def test_a_day_is_in_a_draft_once(quang, draft):
    add(draft, quang)
    assert "is in the draft already, as “Swapped day off”" in refused(add, draft, quang, kind=DayKind.WORK)["day"][0]


@pytest.mark.parametrize("field", ["name_vi", "name_en", "document"])
def test_a_day_has_names_and_its_document(quang, draft, field):
    assert list(refused(add, draft, quang, **{field: " "})) == [field]


def test_a_swapped_day_that_is_known_is_given_its_document(quang, draft):
    add(draft, quang, date(2026, 8, 31))
    add(draft, quang, date(2026, 8, 22), DayKind.WORK)
    apply(draft, quang)
    day = CalendarDay.objects.get(calendar=draft, day=date(2026, 8, 31))
    assert (day.is_working, day.name_en) == (False, "Swapped day off")


def test_a_public_holiday_is_worked_when_a_document_says_so(quang, draft):
    add(draft, quang, NATIONAL_DAY, DayKind.WORK)
    apply(draft, quang)
    assert is_working(draft, NATIONAL_DAY)


def test_a_removed_day_is_what_its_weekday_says(quang, draft):
    edit = add(draft, quang)
    add(draft, quang, date(2026, 7, 20))
    days_off.remove(edit, by=quang, at=noon(TODAY))
    apply(draft, quang)
    assert (is_working(draft, FRIDAY), is_working(draft, date(2026, 7, 20))) == (True, False)
    with pytest.raises(Conflict, match="applied by now"):
        days_off.remove(draft.days_off.get(), by=quang, at=noon(TODAY))


def test_a_day_that_somebody_removed_is_gone(quang, draft):
    edit = add(draft, quang)
    twin = DayOff.objects.get(pk=edit.pk)
    days_off.remove(edit, by=quang, at=noon(TODAY))
    with pytest.raises(Conflict, match="removed by now"):
        days_off.remove(twin, by=quang, at=noon(TODAY))


@pytest.mark.parametrize("head", [HEADS, "document;name_en;name_vi;kind;day\n"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_list_is_taken_in(quang, draft, head, separator, mark):
    days = [("17/07/2026", "nghỉ"), ("2026-07-25", "work"), ("3/8/2026", "Ngày nghỉ")]
    rows = [[day, kind, "Nghỉ hoán đổi", "Swapped", "12/TB-BNV"] for day, kind in days]
    rows = rows if head == HEADS else [row[::-1] for row in rows]
    text = "\r\n".join(separator.join(row) for row in [head.strip().split(";"), *rows])
    edits = take_in(draft, quang, (mark + text).encode())
    assert [(edit.day, edit.kind) for edit in draft.days_off.all()] == [
        (FRIDAY, "off"),
        (date(2026, 7, 25), "work"),
        (date(2026, 8, 3), "off"),
    ]
    assert {(edit.name_vi, edit.document) for edit in edits} == {("Nghỉ hoán đổi", "12/TB-BNV")}
    assert Event.objects.filter(kind="calendar.day_added").count() == 3


def test_a_cell_with_the_separator_stands_in_quotes(quang, draft):
    take_in(draft, quang, 'day,kind,name_vi,name_en,document\n\n17/07/2026,off,a,b,"12/TB-BNV, 4/5/2026"\n\n')
    assert draft.days_off.get().document == "12/TB-BNV, 4/5/2026"


def test_a_list_with_errors_takes_in_nothing_and_names_them_all(quang, draft):
    add(draft, quang)
    lines = [
        "31/02/2026;nghỉ;a;b;c",
        "20/07/2026;holiday;a;;c",
        "17/07/2026;nghỉ;a;b;c",
        "19/07/2026;nghỉ;a;b;c",
        "21/07/2026;nghỉ;a;b;c",
        "21/07/2026;nghỉ;a;b;c",
        "01/01/2040;nghỉ;a;b;c",
        f"22/07/2026;nghỉ;{'x' * 201};b;c",
        "23/07/2026;nghỉ;a;b;c;d",
    ]
    told = refused(take_in, draft, quang, HEADS + "\n".join(lines))["file"]
    expected = [
        "Line 2, column “ngày”: “31/02/2026” is no day",
        "Line 3, column “tên tiếng Anh”: This cell is empty",
        "Line 3, column “loại”: “holiday” is no kind",
        "Line 4, column “ngày”: 17 Jul 2026 is in the draft already",
        "Line 5, column “ngày”: 19 Jul 2026 is a weekend day",
        "Line 7, column “ngày”: This day stands in line 6 already",
        "Line 8, column “ngày”: This calendar holds the years 2024 to 2028",
        "Line 9, column “tên”: This text is longer than 200",
        "Line 10: More cells than heads",
    ]
    assert [said for said, start in zip(told, expected, strict=True) if not said.startswith(start)] == []
    assert draft.days_off.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (HEADS, "There is no day below the heads"),
        (HEADS.encode("utf-16"), "not in UTF-8"),
        (HEADS.encode() + b"\xff", "not in UTF-8"),
        (HEADS + "\x00", "signs that are no text"),
        (HEADS + '"17/07/2026;nghỉ;a;b;c', "quotes"),
        ("x" * (LARGEST_BYTES + 1), "larger than 256 KB"),
        (HEADS + "a\n" * (MOST_LINES + 1), "more than 1000 lines"),
        ("ngày;loại;tên;tên tiếng Anh\n", "add one with the head “văn bản” or “document”"),
        (HEADS.replace("văn bản", "ghi chú"), "column “ghi chú”: This head is not known"),
        (HEADS.replace("văn bản", "day"), "Two columns mean the same"),
    ],
)
def test_a_file_that_is_no_list_is_refused(quang, draft, data, words):
    assert any(words in text for text in refused(take_in, draft, quang, data)["file"])


def test_of_two_who_change_a_draft_the_second_one_is_told(quang, draft):
    seen = draft.version
    edit = add(draft, quang, version=seen)
    late = {"by": quang, "at": noon(TODAY), "version": seen}
    changes = [
        lambda: add(draft, quang, date(2026, 7, 20), version=seen),
        lambda: days_off.remove(edit, **late),
        lambda: take_in(draft, quang, HEADS, version=seen),
        lambda: apply(draft, quang, version=seen),
        lambda: calendars.discard(draft, **late),
    ]
    for change in changes:
        with pytest.raises(Stale):
            change()
    assert draft.days_off.count() == 1


def test_a_discarded_draft_leaves_the_calendar_as_it_was(quang, draft):
    add(draft, quang)
    twin = CalendarVersion.objects.get(pk=draft.pk)
    calendars.discard(draft, by=quang, at=noon(TODAY))
    assert CalendarVersion.objects.get().number == 1 and not DayOff.objects.exists()
    with pytest.raises(Conflict, match="discarded by now"):
        apply(twin, quang)


@pytest.mark.parametrize("name", ["hoa", "vinh", "lan"])
def test_only_the_editor_keeps_the_calendar(name):
    cast = make_cast()
    draft = calendars.draft(make_calendar(), by=cast["quang"], at=noon(TODAY))
    edit, other = add(draft, cast["quang"]), cast[name]
    who = {"by": other, "at": noon(TODAY)}
    changes = [
        lambda: calendars.draft(draft.calendar, **who),
        lambda: local_calendar(other),
        lambda: add(draft, other, date(2026, 7, 20)),
        lambda: days_off.remove(edit, **who),
        lambda: take_in(draft, other, HEADS),
        lambda: apply(draft, other),
        lambda: calendars.discard(draft, **who),
    ]
    for change in changes:
        with pytest.raises(PermissionDenied):
            change()


def test_a_local_calendar_counts_from_the_day_of_its_first_version(quang):
    make_task()
    draft = local_calendar(quang)
    add(draft, quang)
    theirs = make_task(accountable=draft.calendar.body, on=date(2026, 6, 8))
    before = theirs.stage_limit_on
    apply(draft, quang)
    recalculations.run_waiting(at=noon(TODAY))
    clocks.settle(Task.objects.all(), through=TODAY, at=noon(TODAY))
    theirs.refresh_from_db()
    assert theirs.stage_limit_on == before + timedelta(days=1)
    assert (draft.number, draft.first_year, draft.last_year) == (1, 2024, 2028)


def test_a_local_calendar_adds_to_a_national_one_and_a_body_has_one(quang):
    first = local_calendar(quang).calendar
    nested = Calendar(code="X", name_vi="a", name_en="b", base=first, body=make_body("X"))
    again = Calendar(code="Y", name_vi="a", name_en="b", base=make_calendar(), body=first.body)
    alone = Calendar(code="Z", name_vi="a", name_en="b")
    fields = [list(refused(calendars.enter_local, one, by=quang, at=noon(TODAY))) for one in (nested, again, alone)]
    assert fields == [["base"], ["body"], ["base"]]
    assert list(refused(local_calendar, quang)) in (["body"], ["code"])


def test_a_local_day_that_the_base_says_already_is_refused(quang, draft):
    add(draft, quang)
    apply(draft, quang)
    local = local_calendar(quang)
    assert "is off already, as “Swapped day off”" in refused(add, local, quang)["day"][0]
    assert "is off already, as “National Day”" in refused(add, local, quang, NATIONAL_DAY)["day"][0]


def test_local_calendars_follow_their_base_from_the_same_day(quang, draft):
    local = local_calendar(quang)
    add(local, quang, date(2026, 7, 20), name_en="Local day")
    apply(local, quang)
    waiting = calendars.draft(local.calendar, by=quang, at=noon(TODAY))
    add(draft, quang)
    apply(draft, quang, day=date(2026, 7, 1), document_en="Notice 12")
    first, second = local.calendar.versions.applied().order_by("valid_from")
    assert (first.valid_to, second.valid_from, second.number) == (date(2026, 7, 1), date(2026, 7, 1), 2)
    assert (second.document_en, second.days_off.get().name_en) == ("Notice 12", "Local day")
    assert [is_working(second, day) for day in (FRIDAY, date(2026, 7, 20))] == [False, False]
    assert is_working(first, FRIDAY)
    waiting.refresh_from_db()
    assert waiting.number == 3


def test_a_local_version_that_begins_later_is_written_anew(quang, draft):
    local = local_calendar(quang)
    add(local, quang, date(2026, 8, 3))
    apply(local, quang, day=date(2026, 8, 1))
    add(draft, quang)
    apply(draft, quang, day=date(2026, 7, 1))
    only = local.calendar.versions.get()
    assert (only.valid_from, is_working(only, FRIDAY)) == (date(2026, 8, 1), False)


def test_the_system_itself_may_apply_a_version_in_the_past(draft):
    add(draft, None)
    apply(draft, None, day=START)
    assert draft.valid_from == START


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["draft", "apply"])
def test_of_two_at_once_one_wins(act):
    quang, calendar, results = make_cast()["quang"], make_calendar(), []
    draft = calendars.draft(calendar, by=quang, at=noon(TODAY)) if act == "apply" else None
    if draft:
        add(draft, quang)
    barrier = threading.Barrier(2)

    def run():
        barrier.wait()
        try:
            if act == "draft":
                calendars.draft(calendar, by=quang, at=noon(TODAY))
            else:
                apply(CalendarVersion.objects.get(pk=draft.pk), quang)
            results.append("done")
        except Conflict:
            results.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == ["conflict", "done"]
    assert CalendarVersion.objects.count() == 2
