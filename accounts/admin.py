"""The system administrator's pages: accounts, their memberships and their tokens. Nothing of the matrix."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, Membership, User
from tracker.clock import now
from tracker.services import history

admin.site.unregister(Group)  # rights come from memberships, never from groups


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["body", "root"]


@admin.register(User)
class AccountAdmin(UserAdmin):
    inlines = [MembershipInline]
    list_display = ["username", "first_name", "email", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser", "memberships__duty"]
    autocomplete_fields = ["cadre"]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "cadre", "language")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens are made by `manage.py create_token` and shown once; here they are seen and revoked."""

    list_display = ["key_id", "name", "user", "scopes", "expires_at", "last_used_at", "revoked_at"]
    readonly_fields = (
        *("key_id", "name", "user", "scopes", "body", "networks"),
        *("created_at", "expires_at", "last_used_at"),
    )
    fields = (*readonly_fields, "revoked_at")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """What is revoked here is in the history, too."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if "revoked_at" in form.changed_data:
                after = {"revoked_at": obj.revoked_at}
                history.record("token.revoked", obj, by=request.user, at=now(), after=after)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
