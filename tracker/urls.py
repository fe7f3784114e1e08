"""The routes of the pages."""

from django.urls import URLPattern, URLResolver, path

from tracker.views import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("i18n/setlang/", home.set_language, name="set_language"),
]
