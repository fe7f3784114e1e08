"""What systems of a body call the rows that they made, so that none is made twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from tracker.errors import Conflict
from tracker.models import Body, ExternalReference
from tracker.policies import employer_id
from tracker.services import history

DEFAULT_SOURCE = "api"


def find(source: str, external_id: str, *, by: Any) -> ExternalReference | None:
    """Return what a system of the body that employs `by` has named so already. One query."""
    rows = ExternalReference.objects.filter(body=employer_id(by), source=source, external_id=external_id)
    return rows.first()


def name(
    row: Any, source: str, external_id: str, *, by: Any, at: datetime, private_to: Body | None = None
) -> ExternalReference:
    """Record what the system `source` of the body that employs `by` calls `row`; in the transaction that made it.

    Raises Conflict where another request took the name at the same time.
    """
    body = employer_id(by)
    if body is None:
        raise PermissionDenied(_("Your duty does not allow this."))
    reference = ExternalReference(
        body_id=body,
        source=source,
        external_id=external_id,
        object_kind=kind_of(row),
        object_id=row.pk,
        recorded_at=at,
    )
    try:
        with transaction.atomic():
            reference.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("A row with this external_id was made before.")) from error
    after = {"external_source": source, "external_id": external_id}
    task = getattr(row, "task", None)
    history.record("external.named", row, by=by, at=at, task=task, after=after, private_to=private_to)
    return reference


def kind_of(row: Model | type[Model]) -> str:
    return str(row._meta.model_name)
