"""A task given to many units in one act: the same rows as one after the other would give."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests.builders import (
    START,
    make_body,
    make_calendar,
    make_cast,
    make_cell,
    make_provision,
    make_task,
    noon,
)
from tests.cascading import make_communes, make_unit
from tracker import clock, jobs
from tracker.boards.audit import verify
from tracker.boards.cascades import missing, standing
from tracker.boards.lint import lint
from tracker.choices import BodyKind, DayKind, DueRule, Joining, Level, PartRole, Rank, Role, Stage, Whom
from tracker.errors import Conflict, Stale
from tracker.models import Body, Calendar, Cascade, Event, Flag, Responsibility, Task
from tracker.services import calendars, cascades, clocks, days_off, parts, recalculations, sealing, tasks

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
AT = noon(TODAY)
UNIT_ROLES = [PartRole.UNIT_LEADS, PartRole.UNIT_SUPERVISES]
CELLS = ("task__code", "role", "body__code", "post__code", "valid_from", "legal_basis")
OWN = {"id", "code", "title_vi", "title_en", "folded", "recorded_at", "version", "position"}


def make_parent(**facts):
    levels = [(Level.COMMUNE, [Rank.COMMUNE_DOCUMENT]), (Level.CENTRAL, [])]
    given = {"code": "5.7", "due_on": date(2026, 12, 31), "due_text": "Năm 2026", "levels": levels} | facts
    return make_task(accountable=make_body("BO-A"), **given)


def cascade_of(task, **facts):
    given = {"whom": Whom.LEVEL, "level": Level.COMMUNE, "roles": UNIT_ROLES, "document": "45-QĐ/TU", "on": TODAY}
    return Cascade(task=task, **given | facts)


def give(task, *, by=None, at=AT, listed=(), left_out=(), seal="", version=None, **facts):
    return cascades.give(
        cascade_of(task, **facts), listed=listed, left_out=left_out, seal=seal, by=by, at=at, version=version
    )


def codes(task):
    return sorted(task.children.values_list("code", flat=True))


def lacking(cascade, day=TODAY):
    found = missing(standing(Task.objects.all()), day)[cascade.pk]
    return [one.unit.code for one in found.never], [one.unit.code for one in found.joined]


def test_each_unit_of_the_level_gets_a_part_with_its_own_body_post_and_deadline():
    make_communes("X1", "X2")
    task = make_parent(provision=make_provision(make_task().resolution))
    give(task)
    assert codes(task) == ["5.7/X1", "5.7/X2"]
    part = Task.objects.get(code="5.7/X1")
    same = ("resolution_id", "provision_id", "kind", "due_on", "due_text", "position")
    assert [getattr(part, name) for name in same] == [getattr(task, name) for name in same]
    assert (part.stage, part.assigned_on, part.original_due_on) == (Stage.ASSIGNED, TODAY, task.due_on)
    assert part.title_vi == f"{task.title_vi} – Cơ quan X1-UBND"
    assert [(row.level, row.accepted_ranks) for row in part.levels.all()] == [(Level.COMMUNE, [Rank.COMMUNE_DOCUMENT])]
    cells = part.responsibilities.order_by("role").values_list("role", "body__code", "post__code", "legal_basis")
    assert list(cells) == [
        ("A", "X1-UBND", "head", "45-QĐ/TU"),
        ("L", "X1-DU", None, "45-QĐ/TU"),
        ("S", "X1-MT", None, "45-QĐ/TU"),
    ]


def _one_by_one(task, unit, code):
    """What an editor would enter for a unit, through the services for one task."""
    body = Body.objects.get(code=f"{unit}-UBND")
    part = Task(
        code=code, parent=task, resolution=task.resolution, title_vi=f"{task.title_vi} – {body.name_vi}",
        title_en=f"{task.title_en} – {body.name_en}", assigned_on=TODAY, due_on=task.due_on, due_text=task.due_text,
    )  # fmt: skip
    places = ((Role.ACCOUNTABLE, body), (Role.LEADS, Body.objects.get(code=f"{unit}-DU")))
    places += ((Role.SUPERVISES, Body.objects.get(code=f"{unit}-MT")),)
    cells = [
        Responsibility(
            body=place, role=role, valid_from=TODAY, legal_basis="45-QĐ/TU",
            post=place.posts.first() if role == Role.ACCOUNTABLE else None,
        ) for role, place in places
    ]  # fmt: skip
    return tasks.create(part, levels=[(Level.COMMUNE, [Rank.COMMUNE_DOCUMENT])], cells=cells, by=None, at=AT)


def _columns(task):
    task.refresh_from_db()
    return {field.name: getattr(task, field.attname) for field in Task._meta.concrete_fields if field.name not in OWN}


def test_a_part_is_what_the_services_for_one_task_would_have_made():
    make_communes("X1", "X2", "X3", head="An")
    make_unit("X4", parent=Body.objects.get(code="T1"), head="")
    make_unit("X5", parent=Body.objects.get(code="T1"), head=None)
    task = make_parent()
    by_hand = [_one_by_one(task, unit, f"H/{unit}") for unit in ("X1", "X2", "X4", "X5")]
    Task.objects.filter(pk__in=[part.pk for part in by_hand]).update(parent=None)
    give(task)
    for alone in by_hand:
        part = Task.objects.get(code=alone.code.replace("H/", "5.7/"))
        assert _columns(part) | {"parent": None} == _columns(alone)
        assert part.folded.split(" ", 1)[1] == alone.folded.split(" ", 1)[1]
        mine = [(row[0], row[2:]) for row in _events(part)]
        assert mine == [(row[0], row[2:]) for row in _events(alone)]
        assert _changes(part) == _changes(alone)


def _events(task):
    """Kind, object, day, duty and values of what the history says, without keys of rows and the code."""
    rows = task.events.order_by("id").values_list("kind", "object_id", "object_kind", "on", "duty", "before", "after")
    gone = ("code", "parent")
    return [(*row[:-1], {name: value for name, value in row[-1].items() if name not in gone}) for row in rows]


def _changes(task):
    return list(task.stage_changes.values_list("from_stage", "to_stage", "on", "recorded_at", "reason", "by"))


@pytest.mark.parametrize("head", ["An", "", None])
@pytest.mark.parametrize("days", [3, 200])
def test_clocks_wound_again_say_the_same(head, days):
    """Also where a reminder falls on the very day of the act, so that the parts have flags."""
    make_communes("X1", "X2", "X3", head=head)
    task = make_parent()
    give(task, due_rule=DueRule.CALENDAR, due_days=days)
    before = list(task.children.order_by("code").values())
    flags = Flag.objects.count()
    clocks.wind([row["id"] for row in before], at=AT)
    assert list(task.children.order_by("code").values()) == before
    assert Flag.objects.count() == flags


def test_a_back_dated_act_finds_what_is_late_by_now():
    make_communes("X1", "X2")
    task = make_parent()
    give(task, on=date(2026, 1, 6), due_rule=DueRule.CALENDAR, due_days=10)
    late = Flag.objects.filter(task__parent=task, clock="due", since=date(2026, 1, 17))
    assert late.count() == 2
    with pytest.raises(ValidationError) as refused:
        give(task, on=START - timedelta(days=1))
    assert "on" in refused.value.message_dict


@pytest.mark.parametrize(
    ("facts", "due_on"),
    [
        ({"due_rule": DueRule.SAME}, date(2026, 12, 31)),
        ({"due_rule": DueRule.FIXED, "due_on": date(2026, 6, 30)}, date(2026, 6, 30)),
        ({"due_rule": DueRule.CALENDAR, "due_days": 30}, date(2026, 4, 1)),
        ({"due_rule": DueRule.WORKING, "due_days": 5}, date(2026, 3, 9)),
    ],
)
def test_a_deadline_follows_its_rule(facts, due_on):
    make_communes("X1")
    task = make_parent()
    give(task, **facts)
    assert task.children.get().due_on == due_on


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"due_rule": DueRule.FIXED, "due_on": date(2026, 3, 1)}, "due_rule"),
        ({"due_rule": DueRule.FIXED}, "due_on"),
        ({"due_rule": DueRule.WORKING}, "due_days"),
        ({"due_rule": DueRule.WORKING, "due_days": 3000}, "due_days"),
        ({"due_rule": DueRule.CALENDAR, "due_days": 3000}, "due_rule"),
        ({"level": ""}, "__all__"),
        ({"whom": Whom.KIND}, "__all__"),
        ({"whom": Whom.LIST}, "listed"),
        ({"level": Level.DISTRICT}, "whom"),
        ({"kind": BodyKind.GROUP}, "kind"),
        ({"roles": ["boss"]}, "roles"),
        ({"on": date(2026, 3, 3)}, "on"),
        ({"document": ""}, "document"),
        ({"level": "moon"}, "level"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_writes_nothing(facts, field):
    make_communes("X1")
    task = make_parent()
    with pytest.raises(ValidationError) as refused:
        give(task, **facts)
    assert field in refused.value.message_dict
    assert (Cascade.objects.count(), task.children.count()) == (0, 0)


@pytest.mark.parametrize("stage", [Stage.SUSPENDED, Stage.WITHDRAWN])
def test_a_task_that_is_not_owed_now_is_not_given_on(stage):
    make_communes("X1")
    task = make_parent()
    if stage == Stage.SUSPENDED:
        tasks.suspend(task, until=TODAY + timedelta(days=9), reason="Luật sửa", document="1-QĐ", by=None, at=AT)
    else:
        tasks.withdraw(task, reason="Trùng", document="1-QĐ", by=None, at=AT)
    with pytest.raises(ValidationError):
        give(task)


def test_a_standing_duty_gives_standing_duties():
    make_communes("X1")
    task = make_parent(kind="standing", due_on=None, due_text="Thường xuyên")
    with pytest.raises(ValidationError):
        give(task, due_rule=DueRule.CALENDAR, due_days=9)
    give(task)
    part = task.children.get()
    assert (part.kind, part.due_on, part.due_text) == ("standing", None, "Thường xuyên")


def test_every_body_of_a_kind_answers_itself():
    for code, words in (("BO-B", "Bộ thứ hai"), ("BO-C", "Bộ thứ ba"), ("CQ-D", "Cục thuế")):
        make_body(code, name_vi=words)
    make_body("DANG", kind=BodyKind.PARTY)
    task = make_parent()
    give(task, whom=Whom.KIND, kind=BodyKind.STATE, level=Level.CENTRAL, words="bộ thứ")
    assert codes(task) == ["5.7/BO-B", "5.7/BO-C"]


def test_a_chosen_list_takes_units_and_bodies_as_they_are_named():
    [unit, *_others] = make_communes("X1", "X2")
    task = make_parent()
    give(task, whom=Whom.LIST, level="", listed=[unit, make_body("BO-B")])
    answers = Responsibility.objects.filter(task__parent=task, role=Role.ACCOUNTABLE)
    assert set(answers.values_list("task__code", "body__code")) == {("5.7/X1", "X1-UBND"), ("5.7/BO-B", "BO-B")}


def test_only_what_lies_below_a_body_and_is_not_left_out():
    [first, _second] = make_communes("X1", "X2")
    make_unit("Y1", parent=make_unit("T2", Level.PROVINCE))
    task = make_parent()
    give(task, below=Body.objects.get(code="T1"), left_out=[first])
    assert codes(task) == ["5.7/X2"]
    with pytest.raises(ValidationError) as refused:
        give(task, whom=Whom.LIST, level="", listed=[first], left_out=[first])
    assert "left_out" in refused.value.message_dict


def test_whoever_answers_does_not_watch_itself():
    make_communes("X1")
    task = make_parent()
    roles = [PartRole.GIVER_SUPERVISES, PartRole.GIVER_INFORMED, PartRole.GIVER_LEADS]
    make_cell(task, make_body("DANG", kind=BodyKind.PARTY), Role.LEADS)
    give(task, whom=Whom.LIST, level="", listed=[make_body("BO-A"), Body.objects.get(code="X1")], roles=roles)
    cells = Responsibility.objects.filter(task__parent=task).exclude(role="A").order_by("task__code", "role")
    assert list(cells.values_list("task__code", "role", "body__code")) == [
        ("5.7/BO-A", "L", "DANG"),
        ("5.7/X1", "I", "BO-A"),
        ("5.7/X1", "L", "DANG"),
        ("5.7/X1", "S", "BO-A"),
    ]


def test_the_preview_tells_who_is_left_out_and_what_is_missing():
    make_communes("X1", "X2", "X3")
    make_unit("X4", parent=Body.objects.get(code="T1"), head="")
    make_body("X2-TV", kind=BodyKind.STATE, level=Level.COMMUNE, parent=Body.objects.get(code="X2"))
    Body.objects.filter(code="X3-UBND").update(valid_to=TODAY)
    Body.objects.filter(code="X1-MT").update(valid_to=TODAY)
    task = make_parent()
    make_task(code="5.7/X5")
    make_unit("X5", parent=Body.objects.get(code="T1"))
    seen = cascades.preview(cascade_of(task), by=None, at=AT)
    assert [part.unit.code for part in seen.parts] == ["X1", "X4"]
    assert [part.unit.code for part in seen.headless] == ["X4"]
    assert [(one.unit.code, one.why) for one in seen.unanswered] == [("X2", "several"), ("X3", "nobody")]
    assert (seen.taken, seen.lacking) == (["5.7/X5"], {PartRole.UNIT_SUPERVISES: 1})
    assert seen.deadlines == [(date(2026, 12, 31), 2)]
    assert not Cascade.objects.exists()


def test_words_tell_two_bodies_of_a_kind_apart():
    make_communes("X1")
    make_body("X1-HD", kind=BodyKind.STATE, parent=Body.objects.get(code="X1"), name_vi="Hội đồng nhân dân")
    task = make_parent()
    give(task, words="Hội đồng")
    assert task.children.get().responsibilities.get(role="A").body.code == "X1-HD"


def test_units_with_a_part_are_passed_over():
    make_communes("X1", "X2")
    task = make_parent()
    _one_by_one(task, "X1", "H1")
    give(task)
    assert codes(task) == ["5.7/X2", "H1"]
    with pytest.raises(ValidationError):
        give(task)


def test_an_act_is_bound_to_the_preview_and_to_the_task_as_read():
    make_communes("X1")
    task = make_parent()
    seal = cascades.preview(cascade_of(task), by=None, at=AT).seal
    make_unit("X2", parent=Body.objects.get(code="T1"))
    with pytest.raises(Conflict):
        give(task, seal=seal)
    task.refresh_from_db()
    with pytest.raises(Stale):
        give(task, version=task.version + 7)
    assert codes(task) == []
    give(task, seal=cascades.preview(cascade_of(task), by=None, at=AT).seal, version=task.version)
    assert codes(task) == ["5.7/X1", "5.7/X2"]


def test_only_an_editor_gives():
    cast = make_cast()
    make_communes("X1")
    task = make_parent()
    for name in ("lan", "hoa", "vinh"):
        with pytest.raises(PermissionDenied):
            give(task, by=cast[name])
    cascade = give(task, by=cast["quang"])
    told = Event.objects.filter(actor=cast["quang"], kind="task.cascaded").get()
    assert (told.task, told.object_id, told.after["units"]) == (task, str(cascade.pk), 1)
    assert set(Event.objects.filter(task__parent=task).values_list("actor__username", "duty")) == {("quang", "editor")}


def test_what_it_writes_is_sealed_like_everything():
    make_communes("X1", "X2")
    give(make_parent())
    sealing.seal()
    assert not Event.objects.unsealed().exists()
    assert verify().is_whole


def test_a_code_that_grows_too_long_is_refused():
    make_communes("X" * 30)
    task = make_parent(code="N" * 35)
    with pytest.raises(ValidationError) as refused:
        give(task)
    assert "whom" in refused.value.message_dict


def test_the_days_off_of_a_province_count_for_its_units():
    make_communes("X1")
    make_unit("Y1", parent=make_unit("T2", Level.PROVINCE))
    task = make_parent()
    _local_day_off(Body.objects.get(code="T2"), date(2026, 3, 4))
    give(task, due_rule=DueRule.WORKING, due_days=5)
    assert dict(task.children.values_list("code", "due_on")) == {
        "5.7/X1": date(2026, 3, 9),
        "5.7/Y1": date(2026, 3, 10),
    }
    before = list(task.children.order_by("code").values())
    clocks.wind([row["id"] for row in before], at=AT)
    assert list(task.children.order_by("code").values()) == before


def _local_day_off(body, day):
    first = date(2026, 2, 2)
    calendar = Calendar(code=body.code, name_vi="Lịch", name_en="Local", base=make_calendar(), body=body)
    draft = calendars.enter_local(calendar, by=None, at=noon(first))
    texts = {"name_vi": "Ngày của tỉnh", "name_en": "Local day", "document": "1/QĐ"}
    days_off.add(draft, day=day, kind=DayKind.OFF, by=None, at=noon(first), **texts)
    calendars.apply(draft, valid_from=first, document_vi="1/QĐ", by=None, at=noon(first))
    recalculations.bring_to_an_end(TODAY, at=AT)


LATER = TODAY + timedelta(days=40)


def join(code="X9", since=TODAY + timedelta(days=10)):
    return make_unit(code, parent=Body.objects.get(code="T1"), since=since)


def test_units_without_a_part_and_those_that_came_later_are_told_apart():
    make_communes("X1", "X2", "X3", head="An")
    task = make_parent()
    cascade = give(task, left_out=[Body.objects.get(code="X3")])
    assert lacking(cascade) == ([], [])
    Responsibility.objects.filter(task__code="5.7/X2").delete()
    moved = Task.objects.get(code="5.7/X2")
    moved.code = "5.7/X2-old"
    moved.save(update_fields=["code"])
    join()
    assert lacking(cascade) == (["X2"], [])
    assert lacking(cascade, LATER) == (["X2"], ["X9"])


def test_missing_units_are_found_with_as_many_queries_for_ten_cascades(django_assert_num_queries):
    make_communes("X1", "X2")
    first = give(make_parent())
    join()
    with django_assert_num_queries(5):
        assert lacking(first, LATER) == ([], ["X9"])
    for number in range(9):
        give(make_parent(code=f"6.{number}"), listed=[], words="ubnd")
    with django_assert_num_queries(5):
        assert lacking(first, LATER) == ([], ["X9"])


def test_units_that_came_later_get_their_part_in_one_act():
    make_communes("X1")
    task = make_parent()
    cascade = give(task, due_rule=DueRule.WORKING, due_days=5)
    first, second = join("X8"), join("X9")
    later = noon(LATER)
    assert cascades.add(cascade, units=[first.pk], by=None, at=later) == 1
    part = Task.objects.get(code="5.7/X8")
    assert (part.assigned_on, part.due_on) == (LATER, date(2026, 4, 17))
    assert cascades.add(cascade, by=None, at=later) == 1
    assert lacking(cascade, LATER) == ([], [])
    with pytest.raises(ValidationError) as refused:
        cascades.add(cascade, units=[second.pk], by=None, at=later)
    assert "units" in refused.value.message_dict
    with pytest.raises(Stale):
        cascades.add(cascade, by=None, at=later, version=1)


def test_a_unit_that_came_after_the_deadline_needs_another_one():
    make_communes("X1")
    cascade = give(make_parent(), due_rule=DueRule.FIXED, due_on=TODAY + timedelta(days=20))
    join()
    with pytest.raises(ValidationError) as refused:
        cascades.add(cascade, by=None, at=noon(LATER))
    assert "due_rule" in refused.value.message_dict
    cascades.add(cascade, due_on=LATER + timedelta(days=30), by=None, at=noon(LATER))
    assert Task.objects.get(code="5.7/X9").due_on == LATER + timedelta(days=30)
    cascade.refresh_from_db()
    assert cascade.due_on == TODAY + timedelta(days=20)


def test_units_left_out_later_are_missed_by_nobody():
    make_communes("X1")
    cascade = give(make_parent())
    unit = join()
    cascades.leave_out(cascade, [unit.pk], by=None, at=AT)
    assert lacking(cascade, LATER) == ([], [])
    assert Event.objects.get(kind="task.cascade_left_out").after == {"left_out": ["X9"]}
    with pytest.raises(ValidationError):
        cascades.leave_out(cascade, [], by=None, at=AT)


def test_by_rule_they_join_by_themselves_and_one_that_cannot_stops_nobody():
    make_communes("X1")
    offered, added = give(make_parent()), give(make_parent(code="6.1"), joining=Joining.ADD)
    stuck = give(
        make_parent(code="6.2"), joining=Joining.ADD, due_rule=DueRule.FIXED, due_on=TODAY + timedelta(days=20)
    )
    join()
    later = noon(LATER)
    assert cascades.add_by_rule(at=later) == 1
    assert [lacking(one, LATER)[1] for one in (offered, added, stuck)] == [["X9"], [], ["X9"]]
    told = Event.objects.get(kind="task.cascade_joined")
    assert (told.actor, told.task, told.after["units"]) == (None, added.task, 1)
    assert cascades.add_by_rule(at=later) == 0
    cascades.set_joining(offered, Joining.ADD, by=None, at=later)
    assert cascades.add_by_rule(at=later) == 1


def test_nobody_is_expected_to_have_a_part_of_what_was_withdrawn():
    make_communes("X1")
    task = make_parent()
    cascade = give(task, joining=Joining.ADD)
    join()
    tasks.withdraw(task, reason="Trùng", document="1-QĐ", by=None, at=noon(LATER))
    assert cascade.pk not in missing(standing(Task.objects.all()), LATER)
    assert cascades.add_by_rule(at=noon(LATER)) == 0


def test_only_an_editor_says_what_becomes_of_units():
    cast = make_cast()
    make_communes("X1")
    cascade = give(make_parent())
    unit = join()
    facts = {"by": cast["hoa"], "at": noon(LATER)}
    for act in (
        lambda: cascades.add(cascade, **facts),
        lambda: cascades.leave_out(cascade, [unit.pk], **facts),
        lambda: cascades.set_joining(cascade, Joining.ADD, **facts),
        lambda: cascades.preview(cascade, **facts),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_the_linter_names_the_units_that_the_act_is_for_and_that_have_no_part():
    make_communes("X1", "X2")
    task = make_parent()
    give(task, left_out=[Body.objects.get(code="X2")])
    join()
    tasks_now = Task.objects.filter(pk=task.pk)
    assert [one for one in lint(tasks_now, day=TODAY) if one.code == "units_missing"] == []
    [found] = [one for one in lint(tasks_now, day=LATER) if one.code == "units_missing"]
    assert (found.subject, found.params["count"], found.params["units"]) == ("5.7", 1, "Body X9")


def test_the_daily_job_lets_units_join(monkeypatch):
    make_communes("X1")
    cascade = give(make_parent(), joining=Joining.ADD)
    join()
    monkeypatch.setattr(clock, "now", lambda: noon(LATER))
    jobs.run_scan()
    assert lacking(cascade, LATER) == ([], [])
    assert Task.objects.filter(code="5.7/X9").exists()


def test_nothing_of_an_act_stays_where_a_part_of_it_cannot_be_written(monkeypatch):
    make_communes("X1", "X2")
    task = make_parent()
    monkeypatch.setattr(parts._Writer, "_cells", lambda *_given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        give(task)
    assert (codes(task), Cascade.objects.count(), task.events.filter(kind="task.cascaded").count()) == ([], 0, 0)
