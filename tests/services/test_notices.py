"""Decisions are told at once, in the transaction that decides, to whoever asked, in their language."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from tests.asking import asked
from tests.builders import make_cast, make_instrument, make_task, noon
from tests.working import submitted
from tracker.choices import Level, MessageKind
from tracker.models import Institutionalization, Message, Task
from tracker.services import extensions, institutionalizations, notices, reports

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 2)
AT = noon(DAY)
SITE = "http://localhost:8000"


@pytest.fixture
def cast() -> dict[str, User]:
    cast = make_cast()
    User.objects.filter(pk=cast["lan"].pk).update(email="lan@example.invalid", language="en")
    cast["lan"].refresh_from_db()
    return cast


def declared(task: Task, cast: dict[str, User]) -> Institutionalization:
    instrument = make_instrument(
        number="59/2023/NĐ-CP", title_en="Decree on democracy", title_vi="Nghị định về dân chủ"
    )
    return institutionalizations.declare(task, instrument, level=Level.CENTRAL, by=cast["lan"], at=AT)


def test_an_accepted_report_is_told_to_its_author(cast: dict[str, User]) -> None:
    task = make_task(code="2.6", title_en="The mechanism")
    report = submitted(task, cast["lan"], on=DAY)
    reports.accept(report, by=cast["hoa"], at=AT, note="Well done")
    message = Message.objects.get()
    assert (message.user, message.task, message.kind) == (cast["lan"], task, MessageKind.DECISION)
    assert message.key == f"report:{report.pk}:accepted:{report.version}:{cast['lan'].pk}"
    assert message.subject == "2.6: your report was accepted"
    for words in ("report of 2 Feb 2026", "2.6 · The mechanism", "Well done", f"{SITE}/reports/{report.pk}/\n"):
        assert words in message.text


def test_a_returned_report_is_told_each_time(cast: dict[str, User]) -> None:
    task = make_task()
    for _ in range(2):
        reports.send_back(submitted(task, cast["lan"], on=DAY), by=cast["hoa"], at=AT, note="Name the plan")
    texts = list(Message.objects.values_list("text", flat=True))
    assert len(texts) == 2 and all("Name the plan" in text for text in texts)


def test_verified_and_returned_evidence_is_told_to_whoever_declared_it(cast: dict[str, User]) -> None:
    User.objects.filter(username="lan").update(language="vi")
    task = make_task(levels=[(Level.CENTRAL, [])])
    institutionalizations.send_back(declared(task, cast), by=cast["hoa"], at=AT, note="Thiếu điều khoản")
    first = Message.objects.get()
    assert "Nghị định về dân chủ" in first.text and "Thiếu điều khoản" in first.text
    again = institutionalizations.declare(
        task, Institutionalization.objects.get().instrument, level=Level.CENTRAL, by=cast["lan"], at=AT
    )
    institutionalizations.verify(again, by=cast["hoa"], at=AT)
    assert Message.objects.count() == 2


def test_more_time_granted_or_refused_is_told_to_whoever_asked(cast: dict[str, User]) -> None:
    task = make_task(due_on=DAY + timedelta(days=30))
    first = asked(task, cast["lan"], on=DAY, wanted_on=DAY + timedelta(days=60))
    extensions.refuse_(first, by=cast["hoa"], at=AT, note="Too long")
    task.refresh_from_db()
    second = asked(task, cast["lan"], on=DAY, wanted_on=DAY + timedelta(days=45))
    extensions.grant(second, due_on=DAY + timedelta(days=45), decision_number="3/QD", by=cast["hoa"], at=AT)
    granted, refused = Message.objects.order_by("-pk")
    assert "refused" in refused.subject and "Too long" in refused.text
    assert "granted" in granted.subject and "The new deadline is 19 Mar 2026." in granted.text


def test_a_decision_that_is_rolled_back_is_not_told(cast: dict[str, User]) -> None:
    report = submitted(make_task(), cast["lan"], on=DAY)
    with transaction.atomic():
        reports.accept(report, by=cast["hoa"], at=AT)
        transaction.set_rollback(True)
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_a_worker_and_a_dead_broker_fails_no_decision(
    cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    woken = []

    def publish(job: str, args: Any) -> None:
        woken.append((job, Message.objects.exists()))
        raise ConnectionRefusedError

    monkeypatch.setattr("tracker.wake._publish", publish)
    monkeypatch.setattr("tracker.wake._broker.failed_at", None)
    reports.accept(submitted(make_task(), cast["lan"], on=DAY), by=cast["hoa"], at=AT)
    assert woken == [("tracker.jobs.send_mails", True)]
    assert Message.objects.count() == 1


def test_what_is_not_theirs_to_read_any_more_is_not_told(cast: dict[str, User]) -> None:
    report = submitted(make_task(), cast["lan"], on=DAY)
    cast["lan"].memberships.update(valid_to=DAY)
    reports.accept(report, by=cast["hoa"], at=AT)
    assert not Message.objects.exists()


def test_what_people_wrote_is_escaped_and_makes_no_header(cast: dict[str, User]) -> None:
    evil = "<script>alert(1)</script>\nBcc: all@example.invalid"
    task = make_task(code="X\n1", title_en=evil, title_vi=evil)
    facts = {"subject": "%(code)s: " + evil, "said": "Said %(what)s", "values": {"what": "<b>so</b>"}}
    message = notices.told(cast["lan"], key="k", task=task, path="/x/", note="<i>note</i>\nline", at=AT, **facts)
    assert message and "\n" not in message.subject
    assert "<script>" not in message.html and "<b>" not in message.html and "<i>" not in message.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Bcc: all@example.invalid" in message.html
    assert "<script>alert(1)</script> Bcc: all@example.invalid\n" in message.text  # plain text has no markup to escape
    assert "src=" not in message.html
