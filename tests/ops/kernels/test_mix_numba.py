"""The compiled product; that it skips what has no entry is tested with `mix`."""

import pytest
import torch

from robusttrain.ops.kernels.mix_numba import mix


@pytest.mark.parametrize("columns", [0, 1, 300, 70_001])
@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 8), (8, 3), (2, 100)])
def test_equals_a_product_in_double(m, n, columns):
    generator = torch.Generator().manual_seed(m + n)
    matrix, block = (torch.randn(*s, generator=generator) for s in ((m, n), (n, columns)))
    matrix[0, 0] = 0.0
    expected = (matrix.double() @ block.double()).float()
    torch.testing.assert_close(mix(matrix.double(), block), expected, rtol=1e-4, atol=1e-4)


def test_a_row_without_entries_is_zero():
    assert mix(torch.zeros(2, 3).double(), torch.ones(3, 4)).tolist() == [[0.0] * 4] * 2
