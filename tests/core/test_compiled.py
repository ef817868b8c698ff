"""How work is shared out among threads, and what is read from a tensor."""

import numpy as np
import pytest
import torch

from robusttrain.core import compiled
from robusttrain.core.compiled import SHARE, across, flat, written


@pytest.mark.parametrize("columns", [0, 1, SHARE, SHARE + 1, 100 * SHARE + 7])
def test_ranges_cover_all_columns_in_order_whatever_the_threads(columns, monkeypatch):
    found = []
    for threads in (1, 4):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        found.append(across(columns, lambda lo, hi: (lo, hi)))
    assert found[0] == found[1]
    covered = [c for lo, hi in found[0] for c in range(lo, hi)]
    assert covered == list(range(columns))


def test_an_error_in_a_thread_comes_out():
    with pytest.raises(ZeroDivisionError):
        across(5 * SHARE, lambda lo, hi: 1 // lo)


def test_flat_reads_the_memory_of_rows_and_copies_only_what_it_must():
    held = torch.arange(40.0).view(5, 8)
    for block, shared in ((held[1:4, 2:5], True), (held.T, False), (held.half()[:2], False)):
        values, stride = flat(block)
        rows, columns = block.shape
        found = [values[i * stride : i * stride + columns] for i in range(rows)]
        assert np.array_equal(np.stack(found), block.float().numpy())
        assert np.shares_memory(values, held.numpy()) == shared
    assert flat(held[:0])[0].size == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_what_is_written_arrives(dtype):
    held = torch.zeros(3, 4, dtype=dtype)
    with written(held[:, 1:3]) as place:
        place[:] = 2
    assert held[:, 1:3].eq(2).all()
    assert held.sum() == 12


def test_without_a_folder_to_keep_it_in_a_loop_is_compiled_anew(monkeypatch):
    def njit(cache=False, **options):
        assert options == {"nogil": True, "error_model": "numpy", "fastmath": True}
        if cache:
            raise RuntimeError("no locator available")
        return lambda function: function

    monkeypatch.setattr(compiled, "njit", njit)
    assert compiled.compiled(fastmath=True)(len) is len
