"""The verdict on liars that lie in unison, against vertex covers in general."""

import numpy as np
import pytest

from robusttrain.combinatorics.unconvicted import unconvicted
from robusttrain.combinatorics.vertex_cover import in_every_cover


@pytest.mark.parametrize("seed", range(60))
def test_the_verdict_on_liars_is_that_of_in_every_cover(seed):
    rng = np.random.default_rng(seed)
    q, honest = int(rng.integers(1, 6)), int(rng.integers(1, 8))
    edges = rng.random((q, honest)) < rng.random()
    graph = np.zeros((q + honest, q + honest), dtype=bool)
    graph[:q, q:], graph[q:, :q] = edges, edges.T
    convicted = in_every_cover(graph, q)
    neighbours = [sum(1 << int(h) for h in np.flatnonzero(row)) for row in edges]
    assert [a for a, free in enumerate(unconvicted(neighbours, q)) if not free] == convicted


def test_a_liar_is_spared_by_a_matching_smaller_than_both_sides():
    neighbours = [0b11, 0b100, 0b100, 0b111000]
    assert unconvicted(neighbours, 4)[0]
