"""The compiled sort: against a sort by hand, and rows that are not finite."""

import pytest
import torch

from robusttrain.ops.kernels.sorting_numba import reduce_sorted

BLOCK = torch.randn(7, 101, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("lo", "hi"), [(3, 4), (2, 5), (0, 7)])
def test_the_mean_of_a_range_of_the_sorted_column(lo, hi):
    expected = BLOCK.sort(dim=0).values[lo:hi].mean(dim=0)
    torch.testing.assert_close(reduce_sorted(BLOCK, lo, hi), expected)


def test_the_values_nearest_to_the_median():
    centre = BLOCK.median(dim=0).values
    nearest = (BLOCK - centre).abs().argsort(dim=0)[:4]
    expected = BLOCK.gather(0, nearest).mean(dim=0)
    torch.testing.assert_close(reduce_sorted(BLOCK, 3, 4, count=4), expected)


def test_a_column_with_a_value_that_is_not_finite_says_so_and_no_other():
    block = BLOCK.clone()
    block[2, 7], block[0, 50] = torch.inf, torch.nan
    lost = ~torch.isfinite(reduce_sorted(block, 3, 4))
    assert lost.nonzero().flatten().tolist() == [7, 50]
