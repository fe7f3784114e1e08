"""Downloads of evidence."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.builders import START, make_body, make_cast, make_cell, make_task, noon
from tracker.choices import Role
from tracker.models import Attachment
from tracker.services import reports

pytestmark = pytest.mark.django_db
CONTENT = b"%PDF-1.7 minutes of the dialogue"


@pytest.fixture
def cast(settings: Any, tmp_path: Path) -> dict[str, User]:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


@pytest.fixture
def attached(cast: dict[str, User]) -> Attachment:
    """A file on a draft of body A, in a task that body B carries out."""
    task = make_task()
    make_cell(task, make_body("BO-B"), Role.RESPONSIBLE)
    upload = SimpleUploadedFile("biên bản.pdf", CONTENT)
    report = reports.save_draft(
        task, body=make_body("BO-A"), by=cast["lan"], at=noon(START), stage="assigned", done_text="x", files=[upload]
    )
    return report.attachments.get()


def fetch(client: Client, user: User, attachment: Attachment) -> Any:
    client.force_login(user)
    return client.get(reverse("attachment", args=[attachment.pk]))


def status_of(client: Client, user: User, attachment: Attachment) -> int:
    response = fetch(client, user, attachment)
    b"".join(response)  # read to the end, the file is closed
    return response.status_code


def test_a_file_comes_as_a_download_that_nothing_may_run(
    client: Client, cast: dict[str, User], attached: Attachment
) -> None:
    response = fetch(client, cast["lan"], attached)
    assert b"".join(response.streaming_content) == CONTENT
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_the_file_of_a_draft_is_for_its_body_alone(client: Client, cast: dict[str, User], attached: Attachment) -> None:
    statuses = {name: status_of(client, user, attached) for name, user in cast.items()}
    assert statuses == {"lan": 200, "minh": 404, "hoa": 404, "quang": 404, "vinh": 404}


def test_the_file_of_a_submitted_report_is_for_its_readers(
    client: Client, cast: dict[str, User], attached: Attachment
) -> None:
    reports.submit(attached.report, by=cast["lan"], at=noon(START))
    statuses = {name: status_of(client, user, attached) for name, user in cast.items()}
    assert set(statuses.values()) == {200}


def test_a_foreign_file_is_like_one_that_does_not_exist(
    client: Client, cast: dict[str, User], attached: Attachment
) -> None:
    foreign = fetch(client, cast["minh"], attached)
    missing = client.get(reverse("attachment", args=[uuid.uuid4()]))
    assert (foreign.status_code, missing.status_code) == (404, 404)


def test_a_lost_file_is_not_found(client: Client, cast: dict[str, User], attached: Attachment) -> None:
    Path(attached.file.path).unlink()
    assert fetch(client, cast["lan"], attached).status_code == 404


def test_strangers_sign_in_first_and_nobody_posts(client: Client, cast: dict[str, User], attached: Attachment) -> None:
    url = reverse("attachment", args=[attached.pk])
    assert client.get(url).status_code == 302
    client.force_login(cast["lan"])
    assert client.post(url).status_code == 405
