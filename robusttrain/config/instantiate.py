"""Makes components from their configuration: ours, a library's, or the user's own."""

from collections.abc import Mapping
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn

from robusttrain.config.leftovers import without_leftovers
from robusttrain.config.resolved import plain
from robusttrain.config.targets import is_known, parameters_of
from robusttrain.config.typed import check_types, refused
from robusttrain.rng import derive
from robusttrain.training.data.base import Data
from robusttrain.training.model.base import check_pure
from robusttrain.training.purity import check_parameters
from robusttrain.usercode.broken import Broken, described
from robusttrain.usercode.locate import locate


def make(
    cfg: Mapping[str, Any], key: str, offered: Mapping[str, Any] | None = None, **more: Any
) -> Any:
    """The component described at `key`: its `_target_`, called with its other keys and `more`.

    offered: given too, each if the target has an argument of that name.

    Raises ValueError: what the constructor refuses; a target that is not there; an argument that
    is missing, unknown or of a wrong type. `Broken`, if the user's own code raises anything else.
    """
    part: Any = cfg[key]
    if OmegaConf.is_config(part):
        part = OmegaConf.to_container(part, resolve=True)
    part = dict(part or {})
    path = part.pop("_target_", None)
    target = locate(f"{key}._target_", path)
    accepted, takes_any = parameters_of(target)
    part = without_leftovers(key, path, part, None if takes_any else set(accepted), cfg)
    part |= {k: v for k, v in (offered or {}).items() if k in accepted and k not in part}
    check_types(key, target, part, more, offered or ())
    try:
        arguments = instantiate({**part, "_convert_": "all"})
        return target(**arguments, **more)
    except Broken:
        raise
    except ValueError as error:
        if key in str(error):
            raise
        raise ValueError(refused(key, part, target, error)) from error
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, ValueError):
            raise cause from None
        raise ValueError(f"{key}: {plain(error)}") from error
    except Exception as error:
        if is_known(target):
            raise ValueError(refused(key, part, target, error)) from error
        raise Broken(f"{key}: {path} raised {described(error)}", error) from error


def make_model(cfg: dict[str, Any], data: Data) -> nn.Module:
    """The model, initialised from its own stream; global generators are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(cfg["seed"], "model"))
        model = make(cfg, "model", data.facts)
    if not isinstance(model, nn.Module):
        raise ValueError(
            f"model._target_={cfg['model']['_target_']} gives {type(model).__name__}, not an "
            "nn.Module; name a class or a function that makes the model"
        )
    check_parameters(model)
    check_pure(model)
    return model
