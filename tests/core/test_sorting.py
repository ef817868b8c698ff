"""Batcher's network sorts: by the 0-1 principle for few wires, on random input for more."""

from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.core.sorting import (
    NETWORK_LIMIT,
    comparators,
    mean_of_rows,
    median_of,
    nearest_mean,
    ranked,
    sort_rows,
    sorting_network,
)


@pytest.mark.parametrize("n", range(1, 11))
def test_network_sorts_all_zero_one_inputs_hence_all_inputs(n):
    wires = torch.tensor(list(product([0, 1], repeat=n))).T.clone()
    ones = wires.sum(dim=0)
    for i, j in sorting_network(n):
        wires[[i, j]] = torch.stack([wires[i] & wires[j], wires[i] | wires[j]])
    assert torch.equal(wires, (torch.arange(n)[:, None] >= n - ones).long())


@pytest.mark.parametrize("n", [*range(1, 34), 63, 64])
def test_comparators_are_in_range_and_point_upwards(n):
    network = sorting_network(n)
    assert all(0 <= i < j < n for i, j in network)
    assert len(network) <= n * max(1, (n - 1).bit_length()) ** 2 / 4 + n


@settings(max_examples=80, deadline=None)
@given(st.integers(1, NETWORK_LIMIT + 2), st.integers(1, 40), st.integers(0, 2**31), st.booleans())
def test_sort_rows_equals_torch_sort_and_leaves_its_input(n, width, seed, ties):
    block = torch.randn(n, width, generator=torch.Generator().manual_seed(seed))
    block = block.round() if ties else block
    before = block.clone()
    assert torch.equal(sort_rows(block), block.sort(dim=0).values)
    assert torch.equal(block, before)


@pytest.mark.parametrize("n", [2, 5, 64, 65])
def test_sort_rows_takes_strided_blocks_doubles_and_infinities(n):
    block = torch.randn(9, n, dtype=torch.float64).T
    block[0, 0], block[-1, 0] = torch.inf, -torch.inf
    assert torch.equal(sort_rows(block), block.sort(dim=0).values)


@pytest.mark.parametrize("n", [1, 2, 65])
def test_sort_rows_never_shares_memory_with_its_input(n):
    block = torch.zeros(n, 3)
    sort_rows(block).fill_(1.0)
    assert not block.any()


@pytest.mark.parametrize("n", [1, 2, 5, 14, 15, 64, 66])
def test_a_few_ranks_equal_those_of_the_whole_order(n):
    block = torch.randn(n, 17, generator=torch.Generator().manual_seed(n))
    whole = block.sort(dim=0).values
    for lo, hi in [(0, n), (n // 2, n // 2 + 1), ((n - 1) // 2, n // 2 + 1), (n // 3, n - n // 3)]:
        found = ranked(block, lo, hi)
        assert torch.equal(torch.stack(found), whole[lo:hi])


def test_the_median_needs_fewer_comparators():
    assert len(comparators(15, (7,))) < len(sorting_network(15))
    assert comparators(15, tuple(range(15))) == tuple(
        (i, j, True, True) for i, j in sorting_network(15)
    )


def test_the_midpoint_neither_overflows_nor_loses_what_is_tiny():
    for low, high, middle in [
        (-3e38, 3e38, 0.0),
        (2e38, 3e38, 2.5e38),
        (1.4e-45, 1.4e-45, 1.4e-45),
    ]:
        rows = [torch.tensor([low]), torch.tensor([high])]
        assert median_of(rows).item() == pytest.approx(middle)


def test_the_nearest_are_averaged_and_nothing_else():
    rows = [torch.tensor([x]) for x in (-3e38, 1.0, 2.0, 3.0, 3e38)]
    assert nearest_mean(rows, torch.tensor([2.0]), 3).item() == 2.0
    assert nearest_mean(rows, torch.tensor([1.1]), 2).item() == 1.5
    assert mean_of_rows(rows[1:4]).item() == 2.0
