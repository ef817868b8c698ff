"""Data parallelism over the worker ranks, without the server."""

import torch
import torch.distributed as dist

from robusttrain.comm.data_parallel import data_parallel


def test_the_group_is_that_of_the_worker_ranks_and_is_made_once(monkeypatch):
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    variables = {"RANK": 1, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": store.port}
    for key, value in variables.items():
        monkeypatch.setenv(key, str(value))
    try:
        for _ in range(2):
            model = torch.nn.Linear(2, 1, bias=False)
            wrapped = data_parallel(model, "gloo", 60)
            assert (dist.get_rank(), dist.get_world_size()) == (0, 1)
            with wrapped.no_sync():
                wrapped(torch.tensor([[1.0, 2.0]])).sum().backward()
            wrapped(torch.tensor([[1.0, 2.0]])).sum().backward()
            assert model.weight.grad.tolist() == [[2.0, 4.0]]
    finally:
        dist.destroy_process_group()
