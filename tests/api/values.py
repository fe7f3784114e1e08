"""What a client may send in a field by mistake or malice."""

from typing import Any

HOSTILE: list[Any] = [
    None,
    "",
    "\x00",
    "\ud800",
    "a" * 5001,
    0,
    7,
    -1,
    2**31,
    10**30,
    1.5,
    True,
    [],
    {},
    ["a"],
    {"a": 1},
    [[]],
    [None, 7, {}],
    "'; DROP TABLE x --",
    "٣",
    "1",
]
