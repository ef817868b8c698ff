"""Configuration from overrides alone, as the command line composes it."""

import threading
from collections.abc import Sequence

import hydra
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from robusttrain.config import recipe as recipes
from robusttrain.config.overrides import check_overrides, check_single
from robusttrain.config.paths import CONFIGS
from robusttrain.config.recipe import Recipe
from robusttrain.config.refusals import refusal
from robusttrain.config.resolved import resolved

__all__ = ["compose", "recipe"]

COMPOSING = threading.RLock()  # Hydra keeps what it composes from in a global


def compose(*overrides: str, name: str = "train") -> DictConfig:
    """configs/<name>.yaml with Hydra `overrides`, resolved.

    Raises ValueError if Hydra refuses one of them, or if it has a name that was changed.

    >>> compose("experiment=digits_audit", "workers=9").workers
    9
    """
    with COMPOSING:
        check_single(check_overrides(overrides), "give one")
        try:
            config = unresolved(name, overrides)
        except (HydraException, OmegaConfBaseException) as error:
            why = refusal(error, overrides, lambda words: unresolved(name, words), name)
            raise ValueError(why) from error
    resolved(config)  # for its errors: they name the key
    OmegaConf.resolve(config)
    return config


def unresolved(name: str, overrides: Sequence[str]) -> DictConfig:
    """What Hydra composes, in an application of Hydra's too; raises what Hydra raises."""
    with COMPOSING:
        outer, GlobalHydra.instance().hydra = GlobalHydra.instance().hydra, None
        try:
            with initialize_config_dir(str(CONFIGS), version_base="1.3"):
                return hydra.compose(name, list(overrides))
        finally:
            GlobalHydra.instance().hydra = outer


def recipe(*overrides: str) -> Recipe:
    """The checked run that configs/train.yaml with Hydra `overrides` describes.

    Raises ValueError that names the key, its value, the rule and the remedy.

    >>> checked = recipe("workers=5", "batch=100", "defense.byzantine=1", "threat.byzantine=1")
    >>> checked.planner.start.certificate.tasks
    10
    """
    return recipes.recipe(compose(*overrides))


def check_list(config: Sequence[str]) -> None:
    """Raise ValueError if a list of overrides is one override."""
    if isinstance(config, str):
        raise ValueError(f"config is a list of overrides, as in config=[{config!r}]")
