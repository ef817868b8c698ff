"""FABA against a plain loop."""

import numpy as np
import torch

from robusttrain.defense.aggregator.faba import Faba


def naive(vectors, f):
    left = list(vectors)
    for _ in range(f):
        mean = np.mean(left, axis=0)
        left.pop(int(np.argmax([np.linalg.norm(v - mean) for v in left])))
    return np.mean(left, axis=0)


def test_equals_the_definition(cases, agrees):
    for _, f, vectors in cases:
        agrees(Faba(f), vectors, naive(vectors, f))


def test_the_mean_is_taken_anew_after_each():
    """With 100 gone the mean of 0, 0, 0, 5, 9 is 2.8, and 9 is the next to go."""
    column = torch.tensor([0.0, 0.0, 0.0, 5.0, 9.0, 100.0])[:, None]
    assert Faba(2)(column).item() == 1.25
