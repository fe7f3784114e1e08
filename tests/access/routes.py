"""All routes of the product, as the URL resolver knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver


@dataclass(frozen=True)
class Route:
    """`name` is that of the pattern with its namespaces; a pattern without a name is called by its address."""

    name: str
    pattern: str
    arguments: tuple[str, ...]


def routes() -> list[Route]:
    """Return every route, also those of allauth and of Django's administration."""
    return list(_walk(get_resolver().url_patterns))


def _walk(patterns: Any, prefix: str = "", namespace: str = "", outer: tuple[str, ...] = ()) -> Iterator[Route]:
    for one in patterns:
        arguments = (*outer, *one.pattern.regex.groupindex)
        path = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            yield Route(namespace + (one.name or path), path, arguments)
        else:
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _walk(one.url_patterns, path, inner, arguments)
