"""Which days somebody can have meant."""

from __future__ import annotations

from datetime import date, timedelta

# The Party was founded on it; no resolution is older.
FIRST_DAY = date(1930, 2, 3)
YEARS_AHEAD = 10


def is_within_reach(day: date, today: date) -> bool:
    """Tell whether `day` lies from FIRST_DAY to ten years after `today`."""
    return FIRST_DAY <= day <= today + timedelta(days=366 * YEARS_AHEAD)
