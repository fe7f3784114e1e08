"""Registers as the system administrator reads them. Changes go through the services, so nothing is written here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tracker.models import Body, Cadre, Event, Flag, FrozenReport, Instrument, JobRun, Policy, Post, Resolution, Task


class ReadOnlyAdmin(admin.ModelAdmin):
    """Looks at rows and never writes them: a write here would leave no event and wind no clock."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Body, Cadre, Task, Resolution, Instrument)
class SearchedAdmin(ReadOnlyAdmin):
    """What people search by its folded text."""

    search_fields = ["folded"]
    show_full_result_count = False


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["job", "period", "state", "through_on", "started_at", "looked_at", "opened", "closed", "stepped"]
    list_filter = ["job", "state"]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "object_kind", "object_id", "actor", "duty"]
    list_filter = ["object_kind"]
    show_full_result_count = False


admin.site.register([Flag, FrozenReport, Policy, Post], ReadOnlyAdmin)
