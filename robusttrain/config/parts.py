"""Overrides that name a user's own parts, from the classes and functions themselves."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from robusttrain.usercode.script import path_of

FUNCTIONS = {
    "data": ("data=own", "data.make"),
    "loss": ("", "objective.loss"),
    "metric": ("", "objective.metric"),
    "aggregator": ("aggregator=foreign", "aggregator.rule"),
}
"""Parts that may be functions: what chooses them, and the key that takes their path."""

PARTS = ("model", "data", "loss", "metric", "attack", "aggregator", "detector", "optimizer")


def overrides_for(parts: Mapping[str, Callable[..., Any] | str | None]) -> list[str]:
    """Hydra overrides that have other processes import each of `parts`; None: not given.

    A class takes the place of the `_target_` of its stage, a function that of `FUNCTIONS`.
    Raises ValueError if one cannot be imported.

    >>> overrides_for({"loss": abs, "model": None})
    ['objective.loss=builtins.abs']
    """
    return [word for key, part in parts.items() if part is not None for word in words(key, part)]


def words(key: str, part: Callable[..., Any] | str) -> Iterator[str]:
    """The overrides for one part."""
    path = path_of(key, part)
    if key in FUNCTIONS and not is_stage(part):
        choice, place = FUNCTIONS[key]
        yield from filter(None, (choice, f"{place}={path}"))
    else:
        yield f"{key}._target_={path}"


def is_stage(part: Callable[..., Any] | str) -> bool:
    """Whether a part is a class that extends one of robusttrain's own."""
    return isinstance(part, type) and any(
        base.__module__.startswith("robusttrain.") for base in part.__mro__
    )
