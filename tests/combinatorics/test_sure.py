"""How many rows are sure to be pulled from every honest worker."""

from itertools import combinations

import numpy as np
import pytest

from robusttrain.combinatorics.sure import sure_vectors
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.subset import Subset


@pytest.mark.parametrize("copies", [1, 2, 3, 4])
@pytest.mark.parametrize(("workers", "liars"), [(5, 1), (6, 2), (7, 3)])
def test_no_liars_take_more_tasks_from_an_honest_worker_than_is_said(copies, workers, liars):
    """A liar takes most where it lies about all."""
    orders = np.random.default_rng(1).permuted(np.tile(np.arange(workers), (70, 1)), axis=1)
    every = np.array(list(combinations(range(workers), copies)))
    for teams in (every, orders[:, :copies]):
        least = len(teams)
        for who in combinations(range(workers), liars):
            won = 2 * np.isin(teams, who).sum(axis=1) < copies
            for honest in set(range(workers)) - set(who):
                held = (teams == honest).any(axis=1)
                others = len(set(teams[held].ravel().tolist()))
                least = min(least, int((won & held).sum()) // others)
        assert sure_vectors(teams, liars) <= least


def test_sure_vectors_by_hand():
    assert sure_vectors(Subset(3).teams(15), 0) == 91 // 15
    assert sure_vectors(Subset(3).teams(5), 2) == 0  # (6 - 6 // 2) // 5
    assert sure_vectors(np.repeat(np.arange(3), [2, 2, 3])[:, None], 1) == 2
    assert sure_vectors(Cyclic(3).teams(9), 4) == 0
