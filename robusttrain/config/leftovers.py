"""Parameters of the default choice that stay behind when only `_target_` is changed."""

from collections.abc import Mapping, Set
from functools import cache
from typing import Any

import yaml

from robusttrain.config.paths import CONFIGS


def without_leftovers(
    stage: str, path: str, part: Mapping[str, Any], accepted: Set[str] | None
) -> dict[str, Any]:
    """The parameters `part` without those that another choice's YAML file left there.

    `model._target_=mine.Net` keeps small_cnn's `channels: [8, 16]`: left out unless `mine.Net` has
    a parameter of that name. What the user has changed stays, to be refused.

    stage: str. The config group.
    path: str. The `_target_`.
    accepted: the names of its parameters; None: it takes any.

    >>> part = {"channels": [8, 16], "hidden": 7}
    >>> without_leftovers("model", "mine.Net", part, set())
    {'hidden': 7}
    """
    described = choices_of(stage)
    if path in {choice.get("_target_") for choice in described}:
        return dict(part)
    return {
        name: value
        for name, value in part.items()
        if (accepted is not None and name in accepted)
        or not any(name in choice and choice[name] == value for choice in described)
    }


@cache
def choices_of(stage: str) -> list[dict[str, Any]]:
    """What the YAML files of a config group hold."""
    return [yaml.safe_load(p.read_text()) for p in sorted((CONFIGS / stage).glob("*.yaml"))]
