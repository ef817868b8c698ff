"""CUDA streams of threads that send and receive, so that they do not wait for what is computed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def own_stream(device: torch.device) -> Iterator[None]:
    """This thread's work on a GPU goes to a stream of its own; on the CPU nothing changes."""
    if device.type != "cuda":
        yield
        return
    torch.cuda.set_device(device)
    with torch.cuda.stream(torch.cuda.Stream(device)):
        yield


def after_default_stream(device: torch.device) -> None:
    """What this thread puts on its stream from now on comes after what is on the default one."""
    if device.type == "cuda":
        torch.cuda.current_stream(device).wait_stream(torch.cuda.default_stream(device))
