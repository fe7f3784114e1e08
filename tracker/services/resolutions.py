"""Resolutions, how they follow one another, and their provisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tracker.models import Provision, Resolution, ResolutionLink
from tracker.services.registers import enter


def create(resolution: Resolution, *, by: Any, at: datetime) -> Resolution:
    """Record a document that sets tasks."""
    fields = ("code", "kind", "number", "title_vi", "issuer", "signed_on")
    return enter(resolution, by=by, at=at, kind="resolution.created", fields=fields)


def link(row: ResolutionLink, *, by: Any, at: datetime) -> ResolutionLink:
    """Record that a later document develops, reaffirms or replaces an earlier one."""
    return enter(row, by=by, at=at, kind="resolution.linked", fields=("later", "earlier", "kind"))


def add_provision(provision: Provision, *, by: Any, at: datetime) -> Provision:
    """Record a numbered place of a document."""
    fields = ("resolution", "parent", "label", "heading_vi")
    return enter(provision, by=by, at=at, kind="provision.created", fields=fields)
