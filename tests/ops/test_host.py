"""Tensors on their way to the host."""

import torch

from robusttrain.ops.host import arriving


def test_on_the_cpu_the_memory_is_the_tensors():
    rows = torch.arange(6.0).view(2, 3).requires_grad_()
    arrived = arriving(rows)()
    assert arrived.tolist() == rows.tolist()
    assert arrived.__array_interface__["data"][0] == rows.data_ptr()
