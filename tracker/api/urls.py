"""The routes of the REST API, version 1."""

from typing import Any

from django.urls import URLPattern, URLResolver, path, re_path

from tracker.api.boards import CoverageView, FourCellsView
from tracker.api.calendar import CalendarView
from tracker.api.declaration import Resource
from tracker.api.explain import ExplainView
from tracker.api.exports import EXPORTED, MEDIA_TYPES, ExportView
from tracker.api.feed import ChangesView
from tracker.api.reference import DocsView, SchemaView
from tracker.api.resources import CHANGES, RESOURCES
from tracker.api.views import DetailView, IndexView, ListView, NothingHereView
from tracker.api.writing import acts
from tracker.api.writing.many import JobView
from tracker.api.writing.views import ActView, ChangeableList, ManyView, WritableDetail, WritableList

LISTS: dict[str, type[ListView]] = {CHANGES.name: ChangesView}


def _list(resource: Resource) -> Any:
    if resource.name in acts.CHANGES:
        both = {"act": acts.NEW[resource.name], "change": acts.CHANGES[resource.name]}
        return ChangeableList.as_view(resource=resource, **both)
    if resource.name in acts.NEW:
        return WritableList.as_view(resource=resource, act=acts.NEW[resource.name])
    return LISTS.get(resource.name, ListView).as_view(resource=resource)


def _detail(resource: Resource) -> Any:
    if resource.name in acts.CHANGES:
        return WritableDetail.as_view(resource=resource, act=acts.CHANGES[resource.name])
    return DetailView.as_view(resource=resource)


FILES = {
    f"exports/{exported.name}.{form}": ExportView.as_view(resource=exported, form=form)
    for exported in EXPORTED
    for form in MEDIA_TYPES
}
FILES["calendar.ics"] = CalendarView.as_view()
BOARDS = {"boards/four-cells": FourCellsView.as_view(), "boards/coverage": CoverageView.as_view()}
urlpatterns: list[URLPattern | URLResolver] = [
    path("", IndexView.as_view(others=(*BOARDS, *FILES)), name="api-index"),
    *(path(address, view, name=f"api-{address}") for address, view in FILES.items()),
    *(path(f"{address}/", view, name=f"api-{address}") for address, view in BOARDS.items()),
]
# Before the rows: what is done to many is no id.
urlpatterns += [
    path(f"{act.resource.name}/{act.name}/", ManyView.as_view(act=act), name=f"api-{act.resource.name}-{act.name}-bulk")
    for act in acts.ON_A_ROW
]
urlpatterns += [path("bulk-jobs/<str:pk>/", JobView.as_view(), name="api-bulk-job")]
for resource in RESOURCES:
    urlpatterns += [
        path(f"{resource.name}/", _list(resource), name=f"api-{resource.name}"),
        path(f"{resource.name}/<str:pk>/", _detail(resource), name=f"api-{resource.name}-detail"),
    ]
urlpatterns += [
    path(
        f"{act.resource.name}/<str:pk>/{act.name}/",
        ActView.as_view(act=act),
        name=f"api-{act.resource.name}-{act.name}",
    )
    for act in acts.ON_A_ROW
]
urlpatterns += [
    path("tasks/<str:pk>/explain/", ExplainView.as_view(), name="api-tasks-explain"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    re_path(r"^[\s\S]*/$", NothingHereView.as_view(), name="api-nothing"),
]
