"""The findings of the matrix linter: code, severity, reason, remedy and source of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

POLICY = "policy"
"""The source of a rule that is the product's own and not drawn from a paragraph."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding. `reason` and `remedy` take the finding's params; `source` names paragraphs."""

    severity: Severity
    source: str
    reason: Any
    remedy: Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with `subject`: the code of a task or a body, or the label of a provision."""

    code: str
    subject: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return CATALOG[self.code].severity

    @property
    def severity_rank(self) -> int:
        """0 for the gravest."""
        return SEVERITIES.index(self.severity)

    @property
    def source(self) -> str:
        return CATALOG[self.code].source

    @property
    def reason(self) -> str:
        """What is wrong, as a sentence in the active language."""
        return str(CATALOG[self.code].reason) % self.params

    @property
    def remedy(self) -> str:
        """What would put it right, as a sentence in the active language."""
        return str(CATALOG[self.code].remedy) % self.params


CATALOG: dict[str, Kind] = {
    "no_accountable": Kind(
        "error",
        "I3, P22",
        _("No body answers for the task: where everybody is responsible, nobody is."),
        _("Give the role A to exactly one body."),
    ),
    "not_state": Kind(
        "error",
        "I6",
        _("%(body)s answers for the task but is no State agency, though the task needs a document of the State."),
        _("Give the role A to the State agency that can issue or submit the document."),
    ),
    "body_ended": Kind(
        "error",
        POLICY,
        _("%(body)s no longer exists but still holds the role %(role)s."),
        _("End the cell and give the role to the body that took over."),
    ),
    "left_alone": Kind(
        "error",
        "I3, I6",
        _("The task is left to %(bodies)s alone: mass mobilization belongs first to the State agencies."),
        _("Give the role A or R to a State agency as well."),
    ),
    "left_alone_own_work": Kind(
        "info",
        "I3, P32",
        _("Only %(bodies)s carries out the task, and no State agency."),
        _("Leave it so if this is their own work; else give the role R to a State agency."),
    ),
    "nobody_supervises": Kind(
        "warning",
        "I4, P29",
        _("Nobody supervises how the task is carried out."),
        _("Give the role S to the Front, an elected body or an inspection committee."),
    ),
    "supervises_itself": Kind(
        "warning",
        POLICY,
        _("%(body)s answers for the task and is the only one to supervise it."),
        _("Give the role S to another body; internal supervision may stand beside it."),
    ),
    "no_leader": Kind(
        "warning",
        "P7, P28",
        _("No Party organ leads the task."),
        _("Give the role L to the Party committee or organ that leads the work."),
    ),
    "no_cadre": Kind(
        "warning",
        "P22, P29",
        _("%(body)s answers for the task, but no post in it is named."),
        _("Name the post whose holder answers, as a rule the head of the body."),
    ),
    "post_vacant": Kind(
        "warning",
        "P22",
        _("The post of %(body)s that holds the role %(role)s is vacant: whoever held it has left."),
        _("Record who holds the post now, or name another post."),
    ),
    "level_without_unit": Kind(
        "warning",
        "I5",
        _("The task must reach this level, but no unit there has it: %(level)s."),
        _("Cascade the task to the units of the level, or give the role A or R to a body there."),
    ),
    "units_missing": Kind(
        "warning",
        "I5",
        _("The task was cascaded, but %(count)s units have no part in it: %(units)s."),
        _("Cascade the task to the missing units as well."),
    ),
    "unasked": Kind(
        "warning",
        "I6, P29",
        _("The task leans on %(instrument)s, promulgated unasked: no consultation closed before it was signed."),
        _("Record the consultation if there was one; else ask now, follow how it is received, and amend it."),
    ),
    "no_provision": Kind(
        "warning",
        POLICY,
        _("The task cites no provision of its resolution."),
        _("Choose the provision that sets the task."),
    ),
    "overloaded": Kind(
        "info",
        POLICY,
        _("%(body)s answers for %(load)s tasks, more than three times what is usual (%(median)s)."),
        _("Look whether other bodies could answer for some of them."),
    ),
    "idle_provision": Kind(
        "warning",
        POLICY,
        _("Provision %(label)s sets something, but no task was drawn from it."),
        _("Add the task, or note why the provision carries none."),
    ),
}
