"""The routes of the whole site; each app lists its own."""

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialToken
from django.contrib import admin
from django.urls import include, path

from tracker.views.health import health, live, ready
from tracker.views.metrics import metrics

# One door only: the administration's own form would go past the limits and the second factor of the sign-in page.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Their pages would show secrets: the seed of a second factor, the tokens of an identity provider.
for model in (Authenticator, SocialToken):
    admin.site.unregister(model)

handler500 = "tracker.views.errors.server_error"

urlpatterns = [
    path("", include("tracker.urls")),
    path("api/v1/", include("tracker.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("health/", health, name="health"),
    path("health/live", live, name="health_live"),
    path("health/ready", ready, name="health_ready"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
]
