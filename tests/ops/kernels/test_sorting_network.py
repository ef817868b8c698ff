"""Batcher's network sorts: by the 0-1 principle for few wires, on random input for more."""

from itertools import product

import pytest
import torch

from robusttrain.ops.kernels.sorting_network import comparators, sorting_network


@pytest.mark.parametrize("n", range(1, 11))
def test_sorts_all_zero_one_inputs_hence_all_inputs(n):
    wires = torch.tensor(list(product([0, 1], repeat=n))).T.clone()
    ones = wires.sum(dim=0)
    for i, j in sorting_network(n):
        wires[[i, j]] = torch.stack([wires[i] & wires[j], wires[i] | wires[j]])
    assert torch.equal(wires, (torch.arange(n)[:, None] >= n - ones).long())


@pytest.mark.parametrize("n", [*range(1, 34), 63, 64, 455])
def test_comparators_are_in_range_and_point_upwards(n):
    network = sorting_network(n)
    assert all(0 <= i < j < n for i, j in network)
    assert len(network) <= n * max(1, (n - 1).bit_length()) ** 2 / 4 + n


@pytest.mark.parametrize("n", [1, 2, 5, 14, 15, 64, 66])
def test_what_is_left_for_a_few_ranks_finds_them(n):
    block = torch.randn(n, 17, generator=torch.Generator().manual_seed(n))
    whole = block.sort(dim=0).values
    for lo, hi in [(0, n), (n // 2, n // 2 + 1), ((n - 1) // 2, n // 2 + 1), (n // 3, n - n // 3)]:
        rows = list(block.clone())
        for i, j, low, high in comparators(n, lo, hi):
            least, most = torch.minimum(rows[i], rows[j]), torch.maximum(rows[i], rows[j])
            rows[i] = least if low else torch.full_like(least, torch.nan)
            rows[j] = most if high else torch.full_like(most, torch.nan)
        assert torch.equal(torch.stack(rows[lo:hi]), whole[lo:hi])


def test_the_median_needs_fewer_comparators():
    assert len(comparators(15, 7, 8)) < len(sorting_network(15))
    assert comparators(15, 0, 15) == tuple((i, j, True, True) for i, j in sorting_network(15))
