"""Horizontal bars, one a row, with the number at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tracker.charts.parts import frame, rounded, with_table

WIDTH, ROW, BAR = 420, 42, 26
LEFT, RIGHT = 140, 76


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `tone` is its class in the style sheet; `note` stands behind the number, as in “3 of 7”.

    `whole` draws the bar as a part of it; without it the longest bar of the chart is full.
    """

    label: str
    value: int
    tone: str = "calm"
    note: str = ""
    whole: int | None = None


def bar_chart(*, name: str, title: str, description: str, head: Sequence[str], bars: Sequence[Bar]) -> SafeString:
    """Return the figure of `bars`; `head` names the two columns of its table."""
    longest = max((bar.value for bar in bars), default=0)
    drawn = format_html_join("", "{}", ((_bar(number, bar, longest),) for number, bar in enumerate(bars)))
    height = max(ROW * len(bars), ROW)
    svg = frame(name=name, kind="bars", title=title, description=description, width=WIDTH, height=height, body=drawn)
    table = [(bar.label, f"{bar.value}{bar.note}") for bar in bars]
    return with_table(svg, caption=title, head=head, rows=table)


def _bar(number: int, bar: Bar, longest: int) -> SafeString:
    top = number * ROW + (ROW - BAR) / 2
    room = WIDTH - LEFT - RIGHT
    length = room * bar.value / max(longest if bar.whole is None else bar.whole, 1)
    track = length if bar.whole is None else room
    return format_html(
        '<text class="ch-text" x="{}" y="{}" text-anchor="end">{}</text>'
        '<rect class="ch-track" x="{}" y="{}" width="{}" height="{}" rx="4"/>'
        '<rect class="ch-bar ch-{}" x="{}" y="{}" width="{}" height="{}" rx="4"/>'
        '<text class="ch-number" x="{}" y="{}">{}{}</text>',
        LEFT - 10,
        rounded(top + BAR / 2 + 4.5),
        bar.label,
        LEFT,
        rounded(top),
        rounded(max(track, 1)),
        BAR,
        bar.tone,
        LEFT,
        rounded(top),
        rounded(max(length, 1)),
        BAR,
        rounded(LEFT + track + 8),
        rounded(top + BAR / 2 + 5),
        bar.value,
        bar.note,
    )
