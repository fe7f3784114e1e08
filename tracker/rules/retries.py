"""When a message that could not be sent is tried again, and when that has gone on for long enough."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
MOST_TRIES = len(PAUSES) + 1
MOST_LOST_CLAIMS = 3
LONGER = 200  # thousandths of a pause


def pause_after(tries: int, *, seed: str) -> timedelta | None:
    """Return how long to wait after the `tries`-th try (from 1) that failed; None when it was the last one.

    Each pause is up to a fifth longer, by `seed`, always the same for the same message: messages that failed together
    do not all come back together.
    """
    if tries > len(PAUSES):
        return None
    return PAUSES[tries - 1] * (1 + crc32(f"{seed}:{tries}".encode()) % LONGER / 1000)


def is_poison(lost_claims: int) -> bool:
    """Tell whether so many claims were lost before this one, counted with it, that the message kills who sends it."""
    return lost_claims > MOST_LOST_CLAIMS
