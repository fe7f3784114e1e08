"""The routes of the whole site; each app lists its own."""

from django.contrib import admin
from django.urls import include, path

from tracker.views.health import health

urlpatterns = [
    path("", include("tracker.urls")),
    path("api/v1/", include("tracker.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
]
