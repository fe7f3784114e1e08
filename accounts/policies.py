"""The scope of a user: which bodies employ them, which subtrees they see, under which duties.

Below tracker's models, so that querysets can ask it; what a user may do to an object is in tracker.policies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tracker.choices import Duty
from tracker.clock import local_today

WHOLE_SYSTEM = "HTCT/"


@dataclass(frozen=True)
class Grant:
    """One membership in force today: for which body, over which subtree, under which duty."""

    duty: Duty
    body_id: int
    body_path: str
    root_path: str


@dataclass(frozen=True)
class Scope:
    grants: tuple[Grant, ...] = ()
    is_system_admin: bool = False
    within: str = ""
    """The path of the body for which a token is; empty without one."""

    @property
    def is_member(self) -> bool:
        """A member reads the registers; an account without a membership reads nothing."""
        return bool(self.grants) or self.is_system_admin

    @property
    def root_paths(self) -> tuple[str, ...]:
        return tuple(sorted({grant.root_path for grant in self.grants}))

    @property
    def sees_everything(self) -> bool:
        return self.is_system_admin or WHOLE_SYSTEM in self.root_paths

    @property
    def body_ids(self) -> tuple[int, ...]:
        """The bodies that employ the user: whose drafts they read."""
        return tuple(sorted({grant.body_id for grant in self.grants if grant.body_path.startswith(self.within)}))

    def has(self, *duties: Duty) -> bool:
        return any(grant.duty in duties for grant in self.grants)

    def reaches(self, path: str, *duties: Duty) -> bool:
        """Tell whether one of `duties` has a jurisdiction that covers the body at `path`."""
        return any(grant.duty in duties and path.startswith(grant.root_path) for grant in self.grants)

    def works_for(self, path: str, *duties: Duty) -> bool:
        """Tell whether the user is employed, under one of `duties`, by the body at `path`."""
        is_within = path.startswith(self.within)
        return is_within and any(grant.duty in duties and grant.body_path == path for grant in self.grants)

    def below(self, path: str) -> Scope:
        """Return the scope narrowed to the body at `path` and those below it: what a token for that body sees.

        Who reports for a body beyond it reports no more; who oversees it goes on to, from their own office.
        """
        found = (_narrowed(grant, path) for grant in self.grants)
        return Scope(tuple(grant for grant in found if grant), within=path)


def _narrowed(grant: Grant, path: str) -> Grant | None:
    if grant.duty in (Duty.OFFICIAL, Duty.BODY_ADMIN) and not grant.body_path.startswith(path):
        return None
    if grant.root_path.startswith(path):
        return grant
    return replace(grant, root_path=path) if path.startswith(grant.root_path) else None


NOBODY = Scope()


def scope_of(user: Any) -> Scope:
    """Return the scope of `user` today: one query a request, nothing for strangers and deactivated accounts."""
    if user is None or not user.is_authenticated or not user.is_active:
        return NOBODY
    if not hasattr(user, "_scope"):
        user._scope = Scope(_grants(user), is_system_admin=user.is_superuser)
    scope: Scope = user._scope
    return scope


def narrow(user: Any, path: str) -> None:
    """Let `user` be, for this request, only as wide as the body at `path`."""
    user._scope = scope_of(user).below(path)


def _grants(user: Any) -> tuple[Grant, ...]:
    today = local_today()
    rows = user.memberships.filter(valid_from__lte=today).exclude(valid_to__lte=today)
    fields = rows.values_list("duty", "body_id", "body__path", "root__path")
    return tuple(Grant(Duty(duty), body, path, root) for duty, body, path, root in fields)
