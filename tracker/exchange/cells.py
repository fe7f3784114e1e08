"""Cells of tables that others open in a spreadsheet."""

from __future__ import annotations

from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def harmless(value: Any) -> Any:
    """Return the value of a cell that no spreadsheet takes for a formula; nothing for None."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else "" if value is None else value
