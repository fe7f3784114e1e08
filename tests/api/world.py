"""A small world with at least one row of every resource, invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import NAMESPACE_URL, uuid5

from accounts.models import User
from tests.builders import (
    START,
    make_body,
    make_cell,
    make_instrument,
    make_post,
    make_provision,
    make_resolution,
    make_task,
    noon,
)
from tests.urging import issue
from tracker.choices import (
    Clock,
    Coverage,
    EvidenceState,
    ExtensionState,
    Level,
    Participant,
    Phase,
    ReportState,
    Role,
    Stage,
    SuccessionKind,
)
from tracker.models import (
    Attachment,
    Body,
    Cadre,
    CalendarVersion,
    Consultation,
    ConsultationCount,
    DetailingDuty,
    Dispute,
    Extension,
    Flag,
    FlagRemark,
    FlagStep,
    FrozenReport,
    Institutionalization,
    Instrument,
    InstrumentFile,
    InstrumentLink,
    InstrumentPhase,
    Obstacle,
    Policy,
    Post,
    ProgressReport,
    ReportQuestion,
    ResolutionLink,
    Succession,
    SuccessionMember,
    Task,
    Tenure,
)
from tracker.services import sealing

SEEN, FOREIGN = "2.5", "3.7"
LATE_SINCE = date(2026, 6, 1)


@dataclass(frozen=True)
class World:
    """`seen` belongs to body A (Lan's), `foreign` to body B (Minh's)."""

    seen: Task
    foreign: Task


def make_world(cast: dict[str, User]) -> World:
    """Two tasks with everything that can hang on them, one of body A, one of body B."""
    a, b = make_body("BO-A"), make_body("BO-B")
    Body.objects.filter(pk=a.pk).update(note_vi='"Ghi chú" \\ / <b>\x01\x1f\x7f\u2028 😀')
    Body.objects.bulk_update([_with_aliases(a)], ["aliases"])
    posts = {body: _held_post(body) for body in (a, b)}
    early, late = make_resolution(code="R2", signed_on=date(2013, 6, 3)), make_resolution(code="R1")
    ResolutionLink.objects.create(later=late, earlier=early, kind="develops")
    root = make_provision(late, label="XV.2")
    place = make_provision(late, label="XV.2.3", parent=root)
    _succession(a)
    seen = make_task(
        code=SEEN,
        accountable=a,
        post=posts[a],
        resolution=late,
        provision=place,
        levels=[("central", ["law"])],
        target_groups=["all", "youth"],
        title_vi='Quy chế "dân chủ" \\ cơ sở',
        title_en='"Democracy"',
        due_on=date(2026, 5, 29),
    )
    foreign = make_task(
        code=FOREIGN,
        accountable=b,
        post=posts[b],
        resolution=late,
        title_vi="Tiếp dân",
        title_en="Petitions",
        levels=[("commune", [])],
    )
    make_cell(seen, make_body("QH"), Role.SUPERVISES)
    for task, user in ((seen, cast["lan"]), (foreign, cast["minh"])):
        _follow(task, user, cast["hoa"])
    _frozen(cast["hoa"], a)
    sealing.seal()
    return World(seen, foreign)


def _frozen(by: User, body: Body) -> None:
    on, facts = LATE_SINCE, {"query": {"by": "body", "below": "BO-A"}, "sha256": "f" * 64, "remark": "Tháng 5"}
    who = {"body": make_body("BDV"), "root": body, "by": by}
    FrozenReport.objects.create(year=on.year, number=1, day=on, known_at=noon(on), recorded_at=noon(on), **who, **facts)


def _with_aliases(body: Body) -> Body:
    body.aliases = ["Bộ A", 'Tên "cũ"']
    return body


def _held_post(body: Body) -> Post:
    post = make_post(body)
    cadre = Cadre.objects.create(code=f"CB-{body.code}", name=f"Nguyễn Thị {body.code}")
    Tenure.objects.create(cadre=cadre, post=post, valid_from=START, recorded_at=noon(START))
    return post


def _succession(body: Body) -> None:
    act = Succession.objects.create(code="S1", kind=SuccessionKind.RENAME, on=date(2025, 2, 3))
    SuccessionMember.objects.create(succession=act, body=body, is_predecessor=False)


def _follow(task: Task, author: User, verifier: User) -> None:
    body = author.memberships.get().body
    law = make_instrument(number=f"10/2022/{task.code}", title_vi="Luật")
    InstrumentLink.objects.create(instrument=law, other=make_instrument(number=f"11/{task.code}"), kind="details")
    DetailingDuty.objects.create(
        instrument=law,
        subject_vi="Quy định chi tiết",
        rank="decree",
        body=body,
        issue_within=60,
        drafting_on=date(2026, 3, 2),
        recorded_at=noon(date(2026, 3, 2)),
    )
    _live(law, author)
    Institutionalization.objects.create(
        task=task,
        instrument=law,
        level=Level.CENTRAL,
        coverage=Coverage.PARTIAL,
        state=EvidenceState.VERIFIED,
        body=body,
        declared_by=author,
        declared_on=date(2026, 3, 2),
        verified_by=verifier,
        verified_on=date(2026, 4, 1),
        content_hash="0" * 64,
        recorded_at=noon(date(2026, 3, 2)),
    )
    submitted = noon(date(2026, 5, 4))
    report = ProgressReport.objects.create(
        task=task,
        body=body,
        author=author,
        stage=Stage.DRAFTING,
        done_text="Đã xong\ndự thảo\tlần 1 \x7f \u2028 😀",
        state=ReportState.ACCEPTED,
        created_at=submitted,
        submitted_at=submitted,
        submitted_on=date(2026, 5, 4),
        decided_by=verifier,
        decided_at=noon(date(2026, 5, 6)),
    )
    ReportQuestion.objects.create(
        report=report,
        question="Kế hoạch số mấy?",
        asked_by=verifier,
        asked_on=date(2026, 5, 5),
        asked_at=noon(date(2026, 5, 5)),
    )
    Attachment.objects.create(
        id=uuid5(NAMESPACE_URL, task.code),
        report=report,
        name="dự thảo.pdf",
        content_type="application/pdf",
        size=3,
        sha256="a" * 64,
        file="x",
        uploaded_by=author,
        uploaded_at=submitted,
    )
    ProgressReport.objects.create(
        task=task, body=body, author=author, stage=Stage.DRAFTING, done_text="nháp", created_at=submitted
    )
    Flag.objects.filter(task=task).delete()
    flag = Flag.objects.create(
        task=task,
        clock=Clock.SILENCE,
        policy=Policy.objects.get(),
        calendar_version=CalendarVersion.objects.get(),
        limit_on=date(2026, 5, 31),
        since=LATE_SINCE,
        opened_at=noon(LATE_SINCE),
    )
    _requested(task, body, author, verifier)
    FlagStep.objects.create(flag=flag, number=1, due_on=LATE_SINCE, addressee="holder", reached="holder", body=body)
    FlagRemark.objects.create(
        flag=flag, number=1, body=body, text='Đang chờ "ý kiến"', by=author, recorded_at=noon(LATE_SINCE)
    )
    issue(verifier, flag, day=LATE_SINCE)


def _live(law: Instrument, author: User) -> None:
    """A phase that was corrected, a revised file, a consultation; recorded on the day after START."""
    at, files = noon(START + timedelta(days=1)), []
    who = {"instrument": law, "recorded_at": at, "recorded_by": author}
    wrong = InstrumentPhase.objects.create(phase=Phase.DRAFTING, on=START, **who)
    better = {**who, "recorded_at": at + timedelta(days=30)}
    InstrumentPhase.objects.create(phase=Phase.PLANNED, on=START, document='45/TTr "A"', corrects=wrong, **better)
    for number in (1, 2):
        file = InstrumentFile(instrument=law, name="luật.pdf", content_type="application/pdf", size=3, file="x")
        file.id, file.sha256, file.revision = uuid5(NAMESPACE_URL, f"{law.number}{number}"), f"{number}" * 64, number
        file.dated, file.uploaded_by, file.uploaded_at = START, author, at + timedelta(days=number)
        file.save(force_insert=True)
        files.append(file)
    InstrumentFile.objects.filter(pk=files[0].pk).update(replaced_by=files[1])
    asked = Consultation.objects.create(opened_on=START, closed_on=START + timedelta(days=10), **who)
    ConsultationCount.objects.create(consultation=asked, kind=Participant.PEOPLE, number=1840)


def _requested(task: Task, body: Body, author: User, verifier: User) -> None:
    """A refused request, an open one, a dispute, and an obstacle for which neither A nor B is waited on."""
    letter = {"task": task, "body": body, "asked_by": author, "signer": "Trần Văn An", "wanted_on": date(2026, 9, 30)}
    first, second = date(2026, 4, 6), date(2026, 5, 11)
    Extension.objects.create(
        **letter,
        asked_on=first,
        asked_at=noon(first),
        letter_number=f"1/{task.code}",
        letter_on=first,
        reason="Dự án luật bị lùi",
        due_on_before=task.due_on,
        state=ExtensionState.REFUSED,
        decided_by=verifier,
        decided_on=date(2026, 4, 8),
        decided_at=noon(date(2026, 4, 8)),
        decision_note="Không có căn cứ",
    )
    Extension.objects.create(
        **letter, asked_on=second, asked_at=noon(second), letter_number=f"2/{task.code}", letter_on=second, reason="…"
    )
    Dispute.objects.create(
        task=task,
        cell=task.responsibilities.filter(body=body).earliest("pk"),
        body=body,
        reason="Không thuộc thẩm quyền",
        answer_by=date(2026, 5, 25),
        raised_by=author,
        raised_on=second,
        raised_at=noon(second),
    )
    Obstacle.objects.create(
        task=task,
        declared_body=body,
        body=make_body("QH"),
        since=second,
        reason='Chưa có "ý kiến" \\',
        declared_by=author,
        recorded_at=noon(second),
    )
