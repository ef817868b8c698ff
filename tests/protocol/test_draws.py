"""Draws are independent of each other; the schedule is alert where liars have a reason to lie."""

import math
from collections import Counter
from itertools import permutations

import numpy as np
import pytest

from robusttrain.protocol.draws import SIZE, Draws, Schedule, cyclic_order, is_probed

PURPOSES = ("coin", "order", "fingerprint")


def every(draws: Draws) -> list[bytes]:
    return [
        getattr(draws, purpose)(step, attempt)
        for purpose in PURPOSES for step in range(4) for attempt in range(3)
    ]  # fmt: skip


@pytest.mark.parametrize("secret", [None, 0, 7, 2**80])
def test_draws_share_nothing(secret):
    made = every(Draws(secret))
    assert {len(draw) for draw in made} == {SIZE}
    assert len({draw[:8] for draw in made}) == len({draw[-8:] for draw in made}) == len(made)


def test_with_a_secret_draws_are_its_functions():
    assert every(Draws(5)) == every(Draws(5))
    assert not set(every(Draws(5))) & set(every(Draws(6)))


def test_without_a_secret_no_draw_comes_again():
    assert not set(every(Draws(None))) & set(every(Draws(None)))


@pytest.mark.parametrize("secret", [-1, 1.5, True, "x"])
def test_a_secret_is_a_whole_number(secret):
    with pytest.raises(ValueError, match=r"defense\.secret=.*null"):
        Draws(secret)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_coin_shows_as_often_as_it_should(share):
    count = 4000
    hits = sum(is_probed(Draws(1).coin(step, 1), share) for step in range(count))
    assert abs(hits - count * share) < 4 * math.sqrt(count * share * (1 - share))


def test_share_one_is_certain_and_none_never():
    for coin in (bytes(SIZE), b"\xff" * SIZE):
        assert is_probed(coin, 1)
        assert not is_probed(coin, 0)
    half = b"\x80" + bytes(SIZE - 1)
    assert not is_probed(half, 0.5)
    assert is_probed((int.from_bytes(half, "big") - 1).to_bytes(SIZE, "big"), 0.5)


def test_every_order_is_as_likely():
    count = Counter(tuple(cyclic_order(Draws(2).order(step, 1), range(4))) for step in range(4800))
    assert count.keys() == set(permutations(range(4)))
    expected = 4800 / 24
    chi_square = sum((n - expected) ** 2 / expected for n in count.values())
    assert chi_square < 23 + 5 * math.sqrt(2 * 23)


def test_an_order_depends_on_who_is_in_it_alone():
    members, draw = [9, 2, 300, 4], Draws(3).order(0, 1)
    order = cyclic_order(draw, members)
    assert sorted(order) == sorted(members)
    assert order == cyclic_order(draw, np.array(members[::-1]).tolist())
    assert [w for w in order if w != 9] == cyclic_order(draw, [2, 300, 4])


def test_the_schedule_by_hand():
    schedule = Schedule(0.1, alert=2, steps=12)
    shares = [schedule.share_of(step, [4, 5]) for step in range(12)]
    assert [step for step in range(12) if shares[step] == 1] == [0, 1, 4, 5, 6, 10, 11]
    assert set(shares) == {0.1, 1.0}


def test_without_alert_the_share_is_the_same_in_all_steps():
    schedule = Schedule(0.1, alert=0, steps=5)
    assert {schedule.share_of(step, [2]) for step in range(5)} == {0.1}


@pytest.mark.parametrize("share", [0, -0.1, 1.01, math.nan, True, "x"])
def test_a_share_is_above_0_and_at_most_1(share):
    with pytest.raises(ValueError, match=r"probe\.share=.* above 0 and at most 1"):
        Schedule(share, 0, 10)


def test_alert_is_a_count_of_steps():
    with pytest.raises(ValueError, match=r"probe\.alert=-1 must be a whole number >= 0"):
        Schedule(0.1, -1, 10)
