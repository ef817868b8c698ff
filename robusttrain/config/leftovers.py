"""Parameters of the default choice that stay behind when only `_target_` is changed."""

import re
from collections.abc import Mapping, Set
from functools import cache
from types import MappingProxyType
from typing import Any

import yaml

from robusttrain.config.paths import CONFIGS
from robusttrain.config.resolved import at


def without_leftovers(
    stage: str,
    path: str,
    part: Mapping[str, Any],
    accepted: Set[str] | None,
    config: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """The parameters `part` without those that another choice's YAML file left there.

    `model._target_=mine.Net` keeps small_cnn's `channels: [8, 16]`: left out unless `mine.Net` has
    a parameter of that name. What the user has changed stays, to be refused.

    stage: str. The config group.
    path: str. The `_target_`.
    accepted: the names of its parameters; None: it takes any.
    config: the whole configuration, to which values such as `${steps}` refer.

    >>> part = {"channels": [8, 16], "hidden": 7}
    >>> without_leftovers("model", "mine.Net", part, set())
    {'hidden': 7}
    """
    described = choices_of(stage)
    if any(
        choice.get("_target_") == path and {*choice} <= {"_target_", *part} for choice in described
    ):
        return dict(part)  # that choice was made, not only its target named
    return {
        name: value
        for name, value in part.items()
        if (accepted is not None and name in accepted)
        or not any(name in choice and refers(choice[name], config) == value for choice in described)
    }


def refers(value: Any, config: Mapping[str, Any]) -> Any:
    """What a value of a YAML file is in a configuration.

    >>> refers("${steps}", {"steps": 7}), refers(3, {})
    (7, 3)
    """
    reference = re.fullmatch(r"\$\{([\w.]+)\}", value) if isinstance(value, str) else None
    return value if reference is None else at(config, reference[1])


@cache
def choices_of(stage: str) -> list[dict[str, Any]]:
    """What the YAML files of a config group hold."""
    return [yaml.safe_load(p.read_text()) for p in sorted((CONFIGS / stage).glob("*.yaml"))]
