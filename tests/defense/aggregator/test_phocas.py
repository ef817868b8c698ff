"""Phocas against a sort by distance."""

import numpy as np
import torch

from robusttrain.defense.aggregator.phocas import Phocas


def naive(vectors, f):
    out = []
    for column in vectors.T:
        n = len(column)
        trimmed = np.sort(column)[f : n - f].mean()
        out.append(np.mean(sorted(column, key=lambda x: (abs(x - trimmed), x))[: n - f]))
    return np.array(out)


def test_equals_the_definition(cases, agrees):
    for _, f, vectors in cases:
        agrees(Phocas(f), vectors, naive(vectors, f))


def test_by_hand():
    """The middle three of 0, 1, 2, 3, 100 average 2; the nearest four are 0, 1, 2, 3."""
    column = torch.tensor([100.0, 0.0, 3.0, 2.0, 1.0])[:, None]
    assert Phocas(1)(column).item() == 1.5
