"""Momentum in every place, and what it does with gaps."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.preaggregator.arc import Arc
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.nnm import Nnm
from robusttrain.defense.preaggregator.static_momentum import StaticMomentum


def draw(seed, n=7, d=10):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double()


def test_equals_the_recursion_in_any_blocks():
    stage, momentum = StaticMomentum(0.8), draw(0)
    for step in range(5):
        momentum = 0.8 * momentum + 0.2 * draw(step)
        found = combine(draw(step).split(step + 2, dim=1), Median(), [stage])
        torch.testing.assert_close(found, Median()(momentum))
    torch.testing.assert_close(stage.memory.state_dict()["history"], momentum)


@pytest.mark.parametrize("stages", [[Bucketing(5)], [Nnm(2)], [Nnm(2), Bucketing(5)]])
def test_it_stands_wherever_it_is_put(stages):
    stage, momentum = StaticMomentum(0.5), None
    for step in range(3):
        rng, mixed = np.random.default_rng(step), draw(step)
        for one in stages:
            mixed = one(mixed, rng)
        momentum = mixed if momentum is None else 0.5 * momentum + 0.5 * mixed
        blocks = draw(step).split(4, dim=1)
        found = combine(blocks, Mean(), [*stages, stage, Arc(1)], np.random.default_rng(step))
        torch.testing.assert_close(found, Arc(1)(momentum).mean(dim=0))


def test_a_value_that_is_not_finite_passes_on_and_is_not_remembered():
    stage = StaticMomentum(0.9)
    list(stage.advance([draw(0)], True))
    bad = draw(1)
    bad[2, 3], bad[4] = torch.nan, torch.inf
    out = torch.cat(list(stage.advance([bad], True)), dim=1)
    assert not torch.isfinite(out[4]).any()
    assert torch.isnan(out[2, 3])
    kept = stage.memory.state_dict()["history"]
    expected = 0.9 * draw(0) + 0.1 * draw(1)
    expected[2, 3], expected[4] = draw(0)[2, 3], draw(0)[4]
    torch.testing.assert_close(kept, expected)
    first = StaticMomentum(0.9)
    list(first.advance([bad], True))
    assert torch.isfinite(first.memory.state_dict()["history"]).all()


def test_another_number_of_vectors_starts_anew():
    stage = StaticMomentum(0.9)
    list(stage.advance([draw(0)], True))
    assert torch.equal(torch.cat(list(stage.advance([draw(1, n=6)], True))), draw(1, n=6))


def test_a_failed_stream_changes_no_memory():
    stage = StaticMomentum(0.9)
    list(stage.advance([draw(0)], True))

    def broken():
        yield draw(1)[:, :5]
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError):
        combine(broken(), Mean(), [stage])
    assert torch.equal(stage.memory.state_dict()["history"], draw(0))


def test_noise_shrinks_as_said():
    """To (1 - beta) / (1 + beta) of the variance, once the start is forgotten."""
    stage, generator = StaticMomentum(0.8), torch.Generator().manual_seed(0)
    for _ in range(60):
        (out,) = stage.advance([torch.randn(20, 500, generator=generator)], True)
    assert out.var().item() == pytest.approx(0.2 / 1.8, rel=0.05)


@pytest.mark.parametrize("beta", [-0.1, 1.0, float("nan")])
def test_a_bad_beta_is_refused(beta):
    with pytest.raises(ValueError, match=r"beta=.* must be in \[0, 1\)"):
        StaticMomentum(beta)
