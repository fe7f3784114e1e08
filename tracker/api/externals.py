"""What a client's own system calls a row: sent when the row is made, told with it, and a filter of its list."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, OuterRef, Subquery

from tracker.api.declaration import Context, Field, Filter, Words
from tracker.api.fields import text
from tracker.api.parsers import Text
from tracker.models import ExternalReference

SOURCE, ID = "external_source", "external_id"
ABOUT = {
    SOURCE: Words(
        "System of the body that made the row by REST.",
        "Hệ thống của cơ quan đã tạo dòng này qua REST.",
    ),
    ID: Words("What that system calls the row.", "Mã của dòng trong hệ thống đó."),
}
EXAMPLES = {SOURCE: "e-office", ID: "12/BC-BTP-2026"}
COLUMNS = {SOURCE: "source", ID: "external_id"}


def _named(model: type[Model]) -> Any:
    return ExternalReference.objects.filter(object_kind=model._meta.model_name)


def external_fields(model: type[Model]) -> tuple[Field, ...]:
    """Return the members of a row of `model`; of several names the last one counts, null where there is none."""

    def column(name: str) -> Any:
        def source(context: Context) -> Any:
            return Subquery(_named(model).filter(object_id=OuterRef("pk")).order_by("-id").values(COLUMNS[name])[:1])

        return source

    return tuple(
        text(name, ABOUT[name].en, ABOUT[name].vi, EXAMPLES[name], column(name), is_nullable=True) for name in COLUMNS
    )


def external_filters(model: type[Model]) -> tuple[Filter, ...]:
    """Return the filters by what a system calls a row of `model`."""

    def by(name: str) -> Any:
        def apply(rows: Any, value: str, context: Context) -> Any:
            return rows.filter(pk__in=_named(model).filter(**{COLUMNS[name]: value}).values("object_id"))

        return apply

    return tuple(
        Filter(name=name, about=ABOUT[name], parser=Text(), apply=by(name), example=EXAMPLES[name]) for name in COLUMNS
    )
