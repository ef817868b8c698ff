"""FoolsGold against its definition, with its history."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.fools_gold import FoolsGold
from robusttrain.defense.preaggregator.bucketing import Bucketing


def trust(history):
    n = len(history)
    unit = history / np.linalg.norm(history, axis=1, keepdims=True)
    cs = unit @ unit.T
    np.fill_diagonal(cs, -np.inf)
    most = cs.max(axis=1)
    for i in range(n):
        for j in range(n):
            if i != j and most[j] > most[i] > 0:
                cs[i, j] *= most[i] / most[j]
    alpha = np.clip(1 - cs.max(axis=1), 0, 1)
    alpha = np.minimum(alpha / alpha.max(), 0.99)
    with np.errstate(divide="ignore"):
        return np.clip(np.log(alpha / (1 - alpha)) + 0.5, 0, 1)


def test_equals_the_definition_over_several_steps():
    rng = np.random.default_rng(0)
    rule, history = FoolsGold(), 0
    for _ in range(4):
        vectors = rng.normal(size=(7, 12)) + 0.2 * rng.normal(size=12)
        history = history + vectors
        weights = trust(history)
        found = combine(torch.from_numpy(vectors).split(5, dim=1), rule).numpy()
        np.testing.assert_allclose(found, weights @ vectors / weights.sum(), atol=1e-9)
    np.testing.assert_allclose(rule.memory.state_dict()["history"].numpy(), history)


def test_sybils_count_for_nothing():
    rng = np.random.default_rng(1)
    honest, goal = rng.normal(size=(6, 50)), rng.normal(size=50)
    sybils = goal + 1e-3 * rng.normal(size=(4, 50))
    weights = FoolsGold()(torch.from_numpy(np.concatenate([honest, sybils]))).numpy()
    expected = trust(np.concatenate([honest, sybils]))
    assert expected[6:].max() == 0
    np.testing.assert_allclose(weights, expected[:6] @ honest / expected.sum(), atol=1e-9)


def test_the_history_is_a_workers_whatever_row_it_comes_in():
    """Five workers in changing order; some are not heard in a step, and one comes late."""
    rng = np.random.default_rng(3)
    rule, history = FoolsGold(), np.zeros((6, 8))
    for workers in ([0, 1, 2, 3, 4], [3, 1, 0, 4, 2], [4, 2, 1], [5, 1, 3, 0], [2, 0, 1, 3, 4, 5]):
        vectors = rng.normal(size=(len(workers), 8)) + 0.5
        history[workers] += vectors
        weights = trust(history[workers])
        blocks = torch.from_numpy(vectors).split(3, dim=1)
        found = combine(blocks, rule, workers=workers).numpy()
        np.testing.assert_allclose(found, weights @ vectors / weights.sum(), atol=1e-9)
    state = rule.memory.state_dict()
    np.testing.assert_allclose(state["history"].numpy(), history[state["workers"].numpy()])
    assert sorted(state["workers"].tolist()) == [0, 1, 2, 3, 4, 5]


def test_the_order_of_the_rows_is_irrelevant_if_they_are_named():
    rng, plain, shuffled = np.random.default_rng(5), FoolsGold(), FoolsGold()
    for _ in range(3):
        vectors, order = torch.from_numpy(rng.normal(size=(6, 9)) + 1), rng.permutation(6)
        torch.testing.assert_close(
            combine([vectors[order]], shuffled, workers=order), combine([vectors], plain)
        )


@pytest.mark.parametrize("workers", [[0, 1, 2, 3], [7, 8, 9, 1]])
def test_a_call_that_fails_changes_no_history(workers):
    rule = FoolsGold()
    first = torch.randn(5, 9, generator=torch.Generator().manual_seed(0)).double()
    combine([first], rule)
    with pytest.raises(ValueError, match="needs"):
        combine([torch.full((4, 9), torch.nan).double()], rule, workers=workers)
    other = FoolsGold()
    combine([first], other)
    torch.testing.assert_close(combine([2 - first], rule), combine([2 - first], other))


def test_vectors_of_several_workers_are_refused():
    with pytest.raises(ValueError, match=r"^fools_gold needs vectors of one worker each; .*single"):
        combine([torch.randn(6, 4)], FoolsGold(), [Bucketing(3)])


def test_a_row_that_is_not_finite_keeps_its_history():
    rule = FoolsGold()
    first = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    combine([first], rule)
    second = first.clone()
    second[2] = torch.nan
    assert torch.isfinite(combine([second], rule)).all()
    expected = 2 * first
    expected[2] = first[2]
    torch.testing.assert_close(rule.memory.state_dict()["history"], expected)
