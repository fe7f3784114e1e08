"""The web server's entry: `granian --interface wsgi config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from config.pdeathsig import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Under `manage.py up` the server's worker process must not outlive the server.
if os.environ.get("TRACKER_DIE_WITH_PARENT"):
    die_with_parent()

application = get_wsgi_application()
