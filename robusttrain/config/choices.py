"""The choices of a stage: what their YAML files say, and components made from a short text."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from robusttrain.config.instantiate import make
from robusttrain.config.paths import CONFIGS, choices

__all__ = ["choices", "component", "described"]


def described(stage: str, name: str) -> DictConfig:
    """What the YAML file of a choice says of it: `_target_` and parameters.

    ValueError: the stage has no such choice.
    """
    path: Path = CONFIGS / stage / f"{name}.yaml"
    if not path.is_file():
        raise ValueError(f"{stage}={name} does not exist; choose from {', '.join(choices(stage))}")
    content: Any = OmegaConf.load(path)
    return content if "_target_" in content else content[name]


def component(stage: str, text: str) -> Any:
    """The component that `name` or `name:key=value,...` describes.

    ValueError: an unknown name or parameter, or a value that the component refuses.
    """
    name, _, values = text.partition(":")
    default = described(stage, name)
    given = OmegaConf.from_dotlist(values.split(",") if values else [])
    if unknown := sorted(set(map(str, given)) - set(map(str, default))):
        keys = ", ".join(str(k) for k in default if k != "_target_") or "none"
        raise ValueError(f"{stage}={name} has no {unknown[0]}; its parameters: {keys}")
    return make({stage: OmegaConf.merge(default, given)}, stage)
