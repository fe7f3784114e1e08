"""The shipped content holds together: keys, references, roles, languages, and the sources are covered in full."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tracker import choices

Row = dict[str, Any]

ROOT = Path(__file__).resolve().parent
FIXTURES = ROOT.parent / "fixtures"
FILES = sorted(FIXTURES.glob("*.json"))
CONTENT = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in FILES}

TASK_CODES = (
    [f"1.{n}" for n in range(1, 21)]
    + [f"2.{n}" for n in range(1, 7)]
    + [f"2.7{letter}" for letter in "abcdefgh"]
    + [f"2.{n}" for n in range(8, 12)]
    + [f"3.{n}" for n in range(1, 20)]
    + ["4.1", "4.2"]
    + [f"5.{n}" for n in range(1, 11)]
    + ["6.1", "6.2"]
)
OBJECTIVE_CODES = [f"7.{n}" for n in range(1, 7)]
PARAGRAPHS = [f"P{n}" for n in range(1, 33)] + [f"I{n}" for n in range(1, 9)]
STATE_RANKS = {"law", "na_resolution", "ordinance", "decree", "government_resolution", "pm_decision", "circular"}


def rows(name: str) -> list[Row]:
    return CONTENT[name]["rows"]


BODIES = {row["code"]: row for row in rows("10_bodies.json")}
POSTS = {(row["body"], row["code"]) for row in rows("11_posts.json")}
TASKS = {row["code"]: row for row in rows("30_tasks.json")}
UNIT_TASKS = {row["code"]: row for row in rows("74_demo_unit_tasks.json")}
ALL_TASKS = TASKS | UNIT_TASKS
PROVISIONS = {(row["resolution"], row["label"]): row for row in rows("22_provisions.json")}
RESOLUTIONS = {row["code"]: row for row in rows("20_resolutions.json")}
INSTRUMENTS = {row["number"]: row for row in rows("50_instruments.json")}
CADRES = {row["code"]: row for row in rows("70_demo_cadres.json")}
USERS = {row["username"]: row for row in rows("72_demo_users.json")}
CELLS: dict[str, list[Row]] = defaultdict(list)
for _cell in rows("40_responsibilities.json"):
    CELLS[_cell["task"]].append(_cell)


def holders(task: str, role: str) -> list[str]:
    return [cell["body"] for cell in CELLS[task] if cell["role"] == role]


def expand(source: str) -> set[str]:
    """Return the paragraphs that a source names: `P21-P23, I4` is P21, P22, P23 and I4."""
    found: set[str] = set()
    for part in source.split(", "):
        first, _, last = part.partition("-")
        if part not in ("public", "demonstration"):
            numbers = range(int(first[1:]), int((last or first)[1:]) + 1)
            found.update(f"{first[0]}{number}" for number in numbers)
    return found


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield (key, text) for every string below `value`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str):
        yield key, value


def test_every_file_says_what_it_holds() -> None:
    for name, content in CONTENT.items():
        assert set(content) == {"about", "type", "rows"}, name
        assert all(content.values()), name


KEYS = {
    "10_bodies.json": ("code",),
    "11_posts.json": ("body", "code"),
    "12_successions.json": ("code",),
    "20_resolutions.json": ("code",),
    "21_resolution_links.json": ("later", "earlier", "kind"),
    "22_provisions.json": ("resolution", "label"),
    "30_tasks.json": ("code",),
    "31_task_links.json": ("task", "other", "kind"),
    "40_responsibilities.json": ("task", "body", "role"),
    "50_instruments.json": ("number",),
    "51_instrument_links.json": ("instrument", "other", "kind"),
    "52_institutionalizations.json": ("task", "instrument", "level"),
    "53_instrument_phases.json": ("instrument", "phase"),
    "54_consultations.json": ("instrument",),
    "55_detailing_duties.json": ("instrument", "subject_vi"),
    "60_calendars.json": ("code",),
    "61_policies.json": ("code", "version"),
    "70_demo_cadres.json": ("code",),
    "72_demo_users.json": ("username",),
    "73_demo_plan.json": ("task",),
    "74_demo_unit_tasks.json": ("code",),
    "uncovered_paragraphs.json": ("paragraph",),
}


@pytest.mark.parametrize("name", KEYS)
def test_natural_keys_are_unique(name: str) -> None:
    counted = Counter(tuple(row[part] for part in KEYS[name]) for row in rows(name))
    assert [key for key, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("name", sorted(CONTENT))
def test_every_row_has_a_source_that_can_be_read(name: str) -> None:
    for row in rows(name):
        assert 0 < len(row["source"]) <= 60, row
        assert expand(row["source"]) <= set(PARAGRAPHS), row


@pytest.mark.parametrize("name", sorted(CONTENT))
def test_texts_are_in_both_languages(name: str) -> None:
    for row in rows(name):
        for key in [key for key in row if key.endswith("_vi")]:
            english = row[f"{key[:-3]}_en"]
            assert bool(row[key]) == bool(english), (name, row)
            assert row[key] or key == "issuer_term_vi", (name, key, row)


def test_counts_are_those_of_the_domain() -> None:
    codes = [row["code"] for row in rows("30_tasks.json")]
    assert [code for code in codes if code in TASK_CODES] == TASK_CODES
    assert [code for code in codes if code not in TASK_CODES] == OBJECTIVE_CODES
    assert set(RESOLUTIONS) == {f"R{n}" for n in range(1, 11)} | {"R4B", "R9B"}
    assert len(TASK_CODES) == 71
    assert [row["code"] for row in TASKS.values() if row["kind"] == "objective"] == OBJECTIVE_CODES


def test_codes_are_those_of_the_product() -> None:
    assert {row["kind"] for row in BODIES.values()} <= set(choices.BodyKind.values)
    assert {row["level"] for row in BODIES.values()} <= set(choices.Level.values)
    assert {row["kind"] for row in RESOLUTIONS.values()} <= set(choices.ResolutionKind.values)
    assert {row["rank"] for row in INSTRUMENTS.values()} <= set(choices.Rank.values)
    assert {row["role"] for row in rows("40_responsibilities.json")} == set(choices.Role.values)
    for task in ALL_TASKS.values():
        assert task["kind"] in choices.TaskKind.values
        assert set(task["target_groups"]) <= set(choices.TargetGroup.values)
        for level in task["levels"]:
            assert level["level"] in choices.Level.values
            assert set(level["ranks"]) <= set(choices.Rank.values)


def test_references_between_bodies_resolve() -> None:
    seen: set[str | None] = {None}
    for body in rows("10_bodies.json"):
        assert body["parent"] in seen, body["code"]
        seen.add(body["code"])
    assert {body for body, _ in POSTS} <= set(BODIES)
    for row in rows("12_successions.json"):
        assert set(row["from"] + row["to"]) <= set(BODIES)
        assert not set(row["from"]) & set(row["to"])
        assert all(BODIES[code]["valid_to"] == row["on"] for code in row["from"]), row["code"]


def test_references_between_documents_resolve() -> None:
    assert {row["issuer"] for row in RESOLUTIONS.values()} <= set(BODIES)
    for row in rows("21_resolution_links.json"):
        assert {row["later"], row["earlier"]} <= set(RESOLUTIONS)
    for row in PROVISIONS.values():
        assert row["resolution"] in RESOLUTIONS
        assert row["parent"] is None or (row["resolution"], row["parent"]) in PROVISIONS
    for row in INSTRUMENTS.values():
        assert row["issuer"] in BODIES and (row["ended_by"] is None or row["ended_by"] in INSTRUMENTS)
    for row in rows("51_instrument_links.json"):
        assert {row["instrument"], row["other"]} <= set(INSTRUMENTS)


def test_references_of_tasks_resolve() -> None:
    for task in ALL_TASKS.values():
        assert task["parent"] is None or task["parent"] in TASKS
        assert task["provision"] is None or (task["resolution"], task["provision"]) in PROVISIONS
    for row in rows("31_task_links.json"):
        assert {row["task"], row["other"]} <= set(TASKS)
    for row in rows("52_institutionalizations.json"):
        assert row["task"] in ALL_TASKS and row["instrument"] in INSTRUMENTS and row["is_illustration"]
        assert row["level"] in {level["level"] for level in ALL_TASKS[row["task"]]["levels"]}, row
    for cell in [*rows("40_responsibilities.json"), *(c for t in UNIT_TASKS.values() for c in t["cells"])]:
        assert cell["body"] in BODIES
        assert cell["post"] is None or (cell["body"], cell["post"]) in POSTS, cell


def test_references_of_people_resolve() -> None:
    for row in rows("71_demo_tenures.json"):
        assert row["cadre"] in CADRES and (row["post"]["body"], row["post"]["code"]) in POSTS
    for row in USERS.values():
        assert row["cadre"] is None or row["cadre"] in CADRES
        assert {m[key] for m in row["memberships"] for key in ("body", "root")} <= set(BODIES)
    for row in rows("75_demo_reports.json"):
        assert row["task"] in ALL_TASKS and row["author"] in USERS
        assert row["body"] in {m["body"] for m in USERS[row["author"]]["memberships"]}
    assert {"official", "official2", "commission", "editor", "supervisor", "admin"} <= set(USERS)
    assert all(row["name"].endswith(" (minh họa)") for row in CADRES.values())


@pytest.mark.parametrize("code", TASK_CODES)
def test_a_task_has_its_roles(code: str) -> None:
    assert len(holders(code, "A")) == 1
    assert holders(code, "L") and all(BODIES[body]["kind"] == "party" for body in holders(code, "L"))
    assert set(holders(code, "S")) - set(holders(code, "A"))
    assert holders(code, "R")
    assert 4 <= len(CELLS[code]) <= 9
    assert all(cell["post"] for cell in CELLS[code] if cell["role"] == "A")


@pytest.mark.parametrize("code", TASK_CODES)
def test_the_accountable_body_can_bring_about_what_the_task_needs(code: str) -> None:
    body = BODIES[holders(code, "A")[0]]
    ranks = {rank for level in TASKS[code]["levels"] for rank in level["ranks"]}
    assert TASKS[code]["levels"]
    if ranks & STATE_RANKS:
        assert body["kind"] == "state"
    else:
        assert body["kind"] in ("party", "mass") or code == "5.7"


@pytest.mark.parametrize("code", TASK_CODES)
def test_nobody_of_the_masses_is_left_alone_with_a_task(code: str) -> None:
    """Source: I3, I6: the work is not left to the mass-mobilization agencies and mass organizations."""
    doing = [BODIES[body] for role in "AR" for body in holders(code, role)]
    assert any(body["kind"] != "mass" and not body["is_mobilization"] for body in doing)


def test_texts_fit_their_columns() -> None:
    limits = {
        "to_be_checked_vi": 300,
        "to_be_checked_en": 300,
        "short_vi": 80,
        "short_en": 80,
        "title_vi": 500,
        "heading_vi": 500,
        "number": 80,
    }
    limits |= {"legal_basis": 300, "code": 40, "issuer_term_vi": 120, "due_text": 80, "articles": 300}
    for name in CONTENT:
        for key, text in texts(rows(name)):
            assert len(text) <= limits.get(key, 5000), (name, key, text)


def test_objectives_have_nobody_accountable() -> None:
    for code in OBJECTIVE_CODES:
        assert not holders(code, "A") and not TASKS[code]["levels"]


def test_cells_name_only_bodies_that_exist_when_the_task_is_assigned() -> None:
    assigned = {row["task"]: day_of(row["assigned"]) for row in rows("73_demo_plan.json")}
    for code in TASKS:
        for cell in CELLS[code]:
            body = BODIES[cell["body"]]
            assert body["valid_to"] is None, cell
            assert body["valid_from"] <= assigned[code].isoformat(), cell


TODAY = date(2026, 11, 23)


def day_of(value: Any) -> date:
    """Return the day of a fixture's value, offsets counted from the day for which the content was made."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    if "day" in value:
        return date.fromisoformat(value["day"])
    return TODAY + timedelta(days=value.get("in", 0) - value.get("ago", 0))


def test_the_programme_knows_every_task_and_its_days_are_in_order() -> None:
    plans = {row["task"]: row for row in rows("73_demo_plan.json")}
    assert set(plans) == set(TASKS)
    for row in [*plans.values(), *UNIT_TASKS.values()]:
        days = [day_of(row["assigned"]), *(day_of(stage) for stage in row["stages"])]
        assert days == sorted(days), row
        assert days[-1] <= TODAY, row
        assert row["due"] is None or day_of(row["due"]) >= days[0]
        assert "institutionalized" not in {stage["stage"] for stage in row["stages"]}
    written = {stage["stage"] for row in plans.values() for stage in row["stages"]}
    assert written == set(choices.Stage.values) - {"assigned", "institutionalized"}


def test_standing_duties_and_objectives_have_no_dated_deadline() -> None:
    for row in rows("73_demo_plan.json"):
        kind = TASKS[row["task"]]["kind"]
        assert kind == "duty" or row["due"] is None
        assert (kind == "standing") == (row["due_text"] in ("Thường xuyên", "Hằng năm")), row


def test_heads_who_answer_hold_their_post_but_for_two_vacancies() -> None:
    held = {(row["post"]["body"], row["post"]["code"]) for row in rows("71_demo_tenures.json") if row["to"] is None}
    accountable = {(cell["body"], cell["post"]) for code in TASK_CODES for cell in CELLS[code] if cell["role"] == "A"}
    assert {body for body, _ in accountable - held} == {"BYT", "BNG"}


def test_evidence_is_dated_in_order_and_by_two_persons() -> None:
    for row in rows("52_institutionalizations.json"):
        assert (row["state"] == "verified") == (row["verified_on"] is not None)
        if row["verified_on"]:
            assert day_of(row["declared_on"]) <= day_of(row["verified_on"]) <= TODAY
            assert row["verified_by"] != row["declared_by"]
        levels = {level["level"]: level["ranks"] for level in ALL_TASKS[row["task"]]["levels"]}
        assert INSTRUMENTS[row["instrument"]]["rank"] in levels[row["level"]], row


def test_instruments_come_into_force_after_signature_and_end_after_that() -> None:
    for row in INSTRUMENTS.values():
        assert day_of(row["signed_on"]) <= day_of(row["in_force_on"]), row["number"]
        assert row["ends_on"] is None or day_of(row["in_force_on"]) < day_of(row["ends_on"])
        assert row["is_demo"] == ("(minh họa)" in row["number"])


def test_a_parent_is_assigned_no_later_than_its_parts() -> None:
    assigned = {row["task"]: day_of(row["assigned"]) for row in rows("73_demo_plan.json")}
    assigned |= {code: day_of(row["assigned"]) for code, row in UNIT_TASKS.items()}
    parts = {code: row["parent"] for code, row in ALL_TASKS.items() if row["parent"]}
    assert [code for code, parent in parts.items() if assigned[parent] > assigned[code]] == []


def test_unit_tasks_are_wrong_only_where_they_say_so() -> None:
    for task in UNIT_TASKS.values():
        roles = {role: [c["body"] for c in task["cells"] if c["role"] == role] for role in "LARCSI"}
        wrong = {
            "no_accountable": len(roles["A"]) != 1,
            "no_leader": not roles["L"],
            "nobody_supervises": not set(roles["S"]) - set(roles["A"]),
            "no_provision": task["provision"] is None,
        }
        assert {fault for fault, holds in wrong.items() if holds} == set(task["faults"]), task["code"]


def test_every_paragraph_carries_a_task_or_says_why_not() -> None:
    covered = {paragraph for task in TASKS.values() for paragraph in expand(task["source"])}
    listed = {row["paragraph"] for row in rows("uncovered_paragraphs.json")}
    assert covered | listed == set(PARAGRAPHS)
    assert covered & listed == set()


def test_every_lowest_provision_has_a_task() -> None:
    parents = {(row["resolution"], row["parent"]) for row in PROVISIONS.values()}
    used = {(task["resolution"], task["provision"]) for task in TASKS.values()}
    assert {key for key in PROVISIONS if key not in parents} - used == set()


def test_no_twelve_words_in_a_row_are_copied_from_a_source() -> None:
    stored = json.loads((ROOT / "source_shingles.json").read_text(encoding="utf-8"))
    size, width = stored["words"], stored["hex"]
    known = {stored["hashes"][at : at + width] for at in range(0, len(stored["hashes"]), width)}
    for name in CONTENT:
        for key, text in texts(rows(name)):
            words = re.findall(r"\w+", text.lower())
            shingles = (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))
            marks = "".join("x" if hashlib.sha256(s.encode()).hexdigest()[:width] in known else "." for s in shingles)
            assert "x" * (12 - size + 1) not in marks, (name, key, text)
