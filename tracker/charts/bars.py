"""Horizontal bars, one a row, with the number at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tracker.charts.parts import frame, rounded, with_table

WIDTH, ROW, BAR = 420, 42, 26
LEFT, RIGHT = 118, 56


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `tone` is its class in the style sheet; `note` stands behind the number, as in “3 of 7”."""

    label: str
    value: int
    tone: str = "calm"
    note: str = ""


def bar_chart(
    *, title: str, description: str, head: Sequence[str], bars: Sequence[Bar], highest: int | None = None
) -> SafeString:
    """Return the figure of `bars`. `highest` is the value of a full bar (the largest one unless told)."""
    full = max(highest or max((bar.value for bar in bars), default=0), 1)
    rows = format_html_join("", "{}", ((_bar(number, bar, full),) for number, bar in enumerate(bars)))
    svg = frame(title=title, description=description, width=WIDTH, height=max(ROW * len(bars), ROW), body=rows)
    table = [(bar.label, f"{bar.value}{bar.note}") for bar in bars]
    return with_table(svg, caption=title, head=head, rows=table)


def _bar(number: int, bar: Bar, full: int) -> SafeString:
    top = number * ROW + (ROW - BAR) / 2
    length = (WIDTH - LEFT - RIGHT) * bar.value / full
    return format_html(
        '<text class="ch-text" x="{}" y="{}" text-anchor="end">{}</text>'
        '<rect class="ch-bar ch-{}" x="{}" y="{}" width="{}" height="{}" rx="4"/>'
        '<text class="ch-number" x="{}" y="{}">{}{}</text>',
        LEFT - 10,
        rounded(top + BAR / 2 + 4.5),
        bar.label,
        bar.tone,
        LEFT,
        rounded(top),
        rounded(max(length, 1)),
        BAR,
        rounded(LEFT + length + 8),
        rounded(top + BAR / 2 + 5),
        bar.value,
        bar.note,
    )
