"""Rows of others leave no trace: lists, counts, charts and search are the same, byte by byte, as without them."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from django.urls import NoReverseMatch, reverse

from tests.access.table import API, PAGES
from tests.api.world import make_world as make_rows
from tests.builders import make_cast
from tests.working import TODAY, client_of, frozen
from tracker.models import (
    Body,
    Dispute,
    Extension,
    Flag,
    FlagRemark,
    Institutionalization,
    Obstacle,
    ProgressReport,
    Task,
    Urging,
)

pytestmark = pytest.mark.django_db
today = pytest.fixture(autouse=True)(frozen)
MACHINES = ("health", "health_live", "health_ready")
WITHOUT_ARGUMENTS = [
    name
    for name, row in {**PAGES, **API}.items()
    if row["GET"]["official"] == 200 and "@" not in name and name not in (*MACHINES, "api-docs", "api-schema")
]
# A new token comes with each page. The history is only added to and tells everybody how long it is: here, where a task
# is taken away as it never is, that is all that may differ.
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"|"head": \d+, "through": \d+')
# What a reader may ask of a list that could tell of a row by its absence.
QUERIES = {
    "search": {"q": "dân"},
    "task_list": {"q": "Tiếp dân"},
    "api-tasks": {"count": "true"},
    "api-flags": {"count": "true"},
    "api-changes": {"count": "true"},
    "matrix": {"as_of": f"{TODAY:%Y-%m-%d}"},
}


def _pages() -> list[str]:
    found = []
    for name in WITHOUT_ARGUMENTS:
        try:
            found.append(reverse(name) and name)
        except NoReverseMatch:
            continue
    return found


def forget(task: Task) -> None:
    """Take a task and all that hangs on it away, as if it had never been. Registers stay: members read them."""
    task.events.all().delete()
    Urging.objects.filter(items__task=task).delete()
    FlagRemark.objects.filter(flag__task=task).delete()
    for model in (Dispute, Flag, ProgressReport, Institutionalization, Extension, Obstacle):
        model.objects.filter(task=task).delete()
    Task.objects.filter(pk=task.pk).delete()


def _read(answer: Any) -> bytes:
    """All of it: a file is closed at its end."""
    data = b"".join(answer) if answer.streaming else answer.content
    return _of_sheets(data) if data.startswith(b"PK") else data


def _of_sheets(data: bytes) -> bytes:
    """What a workbook says, without when it was written."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return b"".join(parts.read(name) for name in sorted(parts.namelist()) if name.startswith("xl/"))


def test_foreign_rows_are_neither_listed_nor_counted(unguarded: None) -> None:
    cast = make_cast()
    rows = make_rows(cast)
    client = client_of(cast["lan"])
    names = _pages()
    assert len(names) >= 20

    def told() -> dict[str, bytes]:
        answers = {name: client.get(reverse(name), QUERIES.get(name, {})) for name in names}
        return {name: TOKEN.sub(b"", _read(answer)) for name, answer in answers.items()}

    before = told()
    forget(rows.foreign)
    after = told()
    assert [name for name in names if before[name] != after[name]] == []


def test_a_foreign_body_in_a_filter_answers_like_one_without_tasks(unguarded: None) -> None:
    cast = make_cast()
    rows = make_rows(cast)
    client = client_of(cast["lan"])
    foreign = Body.objects.get(code="BO-B")
    pages = [reverse("task_list") + f"?body={foreign.code}", reverse("body", args=[foreign.code])]
    before = [TOKEN.sub(b"", client.get(page).content) for page in pages]
    forget(rows.foreign)
    assert [TOKEN.sub(b"", client.get(page).content) for page in pages] == before
