"""Configuration of the project: settings, URLs, web and Celery entry points."""

# Jobs declared with shared_task bind to this app, in the web process too.
from config.celery import app as celery_app

__all__ = ["celery_app"]
