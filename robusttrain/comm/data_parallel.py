"""Torch's own data parallelism over the worker ranks, without the server: what others pay."""

from datetime import timedelta

import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from robusttrain.comm.ranks import rank, worker_ranks
from robusttrain.comm.rendezvous import meeting_place


def data_parallel(model: nn.Module, backend: str, seconds: float) -> DistributedDataParallel:
    """`model` as each worker rank trains it; all of them call this.

    backend: gloo or nccl.
    seconds: float. To wait for the others.
    """
    if not dist.is_initialized():
        store = dist.PrefixStore("data_parallel", meeting_place(seconds))
        dist.init_process_group(
            backend, store=store, rank=rank() - 1, world_size=worker_ranks(),
            timeout=timedelta(seconds=seconds),
        )  # fmt: skip
    return DistributedDataParallel(model)
