"""Makes components from their configuration: ours, a library's, or the user's own."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from torch import nn

from robusttrain.config.leftovers import without_leftovers
from robusttrain.importable import Broken, described, locate
from robusttrain.rng import derive
from robusttrain.training.data.base import Data
from robusttrain.training.model.base import check_pure
from robusttrain.training.purity import check_parameters


def make(
    cfg: Mapping[str, Any], key: str, offered: Mapping[str, Any] | None = None, **more: Any
) -> Any:
    """The component described at `key`: its `_target_`, called with its other keys and `more`.

    offered: given too, each if the target has an argument of that name.

    Raises ValueError: what the constructor refuses; a target that is not there; an argument that
    is missing or unknown. `Broken`, if the user's own code raises anything else.
    """
    part = dict(cfg[key] or {})
    path = part.pop("_target_", None)
    target = locate(f"{key}._target_", path)
    accepted, takes_any = names_of(target)
    part = without_leftovers(key, path, part, None if takes_any else set(accepted), cfg)
    part |= {k: v for k, v in (offered or {}).items() if k in accepted and k not in part}
    check_arguments(key, path, {**part, **more}, target)
    try:
        arguments = instantiate({**part, "_convert_": "all"})
        return target(**arguments, **more)
    except ValueError:
        raise
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, ValueError):
            raise cause from None
        raise ValueError(f"{key}: {' '.join(str(error).split())}") from error
    except Exception as error:
        raise Broken(f"{key}: {path} raised {described(error)}", error) from error


def names_of(target: Callable) -> tuple[dict[str, inspect.Parameter], bool]:
    """(the arguments that `target` has by name, whether it takes any other name as well)."""
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return {}, True
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = {n: p for n, p in parameters.items() if p.kind not in kinds}
    return named, any(p.kind == inspect.Parameter.VAR_KEYWORD for p in parameters.values())


def check_arguments(key: str, path: str, given: Mapping[str, Any], target: Callable) -> None:
    """Raise ValueError unless `target` can be called with the arguments `given` by name."""
    accepted, takes_any = names_of(target)
    unknown = [name for name in given if name not in accepted]
    if unknown and not takes_any:
        known = ", ".join(accepted) or "none"
        raise ValueError(
            f"{key}.{unknown[0]} is no parameter of {path}; its parameters: {known}; leave it out"
        )
    empty = inspect.Parameter.empty
    missing = [n for n, p in accepted.items() if p.default is empty and n not in given]
    if missing:
        raise ValueError(
            f"{key}: {path} needs the argument {missing[0]}; give it a value with "
            f"+{key}.{missing[0]}=..., or a default"
        )


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
