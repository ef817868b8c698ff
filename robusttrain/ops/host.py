"""Tensors on their way to the host, for threads that read them there."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor


def arriving(tensor: Tensor) -> Callable[[], np.ndarray]:
    """Begin to copy a tensor to the host; what is returned waits for it, in any thread.

    From a GPU it is copied to pinned memory, after what its stream was given before. On the CPU
    it is not copied, and must not change before it was read.
    """
    if not tensor.is_cuda:
        return tensor.detach().numpy
    copy = torch.empty_like(tensor, device="cpu", pin_memory=True)
    copy.copy_(tensor, non_blocking=True)
    arrived = torch.cuda.Event()
    arrived.record(torch.cuda.current_stream(tensor.device))
    return partial(_arrived, arrived, copy)


def _arrived(event: torch.cuda.Event, copy: Tensor) -> np.ndarray:
    event.synchronize()
    return copy.numpy()
