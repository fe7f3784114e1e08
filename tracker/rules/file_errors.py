"""What the rules of files raise."""

from __future__ import annotations

from typing import Any


class WrongFile(ValueError):
    """A file that is not taken in; `reason` is a sentence for a person, with `%(name)s` in it."""

    def __init__(self, reason: Any):
        super().__init__(reason)
        self.reason = reason
