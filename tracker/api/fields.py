"""Short spellings for the members of a row, one a kind, and those that every resource shares."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery, TextChoices

from tracker.api.declaration import Context, Field, Kind, Source, Words
from tracker.models import Task


def _field(kind: Kind, name: str, en: str, vi: str, example: Any, **options: Any) -> Field:
    return Field(name=name, kind=kind, about=Words(en, vi), example=example, **options)


def integer(name: str, en: str, vi: str, example: int, **options: Any) -> Field:
    return _field(Kind.INTEGER, name, en, vi, example, **options)


def text(name: str, en: str, vi: str, example: str | None, source: Source = "", **options: Any) -> Field:
    return _field(Kind.TEXT, name, en, vi, example, source=source, **options)


def code(name: str, en: str, vi: str, choices: type[TextChoices], example: Any, **options: Any) -> Field:
    return _field(Kind.CODE, name, en, vi, str(example), choices=choices, **options)


def day(name: str, en: str, vi: str, example: str | None, **options: Any) -> Field:
    return _field(Kind.DATE, name, en, vi, example, **options)


def moment(name: str, en: str, vi: str, example: str | None, **options: Any) -> Field:
    return _field(Kind.MOMENT, name, en, vi, example, **options)


def truth(name: str, en: str, vi: str, example: bool, **options: Any) -> Field:
    return _field(Kind.TRUTH, name, en, vi, example, **options)


def texts(name: str, en: str, vi: str, example: list[str], **options: Any) -> Field:
    return _field(Kind.TEXTS, name, en, vi, example, **options)


def uuid(name: str, en: str, vi: str, example: str, **options: Any) -> Field:
    return _field(Kind.UUID, name, en, vi, example, **options)


def flat_object(name: str, en: str, vi: str, example: dict[str, Any], **options: Any) -> Field:
    return _field(Kind.OBJECT, name, en, vi, example, **options)


def bilingual(name: str, en: str, vi: str, example_vi: str, example_en: str) -> tuple[Field, Field]:
    """Return the columns `<name>_vi` and `<name>_en`."""
    return (
        text(f"{name}_vi", f"{en} in Vietnamese.", f"{vi} bằng tiếng Việt.", example_vi),
        text(f"{name}_en", f"{en} in English.", f"{vi} bằng tiếng Anh.", example_en),
    )


ID = integer("id", "Id; never used again.", "Mã số; không dùng lại.", 12)
SOURCE = text("source", "Paragraph of the sources, such as P23.", "Đoạn của tài liệu nguồn, ví dụ P23.", "P23")
TO_BE_CHECKED = bilingual(
    "to_be_checked",
    "What is still to be checked, empty if nothing,",
    "Điều còn phải kiểm tra, để trống nếu không có,",
    "",
    "",
)
IS_DEMO = truth("is_demo", "Invented for the demonstration.", "Dữ liệu giả định để trình diễn.", False)
VERSION = integer("version", "Grows with every change.", "Tăng sau mỗi lần thay đổi.", 3)
TASK = (
    integer("task_id", "Id of the task.", "Mã số nhiệm vụ.", 25),
    text("task", "Code of the task.", "Mã nhiệm vụ.", "2.5", "task__code"),
)


def period(what_en: str, what_vi: str, *, to: Source = "") -> tuple[Field, Field]:
    """Return the half-open interval [valid_from, valid_to)."""
    return (
        day("valid_from", f"First day on which {what_en}.", f"Ngày đầu tiên {what_vi}.", "2026-01-05"),
        day(
            "valid_to",
            f"First day on which {what_en} no more; null while no end is set.",
            f"Ngày đầu tiên không còn {what_vi}; null khi chưa có ngày kết thúc.",
            None,
            source=to,
            is_nullable=True,
        ),
    )


def of_visible_task(path: str, column: str) -> Any:
    """Return the source of a column of the task at `path`, null where the reader may not see that task."""

    def source(context: Context) -> Any:
        tasks = Task.objects.visible_to(context.user).filter(pk=OuterRef(f"{path}_id"))
        return Subquery(tasks.order_by().values(column))

    return source
