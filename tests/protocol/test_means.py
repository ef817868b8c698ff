"""Means of buckets: those of the plain mixing, the same bits for every order of arrival."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from robusttrain.defense.preaggregator.base import averages
from robusttrain.ops.gram import mix
from robusttrain.ops.kernels import mix_numba
from robusttrain.protocol.means import Buckets, Means

CPU = torch.device("cpu")
N, WIDTH = 11, 5
SIGNS = torch.randn(N, WIDTH, generator=torch.Generator().manual_seed(3))
ROWS = SIGNS * 10.0 ** torch.arange(N).remainder(7)[:, None]


def drawn(seed: int) -> list[np.ndarray]:
    """Buckets of unlike sizes."""
    rng = np.random.default_rng(seed)
    return [part for part in np.split(rng.permutation(N), [1, 4, 9]) if len(part)]


def arrive(buckets: Buckets, order: list[int]) -> torch.Tensor:
    """The block when rows come one by one, and wait until it is their turn."""
    means, waiting = Means(buckets, WIDTH, CPU), list[int]()
    for row in order:
        waiting.append(row)
        while added := [r for r in waiting if means.add(ROWS[r : r + 1], np.array([r]))]:
            waiting = [r for r in waiting if r not in added]
    assert waiting == []
    return means.block


@given(seed=st.integers(0, 1000), order=st.permutations(range(N)))
def test_the_bits_do_not_depend_on_the_order_of_arrival(seed, order):
    buckets = Buckets.averaging(drawn(seed), N)
    assert torch.equal(arrive(buckets, order), arrive(buckets, list(range(N))))


@pytest.mark.parametrize("seed", range(3))
def test_they_are_the_plain_mixing(seed):
    """To rounding; and bit for bit that of large blocks, which adds in the same order."""
    parts = drawn(seed)
    block, matrix = arrive(Buckets.averaging(parts, N), list(range(N))), averages(parts, N)
    torch.testing.assert_close(block, mix(matrix, ROWS), rtol=1e-6, atol=1e-2)
    assert torch.equal(block, mix_numba.mix(matrix, ROWS))


def test_rows_that_are_alone_stay_as_they_are():
    """The sign of zero too, which says whether a row stands for one that is not finite."""
    rows = torch.tensor([[-0.0], [1e-45], [3e38]])
    means = Means(Buckets.alone(3), 1, CPU)
    assert means.add(rows[1:], np.array([1, 2])) == 2
    assert means.add(rows[:1], np.array([0])) == 1
    assert means.block.numpy().tobytes() == rows.numpy().tobytes()


def test_rows_are_added_up_to_the_first_whose_turn_it_is_not():
    """0 and 3 make one mean, in this order; 1 and 2 another."""
    buckets = Buckets.averaging([np.array([3, 0]), np.array([1, 2])], 4)
    means = Means(buckets, 1, CPU)
    rows = torch.tensor([[2.0], [8.0], [4.0]])
    assert means.add(rows, np.array([1, 3, 2])) == 1
    assert means.block.tolist() == [[0.0], [1.0]]
    assert means.add(rows[1:], np.array([3, 2])) == 0
    assert means.add(torch.tensor([[6.0], [8.0], [4.0]]), np.array([0, 3, 2])) == 3
    assert means.block.tolist() == [[7.0], [3.0]]
    assert means.add(rows[:0], np.array([], dtype=int)) == 0


def test_which_buckets_mix():
    assert not Buckets.alone(3).mixes
    assert not Buckets.averaging([np.array([2]), np.array([0]), np.array([1])], 3).mixes
    assert Buckets.averaging([np.array([2, 0]), np.array([1])], 3).mixes
