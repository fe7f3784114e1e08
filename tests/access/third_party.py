"""The rows of what does not come from us: allauth's account pages and Django's administration.

Asked are GET, HEAD and an empty POST: their views take any other method as GET or refuse it.
"""

from __future__ import annotations

from tests.access.actors import ACTORS, OUTSIDE
from tests.access.table import ADMIN_LOGIN, LOGIN, Answer, Answers, Row, everybody, page


def asked(get: Answers, post: Answers) -> Row:
    return {"GET": get, "HEAD": get, "POST": post}


def open_to_all(get: Answer, post: Answer) -> Row:
    return asked(everybody(get), everybody(post))


def of_account(get: Answer, post: Answer) -> Row:
    """A page of one's own account: whoever is outside signs in first."""
    return asked(page(get), page(post))


def outside_only(answer: Answer, inside: Answer = 302) -> Row:
    """A page for who is not signed in; others are led to their start page."""
    answers = {**everybody(inside), **dict.fromkeys(OUTSIDE, answer)}
    return asked(answers, answers)


ACCOUNTS: dict[str, Row] = {
    "account_login": outside_only(200),
    "account_logout": asked({**everybody(200), **dict.fromkeys(OUTSIDE, 302)}, everybody(302)),
    "account_signup": outside_only(200),  # says that sign-up is closed
    "account_inactive": open_to_all(200, 405),
    "account_email_verification_sent": open_to_all(200, 405),
    "account_confirm_email": open_to_all(200, 404),
    "account_reset_password": open_to_all(200, 200),
    "account_reset_password_done": open_to_all(200, 405),
    "account_reset_password_from_key": open_to_all(200, 200),  # the key is wrong, and that is said
    "account_reset_password_from_key_done": open_to_all(200, 405),
    "account_confirm_login_code": outside_only(LOGIN),
    "account_reauthenticate": of_account(200, 200),
    "account_email": of_account(200, 302),
    "account_change_password": of_account(200, 200),
    "account_set_password": of_account(302, 302),
    # Second factors; 302 asks for the password again
    "mfa_index": of_account(200, 405),
    "mfa_list_webauthn": of_account(200, 405),
    "mfa_authenticate": outside_only(LOGIN),
    "mfa_login_webauthn": outside_only(LOGIN),
    "mfa_reauthenticate": of_account(302, 302),
    "mfa_reauthenticate_webauthn": of_account(302, 302),
    "mfa_activate_totp": of_account(302, 302),
    "mfa_deactivate_totp": of_account(404, 404),
    "mfa_view_recovery_codes": of_account(404, 405),
    "mfa_generate_recovery_codes": of_account(302, 302),
    "mfa_download_recovery_codes": of_account(404, 404),
    "mfa_add_webauthn": of_account(302, 302),
    "mfa_remove_webauthn": of_account(302, 302),
    "mfa_edit_webauthn": of_account(302, 302),
    # Identity providers: none is configured
    "socialaccount_connections": of_account(200, 200),
    "socialaccount_login_cancelled": open_to_all(200, 405),
    "socialaccount_login_error": open_to_all(401, 405),
    "socialaccount_signup": open_to_all(LOGIN, LOGIN),
    "accounts/social/login/cancelled/": open_to_all(301, 301),
    "accounts/social/login/error/": open_to_all(301, 301),
    "accounts/social/signup/": open_to_all(301, 301),
    "accounts/social/connections/": open_to_all(301, 301),
    "openid_connect_login": open_to_all(404, 404),
    "openid_connect_callback": open_to_all(404, 404),
}


def admin(get: Answer, post: Answer) -> Row:
    """A page of the administration: for the system administrator, nobody else learns more than that it is closed."""
    answers = [{**everybody(ADMIN_LOGIN), "sysadmin": answer} for answer in (get, post)]
    return asked(*answers)


# Signing in goes through allauth's page, with its limits and second factors, never past it.
_ADMIN_LOGIN = {**dict.fromkeys(ACTORS, 403), **dict.fromkeys(OUTSIDE, LOGIN)}
ADMINISTRATION: dict[str, Row] = {
    "admin:index": admin(200, 200),
    "admin:login": {
        "GET": {**_ADMIN_LOGIN, "sysadmin": 302},
        "HEAD": {**_ADMIN_LOGIN, "sysadmin": 200},
        "POST": {**_ADMIN_LOGIN, "sysadmin": 200},
    },
    "admin:logout": asked({**everybody(302), "sysadmin": 405}, everybody(302)),
    "admin:password_change": admin(200, 200),
    "admin:password_change_done": admin(200, 405),
    "admin:autocomplete": admin(403, 405),
    "admin:jsi18n": admin(200, 405),
    "admin:auth_user_password_change": admin(404, 404),
    "admin:view_on_site": admin(404, 404),
    "admin:app_list": admin(200, 200),
    "admin:admin/(?P<url>.*)$": admin(404, 404),
}
# Each model with the answers to whoever adds, changes or deletes a row: 403 where rows are only looked at. The row that
# is asked for does not exist, and 302 leads back to the index.
WRITTEN, SHOWN, LOOKED_AT = (200, 302, 302), (403, 302, 302), (403, 403, 403)
MODELS: dict[str, tuple[int, int, int]] = {
    "account_emailaddress": WRITTEN,
    "accounts_apitoken": SHOWN,
    "accounts_user": WRITTEN,
    "socialaccount_socialaccount": WRITTEN,
    "socialaccount_socialapp": WRITTEN,
    "tracker_body": LOOKED_AT,
    "tracker_cadre": LOOKED_AT,
    "tracker_event": LOOKED_AT,
    "tracker_flag": LOOKED_AT,
    "tracker_frozenreport": LOOKED_AT,
    "tracker_instrument": LOOKED_AT,
    "tracker_jobrun": LOOKED_AT,
    "tracker_policy": LOOKED_AT,
    "tracker_post": LOOKED_AT,
    "tracker_resolution": LOOKED_AT,
    "tracker_task": LOOKED_AT,
}
for _model, (_add, _change, _delete) in MODELS.items():
    _app, _, _noun = _model.partition("_")
    ADMINISTRATION |= {
        f"admin:{_model}_changelist": admin(200, 200),
        f"admin:{_model}_add": admin(_add, _add),
        f"admin:{_model}_history": admin(302, 302),
        f"admin:{_model}_delete": admin(_delete, _delete),
        f"admin:{_model}_change": admin(302, _change),
        f"admin:admin/{_app}/{_noun}/<path:object_id>/": admin(302, 302),
    }

THIRD_PARTY: dict[str, Row] = {**ACCOUNTS, **ADMINISTRATION}
