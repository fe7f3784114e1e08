"""Charts as SVG made in Python: classes instead of styles, every text escaped, and the same numbers as a table."""

from tracker.charts.bars import Bar, bar_chart
from tracker.charts.lines import Series, line_chart

__all__ = ["Bar", "Series", "bar_chart", "line_chart"]
