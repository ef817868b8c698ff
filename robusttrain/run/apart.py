"""A rank that is launched apart from the others: it takes its place, and is checked alone."""

import os
from collections.abc import Callable

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from robusttrain.comm.ranks import take_place
from robusttrain.config.recipe import Recipe, recipe


def as_part(config: DictConfig, check_start: Callable[[Recipe], None]) -> Recipe:
    """What this process, the server or a worker rank, is to run; the others are launched apart.

    check_start: raises ValueError for what only the server can find out.
    """
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        raise ValueError("-m with cluster.role: sweeps launch their ranks together; leave it out")
    made = recipe(config)
    server = made.cluster.role == "server"
    if server:
        check_start(made)
    first = int(os.environ.get("RANK", "0"))
    take_place(0 if server else made.cluster.rank + first, made.runtime.ranks)
    return made
