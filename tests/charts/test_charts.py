"""Charts: escaped, without styles, readable as a table, and right in their numbers."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from defusedxml import ElementTree

from tracker.charts import Bar, Series, bar_chart, line_chart
from tracker.charts.parts import ticks

EVIL = "<script>alert('x')</script>"


def lines(values: list[int]) -> str:
    labels = [str(number) for number in range(len(values))]
    return line_chart(
        name="c", title=EVIL, description="d", head="Day", labels=labels, series=[Series(EVIL, "done", values)]
    )


def bars(*values: int) -> str:
    return bar_chart(name="b", title="t", description="d", head=("A", "B"), bars=[Bar(EVIL, value) for value in values])


@pytest.mark.parametrize("chart", [lines([0, 3, 7]), bars(4, 2)])
def test_a_chart_is_escaped_and_carries_no_style(chart: str) -> None:
    assert "<script" not in chart and "style=" not in chart
    assert 'role="img"' in chart and "<title" in chart and "<desc" in chart and "<table>" in chart
    ElementTree.fromstring(chart)


def test_the_table_has_the_numbers_of_the_chart() -> None:
    table = lines([0, 3, 7]).split("<table>")[1]
    assert re.findall(r'<td class="num">(\d+)</td>', table) == ["0", "3", "7"]


@pytest.mark.parametrize("chart", [lines([]), lines([5]), lines([0, 0]), bars(), bars(0)])
def test_a_chart_of_nothing_or_one_thing_still_draws(chart: str) -> None:
    assert "nan" not in chart and "inf" not in chart
    ElementTree.fromstring(chart)


@pytest.mark.parametrize("highest", [0, 1, 4, 7, 26, 70, 103, 999, 3300, 1_000_000])
def test_the_axis_has_few_round_steps_and_reaches_the_highest(highest: int) -> None:
    marks = ticks(highest)
    assert marks[0] == 0 and marks[-1] >= highest and len(marks) <= 7
    assert len({later - mark for mark, later in pairwise(marks)}) == 1


def test_the_longest_bar_fills_the_room_and_none_is_longer() -> None:
    widths = [float(width) for width in re.findall(r'ch-bar ch-calm"[^>]*width="([\d.]+)"', bars(10, 5, 0))]
    assert widths[0] == 2 * widths[1] and widths[2] == 1


def test_numbers_at_the_ends_of_lines_do_not_touch() -> None:
    series = [Series(str(number), "plan", [0, value]) for number, value in enumerate((50, 50, 49))]
    chart = line_chart(name="c", title="t", description="d", head="h", labels=["a", "b"], series=series)
    heights = sorted(float(y) for y in re.findall(r'ch-end ch-plan" x="[\d.]+" y="([\d.]+)"', chart))
    assert all(later - height >= 15 for height, later in pairwise(heights))
