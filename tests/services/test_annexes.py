"""The annex of an action plan against the registers: entered whole, and the same again changes nothing."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command

from tests.builders import make_body, make_cast, make_cell, make_policy, make_resolution, make_task, noon
from tests.exchange.annexes import HEADS, ROWS, grids_of, xlsx
from tracker.choices import Role, TaskKind
from tracker.models import Event, Responsibility, Succession, SuccessionMember, Task
from tracker.rules.annex.questions import MOST_PLACES
from tracker.services import annexes, tasks

pytestmark = pytest.mark.django_db
ASSIGNED, TODAY = date(2026, 1, 12), date(2026, 6, 15)
ALL = {"body:cac bo nganh dia phuong": {"choice": "cascade"}}


@pytest.fixture
def cast():
    make_policy()
    for code, name in (("BTP", "Bộ Tư pháp"), ("BNV", "Bộ Nội vụ"), ("BVH", "Bộ Văn hóa, Thể thao và Du lịch")):
        make_body(code, name_vi=name, name_en=f"Ministry {code}", aliases=[f"{name} (mới)"])
    return make_cast()


@pytest.fixture
def wanted(cast):
    document = make_resolution(code="KH-5", number="5/KH-CP", signed_on=ASSIGNED)
    return annexes.Wanted(resolution=document, assigned_on=ASSIGNED, document="5/KH-CP")


def settle(wanted, rows=ROWS, answers=None, heads=HEADS):
    return annexes.settled(grids_of(".xlsx", xlsx([heads, *rows])), wanted, answers or {})


def enter(wanted, by, rows=ROWS, answers=None):
    plan, wrong = settle(wanted, rows, answers)
    assert wrong == []
    return annexes.enter(plan, wanted, by=by, at=noon(TODAY))


def with_cell(row, at, value):
    rows = [list(one) for one in ROWS]
    rows[row][at] = value
    return rows


def held(task):
    cells = Responsibility.objects.filter(task=task, valid_to__isnull=True).order_by("role", "body__code")
    return [f"{cell.role} {cell.body.code}" for cell in cells.select_related("body")]


def test_the_tasks_are_entered_with_cells_events_and_clocks(wanted, cast):
    done = enter(wanted, cast["quang"])
    first, second, third = Task.objects.filter(resolution=wanted.resolution)
    assert [task.code for task in (first, second, third)] == ["KH-5.1", "KH-5.2", "KH-5.3"]
    assert held(first) == ["A BTP", "C BNV", "C BVH"] and held(third) == ["A BVH", "C BNV"]
    assert (first.due_on, first.due_text, first.assigned_on) == (date(2026, 12, 31), "Quý IV/2026", ASSIGNED)
    assert (second.kind, second.due_on, second.due_text) == (TaskKind.STANDING, None, "Hằng năm")
    assert second.detail_vi == "Sản phẩm: Báo cáo\nGhi chú: Theo mẫu"
    assert first.next_check_on is not None and first.effective_due_on == first.due_on
    assert Event.objects.filter(kind="task.created", actor=cast["quang"]).count() == len(done.created) == 3
    assert Event.objects.filter(kind="responsibility.assigned").count() == 7


def test_the_same_file_again_changes_nothing(wanted, cast):
    enter(wanted, cast["quang"])
    before = Event.objects.count()
    plan, _wrong = settle(wanted)
    assert (plan.counts["unchanged"], plan.counts["new"], plan.counts["changed"]) == (3, 0, 0)
    annexes.enter(plan, wanted, by=cast["quang"], at=noon(TODAY))
    assert Event.objects.count() == before


def test_a_row_in_between_moves_no_other(wanted, cast):
    enter(wanted, cast["quang"])
    rows = [
        ["1", "Một việc mới", "Bộ Nội vụ", "", "", "2027", ""],
        *([str(n), *row[1:]] for n, row in enumerate(ROWS, 2)),
    ]
    plan, _wrong = settle(wanted, rows)
    assert (plan.counts["unchanged"], plan.counts["new"]) == (3, 1)
    annexes.enter(plan, wanted, by=cast["quang"], at=noon(TODAY))
    assert Task.objects.get(title_vi="Một việc mới").code == "KH-5.1-2"
    assert settle(wanted, rows)[0].counts["unchanged"] == 4


def test_changed_cells_are_ended_and_assigned_on_the_day(wanted, cast):
    enter(wanted, cast["quang"])
    enter(wanted, cast["quang"], with_cell(0, 3, "BVH"))
    task = Task.objects.get(code="KH-5.1")
    assert held(task) == ["A BTP", "C BVH"]
    ended = Responsibility.objects.get(task=task, body__code="BNV")
    assert ended.valid_to == TODAY


def test_the_accountable_body_is_replaced(wanted, cast):
    enter(wanted, cast["quang"])
    enter(wanted, cast["quang"], with_cell(0, 2, "bo noi vu"))
    assert held(Task.objects.get(code="KH-5.1"))[0] == "A BNV"


def test_a_task_in_new_words_is_asked_about_and_reworded(wanted, cast):
    enter(wanted, cast["quang"])
    rows = with_cell(0, 1, "Xây dựng Nghị định mới")
    plan, _wrong = settle(wanted, rows)
    question = next(question for question in plan.questions if question.answer is None)
    assert question.key == "row:1:2:other_words"
    enter(wanted, cast["quang"], rows, {question.key: {"choice": "KH-5.1"}})
    task = Task.objects.get(code="KH-5.1")
    assert task.title_vi == task.title_en == "Xây dựng Nghị định mới"
    told = Event.objects.get(kind="task.reworded")
    assert told.before["title_vi"] == "Xây dựng Nghị định" and told.why == "5/KH-CP"
    assert "xay dung nghi dinh moi" in task.folded


def test_a_deadline_is_kept_or_corrected_as_somebody_says(wanted, cast):
    enter(wanted, cast["quang"])
    rows, key = with_cell(0, 5, "30/6/2027"), "row:1:2:due_differs"
    enter(wanted, cast["quang"], rows, {key: {"choice": "keep"}})
    assert Task.objects.get(code="KH-5.1").due_on == date(2026, 12, 31)
    enter(wanted, cast["quang"], rows, {key: {"choice": "correct"}})
    assert Task.objects.get(code="KH-5.1").due_on == date(2027, 6, 30)
    assert settle(wanted, rows)[0].counts["unchanged"] == 3


def test_a_closed_task_does_not_change(wanted, cast):
    enter(wanted, cast["quang"])
    tasks.withdraw(Task.objects.get(code="KH-5.1"), reason="Thôi", by=cast["quang"], at=noon(TODAY))
    assert settle(wanted)[0].counts["unchanged"] == 3
    plan, _wrong = settle(wanted, with_cell(0, 3, "BVH"))
    assert [question.code for question in plan.questions] == ["closed"]


def test_a_cascade_is_proposed_and_no_body_made_up(wanted, cast):
    done = enter(wanted, cast["quang"], with_cell(0, 3, "các bộ, ngành, địa phương"), ALL)
    task, proposed = done.cascades[0]
    assert (task.code, proposed["role"], proposed["levels"]) == ("KH-5.1", "C", ["central", "province"])
    assert held(task) == ["A BTP"]


def test_a_body_that_has_ended_offers_the_one_after_it(wanted, cast):
    old = make_body("BCU", name_vi="Bộ Cũ", valid_to=date(2025, 3, 1))
    row = Succession.objects.create(code="S1", kind="merge", on=date(2025, 3, 1))
    for body, is_before in ((old, True), (make_body("BNV"), False)):
        SuccessionMember.objects.create(succession=row, body=body, is_predecessor=is_before)
    rows = with_cell(0, 2, "Bộ Cũ")
    plan, _wrong = settle(wanted, rows)
    assert [label for _value, label in plan.questions[0].offers] == ["Bộ Nội vụ (BNV)", ""]
    enter(wanted, cast["quang"], rows, {"body:bo cu": {"choice": "BNV"}})
    assert held(Task.objects.get(code="KH-5.1"))[0] == "A BNV"


def test_a_code_of_another_document_is_refused(wanted, cast):
    make_task(code="X-1", resolution=make_resolution())
    plan, _wrong = settle(wanted, [["X-1", *ROWS[0][1:]]], heads=["Mã", *HEADS[1:]])
    assert [question.code for question in plan.questions] == ["code_taken"]


def test_roles_without_a_column_stay(wanted, cast):
    enter(wanted, cast["quang"])
    task = Task.objects.get(code="KH-5.1")
    make_cell(task, make_body("QH"), Role.SUPERVISES)
    assert settle(wanted)[0].counts["unchanged"] == 3


def test_nothing_is_entered_while_something_is_open(wanted, cast):
    plan, _wrong = settle(wanted, with_cell(1, 5, "31/02/2026"))
    with pytest.raises(ValidationError, match="1 rows wait"):
        annexes.enter(plan, wanted, by=cast["quang"], at=noon(TODAY))
    assert not Task.objects.filter(resolution=wanted.resolution).exists()


def test_all_of_it_or_nothing(wanted, cast):
    plan, _wrong = settle(wanted)
    make_task(code="KH-5.3", resolution=make_resolution())  # taken meanwhile
    with pytest.raises(ValidationError):
        annexes.enter(plan, wanted, by=cast["quang"], at=noon(TODAY))
    assert not Task.objects.filter(resolution=wanted.resolution).exists()


@pytest.mark.parametrize("name", ["lan", "hoa", "vinh"])
def test_only_the_editor_enters_it(wanted, cast, name):
    plan, _wrong = settle(wanted)
    with pytest.raises(PermissionDenied):
        annexes.enter(plan, wanted, by=cast[name], at=noon(TODAY))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"choice": "no-such"}, "No body"),
        ({"choice": "out"}, "Say why"),
        ("BNV", "Write the answer"),
    ],
)
def test_a_wrong_answer_is_told(wanted, cast, said, why):
    plan, wrong = settle(wanted, with_cell(0, 2, "Bộ Lạ"), {"body:bo la": said, "due:x": {"choice": "none"}})
    assert [key for key, _reason in wrong] == ["body:bo la", "due:x"] and why in wrong[0][1]
    assert plan.counts["open"] == 1


def test_the_queries_do_not_grow_with_the_rows(wanted, cast, django_assert_num_queries):
    many = [[str(n), f"Việc số {n}", "Bộ Nội vụ", "BTP", "", "2027", ""] for n in range(1, 4 * MOST_PLACES)]
    for rows in (ROWS, many):
        with django_assert_num_queries(7):
            annexes.planned(grids_of(".xlsx", xlsx([HEADS, *rows])), wanted, {})


# The command


@pytest.fixture
def run(wanted, tmp_path):
    def run(rows=ROWS, answers=None, *options):
        (tmp_path / "annex.xlsx").write_bytes(xlsx([HEADS, *rows]))
        out, more = io.StringIO(), []
        if answers is not None:
            (tmp_path / "answers.json").write_text(json.dumps(answers))
            more = ["--answers", str(tmp_path / "answers.json")]
        try:
            call_command(
                "import_annex", str(tmp_path / "annex.xlsx"), "--resolution", "KH-5", *more, *options, stdout=out
            )
            status = 0
        except SystemExit as end:
            status = end.code
        return status, out.getvalue()

    return run


def test_the_command_tells_first_and_enters_when_asked(run, cast):
    status, said = run()
    assert (
        status == 0 and "3 new, 0 changed" in said and "KH-5.1 Xây dựng Nghị định [A:BTP C:BNV+BVH] Quý IV/2026" in said
    )
    assert not Task.objects.exists()
    status, said = run(ROWS, None, "--apply", "--by", "quang")
    assert status == 0 and "Entered: 3 new tasks, 0 changed." in said
    assert "0 new, 0 changed, 3 unchanged" in run()[1]


def test_the_command_asks_and_takes_answers(run, cast):
    rows = with_cell(0, 3, "UBND các tỉnh, thành phố")
    status, said = run(rows, None, "--apply", "--by", "quang")
    assert status == 1 and "“body:ubnd cac tinh thanh pho” (1×)" in said and "cascade | out | <body>" in said
    assert not Task.objects.exists()
    answers = {"body:ubnd cac tinh thanh pho": {"choice": "cascade"}}
    status, said = run(rows, answers, "--apply", "--by", "quang")
    assert status == 0 and "cascade proposed: KH-5.1 C to province: UBND các tỉnh, thành phố" in said


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--apply", "--by", "nobody"], "No active user"),
        (["--apply", "--by", "vinh"], "Your duty does not allow this"),
        (["--answers", "/no/such"], "cannot be read as JSON"),
        (["--resolution", "none"], "No document is called none"),
    ],
)
def test_the_command_refuses_in_a_sentence(run, cast, options, why):
    with pytest.raises(CommandError, match=why):
        run(ROWS, None, *options)


def test_the_command_refuses_a_file_without_a_table(wanted, tmp_path):
    (tmp_path / "a.csv").write_text("một;hai\nba;bốn\n")
    with pytest.raises(CommandError, match="no table has a row of heads"):
        call_command("import_annex", str(tmp_path / "a.csv"), "--resolution", "KH-5", stdout=io.StringIO())
