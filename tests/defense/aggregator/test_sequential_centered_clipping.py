"""Sequential centered clipping against a plain loop with the same draws."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.sequential_centered_clipping import SequentialCenteredClipping


def clipped(vector, radius):
    length = np.linalg.norm(vector)
    return vector * min(1.0, radius / length) if length else vector


def naive(vectors, radius, size, rng, centre):
    n = len(vectors)
    if centre is None:
        order, point = rng.permutation(n), np.zeros(vectors.shape[1])
    else:
        point = centre
        cosines = vectors @ centre / np.linalg.norm(vectors, axis=1)
        order = np.argsort(cosines, kind="stable")
    clusters = [rng.permutation(part) for part in np.array_split(order, size)]
    for b in range(int(np.ceil(n / size))):
        bucket = [part[b] for part in clusters if b < len(part)]
        point = point + np.mean([clipped(vectors[i] - point, radius) for i in bucket], axis=0)
    return point


@pytest.mark.parametrize(("n", "size"), [(1, 3), (2, 3), (9, 3), (10, 4), (11, 1), (5, 5)])
def test_equals_a_plain_loop_over_several_steps(n, size):
    rng, centre = np.random.default_rng(0), None
    rule = SequentialCenteredClipping(0.8, size)
    for step in range(3):
        vectors = rng.normal(size=(n, 12)) + 1
        centre = naive(vectors, 0.8, size, np.random.default_rng(step), centre)
        blocks = torch.from_numpy(vectors).split(5, dim=1)
        found = combine(blocks, rule, rng=np.random.default_rng(step))
        np.testing.assert_allclose(found.numpy(), centre, atol=1e-10)


def test_every_bucket_takes_one_of_each_cluster():
    """Three kinds of vectors: each bucket of three averages to nearly the same, so c rests."""
    kinds = torch.tensor([[1.0, 3.0], [1.0, 0.0], [1.0, -3.0]]).double()
    rule = SequentialCenteredClipping(100.0, 3)
    for step in range(3):
        out = combine([kinds.repeat(4, 1)], rule, rng=np.random.default_rng(step))
    torch.testing.assert_close(out, kinds.mean(dim=0))


@pytest.mark.parametrize("keys", [{"radius": 0.0}, {"size": 0}])
def test_bad_parameters_are_refused(keys):
    with pytest.raises(ValueError, match=r"sequential_centered_clipping needs|size=0 must"):
        SequentialCenteredClipping(**keys)
