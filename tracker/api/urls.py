"""The routes of the REST API, version 1."""

from django.urls import URLPattern, URLResolver, path, re_path

from tracker.api.boards import CoverageView, FourCellsView
from tracker.api.explain import ExplainView
from tracker.api.feed import ChangesView
from tracker.api.reference import DocsView, SchemaView
from tracker.api.resources import CHANGES, RESOURCES
from tracker.api.views import DetailView, IndexView, ListView, NothingHereView

LISTS: dict[str, type[ListView]] = {CHANGES.name: ChangesView}

urlpatterns: list[URLPattern | URLResolver] = [path("", IndexView.as_view(), name="api-index")]
for resource in RESOURCES:
    urlpatterns += [
        path(
            f"{resource.name}/",
            LISTS.get(resource.name, ListView).as_view(resource=resource),
            name=f"api-{resource.name}",
        ),
        path(f"{resource.name}/<str:pk>/", DetailView.as_view(resource=resource), name=f"api-{resource.name}-detail"),
    ]
urlpatterns += [
    path("tasks/<str:pk>/explain/", ExplainView.as_view(), name="api-tasks-explain"),
    path("boards/four-cells/", FourCellsView.as_view(), name="api-boards/four-cells"),
    path("boards/coverage/", CoverageView.as_view(), name="api-boards/coverage"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    re_path(r"^[\s\S]*/$", NothingHereView.as_view(), name="api-nothing"),
]
