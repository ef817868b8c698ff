"""The chances of runs are those of all orders, counted."""

import math
from collections import Counter
from itertools import permutations

import pytest

from robusttrain.combinatorics.cyclic_runs import exposed_chances
from robusttrain.redundancy.checkers import checkers_of


@pytest.mark.parametrize(("liars", "honest"), [(0, 2), (1, 2), (2, 3), (3, 4), (3, 2)])
@pytest.mark.parametrize("checkers", [1, 2, 4])
def test_chances_to_have_an_honest_checker_are_those_of_all_orders(liars, honest, checkers):
    workers = liars + honest
    count = Counter(
        sum(
            any(w >= liars for w in seen)
            for worker, seen in checkers_of(order, checkers).items()
            if worker < liars
        )
        for order in permutations(range(workers))
    )
    every = math.factorial(workers)
    chances = exposed_chances(liars, honest, min(checkers, workers - 1))
    assert chances == pytest.approx([count[j] / every for j in range(liars + 1)])
    if liars:
        seen = sum(j * chance for j, chance in enumerate(chances)) / liars
        c = min(checkers, workers - 1)
        assert seen == pytest.approx(1 - math.comb(liars - 1, c) / math.comb(workers - 1, c))
