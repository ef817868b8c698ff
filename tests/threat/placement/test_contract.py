"""What every choice of liars in configs/placement must do."""

import numpy as np
import pytest
from support import component, members, plan_of

from robusttrain.redundancy.assignment.subset import Subset

NINE, FIFTEEN = plan_of(Subset(3).teams(9)), plan_of(Subset(3).teams(15))


@pytest.fixture(params=members("placement"), ids=lambda path: path.stem)
def placement(request):
    return component(request.param)


@pytest.mark.parametrize("byzantine", [0, 1, 4, 9])
def test_it_names_that_many_workers_once_each(placement, byzantine):
    for step in range(5):
        liars = placement.choose(step, NINE, byzantine, seed=3)
        assert isinstance(liars, np.ndarray)
        assert len(liars) == byzantine
        assert sorted(set(liars.tolist())) == liars.tolist()
        assert all(0 <= w < 9 for w in liars)


def test_every_rank_names_the_same(placement):
    for step in (7, 0, 7):
        assert np.array_equal(
            placement.choose(step, FIFTEEN, 5, 1), placement.choose(step, FIFTEEN, 5, 1)
        )


def test_another_seed_names_others_unless_the_worst_are_wanted(placement):
    drawn = {tuple(placement.choose(0, FIFTEEN, 5, seed).tolist()) for seed in range(10)}
    assert len(drawn) == 1 if type(placement).__name__ == "Worst" else len(drawn) > 5
