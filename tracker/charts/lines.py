"""A line chart of a few series over the same points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tracker.charts.parts import frame, rounded, ticks, with_table

WIDTH, HEIGHT = 560, 280
LEFT, RIGHT, TOP, BOTTOM = 40, 52, 12, 30
APART = 15
"""Least distance of two numbers at the ends of lines, so that they do not lie on one another."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line. `kind` is its class in the style sheet: done, plan or scope; `done` is filled down to the axis."""

    name: str
    kind: str
    values: Sequence[int]


def line_chart(
    *, name: str, title: str, description: str, head: str, labels: Sequence[str], series: Sequence[Series]
) -> SafeString:
    """Return the figure of `series` over `labels`, which are as many as each series has values; `head` names them."""
    scale = _Scale(len(labels), ticks(max((max(line.values, default=0) for line in series), default=0)))
    body = format_html(
        "{}{}{}{}",
        _grid(scale),
        _days(scale, labels),
        format_html_join("", "{}", ((_line(scale, line),) for line in series)),
        _ends(scale, series),
    )
    svg = frame(name=name, kind="lines", title=title, description=description, width=WIDTH, height=HEIGHT, body=body)
    rows = [(label, *(line.values[number] for line in series)) for number, label in enumerate(labels)]
    return with_table(svg, caption=title, head=(head, *(line.name for line in series)), rows=rows)


class _Scale:
    """Turns a position and a value into coordinates."""

    def __init__(self, points: int, marks: Sequence[int]):
        self.points, self.marks = points, marks

    def x(self, position: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * position / max(self.points - 1, 1)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.marks[-1]

    def path(self, values: Sequence[int]) -> str:
        places = (f"{rounded(self.x(number))} {rounded(self.y(value))}" for number, value in enumerate(values))
        return "M" + "L".join(places)


def _grid(scale: _Scale) -> SafeString:
    line = '<path class="ch-grid" d="M{} {}H{}"/><text class="ch-text" x="{}" y="{}" text-anchor="end">{}</text>'
    marks = ((mark, scale.y(mark)) for mark in scale.marks)
    return format_html_join(
        "", line, ((LEFT, rounded(y), WIDTH - RIGHT, LEFT - 7, rounded(y + 4), mark) for mark, y in marks)
    )


def _days(scale: _Scale, labels: Sequence[str]) -> SafeString:
    """Five or so labels below the axis; every second of them gives way on a phone."""
    step = max((len(labels) - 1) // 4, 1)
    shown = list(range(len(labels) - 1, -1, -step))
    text = '<text class="ch-text{}" x="{}" y="{}" text-anchor="{}">{}</text>'
    return format_html_join(
        "",
        text,
        (
            (" ch-minor" if order % 2 else "", *_place(scale, number), labels[number])
            for order, number in enumerate(shown)
        ),
    )


def _place(scale: _Scale, number: int) -> tuple[str, int, str]:
    """The outer labels turn inward, so that neither edge cuts them."""
    if number == scale.points - 1:
        return rounded(WIDTH - 2), HEIGHT - 10, "end"
    return (rounded(scale.x(number)), HEIGHT - 10, "middle") if number else ("2", HEIGHT - 10, "start")


def _line(scale: _Scale, line: Series) -> SafeString:
    if not line.values:
        return SafeString("")
    path = scale.path(line.values)
    drawn = format_html('<path class="ch-line ch-{}" d="{}"/>', line.kind, path)
    if line.kind != "done":
        return drawn
    bottom = f"L{rounded(scale.x(len(line.values) - 1))} {HEIGHT - BOTTOM}L{LEFT} {HEIGHT - BOTTOM}Z"
    return format_html('<path class="ch-area" d="{}{}"/>{}', path, bottom, drawn)


def _ends(scale: _Scale, series: Sequence[Series]) -> SafeString:
    """The last number of each line, pushed apart where lines end together."""
    lines = sorted((line for line in series if line.values), key=lambda line: line.values[-1])
    rows, above = [], float(HEIGHT)
    for line in lines:
        above = min(scale.y(line.values[-1]) + 4, above - APART)
        rows.append((line.kind, WIDTH - RIGHT + 7, rounded(above), line.values[-1]))
    return format_html_join("", '<text class="ch-end ch-{}" x="{}" y="{}">{}</text>', rows)
