"""Columns derived from other columns of the same row, kept right on every write path.

`pre_save` covers save() and bulk_create(); DerivedQuerySet covers update() and bulk_update();
DerivedModel covers save(update_fields=…). A write that cannot be derived is refused, never left stale.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import get_language

from tracker.rules.text import fold, sort_key


class DerivedField(models.TextField):
    """Text computed from `sources` of the same row by `derive(*values)`; never written by hand."""

    def __init__(self, *args: Any, sources: tuple[str, ...] = (), derive: Callable[..., str] = fold, **kwargs: Any):
        self.sources = sources
        self.derive = derive
        super().__init__(*args, **{"blank": True, "default": "", "editable": False, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        if not self.sources:  # a historical model in a migration knows no sources: keep what is stored
            return getattr(model_instance, self.attname)
        value = self.derive(*(getattr(model_instance, name) for name in self.sources))
        setattr(model_instance, self.attname, value)
        return value


def _joined(*values: Any) -> str:
    parts = (" ".join(value) if isinstance(value, list) else str(value or "") for value in values)
    return fold(" ".join(parts))


class FoldedField(DerivedField):
    """What people search: the sources joined, lower case, đ→d, marks stripped."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"derive": _joined, **kwargs})


class SortKeyField(DerivedField):
    """A key whose bytewise order is the order of a Vietnamese dictionary."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"derive": sort_key, **kwargs})


def derived_fields(model: type[models.Model], touched: Iterable[str]) -> list[DerivedField]:
    """Return the derived fields of `model` that have one of the `touched` columns as a source."""
    names = set(touched)
    fields = (field for field in model._meta.concrete_fields if isinstance(field, DerivedField))
    return [field for field in fields if names & set(field.sources)]


class DerivedQuerySet(models.QuerySet):
    """A queryset whose bulk writes keep derived columns right."""

    def update(self, **kwargs: Any) -> int:
        for field in derived_fields(self.model, kwargs):
            if field.name in kwargs:  # bulk_update() below has derived it row by row
                continue
            values = [kwargs.get(name) for name in field.sources]
            if any(value is None or hasattr(value, "resolve_expression") for value in values):
                raise ValueError(f"update() of {field.sources} must give all of them as plain values: {field.name}")
            kwargs[field.name] = field.derive(*values)
        return super().update(**kwargs)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        rows, names = list(objs), list(fields)
        derived = derived_fields(self.model, names)
        for field in derived:
            for row in rows:
                field.pre_save(row, add=False)
        return super().bulk_update(rows, [*names, *(field.name for field in derived)], batch_size=batch_size)


class DerivedModel(models.Model):
    """Base of models with derived columns or texts in two languages."""

    objects: ClassVar[Any] = DerivedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        names = kwargs.get("update_fields")
        if names is not None:
            derived = derived_fields(type(self), names)
            kwargs["update_fields"] = [*names, *(field.name for field in derived)]
        super().save(*args, **kwargs)

    def in_language(self, name: str) -> str:
        """Return `<name>_vi` or `<name>_en` by the active language, the other one where it is empty."""
        first, second = ("en", "vi") if (get_language() or "vi").startswith("en") else ("vi", "en")
        return getattr(self, f"{name}_{first}") or getattr(self, f"{name}_{second}")


class Bilingual:
    """Descriptor: `title = Bilingual("title")` reads title_vi or title_en by the active language."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, instance: DerivedModel | None, owner: type[DerivedModel]) -> Any:
        return self if instance is None else instance.in_language(self.name)


class PeriodQuerySet(DerivedQuerySet):
    """Rows that hold in the half-open interval [valid_from, valid_to)."""

    def valid_on(self, day: Any) -> Any:
        """Return the rows that hold on `day`."""
        return self.filter(valid_from__lte=day).exclude(valid_to__lte=day)


def period_constraint(name: str, message: Any) -> models.CheckConstraint:
    """Return the check that an interval does not end before it starts."""
    condition = models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from"))
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=message)


def code_constraint(field: str, choices: type[models.TextChoices], name: str, message: Any) -> models.CheckConstraint:
    """Return the check that a stored code is one of `choices`, on every write path."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": [value for value in choices.values]}),
        name=name,
        violation_error_message=message,
    )


class JsonTextField(models.TextField):
    """JSON kept as ASCII text: what a client has sent may hold a NUL, which no JSON column of PostgreSQL takes."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else json.dumps(value)
