"""FoolsGold against its definition, with its history."""

import numpy as np
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.fools_gold import FoolsGold


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


def test_another_number_of_vectors_starts_anew():
    rule = FoolsGold()
    first = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    second = torch.randn(4, 9, generator=torch.Generator().manual_seed(1))
    combine([first], rule)
    assert torch.equal(combine([second], rule), FoolsGold()(second))


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
