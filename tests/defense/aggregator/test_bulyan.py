"""Bulyan against the iterated definition."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.bulyan import Bulyan
from robusttrain.defense.aggregator.mean import Mean


def naive(vectors, f):
    left, chosen = list(range(len(vectors))), []
    while len(chosen) < len(vectors) - 2 * f:
        scores = []
        for i in left:
            others = sorted(((vectors[i] - vectors[j]) ** 2).sum() for j in left if j != i)
            nearest = sum(others[: max(len(left) - f - 2, 1)])
            scores.append((round(nearest, 9), sum(others)))
        chosen.append(left.pop(scores.index(min(scores))))
    out = []
    for column in vectors[chosen].T:
        middle = np.median(column)
        near = sorted(column, key=lambda x: (abs(x - middle), x))
        out.append(np.mean(near[: len(chosen) - 2 * f]))
    return np.array(out)


def test_equals_the_definition(cases, agrees):
    for _, f, vectors in cases:
        if len(vectors) >= 4 * f + 3:
            agrees(Bulyan(f), vectors, naive(vectors, f))


def test_the_selection_is_iterated():
    """Once the best have left, the scores of those that leaned on them change."""
    vectors = np.random.default_rng(1).normal(size=(11, 3))
    norms = ((vectors[:, None] - vectors) ** 2).sum(axis=2)
    once = np.argsort(np.sort(norms, axis=1)[:, 1:8].sum(axis=1))[:7]
    found = Bulyan(2).select(torch.from_numpy(vectors @ vectors.T))
    assert len(set(found)) == 7
    assert set(found) != set(once.tolist())


def test_one_coordinate_of_a_near_liar_moves_little():
    """The liar is within the honest spread in norm, with all of it in one coordinate."""
    honest = torch.randn(8, 400, generator=torch.Generator().manual_seed(0))
    lie = honest.mean(dim=0)
    lie[7] += 18.0
    out = Bulyan(2)(torch.cat([honest, lie.expand(2, 400), honest[:1] * 0.9]))
    assert abs(out[7]) <= honest[:, 7].abs().max()
    assert Mean()(torch.cat([honest, lie.expand(2, 400)]))[7] > 3


@pytest.mark.parametrize(("n", "f"), [(2, 0), (6, 1), (10, 2)])
def test_the_precondition(n, f):
    with pytest.raises(ValueError, match=rf"bulyan needs n >= 4f\+3; got n={n}, f={f}"):
        Bulyan(f).check(n)
    Bulyan(f).check(n + 1)
