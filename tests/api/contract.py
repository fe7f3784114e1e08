"""Files that the suite compares with what the product says; `WRITE_CONTRACT=1` writes them anew for review."""

import os
from pathlib import Path

HINT = "run the tests of tests/api with WRITE_CONTRACT=1 and review the difference"


def assert_same_as_file(path: Path, text: str) -> None:
    if os.environ.get("WRITE_CONTRACT"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name} is not current: {HINT}"
