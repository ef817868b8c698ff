"""What is read from and written to a tensor, and how a loop is compiled."""

import numpy as np
import pytest
import torch

from robusttrain.ops.kernels import jit
from robusttrain.ops.kernels.jit import flat, written


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
    with written(held[:, 1:3]) as (memory, stride):
        for i in range(3):
            memory[i * stride : i * stride + 2] = 2
    assert held[:, 1:3].eq(2).all()
    assert held.sum() == 12


def test_without_a_folder_to_keep_it_in_a_loop_is_compiled_anew(monkeypatch):
    def njit(cache=False, **options):
        assert options == {"nogil": True, "error_model": "numpy", "fastmath": True}
        if cache:
            raise RuntimeError("no locator available")
        return lambda function: function

    monkeypatch.setattr(jit, "njit", njit)
    assert jit.compiled(fastmath=True)(len) is len
