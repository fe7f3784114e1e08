"""What sets tasks: resolutions and their provisions."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef

from tracker.api import filters as by
from tracker.api.declaration import NEWEST, OLDEST, Context, Nested, Ordering, Resource, Words
from tracker.api.fields import ID, SOURCE, TO_BE_CHECKED, VERSION, bilingual, code, day, integer, text
from tracker.choices import ResolutionKind, ResolutionLinkKind
from tracker.models import Provision, Resolution, ResolutionLink

IN_ORDER = Ordering(name="position", columns=("resolution_id", "position", "id"), types=(int, int, int))


def _earlier(context: Context) -> Any:
    return ResolutionLink.objects.filter(later=OuterRef("pk")).order_by("id")


def _later(context: Context) -> Any:
    return ResolutionLink.objects.filter(earlier=OuterRef("pk")).order_by("id")


LINK_KIND = code(
    "kind",
    "How the later relates to the earlier.",
    "Quan hệ của văn bản sau với văn bản trước.",
    ResolutionLinkKind,
    ResolutionLinkKind.DEVELOPS,
)

RESOLUTIONS = Resource(
    name="resolutions",
    singular="Resolution",
    model=Resolution,
    about=Words(
        "Documents that set tasks, and how they follow one another.",
        "Văn bản giao nhiệm vụ và quan hệ kế thừa giữa các văn bản.",
    ),
    rows=lambda context: Resolution.objects.visible_to(context.user),
    fields=(
        ID,
        text("code", "Stable code.", "Mã cố định.", "R2"),
        code("kind", "Kind.", "Loại văn bản.", ResolutionKind, ResolutionKind.RESOLUTION),
        text("number", "Number.", "Số, ký hiệu.", "25-NQ/TW"),
        *bilingual("title", "Title", "Tên", "Nghị quyết về công tác dân vận", "Resolution on mass mobilization"),
        text("issuer", "Code of the issuing body.", "Mã cơ quan ban hành.", "BCHTW", "issuer__code"),
        *bilingual("issuer_term", "Term of the issuer", "Khóa của cơ quan ban hành", "khóa XI", "11th term"),
        day("signed_on", "Day of signature.", "Ngày ký.", "2013-06-03", is_nullable=True),
        day("ended_on", "First day out of force.", "Ngày hết hiệu lực.", None, is_nullable=True),
        *bilingual("summary", "Summary", "Tóm tắt", "", ""),
        SOURCE,
        *TO_BE_CHECKED,
        Nested(
            name="earlier",
            about=Words("Earlier documents that it builds on.", "Văn bản trước mà nó kế thừa."),
            rows=_earlier,
            fields=(
                LINK_KIND,
                text("resolution", "Code of the earlier one.", "Mã văn bản trước.", "R10", "earlier__code"),
            ),
        ),
        Nested(
            name="later",
            about=Words("Later documents that build on it.", "Văn bản sau kế thừa nó."),
            rows=_later,
            fields=(LINK_KIND, text("resolution", "Code of the later one.", "Mã văn bản sau.", "R1", "later__code")),
        ),
        VERSION,
    ),
    filters=(
        by.exact("code", "Only the document with this code.", "Chỉ văn bản có mã này.", "R1"),
        by.choice("kind", "Kind.", "Loại văn bản.", ResolutionKind, ResolutionKind.REGULATION),
        by.of_body("Code of the issuing body.", "Mã cơ quan ban hành.", name="issuer"),
        by.day("signed_from", "Signed on this day or later.", "Ký từ ngày này.", "signed_on__gte"),
        by.day("signed_to", "Signed on this day or earlier.", "Ký đến hết ngày này.", "signed_on__lte"),
        by.search("Words in code, number and title.", "Từ trong mã, số và tên."),
    ),
)

PROVISIONS = Resource(
    name="provisions",
    singular="Provision",
    model=Provision,
    about=Words("Numbered places in the documents, as a tree.", "Các điểm, mục được đánh số trong văn bản, theo cây."),
    rows=lambda context: Provision.objects.visible_to(context.user),
    fields=(
        ID,
        text("resolution", "Code of the document.", "Mã văn bản.", "R1", "resolution__code"),
        integer("parent_id", "Id of the place it is part of.", "Mã số mục cha.", 3, is_nullable=True),
        text("parent", "Label of the place it is part of.", "Nhãn mục cha.", "XV.2", "parent__label", is_nullable=True),
        text("label", "Label, unique in the document.", "Nhãn, duy nhất trong văn bản.", "XV.2.3"),
        integer("position", "Place in the order of the document.", "Thứ tự trong văn bản.", 7),
        *bilingual("heading", "Heading", "Tiêu đề", "Thể chế hóa", "Institutionalize"),
        *bilingual("text", "Content", "Nội dung", "", ""),
        SOURCE,
    ),
    filters=(
        by.of_resolution(),
        by.exact("label", "Label.", "Nhãn.", "XV.2.3"),
        by.number("parent_id", "Id of the place it is part of.", "Mã số mục cha.", 3),
        by.search("Words in label, heading and content.", "Từ trong nhãn, tiêu đề và nội dung."),
    ),
    orderings=(OLDEST, NEWEST, IN_ORDER),
)
