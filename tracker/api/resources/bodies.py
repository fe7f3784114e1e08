"""Who answers: bodies, posts, cadres and the cells of the matrix."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, When

from tracker.api import filters as by
from tracker.api.declaration import NEWEST, OLDEST, Context, Nested, Ordering, Resource, Words
from tracker.api.externals import external_fields, external_filters
from tracker.api.fields import (
    ID,
    IS_DEMO,
    SOURCE,
    TASK,
    TO_BE_CHECKED,
    VERSION,
    bilingual,
    code,
    day,
    moment,
    period,
    text,
    texts,
    truth,
)
from tracker.choices import BodyKind, Level, Role, SuccessionKind
from tracker.models import Body, Cadre, Post, Responsibility, SuccessionMember, Tenure

BY_NAME = Ordering(name="name", columns=("name_sort", "id"), types=(str, int))
VALID_ON = Words(
    "Only rows that hold on this day. Without it: all, ended ones too.",
    "Chỉ các dòng có hiệu lực vào ngày này. Nếu không nêu: tất cả, kể cả đã kết thúc.",
)


def ends_as_known(context: Context) -> Any:
    """Return valid_to as it was known at the end of the day asked for."""
    if not context.is_past:
        return F("valid_to")
    known = Q(end_recorded_at__isnull=True) | Q(end_recorded_at__lt=context.known)
    return Case(When(known, then=F("valid_to")))


def _bodies(context: Context) -> Any:
    return by.valid(Body.objects.visible_to(context.user), context)


def _successions(context: Context) -> Any:
    return SuccessionMember.objects.filter(body=OuterRef("pk")).order_by("succession__on", "id")


def _below(rows: Any, body: Body, context: Context) -> Any:
    return rows.filter(path__startswith=body.path)


BODIES = Resource(
    name="bodies",
    singular="Body",
    model=Body,
    about=Words(
        "Party organs, State agencies, mass organizations, armed forces and groups of duty holders, with their "
        "successions.",
        "Cơ quan đảng, cơ quan nhà nước, tổ chức quần chúng, lực lượng vũ trang và các nhóm có trách nhiệm, kèm "
        "việc sáp nhập, chia tách, đổi tên.",
    ),
    rows=_bodies,
    fields=(
        ID,
        text("code", "Stable code.", "Mã cố định.", "BDVTW"),
        *bilingual("name", "Name", "Tên", "Ban Dân vận Trung ương", "Central Mass Mobilization Commission"),
        *bilingual("short", "Short name", "Tên viết tắt", "BDVTW", "CMMC"),
        texts("aliases", "Other names.", "Tên gọi khác.", ["Ban Dân vận"]),
        code("kind", "Kind.", "Loại hình.", BodyKind, BodyKind.PARTY),
        code("level", "Level.", "Cấp.", Level, Level.CENTRAL),
        text(
            "parent",
            "Code of the body it belongs to.",
            "Mã cơ quan cấp trên.",
            "BCHTW",
            "parent__code",
            is_nullable=True,
        ),
        truth("is_mobilization", "A mass-mobilization agency.", "Là cơ quan dân vận.", True),
        *period("it exists", "tồn tại"),
        *bilingual("note", "Note", "Ghi chú", "", ""),
        SOURCE,
        *TO_BE_CHECKED,
        IS_DEMO,
        Nested(
            name="successions",
            about=Words("Mergers, splits, renamings and ends.", "Các lần sáp nhập, chia tách, đổi tên, kết thúc."),
            rows=_successions,
            fields=(
                text("code", "Code of the succession.", "Mã lần sắp xếp.", "2025-BTGDVTW", "succession__code"),
                code(
                    "kind",
                    "What happened.",
                    "Hình thức.",
                    SuccessionKind,
                    SuccessionKind.MERGE,
                    source="succession__kind",
                ),
                day("on", "On which day.", "Ngày thực hiện.", "2025-02-03", source="succession__on"),
                text("act", "Deciding document.", "Văn bản quyết định.", "", "succession__act"),
                truth("is_predecessor", "This body came before it.", "Là bên trước khi sắp xếp.", True),
            ),
        ),
        VERSION,
    ),
    filters=(
        by.exact("code", "Only the body with this code.", "Chỉ cơ quan có mã này.", "CP"),
        by.choice("kind", "Kind.", "Loại hình.", BodyKind, BodyKind.STATE),
        by.choice("level", "Level.", "Cấp.", Level, Level.CENTRAL),
        by.of_body("Only what belongs directly to this body.", "Chỉ cơ quan trực thuộc trực tiếp.", name="parent"),
        by.of_body("This body and everything below it.", "Cơ quan này và toàn bộ cấp dưới.", _below, name="below"),
        by.truth("is_mobilization", "Mass-mobilization agencies, or not.", "Là cơ quan dân vận hay không."),
        by.search("Words in code, names and aliases.", "Từ trong mã, tên và tên gọi khác."),
    ),
    orderings=(OLDEST, NEWEST, BY_NAME),
    as_of=VALID_ON,
)

POSTS = Resource(
    name="posts",
    singular="Post",
    model=Post,
    about=Words(
        "Positions in bodies. Who holds a post stands in cadres only.",
        "Chức danh trong các cơ quan. Người giữ chức danh chỉ có ở mục cán bộ.",
    ),
    rows=lambda context: by.valid(Post.objects.visible_to(context.user), context),
    fields=(
        ID,
        text("body", "Code of the body.", "Mã cơ quan.", "CP", "body__code"),
        text("code", "Code, unique in the body.", "Mã, duy nhất trong cơ quan.", "head"),
        *bilingual("title", "Title", "Tên chức danh", "Thủ trưởng", "Head"),
        truth("is_head", "Heads the body.", "Là người đứng đầu cơ quan.", True),
        *period("it exists", "tồn tại"),
        SOURCE,
    ),
    filters=(
        by.of_body("Code of the body.", "Mã cơ quan."),
        by.exact("code", "Code of the post in its body.", "Mã chức danh trong cơ quan.", "head"),
        by.truth("is_head", "Heads of bodies, or not.", "Là người đứng đầu hay không."),
        by.search("Words in the title.", "Từ trong tên chức danh."),
    ),
    as_of=VALID_ON,
)


def _tenures(context: Context) -> Any:
    rows = Tenure.objects.filter(cadre=OuterRef("pk")).order_by("valid_from", "id")
    return rows.valid_on(context.day).filter(recorded_at__lt=context.known) if context.is_past else rows


def _holds_in(rows: Any, body: Body, context: Context) -> Any:
    held = Tenure.objects.valid_on(context.day).filter(recorded_at__lt=context.known)
    return rows.filter(Exists(held.filter(cadre=OuterRef("pk"), post__body=body)))


CADRES = Resource(
    name="cadres",
    singular="Cadre",
    model=Cadre,
    about=Words(
        "Office-holders and the posts they hold. The only resource that names persons.",
        "Cán bộ và chức danh đang giữ. Là mục duy nhất có tên người.",
    ),
    rows=lambda context: Cadre.objects.visible_to(context.user),
    fields=(
        ID,
        text("code", "Stable code.", "Mã cố định.", "CB-01"),
        text("name", "Name.", "Họ tên.", "Nguyễn Thị Lan"),
        text("work_address", "Work address.", "Địa chỉ cơ quan.", ""),
        text("work_phone", "Work telephone.", "Điện thoại cơ quan.", ""),
        SOURCE,
        IS_DEMO,
        Nested(
            name="tenures",
            about=Words("Posts held, oldest first.", "Các chức danh đã và đang giữ, cũ nhất trước."),
            rows=_tenures,
            fields=(
                ID,
                text("body", "Code of the body.", "Mã cơ quan.", "CP", "post__body__code"),
                text("post", "Code of the post.", "Mã chức danh.", "head", "post__code"),
                truth("is_acting", "Acting.", "Quyền hoặc phụ trách.", False),
                *period("it is held", "giữ chức danh"),
            ),
        ),
    ),
    filters=(
        by.exact("code", "Only the cadre with this code.", "Chỉ cán bộ có mã này.", "CB-01"),
        by.of_body("Holds a post of this body on the day.", "Giữ chức danh ở cơ quan này vào ngày đó.", _holds_in),
        by.search("Words in the name.", "Từ trong họ tên."),
    ),
    orderings=(OLDEST, NEWEST, BY_NAME),
    as_of=Words(
        "Tenures that hold on this day and were recorded by its end. Without it: all tenures.",
        "Chức danh được giữ vào ngày này và đã được ghi nhận đến hết ngày. Nếu không nêu: tất cả.",
    ),
)


def _cells(context: Context) -> Any:
    rows = Responsibility.objects.visible_to(context.user)
    return rows.as_of(context.day) if context.is_past else rows


RESPONSIBILITIES = Resource(
    name="responsibilities",
    singular="Responsibility",
    model=Responsibility,
    about=Words(
        "The cells of the matrix: task × body × role, dated.",
        "Các ô của ma trận: nhiệm vụ × cơ quan × vai trò, theo thời gian.",
    ),
    rows=_cells,
    fields=(
        ID,
        *TASK,
        text("body", "Code of the body.", "Mã cơ quan.", "BTP", "body__code"),
        text(
            "post",
            "Code of the post that answers in it.",
            "Mã chức danh phụ trách.",
            "head",
            "post__code",
            is_nullable=True,
        ),
        code("role", "Role: L, A, R, C, S or I.", "Vai trò: L, A, R, C, S hoặc I.", Role, Role.ACCOUNTABLE),
        *period("it holds", "có hiệu lực", to=ends_as_known),
        text("legal_basis", "Legal basis.", "Căn cứ.", ""),
        SOURCE,
        moment("recorded_at", "When it was recorded (UTC).", "Thời điểm ghi nhận (UTC).", "2026-01-05T05:00:00Z"),
        *external_fields(Responsibility),
    ),
    filters=(
        by.of_task(),
        by.of_body("Code of the body.", "Mã cơ quan."),
        by.choice("role", "Role.", "Vai trò.", Role, Role.ACCOUNTABLE),
        by.of_resolution("task__resolution"),
        *external_filters(Responsibility),
    ),
    as_of=Words(
        "Cells that held on this day and were recorded by its end, with the end that was known then. Without it: all.",
        "Các ô có hiệu lực vào ngày này và đã được ghi nhận đến hết ngày, với ngày kết thúc biết khi đó. Nếu "
        "không nêu: tất cả.",
    ),
)
