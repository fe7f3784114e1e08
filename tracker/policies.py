"""Who may do what: the only place that decides. Reading is decided by each queryset's visible_to()."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, Membership, User
from accounts.policies import WHOLE_SYSTEM, Scope, scope_of
from tracker.choices import Duty, Role
from tracker.clock import local_today
from tracker.models import (
    Body,
    Cadre,
    Consultation,
    DetailingDuty,
    Dispute,
    Event,
    Extension,
    Flag,
    Institutionalization,
    Instrument,
    Obstacle,
    ProgressReport,
    Responsibility,
    SavedFilter,
    Task,
    Tenure,
    Webhook,
)
from tracker.models.expressions import KeysOf

REPORTERS = (Duty.OFFICIAL, Duty.BODY_ADMIN)
REPORTING_ROLES = (Role.ACCOUNTABLE, Role.RESPONSIBLE)


def may(user: Any, action: str, obj: Any = None) -> bool:
    """Tell whether `user` may do `action` to `obj` today.

    Actions are `<noun>.<verb>`; an unknown one raises KeyError, so that a misspelt check never passes.
    `user=None` is the system itself (jobs, the loader); no request ever passes None.
    """
    decide = ACTIONS[action]
    return user is None or decide(scope_of(user), user, obj)


def require(user: Any, action: str, obj: Any = None) -> None:
    """Raise PermissionDenied unless `user` may do `action` to `obj`."""
    if not may(user, action, obj):
        raise PermissionDenied(_("Your duty does not allow this."))


def may_each(user: Any, action: str, objs: Sequence[Any]) -> set[int]:
    """Return the keys of those of `objs` (tasks, or rows of tasks) to which `user` may do `action`.

    One query for whoever answers for each of the tasks, beside what `action` asks of each of its own.
    """
    tasks: list[Any] = [obj if isinstance(obj, Task) else obj.task for obj in objs]
    paths = _accountable_paths(tasks)
    for task in tasks:
        task._accountable_path = paths.get(task.pk, task.resolution.issuer.path)
    try:
        return {obj.pk for obj in objs if may(user, action, obj)}
    finally:
        for task in tasks:
            task.__dict__.pop("_accountable_path", None)


def reporting_body_ids(user: Any, task: Task) -> tuple[int, ...]:
    """Return the bodies of `user` that hold A or R in `task` today, accountable first. One query."""
    scope = scope_of(user)
    cells = Responsibility.objects.valid_on(local_today()).filter(
        task=task, role__in=REPORTING_ROLES, body__in=_employers(scope)
    )
    return tuple(dict.fromkeys(cells.order_by("role", "id").values_list("body_id", flat=True)))


def accountable_body_id(user: Any, task: Task) -> int | None:
    """Return the body of `user` that is accountable for `task` today, None where it is not theirs. One query."""
    cells = Responsibility.objects.valid_on(local_today()).filter(task=task, role=Role.ACCOUNTABLE)
    body: int | None = cells.filter(body__in=_employers(scope_of(user))).values_list("body_id", flat=True).first()
    return body


def disputable_cells(user: Any, task: Task) -> Any:
    """Return the open cells of `task` that a body of `user` holds today or will hold. Runs no query."""
    rows = Responsibility.objects.filter(task=task, valid_to__isnull=True, body__in=_employers(scope_of(user)))
    return rows.order_by("role", "id")


def leads(user: Any, body_id: int) -> bool:
    """Tell whether `user` leads the body today: their cadre holds its head post, or acts in it. One query."""
    if user.cadre_id is None:
        return False
    held = Tenure.objects.valid_on(local_today()).filter(cadre=user.cadre_id)
    return bool(held.filter(post__is_head=True, post__body=body_id).exists())


def leaders_of(body: Body) -> Any:
    """Return the users who lead the body today and may report for it. Runs no query."""
    today = local_today()
    held = Tenure.objects.valid_on(today).filter(post__is_head=True, post__body=body)
    works = Membership.objects.filter(body=body, duty__in=REPORTERS, valid_from__lte=today).exclude(valid_to__lte=today)
    return User.objects.filter(is_active=True, cadre__in=held.values("cadre"), pk__in=works.values("user"))


def _employers(scope: Scope) -> list[int]:
    """The bodies for which the user reports, asks and declares."""
    return [grant.body_id for grant in scope.grants if grant.duty in REPORTERS]


def urging_body_id(user: Any, bodies: Iterable[Body]) -> int | None:
    """Return for which body `user` may urge all of `bodies`: the employer of a commission duty that covers them."""
    paths = [body.path for body in bodies]
    for grant in scope_of(user).grants:
        if grant.duty == Duty.COMMISSION and all(path.startswith(grant.root_path) for path in paths):
            return grant.body_id
    return None


def may_cover_at(user: Any, path: str) -> bool:
    """Tell whether the commission duty of `user` covers a task that is answered for at `path`. No query.

    For lists that know the accountable body of each row; an act on one is still checked by may().
    """
    return scope_of(user).reaches(path, Duty.COMMISSION)


def employer_id(user: Any) -> int | None:
    """Return the body that employs `user`, the first where there are several. No query."""
    return next((grant.body_id for grant in scope_of(user).grants), None)


def sharing_body_id(user: Any) -> int | None:
    """Return the body with which `user` shares what they keep: the employer of their commission duty. No query."""
    grants = scope_of(user).grants
    return next((grant.body_id for grant in grants if grant.duty == Duty.COMMISSION), None)


def duty_of(user: Any, *, over: str = "") -> str:
    """Return the duty under which `user` acts, for the history; empty for the system."""
    if user is None:
        return ""
    grants = scope_of(user).grants
    covering = [grant for grant in grants if over.startswith(grant.root_path)] or list(grants)
    return str(covering[0].duty) if covering else "admin" if user.is_superuser else ""


def _accountable_paths(tasks: Sequence[Task]) -> dict[int, str]:
    keys = KeysOf(Value(json.dumps(sorted({task.pk for task in tasks}))))
    cells = Responsibility.objects.valid_on(local_today()).filter(task__in=keys, role=Role.ACCOUNTABLE)
    # The first one of a task is taken, as for one task.
    return dict(cells.order_by("task", "-role", "-body", "-id").values_list("task_id", "body__path"))


def _accountable_path(task: Task) -> str:
    known: str | None = getattr(task, "_accountable_path", None)
    if known is not None:
        return known
    cell = Responsibility.objects.valid_on(local_today()).filter(task=task, role=Role.ACCOUNTABLE)
    return cell.values_list("body__path", flat=True).first() or task.resolution.issuer.path


def _commission_covers(scope: Scope, task: Task) -> bool:
    """The commission's jurisdiction is a subtree; it need not employ or stand above the body."""
    return scope.has(Duty.COMMISSION) and scope.reaches(_accountable_path(task), Duty.COMMISSION)


def _may_report(scope: Scope, user: Any, task: Task) -> bool:
    return scope.has(*REPORTERS) and bool(reporting_body_ids(user, task))


def _may_change_report(scope: Scope, user: Any, report: ProgressReport) -> bool:
    return report.body_id in _employers(scope)


def _may_submit_report(scope: Scope, user: Any, report: ProgressReport) -> bool:
    """Whoever writes for the body, where it lets specialists submit; else its leader."""
    if not _may_change_report(scope, user, report):
        return False
    return report.body.specialists_submit or leads(user, report.body_id)


def _may_correct_report(scope: Scope, user: Any, report: ProgressReport) -> bool:
    return report.decided_by_id != user.pk and _may_submit_report(scope, user, report)


def _may_give_back(scope: Scope, user: Any, report: ProgressReport) -> bool:
    return _may_change_report(scope, user, report) and leads(user, report.body_id)


def _may_set_submission(scope: Scope, user: Any, body: Body) -> bool:
    """The body's own administrator says who submits its reports."""
    return any(grant.duty == Duty.BODY_ADMIN and grant.body_id == body.pk for grant in scope.grants)


def _may_decide_report(scope: Scope, user: Any, report: ProgressReport) -> bool:
    is_theirs = user.pk in (report.author_id, report.submitted_by_id)
    return not is_theirs and _commission_covers(scope, report.task)


def _may_speak_for(scope: Scope, user: Any, task: Task) -> bool:
    """Only the body that answers for a task asks for time, or says on whom it waits."""
    return scope.has(*REPORTERS) and accountable_body_id(user, task) is not None


def _may_decide_extension(scope: Scope, user: Any, extension: Extension) -> bool:
    return extension.asked_by_id != user.pk and _commission_covers(scope, extension.task)


def _may_end_obstacle(scope: Scope, user: Any, obstacle: Obstacle) -> bool:
    """Either body ends it, and the commission."""
    is_theirs = bool({obstacle.body_id, obstacle.declared_body_id} & set(_employers(scope)))
    return is_theirs or _commission_covers(scope, obstacle.task)


def _may_dispute(scope: Scope, user: Any, task: Task) -> bool:
    return scope.has(*REPORTERS) and bool(disputable_cells(user, task).exists())


def _may_decide_dispute(scope: Scope, user: Any, dispute: Dispute) -> bool:
    return scope.has(Duty.EDITOR) and dispute.raised_by_id != user.pk


def _may_withdraw_dispute(scope: Scope, user: Any, dispute: Dispute) -> bool:
    return dispute.body_id in _employers(scope)


def _may_verify(scope: Scope, user: Any, evidence: Institutionalization) -> bool:
    """Neither who ever declared or corrected it, nor who wrote a report that names it, whoever submitted that."""
    if evidence.declared_by_id == user.pk or not _commission_covers(scope, evidence.task):
        return False
    said = Event.objects.filter(object_kind="institutionalization", object_id=str(evidence.pk), actor=user)
    if said.filter(kind__in=("evidence.declared", "evidence.changed")).exists():
        return False
    written = ProgressReport.objects.filter(task=evidence.task_id, instrument=evidence.instrument_id, author=user)
    return not written.exists()


def _may_change_evidence(scope: Scope, user: Any, evidence: Institutionalization) -> bool:
    """The body that declared it, and the editor; not who verified it, whose decision would be on their own words."""
    if evidence.verified_by_id == user.pk:
        return False
    return evidence.body_id in _employers(scope) or scope.has(Duty.EDITOR)


def _may_join(scope: Scope, user: Any, parts: Iterable[Institutionalization]) -> bool:
    return all(_may_verify(scope, user, part) for part in parts)


def _may_acknowledge(scope: Scope, user: Any, flag: Flag) -> bool:
    return _commission_covers(scope, flag.task)


def _may_remark(scope: Scope, user: Any, flag: Flag) -> bool:
    """Beside its flag speaks only the body that answers for the task."""
    return _may_speak_for(scope, user, flag.task)


def _may_urge(scope: Scope, user: Any, bodies: Iterable[Body] | None) -> bool:
    return urging_body_id(user, bodies or ()) is not None


def _may_freeze(scope: Scope, user: Any, root: Body | None) -> bool:
    """Commission staff report upward on bodies of their jurisdiction; on all of them only who covers all."""
    return freezing_body_id(user, root) is not None


def freezing_body_id(user: Any, root: Body | None) -> int | None:
    """Return for which body `user` reports on `root` and those below it (None: on all): their employer there."""
    path = root.path if root else WHOLE_SYSTEM
    for grant in scope_of(user).grants:
        if grant.duty == Duty.COMMISSION and path.startswith(grant.root_path):
            return grant.body_id
    return None


def _may_change_filter(scope: Scope, user: Any, saved: SavedFilter) -> bool:
    """The owner, and the commission of the body with which it is shared: who keeps it may have left."""
    shares = {grant.body_id for grant in scope.grants if grant.duty == Duty.COMMISSION}
    return saved.owner_id == user.pk or saved.shared_with_id in shares


def _may_share_filter(scope: Scope, user: Any, obj: Any) -> bool:
    return sharing_body_id(user) is not None


def _may_review(scope: Scope, user: Any, obj: Any) -> bool:
    return scope.has(Duty.COMMISSION)


def _may_oversee(scope: Scope, user: Any, obj: Any) -> bool:
    return scope.has(Duty.COMMISSION, Duty.EDITOR, Duty.SUPERVISOR) or scope.is_system_admin


def _may_cover(scope: Scope, user: Any, task: Task) -> bool:
    return _commission_covers(scope, task)


def _may_steer(scope: Scope, user: Any, task: Task) -> bool:
    return _commission_covers(scope, task) or scope.has(Duty.EDITOR)


def _may_edit(scope: Scope, user: Any, obj: Any) -> bool:
    return scope.has(Duty.EDITOR)


def _may_register(scope: Scope, user: Any, obj: Any) -> bool:
    """An official names the document that they report; the commission verifies it before it counts."""
    return scope.has(Duty.EDITOR, *REPORTERS)


def _may_move_on(scope: Scope, user: Any, duty: DetailingDuty) -> bool:
    """The body that owes the text, and the editor."""
    return duty.body_id in _employers(scope) or scope.has(Duty.EDITOR)


def _is_of_their_body(scope: Scope, instrument: Instrument) -> bool:
    """The body that issued it, or that owes it."""
    return bool({instrument.issuer_id, instrument.drafted_by_id} & set(_employers(scope)))


def _may_change_instrument(scope: Scope, user: Any, instrument: Instrument) -> bool:
    """Besides its bodies, who registered it: they know where its text is."""
    is_theirs = scope.has(*REPORTERS) and instrument.registered_by_id == user.pk
    return scope.has(Duty.EDITOR) or is_theirs or _is_of_their_body(scope, instrument)


def _may_record_consultation(scope: Scope, user: Any, instrument: Instrument) -> bool:
    return scope.has(Duty.EDITOR) or _is_of_their_body(scope, instrument)


def _may_change_consultation(scope: Scope, user: Any, row: Consultation) -> bool:
    return _may_record_consultation(scope, user, row.instrument)


def _may_read_mail_state(scope: Scope, user: Any, cadre: Cadre) -> bool:
    """Whether mails reach a person is for those who can mend it, and for the person."""
    return scope.is_system_admin or scope.has(Duty.EDITOR) or user.cadre_id == cadre.pk


def _may_administer(scope: Scope, user: Any, obj: Any) -> bool:
    return scope.is_system_admin


def _may_make_token(scope: Scope, user: Any, obj: Any) -> bool:
    return scope.is_member


def _may_revoke_token(scope: Scope, user: Any, token: ApiToken) -> bool:
    return token.user_id == user.pk or scope.is_system_admin


def _may_change_webhook(scope: Scope, user: Any, webhook: Webhook) -> bool:
    return scope.is_member and webhook.owner_id == user.pk


def _may_stop_webhook(scope: Scope, user: Any, webhook: Webhook) -> bool:
    """The owner, and the operator: what leaves the installation can be stopped by who runs it."""
    return _may_change_webhook(scope, user, webhook) or scope.is_system_admin


ACTIONS: dict[str, Callable[[Scope, Any, Any], bool]] = {
    "report.write": _may_report,  # obj: Task
    "report.change": _may_change_report,  # obj: ProgressReport
    "report.submit": _may_submit_report,  # obj: ProgressReport
    "report.give_back": _may_give_back,  # obj: ProgressReport, a draft that awaits the leader
    "report.decide": _may_decide_report,  # obj: ProgressReport; to ask about it as well
    "report.answer": _may_change_report,  # obj: ProgressReport
    "report.correct": _may_correct_report,  # obj: ProgressReport
    "body.set_submission": _may_set_submission,  # obj: Body
    "dispute.raise": _may_dispute,  # obj: Task
    "dispute.decide": _may_decide_dispute,  # obj: Dispute
    "dispute.withdraw": _may_withdraw_dispute,  # obj: Dispute
    "dispute.list": _may_oversee,
    "correction.make": _may_edit,  # obj: Task
    "evidence.declare": _may_report,  # obj: Task
    "evidence.verify": _may_verify,  # obj: Institutionalization
    "evidence.change": _may_change_evidence,  # obj: Institutionalization
    "evidence.join": _may_join,  # obj: the pieces of evidence that are to make a whole
    "extension.ask": _may_speak_for,  # obj: Task
    "extension.decide": _may_decide_extension,  # obj: Extension
    "obstacle.declare": _may_speak_for,  # obj: Task
    "obstacle.end": _may_end_obstacle,  # obj: Obstacle
    "flag.acknowledge": _may_acknowledge,  # obj: Flag
    "flag.snooze": _may_acknowledge,  # obj: Flag
    "urging.issue": _may_urge,  # obj: the bodies that one selection urges, all within one jurisdiction
    "overdue.read": _may_oversee,  # the queue of flags
    "review.read": _may_review,  # the queue of reports
    "overview.read": _may_oversee,
    "figures.read": _may_oversee,
    "figures.freeze": _may_freeze,  # obj: the body that is reported on with those below it; None: all
    "flag.remark": _may_remark,  # obj: Flag
    "filter.change": _may_change_filter,  # obj: SavedFilter
    "filter.share": _may_share_filter,
    "task.cover": _may_cover,  # obj: Task; its flags, obstacles and requests are the commission's to decide on
    "task.stage": _may_steer,  # obj: Task
    "task.suspend": _may_steer,  # obj: Task
    "task.withdraw": _may_steer,  # obj: Task
    "task.resume": _may_steer,  # obj: Task
    "matrix.edit": _may_edit,
    "register.edit": _may_edit,  # bodies, resolutions, provisions, tasks, instruments
    "instrument.register": _may_register,
    "detailing.move_on": _may_move_on,  # obj: DetailingDuty
    "instrument.change": _may_change_instrument,  # obj: Instrument; its facts, phases and files
    "consultation.record": _may_record_consultation,  # obj: Instrument
    "consultation.change": _may_change_consultation,  # obj: Consultation
    "policy.edit": _may_edit,
    "cadre.read_mail_state": _may_read_mail_state,  # obj: Cadre
    "token.make": _may_make_token,
    "token.revoke": _may_revoke_token,  # obj: ApiToken
    "webhook.make": _may_make_token,
    "webhook.change": _may_change_webhook,  # obj: Webhook; its secret, its tests and replays, and to resume it
    "webhook.stop": _may_stop_webhook,  # obj: Webhook; to pause or end it
    "system.read": _may_administer,
    "message.retry": _may_administer,  # obj: Message
    "set_aside.retry": _may_administer,  # obj: SetAside
}
