"""Arguments that several commands take."""

from argparse import ArgumentTypeError
from datetime import date


def iso_day(text: str) -> date:
    """Return the day of an argument; a wrong one is told in a sentence."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no day: write it as 2026-12-31") from error
