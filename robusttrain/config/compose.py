"""Configuration from overrides alone, as the command line composes it."""

import hydra
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from robusttrain.config import recipe as recipes
from robusttrain.config.paths import CONFIGS
from robusttrain.config.recipe import Recipe
from robusttrain.config.renamed import check_names

__all__ = ["compose", "recipe"]


def compose(*overrides: str) -> DictConfig:
    """configs/train.yaml with Hydra `overrides`, resolved.

    Raises ValueError if Hydra refuses one of them, or if it has a name that was changed.

    >>> compose("experiment=digits_audit", "workers=9").workers
    9
    """
    check_overrides(overrides)
    try:
        with initialize_config_dir(str(CONFIGS), version_base="1.3"):
            config = hydra.compose("train", list(overrides))
        OmegaConf.resolve(config)
    except (HydraException, OmegaConfBaseException) as error:
        causes = [error] if error.__cause__ is None else [error, error.__cause__]
        raise ValueError("; ".join(" ".join(str(e).split()) for e in causes)) from error
    return config


def recipe(*overrides: str) -> Recipe:
    """The checked run that configs/train.yaml with Hydra `overrides` describes.

    Raises ValueError that names the key, its value, the rule and the remedy.

    >>> checked = recipe("workers=5", "batch=100", "defense.byzantine=1", "threat.byzantine=1")
    >>> checked.planner.start.certificate.tasks
    10
    """
    return recipes.recipe(compose(*overrides))


def check_overrides(overrides: tuple[str, ...]) -> None:
    """Raise ValueError unless all are strings `key=value`, with the names of today."""
    for word in overrides:
        if not isinstance(word, str):
            raise ValueError(f"an override is a string such as 'workers=15'; got {word!r}")
        if word.startswith("-"):
            raise ValueError(f"{word} is an option of the command line, not an override key=value")
    check_names(overrides)
