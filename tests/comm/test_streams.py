"""Streams: nothing changes on the CPU; on a GPU a thread's work goes to a stream of its own."""

import pytest
import torch

from robusttrain.comm.streams import after_default_stream, own_stream


def test_on_the_cpu_nothing_changes():
    with own_stream(torch.device("cpu")):
        after_default_stream(torch.device("cpu"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_work_goes_to_another_stream_and_comes_after_the_default_one():
    device = torch.device("cuda")
    big = torch.ones(1 << 20, device=device)
    total = big.sum()
    with own_stream(device):
        assert torch.cuda.current_stream() != torch.cuda.default_stream()
        after_default_stream(device)
        assert (total + 1).item() == (1 << 20) + 1
