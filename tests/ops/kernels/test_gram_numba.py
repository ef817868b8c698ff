"""The compiled Gram matrix against a product in double."""

import pytest
import torch

from robusttrain.ops.kernels.gram_numba import gram


def draw(n, d, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def nothing(block):
    return lambda lo, hi: block[:0, lo:hi]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 15, 52])
@pytest.mark.parametrize("columns", [0, 1, 700, 70_001])
def test_equals_a_product_in_double(n, columns):
    block = draw(n, columns)
    rows = block.double() - block[n // 2].double()
    found = gram(block, nothing(block), n // 2)
    torch.testing.assert_close(found, rows @ rows.T, rtol=1e-5, atol=1e-7 * (columns + 1))
    assert torch.equal(found, found.T)


def test_rows_below_and_their_columns():
    block, more = draw(4, 70_001), draw(3, 70_001, 1)
    rows = torch.cat([block, more]).double() - block[1].double()
    found = gram(block, lambda lo, hi: more[:, lo:hi], 1)
    torch.testing.assert_close(found, rows @ rows.T, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_types_and_strides(dtype):
    held = draw(900, 14).to(dtype)
    rows = held.T[::2].double() - held.T[0].double()
    block = held.T[::2]
    torch.testing.assert_close(gram(block, nothing(block), 0), rows @ rows.T, rtol=1e-5, atol=1e-4)


def test_a_bad_row_spoils_its_own_entries_only():
    block = draw(5, 3000)
    clean = gram(block, nothing(block), 0)
    block[3, 77] = torch.inf
    found = gram(block, nothing(block), 0)
    rest = [0, 1, 2, 4]
    assert torch.equal(found[rest][:, rest], clean[rest][:, rest])
    assert not torch.isfinite(found[3, 3])


def test_the_number_of_threads_changes_no_bit(monkeypatch):
    block = draw(7, 200_000)
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        found.append(gram(block, nothing(block), 0))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
