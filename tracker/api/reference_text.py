"""The tables of docs/reference/api.md, derived from the declaration. The prose around them is written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import override

from tracker.api.components import COUNT, CURSOR, LIMIT, ORDERING
from tracker.api.declaration import Field, Filter, Nested, Resource
from tracker.api.errors import PROBLEMS
from tracker.api.headers import HEADERS
from tracker.api.resources import RESOURCES
from tracker.api.writing.acts import ACTS
from tracker.api.writing.declaration import REQUIRED, Act

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"


def with_tables(text: str) -> str:
    """Return the page `text` with its tables written anew between the two marks."""
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    with override("en"):
        tables = "\n".join(_lines())
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def _lines() -> Iterator[str]:
    yield from ("", "## Parameters of every list", "")
    yield from ("| parameter | meaning |", "|---|---|")
    for name, about in (("limit", LIMIT), ("cursor", CURSOR), ("ordering", ORDERING), ("count", COUNT)):
        yield f"| `{name}` | {about} |"
    yield from ("", "## Problems", "", "| type | status | meaning |", "|---|---|---|")
    for kind, (status, _title, meaning) in PROBLEMS.items():
        yield f"| `/problems/{kind}` | {status} | {meaning} |"
    yield from ("", "## Headers of answers", "", "| header | meaning | example |", "|---|---|---|")
    for name, header in HEADERS.items():
        yield f"| `{name}` | {header.about} | `{header.example}` |"
    for resource in RESOURCES:
        yield from _resource(resource)
        for act in ACTS:
            if act.resource is resource:
                yield from _act(act)


def _act(act: Act) -> Iterator[str]:
    address = f"/{act.resource.name}/" + ("" if act.is_new else "{id}/" if act.is_change else f"{{id}}/{act.name}/")
    scopes = " or ".join(f"`{scope}`" for scope in act.scopes)
    many = f"/{act.resource.name}/" + ("" if act.is_new or act.is_change else f"{act.name}/")
    how = ", set-based" if act.many else ""
    told = f"{act.about} Scope: {scopes}. Many rows: `{act.method.upper()} {many}`{how}."
    yield from ("", f"### `{act.method.upper()} {address}`", "", told)
    if act.inputs:
        yield from ("", "| field of the body | values | meaning |", "|---|---|---|")
    for item in act.inputs:
        needed = "" if act.is_change or item.default is not REQUIRED else " (needed)"
        yield f"| `{item.name}` | {_values(item.parser.schema())}{needed} | {item.about} |"


def _resource(resource: Resource) -> Iterator[str]:
    yield from ("", f"## {resource.name}", "", str(resource.about), "")
    yield "Orderings: " + ", ".join(f"`{ordering.name}`" for ordering in resource.orderings) + "."
    yield from ("", "| filter | values | meaning |", "|---|---|---|")
    yield from map(_filter, resource.filters)
    if resource.as_of:
        yield f"| `as_of` | day | {resource.as_of} |"
    yield from ("", "| field | type | meaning |", "|---|---|---|")
    for member in resource.fields:
        yield from _member(member)


def _filter(item: Filter) -> str:
    values = _values(item.parser.schema())
    return f"| `{item.name}` | {values}{' (may be repeated)' if item.many else ''} | {item.about} |"


def _values(schema: dict[str, Any]) -> str:
    return ", ".join(f"`{value}`" for value in schema.get("enum", ())) or schema.get("format") or schema["type"]


def _member(member: Field | Nested, within: str = "") -> Iterator[str]:
    name = f"`{within}{member.name}`"
    if isinstance(member, Nested):
        yield f"| {name} | array | {member.about} |"
        for inner in member.fields:
            yield from _member(inner, f"{member.name}[].")
        return
    kind = f"{member.kind.value} or null" if member.is_nullable else member.kind.value
    codes = f" One of: {', '.join(member.choices.values)}." if member.choices else ""
    yield f"| {name} | {kind} | {member.about}{codes} |"
