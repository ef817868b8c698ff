"""A rank that is launched apart from the others: it takes its place, and is checked alone."""

import os
from collections.abc import Callable

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from robusttrain.comm.address import shown
from robusttrain.comm.apart import listening
from robusttrain.comm.listener import listener
from robusttrain.comm.ranks import take_place
from robusttrain.config.recipe import Recipe, recipe


def check_address(address: tuple[str, int]) -> None:
    """Raise ValueError if the server cannot listen there."""
    try:
        listener(listening(address)).close()
    except OSError as error:
        raise ValueError(
            f"cluster.server={shown(address)} cannot be listened at ({error.strerror}); choose "
            "another port, or an address of this machine"
        ) from error


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
        check_address(made.cluster.address)
    first = int(os.environ.get("RANK", "0"))
    take_place(0 if server else made.cluster.rank + first, made.runtime.ranks)
    return made
