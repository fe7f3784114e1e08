"""What every chart shares: the frame with its title, the table beside it, and round numbers for an axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


def frame(
    *, name: str, kind: str, title: str, description: str, width: int, height: int, body: SafeString
) -> SafeString:
    """Return the svg element: an image with a title and a description for those who do not see it.

    `name` is the stem of its ids, one a page.
    """
    return format_html(
        '<svg class="chart chart-{kind}" role="img" aria-labelledby="{name}-t {name}-d" viewBox="0 0 {width} {height}">'
        '<title id="{name}-t">{title}</title><desc id="{name}-d">{description}</desc>{body}</svg>',
        name=name,
        kind=kind,
        title=title,
        description=description,
        width=width,
        height=height,
        body=body,
    )


def with_table(svg: SafeString, *, caption: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> SafeString:
    """Return a figure: the chart, and behind a summary the same numbers as a table. Rows start with their heading."""
    cells = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        ((row[0], format_html_join("", '<td class="num">{}</td>', ((cell,) for cell in row[1:]))) for row in rows),
    )
    heads = format_html_join("", '<th scope="col">{}</th>', ((text,) for text in head))
    return format_html(
        '<figure class="figure">{}<details class="figure-table"><summary>{}</summary><div class="table-wrap" '
        'tabindex="0" role="region" aria-label="{}"><table><caption class="visually-hidden">{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details></figure>",
        svg,
        _("The numbers as a table"),
        caption,
        caption,
        heads,
        cells,
    )


def ticks(highest: float, *, about: int = 5) -> list[int]:
    """Return round whole numbers from 0 to at least `highest`, about so many steps apart: 0, 5, 10 …"""
    least = max(highest, 1) / about
    power = 1
    while power * 10 <= least:
        power *= 10
    factors = (10, 20, 25, 50) if power > 1 else (10, 20, 50)
    step = next((power * factor // 10 for factor in factors if power * factor >= least * 10), power * 10)
    steps = int(-(-max(highest, 1) // step))
    return [step * number for number in range(steps + 1)]


def rounded(number: float) -> str:
    """Return a coordinate with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
