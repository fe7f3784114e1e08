"""Pauses between tries: growing, always the same for one message, not the same for all."""

from datetime import timedelta

import pytest

from tracker.rules.retries import MOST_TRIES, PAUSES, is_poison, pause_after


def test_pauses_grow_to_half_a_day_and_then_end():
    pauses = [pause_after(tries, seed="<a@b>") for tries in range(1, MOST_TRIES)]
    assert pauses == sorted(pauses)
    assert (len(pauses), pauses[0] >= timedelta(minutes=1), pauses[-1] >= timedelta(hours=12)) == (7, True, True)
    assert pause_after(MOST_TRIES, seed="<a@b>") is None


@pytest.mark.parametrize("tries", range(1, MOST_TRIES))
def test_a_pause_is_at_most_a_fifth_longer(tries):
    seeds = [f"<{number}@example.invalid>" for number in range(200)]
    pauses = {pause_after(tries, seed=seed) for seed in seeds}
    assert PAUSES[tries - 1] <= min(pauses) and max(pauses) < PAUSES[tries - 1] * 1.2
    assert len(pauses) > 50
    assert pauses == {pause_after(tries, seed=seed) for seed in seeds}


@pytest.mark.parametrize(("lost", "is_over"), [(1, False), (3, False), (4, True)])
def test_the_claim_after_three_lost_ones_is_poison(lost, is_over):
    assert is_poison(lost) == is_over
