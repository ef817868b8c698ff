"""Plain enumeration agrees with the search, and refuses what would take too long."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.brute import Brute
from robusttrain.defense.aggregator.mda import Mda


def test_equals_mda(cases):
    for _, f, vectors in cases:
        vectors = torch.from_numpy(vectors)
        torch.testing.assert_close(Brute(f)(vectors), Mda(f)(vectors))


@pytest.mark.parametrize("f", [1, 4, 5])
def test_equals_mda_when_many_distances_are_equal(f):
    """On a grid sets tie in every distance; both find one of the same diameter."""
    points = np.random.default_rng(f).integers(0, 4, size=(11, 2)).astype(float)
    spans = []
    for rule in (Brute(f), Mda(f)):
        weights = rule.weights(torch.from_numpy(points @ points.T)).numpy()
        chosen = points[weights > 0]
        assert len(chosen) == 11 - f
        spans.append(np.linalg.norm(chosen[:, None] - chosen, axis=2).max())
    assert spans[0] == spans[1]


def test_too_many_sets_are_refused():
    with pytest.raises(ValueError, match=r"C\(n, f\) <= 100000; got n=25, f=6, so 177100 sets"):
        Brute(6).check(25)
    Brute(5).check(25)
    with pytest.raises(ValueError, match=r"so 10 sets.*or use mda"):
        Brute(2, limit=9)(torch.zeros(5, 2))
