"""Fang on the trimmed mean: just beyond the honest extremes, on the side that hurts."""

import math

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.fang_trimmed_mean import FangTrimmedMean


def interval(column, b):
    """The paper's cases for one coordinate of the honest gradients, omniscient."""
    high, low = max(column), min(column)
    if sum(column) < 0:
        return (high, b * high) if high > 0 else (high, high / b)
    return (low / b, low) if low > 0 else (b * low, low)


@pytest.mark.parametrize("b", [1.5, 2.0, 10.0])
@pytest.mark.parametrize("offset", [-2.0, -0.1, 0.1, 2.0])
def test_every_coordinate_is_in_its_interval(knowledge, gradients, b, offset):
    known = gradients(6, 2000, offset=offset)
    rows = FangTrimmedMean(b).forge(knowledge(known[:3], known)).double()
    ends = np.array([interval(column, b) for column in known.double().T.tolist()])
    where = (rows.numpy() - ends[:, 0]) / (ends[:, 1] - ends[:, 0])
    assert where.min() > -1e-5
    assert where.max() < 1 + 1e-5
    assert abs(where.mean() - 0.5) < 0.03
    assert abs(where.std() - 12**-0.5) < 0.03
    assert len(np.unique(where[0] < where[1])) == 2


def test_all_four_cases_by_hand(knowledge):
    """Columns whose sums are < 0 (largest > 0, < 0) and > 0 (smallest < 0, > 0)."""
    known = torch.tensor([[-5.0, -5.0, 5.0, 5.0], [1.0, -1.0, -1.0, 1.0]])
    near, far = FangTrimmedMean(2.0).bounds(known, extremes=True)
    assert near.tolist() == [1.0, -1.0, -1.0, 1.0]
    assert far.tolist() == [2.0, -0.5, -2.0, 0.5]


def test_a_median_of_less_than_half_lies_ends_at_an_honest_extreme_or_inside(knowledge, gradients):
    """Four lies among nine honest: the trimmed mean is pulled against the mean everywhere."""
    known = gradients(9, 500)
    lies = FangTrimmedMean(2.0).forge(knowledge(known[:4], known))
    together = torch.cat([known, lies]).sort(dim=0).values
    honest = known.sort(dim=0).values
    against = -known.mean(dim=0).sign()
    moved = together[4:-4].mean(dim=0) - honest[2:-2].mean(dim=0)
    assert (moved * against > 0).double().mean() > 0.99


def test_with_less_knowledge_it_is_three_to_four_deviations_away(knowledge, gradients):
    known = gradients(8, 3000, offset=0.0)
    rows = FangTrimmedMean(2.0).forge(knowledge(known[:2], known, omniscient=False)).double()
    mean, spread = known.double().mean(dim=0), known.double().std(dim=0, correction=0)
    away = (rows - mean) / spread
    assert torch.equal(away.sign()[0], -mean.sign())
    assert float(away.abs().min()) > 3 - 1e-3
    assert float(away.abs().max()) < 4 + 1e-3
    assert abs(float(away.abs().mean()) - 3.5) < 0.03


def test_draws_depend_on_step_task_and_seed(knowledge, gradients):
    def row(**changes):
        seen = {"tasks": np.array([7])} | changes
        honest = gradients(4, 50)
        return FangTrimmedMean(2.0).forge(knowledge(honest[:1], honest, **seen)).numpy().tobytes()

    assert len({row(), row(step=1), row(tasks=np.array([8])), row(seed=1)}) == 4
    assert row() == row(byzantine=1)


@pytest.mark.parametrize("b", [1, 0.5, math.inf, math.nan])
def test_refuses_a_b_that_leaves_no_interval(b):
    with pytest.raises(ValueError) as error:
        FangTrimmedMean(b)
    assert str(error.value) == f"attack.b={b} must be > 1 and finite; use 2"
