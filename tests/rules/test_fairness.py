"""Ranks and medians: few tasks are no basis for a rank."""

from tracker.rules.fairness import FEWEST_TO_RANK, late_share, medians, ranks
from tracker.rules.status import FourCells


def test_the_largest_late_share_comes_first_and_equal_ones_share_a_place():
    cells = {
        "a": FourCells(done_on_time=8, open_overdue=2),
        "b": FourCells(done_late=3, open_in_time=3),
        "c": FourCells(open_in_time=4, open_overdue=1),
        "d": FourCells(open_in_time=9),
    }
    assert ranks(cells) == {"b": 1, "a": 2, "c": 2, "d": 4}


def test_few_tasks_are_not_ranked():
    few = {"few": FourCells(open_overdue=FEWEST_TO_RANK - 1), "enough": FourCells(open_in_time=FEWEST_TO_RANK)}
    assert ranks(few) == {"enough": 1}


def test_a_share_of_nothing_is_nothing():
    assert late_share(FourCells()) == 0


def test_the_median_is_that_of_the_group():
    assert medians([("x", 1), ("x", 5), ("x", 30), ("y", 2), ("y", 3)]) == {"x": 5, "y": 2.5}
