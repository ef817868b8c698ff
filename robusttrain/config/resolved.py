"""A configuration with its references resolved; what OmegaConf and Hydra say, in one line."""

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

NOISE = ("See https://", "Set the environment variable", "full_key: ", "object_type=")


def resolved(config: DictConfig) -> dict[str, Any]:
    """The configuration, its references resolved; ValueError, with the key, if one cannot be."""
    try:
        content = OmegaConf.to_container(config, resolve=True)
    except OmegaConfBaseException as error:
        raise ValueError(unresolvable(error)) from error
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


def unresolvable(error: OmegaConfBaseException) -> str:
    """In one line, why OmegaConf cannot resolve a value, and of which key."""
    return f"{error.full_key}: {plain(error)}" if error.full_key else plain(error)


def plain(error: BaseException) -> str:
    """The message on one line, without Hydra's search path and advice."""
    text = str(error).partition("Config search path:")[0].partition(", set env var")[0]
    lines = (" ".join(line.split()) for line in text.splitlines())
    return " ".join(line for line in lines if line and not line.startswith(NOISE))


def at(config: Any, key: str) -> Any:
    """What stands at a dotted key; None if there is nothing."""
    for name in key.split(".") if key else ():
        config = config.get(name) if isinstance(config, Mapping) else None
    return config
