"""What the commission does with a flag."""

from __future__ import annotations

from tracker.api.declaration import Words
from tracker.api.resources.followup import FLAGS
from tracker.api.writing.declaration import REVIEW, Act, through
from tracker.api.writing.inputs import NOTE, day, prose
from tracker.services import flags, many

FLAG_ACTS = (
    Act(
        resource=FLAGS,
        name="acknowledge",
        about=Words(
            "Say that the commission has seen the flag, with what it will do. It stays open.",
            "Ghi nhận ban đã xem cảnh báo và nêu hướng xử lý. Cảnh báo vẫn còn hiệu lực.",
        ),
        scopes=(REVIEW,),
        action="flag.acknowledge",
        inputs=(NOTE,),
        do=through(flags.acknowledge),
        many=many.acknowledge,
    ),
    Act(
        resource=FLAGS,
        name="snooze",
        about=Words(
            "Stop the steps of an open flag until a day. The flag stands, and its lateness goes on.",
            "Hoãn nhắc một cảnh báo đến một ngày. Cảnh báo vẫn còn, thời gian chậm vẫn được tính.",
        ),
        scopes=(REVIEW,),
        action="flag.snooze",
        inputs=(
            day("until", "First day on which the steps go on.", "Ngày đầu tiên nhắc trở lại."),
            prose("reason", "Reason.", "Lý do.", "Cơ quan đã hẹn ngày họp.", 2000),
        ),
        do=through(flags.snooze),
    ),
    Act(
        resource=FLAGS,
        name="unsnooze",
        about=Words("Let the steps of a snoozed flag go on from today.", "Tiếp tục nhắc cảnh báo ngay từ hôm nay."),
        scopes=(REVIEW,),
        action="flag.snooze",
        inputs=(),
        do=through(flags.unsnooze),
    ),
)
