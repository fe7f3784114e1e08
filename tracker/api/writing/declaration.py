"""The form in which an act is declared. Its address, its checks, its schema and its documentation derive from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracker.api.declaration import Resource, Words
from tracker.services.many import Refused

REPORT, REVIEW, EDIT = "report", "review", "edit"
REQUIRED = object()


@dataclass(frozen=True, kw_only=True)
class Input:
    """A field of the body. `parser` reads its value or refuses it; without `default` it must be given."""

    name: str
    about: Words
    parser: Any
    example: Any
    default: Any = REQUIRED


Do = Callable[[Any, dict[str, Any], dict[str, Any]], Any]
Many = Callable[..., Refused]


@dataclass(frozen=True, kw_only=True)
class Act:
    """One way to write a resource. Without a name it creates a row, `change` changes one, any other acts on one.

    `do(row, values, who)` calls the service and returns the row of which the answer tells; the row is None for a new
    one, `who` holds by, at and, where there is a row, its version. `action` is what tracker.policies asks for on the
    row; an act that creates is checked by its service. A token needs one of `scopes`. `many` is the service that does
    many rows at once, where there is one.
    """

    resource: Resource
    name: str = ""
    about: Words
    scopes: tuple[str, ...]
    inputs: tuple[Input, ...]
    do: Do
    action: str = ""
    many: Many | None = None

    @property
    def key(self) -> str:
        """What a request that waits for a worker calls the act."""
        return f"{self.resource.name}/{self.name}"

    @property
    def is_new(self) -> bool:
        return not self.name

    @property
    def is_change(self) -> bool:
        """Whether only what is given changes, by PATCH."""
        return self.name == "change"

    @property
    def method(self) -> str:
        return "patch" if self.is_change else "post"


def through(service: Callable[..., Any]) -> Do:
    """Return the `do` of an act whose service takes the row, its inputs by name, and who acts."""

    def do(row: Any, values: Mapping[str, Any], who: Mapping[str, Any]) -> Any:
        service(row, **values, **who)
        return row

    return do
