"""Makes components from their configuration."""

from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from torch import nn

from robusttrain.rng import derive
from robusttrain.training.data.base import Data
from robusttrain.training.model.base import check_pure


def make(cfg: dict[str, Any], key: str, **more: Any) -> Any:
    """The component described at `key`; what its constructor refuses is raised as ValueError."""
    try:
        return instantiate({**cfg[key], "_convert_": "all"}, **more)
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, ValueError):
            raise cause from None
        raise ValueError(f"{key}: {error}") from error


def make_model(cfg: dict[str, Any], data: Data) -> nn.Module:
    """The model, initialised from its own stream; global generators are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(cfg["seed"], "model"))
        model = make(cfg, "model", image=tuple(data.image), classes=data.classes)
    check_pure(model)
    return model
