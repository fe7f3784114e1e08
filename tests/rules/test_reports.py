"""What a reviewer saw: the hash follows every part of it, and nothing else."""

from datetime import date

import pytest

from tracker.rules.reports import content_hash

SEEN = {
    "texts": {"stage": "planned", "done_text": "Plan 12"},
    "instrument": {"number": "59/2026/NĐ-CP", "in_force_on": date(2026, 3, 2), "signed_on": None},
    "files": ["b" * 64, "a" * 64],
}


def test_the_same_content_has_the_same_hash_in_any_order_of_files():
    assert content_hash(**SEEN) == content_hash(**{**SEEN, "files": sorted(SEEN["files"])})
    assert len(content_hash(**SEEN)) == 64


@pytest.mark.parametrize(
    "changed",
    [
        {"texts": {"stage": "planned", "done_text": "Plan 13"}},
        {"instrument": {**SEEN["instrument"], "in_force_on": date(2026, 3, 3)}},
        {"instrument": None},
        {"files": ["a" * 64]},
    ],
)
def test_whatever_changes_changes_the_hash(changed):
    assert content_hash(**{**SEEN, **changed}) != content_hash(**SEEN)
